"""A flag about to be raised: what is worth knowing first, and the form held until its writer's yes (§7, R109, R110)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, insert, select, update

from core.canon import canonical
from core.crypto import Cipher, Unreadable, place
from core.errors import NotYours, Unknown
from core.execute import Command
from core.flag_views import FlagLook, FlagView, Promise, UnitChoice
from core.joint.plans import again_plan, case_plan, clashes, groups_of, plan_of_form
from core.joint_errors import FlagGone
from core.joint_facts import Plan
from core.joint_work import open_order
from core.joints import Joints
from core.models.arrivals import drafts
from core.models.cases import cases
from core.people import Actor
from core.plain import plain, scrub
from core.ports import Clock
from core.queries.promises import promises
from core.queries.unit_choices import groups, recent, suggested
from core.recall.places import Point, Spot
from core.recall.words import point_of, spot_of
from core.receipts import Done
from core.sm import sm3
from core.timewords import when
from core.work import World

T = TypeVar("T")
Here = tuple[tuple[Promise, ...], int]
"""What is listed as open at a place, and how many are open there in all."""
HELD, RAISED = "flag", "registered"
KEEP = timedelta(hours=24)
CHANGES = ("meet_at", "place", "units")
"""What may be put right on the card that is read over; units written there are called besides."""
ROW, TITLE = 60, 40
SAID, NUMBER = "已树旗，编号 ", 18


class Whole(Protocol):
    """What of the core this needs."""

    joints: Joints

    @property
    def clock(self) -> Clock: ...
    @property
    def cipher(self) -> Cipher: ...
    def world(self) -> World: ...
    def execute(self, command: Command) -> Done: ...
    def _read(self, run: Callable[[Connection], T]) -> T: ...
    def _write(self, actor: Actor | None, action: str, what: str, run: Callable[[Connection], Any]) -> Any: ...


class Flags:
    """Before the flag goes up. Thread-safe."""

    def __init__(self, core: Whole) -> None:
        self._core = core

    def choices(self, actor: Actor) -> tuple[UnitChoice, ...]:
        """Units to pick from: those this unit called last, then the groups it may name."""
        world = self._core.world()

        def run(tx: Connection) -> tuple[UnitChoice, ...]:
            last = recent(tx, actor.unit, world)
            return (*((UnitChoice("最近联办", last),) if last else ()), *groups(tx, actor.unit, world))

        return self._core._read(run)

    def look(
        self, actor: Actor, title: str, matter: str, place: str, case: int | None = None, order: int | None = None
    ) -> FlagLook:
        """What is open at a place and which units a matter calls for, while the form is still being filled in.

        `case`, `order`: from which case it is raised, or from which finished order it goes on. Raises NotYours for
        whoever may not raise a flag.
        """
        world = self._core.world()
        self._may(actor, world)

        def run(tx: Connection) -> FlagLook:
            here = self._promises(tx, world, place, self._where(tx, case, order)) if place.strip() else ((), 0)
            own = [actor.unit] if actor.unit else []
            units = suggested(world, f"{title} {matter}", place, own) if title or matter else ()
            return _look(here, (), tuple(one.short for one in units))

        return self._core._read(run)

    def read_over(
        self, actor: Actor, form: Mapping[str, str], case: int | None = None, order: int | None = None
    ) -> FlagLook:
        """A whole form as it would be raised: what is open there, who is called elsewhere, whom it leaves out.

        Raises as raising it would, for what can be seen from the form.
        """
        return self._core._read(lambda tx: self._read_over(tx, actor, form, case, order)[1])

    def hold(
        self,
        key: str,
        actor: Actor,
        form: Mapping[str, str],
        case: int | None = None,
        leg: int | None = None,
        order: int | None = None,
        seen: int | None = None,
    ) -> str:
        """Keep a form until it is raised or a day has passed; returns its token. A repeat changes nothing.

        `order`: the finished one it goes on from, with the `seen` of the button.
        """
        now = self._core.clock.now()
        kept = {"form": dict(form), "case": case, "leg": leg, "order": order, "seen": seen}

        def run(tx: Connection) -> str:
            known = tx.execute(select(drafts.c.token).where(drafts.c.key == f"{HELD}:{key}")).scalar()
            if known is not None:
                return str(known)
            token = secrets.token_urlsafe(12)
            row = {
                "token": token, "key": f"{HELD}:{key}", "person_id": actor.person, "state": HELD,
                "body": self._sealed(token, kept), "case_no": None, "opened_at": now, "expires_at": now + KEEP,
            }  # fmt: skip
            tx.execute(insert(drafts), row)
            return token

        token: str = self._core._write(actor, "flag.held", "flag:new", run)
        return token

    def view(self, actor: Actor, token: str) -> FlagView:
        """The held flag as its writer reads it over. Raises Unknown, FlagGone, and as `read_over`."""
        world, now = self._core.world(), self._core.clock.now()

        def run(tx: Connection) -> FlagView:
            row = self._own(tx, actor, token)
            if row["state"] == RAISED:
                return FlagView(token, "", (), FlagLook(()), row["case_no"] or "")
            kept = self._kept(row)
            plan, look = self._read_over(tx, actor, kept["form"], kept["case"], kept.get("order"))
            units = "、".join(world.directory.unit_name(unit) for unit in plan.units)
            rows = [
                ("报到时间", when(now, plan.meet_at)),
                ("报到地点", plan.place),
                ("联办单位", units),
                ("事项", plan.matter),
            ]
            told = tuple((label, plain(scrub(text), ROW)) for label, text in rows)
            return FlagView(token, plain(scrub(plan.title), TITLE), told, look)

        return self._core._read(run)

    def change(self, actor: Actor, token: str, form: Mapping[str, str]) -> None:
        """Another time or place, further units. Raises Unknown, FlagGone, and as `read_over`; then nothing changes."""

        def run(tx: Connection) -> dict[str, Any]:
            kept = self._kept(self._held(tx, actor, token))
            given = {name: form[name].strip() for name in CHANGES if form.get(name, "").strip()}
            if "units" in given:
                given["units"] = "、".join(part for part in (kept["form"].get("units", ""), given["units"]) if part)
            kept["form"] = {**kept["form"], **given}
            self._read_over(tx, actor, kept["form"], kept["case"], kept.get("order"))
            return kept

        body = self._sealed(token, self._core._read(run))
        changed = update(drafts).where(drafts.c.token == token, drafts.c.state == HELD).values(body=body)
        self._core._write(actor, "flag.changed", f"flag:{token}", lambda tx: tx.execute(changed))

    def confirm(self, actor: Actor, token: str, sheet: str = "") -> Done:
        """Raise it, once however often this is said, and once on its card, the `sheet`.

        Raises Unknown, FlagGone, and as raising it does.
        """
        row = self._core._read(lambda tx: self._own(tx, actor, token))
        if row["state"] == RAISED:
            return Done(0, 0, row["case_no"] or "", "joint_order.raised", f"{SAID}{row['case_no']}", True)
        kept = self._kept(row)
        key = f"{HELD}:{token}:{sm3(canonical(kept['form']).encode('utf-8', 'surrogatepass')).hex()[:16]}"
        if (order := kept.get("order")) is not None:
            again = Command(key, order, "relaunch", actor, kept["form"], None, kept["seen"], "chat", "joint_order")
            done = self._core.execute(again)
        elif kept["case"] is None:
            done = self._core.joints.raise_flag(key, kept["form"], actor, sheet=sheet)
        else:
            command = Command(key, kept["case"], "raise_flag", actor, kept["form"], kept["leg"], None, "chat")
            done = self._core.execute(command)
        self._end(actor, token, RAISED, done.sentence.removeprefix(SAID)[:NUMBER])
        return done

    def drop(self, actor: Actor, token: str) -> None:
        """Nothing comes of it. Raises Unknown, FlagGone."""
        self._core._read(lambda tx: self._own(tx, actor, token))
        self._end(actor, token, "dropped", None)

    # --- within ---

    @staticmethod
    def _may(actor: Actor, world: World) -> None:
        """What is open at a place is told to whoever may raise a flag, on their own or from a case."""
        if actor.unit is None or actor.role not in world.policy.raises | world.policy.standings["flag_raiser"].roles:
            raise NotYours(holder="各单位和指挥中心", action="树旗")

    def _read_over(
        self, tx: Connection, actor: Actor, form: Mapping[str, str], case: int | None, order: int | None = None
    ) -> tuple[Plan, FlagLook]:
        world, now = self._core.world(), self._core.clock.now()
        self._may(actor, world)
        row = self._where(tx, case, order)
        if order is not None:
            plan = again_plan(tx, world, form, open_order(tx, order, locked=False)[0], now)
        elif row is None:
            plan = plan_of_form(world, form, now, actor.unit, groups_of(tx, world, actor.unit))
        else:
            plan = case_plan(tx, world, form, row, now, actor)
        without = [*plan.units, *([actor.unit] if actor.unit else [])]
        units = suggested(world, f"{plan.title} {plan.matter}", plan.place, without)
        here = self._promises(tx, world, plan.place, row)
        return plan, _look(here, tuple(clashes(tx, world, plan)), tuple(one.short for one in units))

    def _where(self, tx: Connection, case: int | None, order: int | None) -> dict[str, Any] | None:
        """Where the case lies from which a flag is raised, or the order from which it goes on: place, town, point."""
        if order is None:
            return self._case(tx, case) if case else None
        row = open_order(tx, order, locked=False)[0]
        held = self._case(tx, row["case_id"]) if row["case_id"] is not None else None
        return held if held is not None and held["place"] == row["place"] else {**row, "more": {}}

    def _promises(self, tx: Connection, world: World, at: str, where: Mapping[str, Any] | None) -> Here:
        same = where is not None and where["place"] == at.strip()
        point = self._point(where["no"], where["more"]) if where is not None and same else None
        spot: Spot = spot_of(world.directory, at, where["town"] if where is not None and same else None, point)
        now = self._core.clock.now()
        return promises(tx, spot, world, now, lambda row: self._point(row["case_no"], row["more"]))

    def _point(self, no: str, more: Mapping[str, Any]) -> Point | None:
        """The coordinates among the sealed fields of a case."""
        if "sealed" not in more:
            return None
        try:
            found = json.loads(self._core.cipher.open(more["sealed"], place("cases", "more", no)))
        except (Unreadable, ValueError):
            return None
        return point_of(found) if isinstance(found, dict) else None

    def _held(self, tx: Connection, actor: Actor, token: str) -> dict[str, Any]:
        row = self._own(tx, actor, token)
        if row["state"] != HELD:
            raise FlagGone()
        return row

    @staticmethod
    def _case(tx: Connection, case: int) -> dict[str, Any]:
        row = tx.execute(select(cases).where(cases.c.id == case)).mappings().first()
        if row is None:
            raise Unknown(what="这一件")
        return dict(row)

    def _own(self, tx: Connection, actor: Actor, token: str) -> dict[str, Any]:
        mine = (drafts.c.token == token, drafts.c.person_id == actor.person, drafts.c.key.like(f"{HELD}:%"))
        row = tx.execute(select(drafts).where(*mine)).mappings().first()
        if row is None or not token:
            raise Unknown(what="这张树旗单")
        if row["state"] != RAISED and (row["state"] != HELD or self._is_over(row["expires_at"])):
            raise FlagGone()
        return dict(row)

    def _is_over(self, until: datetime) -> bool:
        return until <= self._core.clock.now()

    def _end(self, actor: Actor, token: str, state: str, no: str | None) -> None:
        ended = update(drafts).where(drafts.c.token == token).values(state=state, body={}, case_no=no)
        self._core._write(actor, f"flag.{state}", f"flag:{token}", lambda tx: tx.execute(ended))

    def _sealed(self, token: str, kept: Mapping[str, Any]) -> dict[str, Any]:
        return {"sealed": self._core.cipher.seal(canonical(dict(kept)), place("drafts", "body", token))}

    def _kept(self, row: Mapping[str, Any]) -> dict[str, Any]:
        sealed = row["body"].get("sealed")
        found: dict[str, Any] = json.loads(self._core.cipher.open(sealed, place("drafts", "body", row["token"])))
        return found


def _look(here: Here, clashing: tuple[str, ...], units: tuple[str, ...]) -> FlagLook:
    told, count = here
    return FlagLook(told, clashing, units, count - len(told))
