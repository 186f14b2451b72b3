"""What joint orders count for at each unit, from legs, events, shown ratings and the limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from sqlalchemy import Connection, RowMapping, select

from core.deadlines import due
from core.joint_facts import GONE
from core.models.joint import joint_legs, joint_orders, joint_ratings
from core.models.record import events
from core.scoring import CALLED, SPONSOR, Mark, Part
from core.work import World
from core.worktime import ONE_DAY, SHANGHAI, local_date

Row = RowMapping
ORDERS = select(
    joint_orders.c.id, joint_orders.c.sponsor_unit, joint_orders.c.raised_at, joint_orders.c.met_at,
    joint_orders.c.closed_at, joint_orders.c.state,
)  # fmt: skip
LEGS = select(joint_legs).join(joint_orders, joint_orders.c.id == joint_legs.c.order_id).order_by(joint_legs.c.id)
EVENTS = (
    select(events.c.joint_leg_id, events.c.name, events.c.at, events.c.from_state, events.c.to_state)
    .where(events.c.joint_leg_id.is_not(None))
    .order_by(events.c.id)
)
SHOWN = (
    select(joint_ratings.c.leg_id, joint_ratings.c.side, joint_ratings.c.satisfied)
    .join(joint_legs, joint_legs.c.id == joint_ratings.c.leg_id)
    .join(joint_orders, joint_orders.c.id == joint_legs.c.order_id)
    .where(joint_legs.c.shown_at.is_not(None))
)
"""Ratings both sides may know by now: a blind one counts for nothing and nobody."""
NOT_ITS_FAULT = ("return_review", "disputed")
"""A leg closed while its refusal waited for others is not unfed by its own unit."""


@dataclass(frozen=True, slots=True)
class Told:
    """One leg with everything that happened to it."""

    order: Row
    leg: Row
    events: Sequence[Row]
    ratings: Mapping[str, str]  # side → what it said

    def first(self, *names: str) -> Row | None:
        return next((one for one in self.events if one["name"] in names), None)

    def all(self, name: str) -> list[Row]:
        return [one for one in self.events if one["name"] == name]


def read_parts(
    tx: Connection, world: World, since: date, until: date, now: datetime
) -> tuple[tuple[Part, ...], tuple[Mark, ...]]:
    """Every part in the orders raised on these days (both included), and every mark that goes with them."""
    begins, ends = (datetime.combine(day, time(), SHANGHAI) for day in (since, until + ONE_DAY))
    when = (joint_orders.c.raised_at >= begins, joint_orders.c.raised_at < ends)
    orders = {row["id"]: row for row in tx.execute(ORDERS.where(*when)).mappings()}
    of_these = events.c.joint_id.in_(select(joint_orders.c.id).where(*when))  # a join leads SQLite through every event
    happened = _by_leg(tx.execute(EVENTS.where(of_these)).mappings(), "joint_leg_id")
    said = _by_leg(tx.execute(SHOWN.where(*when)).mappings(), "leg_id")
    parts: list[Part] = []
    marks: list[Mark] = []
    led: set[int] = set()
    for leg in tx.execute(LEGS.where(*when)).mappings():
        order = orders[leg["order_id"]]
        ratings = {row["side"]: row["satisfied"] for row in said.get(leg["id"], ())}
        told = Told(order, leg, happened.get(leg["id"], ()), ratings)
        day = local_date(order["raised_at"])
        mine = Part(order["id"], leg["id"], leg["unit_id"], CALLED, day, frozenset(_called(told, world, now)))
        theirs = frozenset(_sponsored(told, order["id"] not in led))
        parts += [mine, replace(mine, unit=order["sponsor_unit"], side=SPONSOR, amounts=theirs)]
        led.add(order["id"])
        marks += _marks(told, day)
    return tuple(parts), tuple(marks)


def _by_leg(rows: Iterable[Row], name: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row[name], []).append(row)
    return found


def _called(told: Told, world: World, now: datetime) -> Iterable[str]:
    """What the leg counts for at the unit that was called."""
    leg = told.leg
    yield "called"
    yield from _responded(told, world, now)
    yield from _came(told)
    yield from _fed(told, world, now)
    if told.first("refused"):
        yield "refused"
    if leg["state"] == "released":
        yield "released"
    if told.first("redone"):
        yield "redone"
    if leg["overdue"]:
        yield "overdue"
    if leg["state"] not in (*GONE, "fed_back"):
        yield "running"
    if said := told.ratings.get("sponsor"):
        yield from ("rated", said)
    elif leg["state"] == "fed_back":
        yield "unrated"


def _responded(told: Told, world: World, now: datetime) -> Iterable[str]:
    """The first answer, by the limit that began when the flag was raised."""
    answer = told.first("accepted", "refused")
    ends = _ends(told, world, "respond", told.order["raised_at"])
    if answer is not None:
        yield from ("responded", "response_due")
        if answer["at"] <= ends:
            yield "responded_in_time"
    elif ends < _over(told, now):
        yield "response_due"


def _came(told: Told) -> Iterable[str]:
    """Whoever had agreed by the end of the meeting was due there; a late check-in is a coming, and late for ever."""
    leg, met_at = told.leg, told.order["met_at"]
    if leg["checked_in_at"] is not None:
        yield from ("check_in_due", "checked_in")
        yield "late" if leg["late"] else "checked_in_in_time"
        return
    names = ("accepted", "ruled_in", "asked_again")
    agreed = [one["name"] for one in told.events if one["name"] in names and met_at and one["at"] <= met_at]
    if agreed and agreed[-1] != "asked_again" and leg["state"] != "released":
        yield "check_in_due"


def _fed(told: Told, world: World, now: datetime) -> Iterable[str]:
    """The first feedback, by the limit that began when the leg first went to work."""
    began = next((one for one in told.events if one["to_state"] == "reporting"), None)
    fed, ends = told.first("reported"), _ends(told, world, "feedback", began["at"]) if began else None
    if told.leg["state"] == "fed_back":
        yield "fed_back"
    if _unfed(told):
        yield from ("unfed", "feedback_due")
    elif fed is not None or (ends is not None and ends < _over(told, now)):
        yield "feedback_due"
        if fed is not None and ends is not None and fed["at"] <= ends:
            yield "fed_in_time"


def _unfed(told: Told) -> Row | None:
    return next((one for one in told.all("marked_unfed") if one["from_state"] not in NOT_ITS_FAULT), None)


def _sponsored(told: Told, first: bool) -> Iterable[str]:
    """What the leg counts for at the unit that raised the flag; the order itself is counted with its first leg."""
    if first:
        yield "sponsored"
    state = told.leg["state"]
    if state == "released":
        yield "settled"
    elif told.first("accepted", "ruled_in"):
        yield from ("settled", "called_rightly")
    if said := told.ratings.get("unit"):
        yield from ("sponsor_rated", f"sponsor_{said}")


def _marks(told: Told, day: date) -> Iterable[Mark]:
    """Each on the day it happened, in the month of its order."""
    order, leg = told.order, told.leg
    month = f"{day:%Y-%m}"

    def mark(kind: str, at: datetime, unit: int = leg["unit_id"]) -> Mark:
        return Mark(kind, order["id"], leg["id"], unit, local_date(at), month)

    yield from (mark("late", one["at"]) for one in told.all("late_approved"))
    yield from (mark("redone", one["at"]) for one in told.all("redone"))
    yield from (mark("overruled", one["at"]) for one in told.all("ruled_in"))
    if (one := _unfed(told)) is not None:
        yield mark("unfed", one["at"])
    if told.ratings.get("unit") == "pleased":
        yield mark("sponsor_pleased", leg["shown_at"], order["sponsor_unit"])


def _ends(told: Told, world: World, step: str, begins: datetime) -> datetime:
    unit = world.directory.units.get(told.leg["unit_id"])
    limit = world.policy.joint.limit(step, local_date(begins))
    return due(begins, limit, world.calendar, unit.hours if unit else "default").at


def _over(told: Told, now: datetime) -> datetime:
    """Until when somebody could still be late: the order's end, or now."""
    ended: datetime = told.order["closed_at"] or now
    return ended
