"""Units, people, posts and who covers for whom: the registers by which rights begin and end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import Connection, delete, func, insert, select, update

from core.crypto import place
from core.errors import AlreadyThere, BadField, LastOne, OwnRights, RolesExclude, StillNeeded
from core.models.cases import case_legs
from core.models.people import identities, people, posts, sessions, units
from core.models.registers import absences
from core.register.keepers import Desk, Keeper, Row

ENDED = ("settled", "released")


def called_post(tx: Connection, post: int) -> str:
    """「水务局 专办员 韩德玲」."""
    query = (
        select(units.c.short, posts.c.title, people.c.name)
        .select_from(posts)
        .join(units, units.c.id == posts.c.unit_id)
        .join(people, people.c.id == posts.c.person_id)
        .where(posts.c.id == post)
    )
    row = tx.execute(query).first()
    return " ".join(row) if row else "岗位"


def end_sessions(tx: Connection, person: int) -> None:
    """Whoever's rights changed signs in anew (control A5)."""
    tx.execute(delete(sessions).where(sessions.c.person_id == person))


def refuse_the_last_holder(desk: Desk, left: list[Any], role: str) -> None:
    """An administrator's role never stays without anybody. `left` says which posts are about to end."""
    policy = desk.world.policy
    if role not in policy.exclusive:
        return
    held = select(posts.c.id).join(people, people.c.id == posts.c.person_id)
    others = held.where(posts.c.role == role, posts.c.active, people.c.active, posts.c.id.not_in(left))
    if desk.tx.execute(others).first() is None:
        raise LastOne(what=policy.roles[role])


class Units(Keeper):
    """单位: a tree by who sends to whom."""

    table, key, order = units, "code", ("parent_id", "id")
    more: ClassVar[Mapping[str, Any]] = {"active": True}

    def shaped(self, row: Mapping[str, Any]) -> Row:
        return {**row, "key": row["code"], "duties": list(row["duties"].get("words", ()))}

    def law(self, desk: Desk, old: Row | None, new: Row) -> None:
        self.refuse_twins(desk, new)
        if old is None:
            return
        if new["parent_id"] in desk.world.directory.within(old["id"]):
            raise BadField(field="上级单位", why="不能是本单位或它的下级")
        if old["active"] and not new["active"]:
            self._refuse_while_needed(desk, old)

    def _refuse_while_needed(self, desk: Desk, old: Row) -> None:
        counted = (
            ("件在办", select(case_legs.c.id).where(case_legs.c.unit_id == old["id"], case_legs.c.state.not_in(ENDED))),
            ("个下属单位", select(units.c.id).where(units.c.parent_id == old["id"], units.c.active)),
            ("个在用岗位", select(posts.c.id).where(posts.c.unit_id == old["id"], posts.c.active)),
        )
        for words, query in counted:
            if count := desk.tx.execute(select(func.count()).select_from(query.limit(1000).subquery())).scalar_one():
                raise StillNeeded(what=old["short"], by=f" {count} {words}")

    def add(self, desk: Desk, new: Row) -> str:
        return super().add(desk, {**new, "duties": {"words": new["duties"]}})

    def change(self, desk: Desk, old: Row, new: Row) -> None:
        super().change(desk, old, {**new, "duties": {"words": new["duties"]}})


OUTSIDE = {"dingtalk": "钉钉账号", "haizhengtong": "海政通账号"}
"""The names by which outside channels know a person: field and channel → what the page calls it."""


class People(Keeper):
    """人员: names, sealed numbers, the names by which channels know them. Nobody is deleted: acts stay signed."""

    table, key = people, "code"

    def all(self, tx: Connection) -> list[Row]:
        known = select(identities).where(identities.c.channel.in_(OUTSIDE))
        outside = {(row.person_id, row.channel): row.outside_id for row in tx.execute(known)}
        return [{**row, **{name: outside.get((row["id"], name), "") for name in OUTSIDE}} for row in super().all(tx)]

    def find(self, tx: Connection, key: str) -> Row | None:
        row = super().find(tx, key)
        if row is None:
            return None
        mine = (identities.c.person_id == row["id"], identities.c.channel.in_(OUTSIDE))
        known = {one.channel: one.outside_id for one in tx.execute(select(identities).where(*mine))}
        return {**row, **{name: known.get(name, "") for name in OUTSIDE}}

    def shaped(self, row: Mapping[str, Any]) -> Row:
        return {"id": row["id"], "key": row["code"], "code": row["code"], "name": row["name"], "phone": "",
                **dict.fromkeys(OUTSIDE, ""), "active": row["active"]}  # fmt: skip

    def law(self, desk: Desk, old: Row | None, new: Row) -> None:
        self.refuse_twins(desk, new)
        for channel in (name for name in OUTSIDE if new[name]):
            taken = (identities.c.channel == channel, identities.c.outside_id == new[channel])
            whose = desk.tx.execute(select(identities.c.person_id).where(*taken)).scalar()
            if whose is not None and whose != (old or {}).get("id"):
                raise AlreadyThere(field=OUTSIDE[channel], what=new[channel])
        if old is not None and old["active"] and not new["active"]:
            if old["id"] == desk.actor.person:
                raise OwnRights()
            held = select(posts.c.id, posts.c.role).where(posts.c.person_id == old["id"], posts.c.active)
            mine = desk.tx.execute(held).all()
            for post in mine:
                refuse_the_last_holder(desk, [one.id for one in mine], post.role)

    def add(self, desk: Desk, new: Row) -> str:
        values = {"code": new["code"], "name": new["name"], "active": True, **self._sealed(desk, new)}
        person = desk.tx.execute(insert(people).values(**values).returning(people.c.id)).scalar_one()
        desk.tx.execute(
            insert(identities).values(person_id=person, channel="web", outside_id=str(person), post_id=None)
        )
        for channel in OUTSIDE:
            self._know(desk, person, channel, "", new[channel])
        return str(new["code"])

    def change(self, desk: Desk, old: Row, new: Row) -> None:
        sealed = self._sealed(desk, new) if new["phone"] else {}
        values = {"name": new["name"], "active": new["active"], **sealed}
        desk.tx.execute(update(people).where(people.c.id == old["id"]).values(**values))
        for channel in OUTSIDE:
            self._know(desk, old["id"], channel, old[channel], new[channel])
        if not new["active"]:
            end_sessions(desk.tx, old["id"])

    @staticmethod
    def _sealed(desk: Desk, new: Row) -> dict[str, Any]:
        phone = new["phone"]
        return {
            "phone_sealed": desk.cipher.seal(phone, place("people", "phone", new["code"])) if phone else None,
            "phone_index": desk.indexer.index(phone, "phone") if phone else None,
        }

    @staticmethod
    def _know(desk: Desk, person: int, channel: str, was: str, now: str) -> None:
        """The name by which a channel knows the person, entered, changed or taken back."""
        if was == now:
            return
        desk.tx.execute(delete(identities).where(identities.c.person_id == person, identities.c.channel == channel))
        if now:
            row = {"person_id": person, "channel": channel, "outside_id": now, "post_id": None}
            desk.tx.execute(insert(identities), row)


class Posts(Keeper):
    """岗位: who acts in which role for which unit. Administrators' roles exclude every other (等保 8.1.5)."""

    table, order = posts, ("unit_id",)
    more: ClassVar[Mapping[str, Any]] = {"active": True}

    def shaped(self, row: Mapping[str, Any]) -> Row:
        return {**row, "key": str(row["id"]), "in_charge": list(row["in_charge"].get("units", ()))}

    def said(self, desk: Desk, row: Row) -> str:
        if "id" in row:
            return called_post(desk.tx, row["id"])
        name = desk.tx.execute(select(people.c.name).where(people.c.id == row["person_id"])).scalar()
        return f"{desk.world.directory.unit_name(row['unit_id'])} {row['title']} {name}"

    def law(self, desk: Desk, old: Row | None, new: Row) -> None:
        if new["person_id"] == desk.actor.person:
            raise OwnRights()
        mine = select(posts).where(posts.c.person_id == new["person_id"], posts.c.active)
        others = [row for row in desk.tx.execute(mine).mappings() if row["id"] != (old or {}).get("id")]
        if new["active"]:
            refuse_mixed_roles(desk, {new["role"], *(row["role"] for row in others), *covered_roles(desk, new)})
            if any((row["unit_id"], row["role"]) == (new["unit_id"], new["role"]) for row in others):
                raise AlreadyThere(field="岗位", what=self.said(desk, {**new, "title": new["title"]}))
        if old is not None and old["active"] and (not new["active"] or new["role"] != old["role"]):
            refuse_the_last_holder(desk, [old["id"]], old["role"])

    def add(self, desk: Desk, new: Row) -> str:
        end_sessions(desk.tx, new["person_id"])
        return super().add(desk, {**new, "in_charge": {"units": new["in_charge"]}})

    def change(self, desk: Desk, old: Row, new: Row) -> None:
        super().change(desk, old, {**new, "in_charge": {"units": new["in_charge"]}})
        if (old["role"], old["active"]) != (new["role"], new["active"]):
            end_sessions(desk.tx, old["person_id"])


def covered_roles(desk: Desk, new: Row) -> set[str]:
    """The roles this person holds for others, today or on days to come."""
    held = select(posts.c.role).join(absences, absences.c.post_id == posts.c.id)
    mine = held.where(absences.c.cover_id == new["person_id"], absences.c.last_day >= desk.today)
    return set(desk.tx.execute(mine).scalars())


def refuse_mixed_roles(desk: Desk, roles: set[str]) -> None:
    """System, security and audit administrators exclude each other and every other role. Raises RolesExclude."""
    policy = desk.world.policy
    if len(roles) > 1 and (found := sorted(roles & policy.exclusive)):
        raise RolesExclude(role=policy.roles[found[0]])


class Absences(Keeper):
    """请假代办: for these days the cover holds the post beside the one who is away."""

    table, order = absences, ("first_day",)

    def all(self, tx: Connection) -> list[Row]:
        return list(reversed(super().all(tx)))

    def said(self, desk: Desk, row: Row) -> str:
        return called_post(desk.tx, row["post_id"])

    def law(self, desk: Desk, old: Row | None, new: Row) -> None:
        if new["last_day"] < new["first_day"]:
            raise BadField(field="最后一天", why="不能早于第一天")
        if new["last_day"] < desk.today:
            raise BadField(field="最后一天", why="已经过去")
        post = desk.tx.execute(select(posts.c.person_id, posts.c.role).where(posts.c.id == new["post_id"])).one()
        if post.person_id == new["cover_id"]:
            raise BadField(field="代办人", why="不能是本人")
        held = select(posts.c.role).where(posts.c.person_id == new["cover_id"], posts.c.active)
        refuse_mixed_roles(desk, {post.role, *desk.tx.execute(held).scalars()})
        for row in self.all(desk.tx):
            apart = row["last_day"] < new["first_day"] or new["last_day"] < row["first_day"]
            if row["key"] != new.get("key") and row["post_id"] == new["post_id"] and not apart:
                raise AlreadyThere(field="这几天的代办", what=self.said(desk, new))
