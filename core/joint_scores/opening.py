"""The orders behind one number of a report: by what they count for, what they lost, or the points they took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, RowMapping, select

from core.errors import Unknown
from core.joint_scores.published import Basis
from core.models.joint import joint_legs, joint_orders
from core.score_views import Opened, OrderLine
from core.scoring import AMOUNTS, Mark, Part
from core.timewords import day_words
from core.work import World
from core.worktime import local_date

MARK, LOST = "mark.", "lost."
"""Before a name: the marks of that rule, or the parts that missed that indicator; without: an amount."""
ROWS = select(
    joint_legs.c.id, joint_legs.c.unit_id, joint_legs.c.state, joint_orders.c.no, joint_orders.c.title,
    joint_orders.c.sponsor_unit, joint_orders.c.raised_at,
).join(joint_orders, joint_orders.c.id == joint_legs.c.order_id)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind one number. `item` may be appealed against, where it is not empty."""

    title: str
    found: tuple[Part | Mark, ...]
    points: str = ""
    item: str = ""


def behind(basis: Basis, units: Sequence[int], what: str) -> Behind:
    """The parts or marks a number counts, newest first. Raises Unknown for a number there is not."""
    seen = set(units)
    marks = {MARK + one.name: one for one in basis.rule.marks}
    lost = {LOST + one.name: one for one in basis.rule.indicators}
    parts = [one for one in basis.parts if one.unit in seen]
    if what in marks:
        rule = marks[what]
        mine = [one for one in basis.marks if one.kind == rule.of and one.unit in seen]
        return Behind(rule.title, _newest(mine), f"{rule.points:+g} 分", rule.name if rule.points < 0 else "")
    if what in lost:
        rate = lost[what]
        missed = [one for one in parts if rate.per in one.amounts and rate.of not in one.amounts]
        return Behind(f"{rate.title}失分", _newest(missed), item=rate.name)
    if what not in AMOUNTS:
        raise Unknown(what="这个数字")
    return Behind(AMOUNTS[what], _newest([one for one in parts if what in one.amounts]))


def _newest(found: Sequence[Part | Mark]) -> tuple[Part | Mark, ...]:
    return tuple(sorted(found, key=lambda one: (one.order, one.leg, one.day), reverse=True))


def opened_page(
    tx: Connection, world: World, now: datetime, told: Behind, wanted: tuple[int, int], appeals: int | None
) -> Opened:
    """One page (its number and size) of them in words; those of the unit `appeals` may be appealed against."""
    page, size = wanted
    pages = max(1, -(-len(told.found) // size))
    page = min(max(1, page), pages)
    here = told.found[(page - 1) * size : page * size]
    rows = {row["id"]: row for row in tx.execute(ROWS.where(joint_legs.c.id.in_({one.leg for one in here}))).mappings()}
    lines = tuple(_line(rows[one.leg], one, world, local_date(now), told.points, appeals) for one in here)
    return Opened(told.title, lines, len(told.found), page, pages, told.item)


def _line(row: RowMapping, one: Part | Mark, world: World, today: date, points: str, appeals: int | None) -> OrderLine:
    state, name = world.policy.flows["joint_leg"].states[row["state"]], world.directory.unit_name
    marked = isinstance(one, Mark)
    return OrderLine(
        row["no"], row["no"][-6:], row["title"], name(row["unit_id"]), name(row["sponsor_unit"]),
        day_words(local_date(row["raised_at"]), today), state.title, state.tone,
        points if marked else "", day_words(one.day, today) if marked else "", one.unit == appeals,
    )  # fmt: skip
