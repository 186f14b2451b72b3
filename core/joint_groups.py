"""The DingTalk group of a joint order: who should be in it, what its card shows, and how far it was brought so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from core.joint.notices import pair, sponsor_of
from core.joint_views import JointGroupView
from core.joint_work import open_order
from core.models.joint import joint_groups
from core.plain import plain, scrub
from core.policy.joint import GroupRule
from core.ports import Clock
from core.queries.masks import mask_address
from core.queries.people import Directory, Holder
from core.work import World
from core.worktime import local_date

IN = frozenset({"coming", "late_asked", "on_site", "reporting", "in_review", "fed_back", "no_feedback"})
"""States in which a unit has joined: it agreed to come, or was ruled in."""
OUT = frozenset({"released"})
LONGEST_TITLE = 30  # of a group (dingtalk.md §5.4)
LONGEST_PLACE = 16
GROUP = select(joint_groups).where(joint_groups.c.order_id == bindparam("order"))
_STREET = re.compile(r"^.*?(?:大道|街道|社区|广场|公园|路|街|巷|镇|村)")


@dataclass(frozen=True, slots=True)
class GroupSheet:
    """A group as it is and as it should be; people are DingTalk user ids.

    `conversation` is empty until DingTalk has named it. `joining` and `leaving` are what is still to be done; `over`:
    the order has ended. `face_hash`: of the card last shown, empty when there is none yet.
    """

    order: int
    name: str
    title: str
    owner: str
    conversation: str
    members: tuple[str, ...]
    joining: tuple[str, ...]
    leaving: tuple[str, ...]
    robot_in: bool
    face_hash: str
    over: bool
    ended: bool
    pinned_until: datetime
    view: JointGroupView


class Whole(Protocol):
    """What of the core this needs."""

    @property
    def clock(self) -> Clock: ...

    @property
    def engine(self) -> Engine: ...

    def world(self) -> World: ...


class JointGroups:
    """The groups behind the facade. Thread-safe."""

    def __init__(self, core: Whole) -> None:
        self._core = core

    def sheet(self, order_id: int) -> GroupSheet | None:
        """The group of an order; None where policy gives it none, or nobody of the sponsor's can own one.

        Raises Unknown when there is no such order.
        """
        world, now = self._core.world(), self._core.clock.now()
        with self._core.engine.connect().execution_options(readonly=True) as tx:
            order, legs = open_order(tx, order_id, locked=False)
            found = tx.execute(GROUP, {"order": order_id}).mappings().first()
        row = None if found is None else dict(found)
        rule = world.policy.joint.group(local_date(order["raised_at"]))
        return _sheet(order, legs, row, world, rule, now) if rule.on else None

    def keep(self, sheet: GroupSheet, **values: Any) -> None:
        """Remember what was reached; the first time under our own name for it."""
        with self._core.engine.begin() as tx:
            _keep(tx, sheet, values)

    def made(self, sheet: GroupSheet, conversation: str, members: tuple[str, ...]) -> None:
        """DingTalk has named the group and let these people in."""
        named = {"conversation": conversation, "owner": sheet.owner, "made_at": self._core.clock.now()}
        self.keep(sheet, members={"users": list(members)}, **named)

    def done(self, sheet: GroupSheet) -> None:
        """The order is over and its group left as policy says."""
        self.keep(sheet, over_at=self._core.clock.now())


def _keep(tx: Connection, sheet: GroupSheet, values: Mapping[str, Any]) -> None:
    mine = joint_groups.c.order_id == sheet.order
    if tx.execute(select(joint_groups.c.order_id).where(mine)).first():
        tx.execute(update(joint_groups).where(mine).values(**values))
        return
    first = {"conversation": None, "robot_in": False, "face_hash": None, "made_at": None, "over_at": None}
    row: dict[str, Any] = {
        "order_id": sheet.order,
        "name": sheet.name,
        "owner": sheet.owner,
        "members": {"users": []},
        **first,
    }
    tx.execute(insert(joint_groups), {**row, **values})


def _sheet(
    order: Mapping[str, Any],
    legs: list[dict[str, Any]],
    row: Mapping[str, Any] | None,
    world: World,
    rule: GroupRule,
    now: datetime,
) -> GroupSheet | None:
    over = order["state"] == "completed"
    sponsors = [*sponsor_of(dict(order), world.directory), *_pair(world, order["sponsor_unit"])]
    own = _users(sponsors)
    owner = row["owner"] if row and row["conversation"] else next(iter(own), "")
    if not owner:
        return None
    wanted = _users([*sponsors, *(one for leg in legs if leg["state"] in IN for one in _of_leg(world, leg))])
    stay = _users([*sponsors, *(one for leg in legs if leg["state"] not in OUT for one in _of_leg(world, leg))])
    members = tuple(row["members"]["users"]) if row else ()
    emptied = over and rule.after == "leave"
    joining = () if over else tuple(user for user in wanted if user not in members)
    leaving = tuple(user for user in members if user != owner and (emptied or user not in stay))
    tail, title = order["no"][-6:], plain(scrub(order["title"]), 20)
    return GroupSheet(
        order=order["id"], name=order["no"], title=f"联办 {tail} {title}"[:LONGEST_TITLE].strip(), owner=owner,
        conversation=(row["conversation"] or "") if row else "", members=members, joining=joining, leaving=leaving,
        robot_in=bool(row and row["robot_in"]), face_hash=(row["face_hash"] or "") if row else "", over=over,
        ended=bool(row and row["over_at"]), pinned_until=now + timedelta(days=rule.pin_days),
        view=group_view(order, legs, world),
    )  # fmt: skip


def _pair(world: World, unit: int) -> list[Holder]:
    return pair(world.policy.joint.deputy, world.policy.joint.contact, unit, world.directory)


def _of_leg(world: World, leg: Mapping[str, Any]) -> Iterator[Holder]:
    """Both people of the unit, and the one its part was handed to."""
    yield from world.directory.by_person.get(leg["person_id"] or 0, ())[:1]
    yield from _pair(world, leg["unit_id"])


def _users(holders: list[Holder]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.dingtalk for one in holders if one.dingtalk))


def group_view(order: Mapping[str, Any], legs: list[dict[str, Any]], world: World) -> JointGroupView:
    """What everybody in the group may read: number, title, place to street level, deadline, states (§17)."""
    policy, directory = world.policy, world.directory
    state = policy.flows["joint_order"].states[order["state"]]
    words, tones = policy.joint.group_words, policy.flows["joint_leg"].states
    ends = [leg["due_at"] for leg in legs if leg["due_at"] is not None]
    return JointGroupView(
        no=order["no"], tail=order["no"][-6:], title=plain(scrub(order["title"]), 20), state_title=state.title,
        tone=state.tone, sponsor=directory.unit_name(order["sponsor_unit"]),
        place=street_of(order["place"], _town(order["town"], directory)), meet_at=order["meet_at"],
        met=order["met_at"] is not None or order["closed_at"] is not None, due_at=min(ends, default=None),
        units=tuple(
            (directory.unit_name(leg["unit_id"]), words.get(leg["state"], tones[leg["state"]].title)) for leg in legs
        ),
        ended=order["state"] == "completed",
    )  # fmt: skip


def _town(code: str | None, directory: Directory) -> str:
    return directory.unit_name(directory.by_word.get(code or ""))


def street_of(place: str, town: str = "") -> str:
    """A place kept to its street: 「港口路公交站旁」 → 「港口路」; where it names none, what stands before a number."""
    told = plain(scrub(place))
    found = _STREET.match(told)
    street = found[0] if found else mask_address(told).split("*")[0].split("＊")[0]
    return " ".join(part for part in (town, street.strip()[:LONGEST_PLACE]) if part)
