"""Rollups read: the sums of a stretch of days by value, unit or day; the work grows with the days asked for alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from core.figures import ALL, AMOUNTS, DIMS, NOTHING, REGISTERED, WHOLE, Amounts, Ask, Pick
from core.measures.folding import NAME
from core.models.cases import case_legs, cases
from core.models.measures import figures, rollup_state, rollups

ONE_DAY = timedelta(days=1)
SUMS = tuple(func.coalesce(func.sum(rollups.c[name]), 0).label(name) for name in AMOUNTS)


def pieces(since: date, until: date) -> Iterator[tuple[str, date, date]]:
    """A stretch of days as whole months and the days before and after them: (grain, first, last)."""
    first = since if since.day == 1 else _next_month(since)
    last = until if (until + ONE_DAY).day == 1 else until.replace(day=1) - ONE_DAY
    if first > last:
        yield "day", since, until
        return
    if since < first:
        yield "day", since, first - ONE_DAY
    yield "month", first, last.replace(day=1)
    if last < until:
        yield "day", last + ONE_DAY, until


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def whole(tx: Connection, ask: Ask, units: Sequence[int]) -> Amounts:
    """The sums of everything asked for."""
    return by_value(tx, ask, units, ALL).get("", NOTHING)


def by_value(tx: Connection, ask: Ask, units: Sequence[int], dim: str) -> dict[str, Amounts]:
    """The sums by the values of one dimension."""
    query = select(rollups.c.value, *SUMS).where(_within(ask, units, dim)).group_by(rollups.c.value)
    return {row[0]: tuple(row[1:]) for row in tx.execute(query)}


def by_unit(
    tx: Connection, ask: Ask, units: Sequence[int], dim: str = ALL, values: Sequence[str] = ("",)
) -> dict[int, Amounts]:
    """The sums of each unit: of everything, or of some values of one dimension."""
    where = and_(_within(ask, units, dim), rollups.c.value.in_(values))
    query = select(rollups.c.unit_id, *SUMS).where(where).group_by(rollups.c.unit_id)
    return {row[0]: tuple(row[1:]) for row in tx.execute(query)}


def by_day(tx: Connection, ask: Ask, units: Sequence[int], grain: str = "day") -> dict[date, Amounts]:
    """The sums by day, or by month for whole months."""
    where = and_(_of(ask.kind, units, ALL), _piece(grain, ask.since, ask.until))
    return {
        row[0]: tuple(row[1:]) for row in tx.execute(select(rollups.c.day, *SUMS).where(where).group_by(rollups.c.day))
    }


def _of(kind: str, units: Sequence[int], dim: str) -> ColumnElement[bool]:
    return and_(rollups.c.kind == kind, rollups.c.unit_id.in_(units), rollups.c.dim == dim)


def _within(ask: Ask, units: Sequence[int], dim: str) -> ColumnElement[bool]:
    return and_(_of(ask.kind, units, dim), or_(*(_piece(*piece) for piece in pieces(ask.since, ask.until))))


def _piece(grain: str, first: date, last: date) -> ColumnElement[bool]:
    return and_(rollups.c.grain == grain, rollups.c.day.between(first, last))


def behind(ask: Ask, units: Sequence[int], pick: Pick) -> ColumnElement[bool]:
    """Which figures make up one number."""
    where = [
        figures.c.kind == ask.kind,
        figures.c.unit_id.in_(units),
        figures.c.day.between(ask.since, ask.until),
        figures.c[pick.amount] > 0,
    ]
    if pick.dim in DIMS:
        where.append(figures.c[pick.dim] == pick.value)
    return and_(*where)


def opened(tx: Connection, ask: Ask, units: Sequence[int], pick: Pick, first: int, size: int) -> list[dict[str, Any]]:
    """Some of the cases behind one number, newest first: each with the unit at which it counts."""
    query = (
        select(figures.c.unit_id.label("at_unit"), cases)
        .join(cases, cases.c.id == figures.c.case_id)
        .where(behind(ask, units, pick))
        .order_by(figures.c.day.desc(), figures.c.id.desc())
    )
    return [dict(row) for row in tx.execute(query.limit(size).offset(first)).mappings()]


def last_day(tx: Connection, ask: Ask, units: Sequence[int], dim: str, before: datetime) -> dict[Any, Amounts]:
    """The sums of the last day asked for, of what was registered or sent to its unit before a moment of that day.

    By the values of one dimension, or by "unit". From the figures of that day themselves: rollups know no hours.
    """
    sent = select(func.min(case_legs.c.sent_at)).where(
        case_legs.c.case_id == figures.c.case_id,
        or_(
            case_legs.c.unit_id == figures.c.unit_id,
            and_(figures.c.unit_id == WHOLE, case_legs.c.part == "lead", case_legs.c.parent_id.is_(None)),
        ),
    )
    moment = cases.c.registered_at if ask.kind == REGISTERED else sent.scalar_subquery()
    column = figures.c.unit_id if dim == "unit" else figures.c[dim] if dim in DIMS else literal("")
    query = (
        select(column, *(func.sum(figures.c[name]) for name in AMOUNTS))
        .join(cases, cases.c.id == figures.c.case_id)
        .where(figures.c.kind == ask.kind, figures.c.unit_id.in_(units), figures.c.day == ask.until, moment < before)
    )
    return {row[0]: tuple(map(int, row[1:])) for row in tx.execute(query.group_by(column))}


def as_of(tx: Connection) -> datetime | None:
    """Up to when everything is folded; None while it is being counted from zero."""
    at: datetime | None = tx.execute(select(rollup_state.c.at).where(rollup_state.c.name == NAME)).scalar_one()
    return at
