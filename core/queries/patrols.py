"""Patrol plans, their walks and findings as rows: what is due, what is under way, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select

from core.models.cases import cases
from core.models.patrols import patrol_findings, patrol_plans, patrol_walks

PLAN = (
    patrol_plans.c.unit_id, patrol_plans.c.title, patrol_plans.c.place, patrol_plans.c.look_for, patrol_plans.c.walkers,
)  # fmt: skip
FOUND = (
    select(func.count())
    .where(patrol_findings.c.walk_id == patrol_walks.c.id, patrol_findings.c.case_id.is_not(None))
    .correlate(patrol_walks)
    .scalar_subquery()
)
WALK = select(patrol_walks, *PLAN, FOUND.label("found")).join(patrol_plans, patrol_plans.c.id == patrol_walks.c.plan_id)


def shaped(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row with its lists as lists."""
    lists = {name: list(row[name].get("all", ())) for name in ("weekdays", "dates", "walkers") if name in row}
    return {**row, **lists}


def walks_of_day(
    tx: Connection, day: date, posts: Iterable[int] = (), units: Iterable[int] = ()
) -> list[dict[str, Any]]:
    """The walks of a day that one of these posts walks, or that one of these units planned."""
    mine, ours = set(posts), set(units)
    rows = tx.execute(WALK.where(patrol_walks.c.day == day).order_by(patrol_plans.c.unit_id, patrol_walks.c.id))
    found = [shaped(row) for row in rows.mappings()]
    return [row for row in found if mine & set(row["walkers"]) or row["unit_id"] in ours]


def one_walk(tx: Connection, walk: int, *, lock: bool = False) -> dict[str, Any] | None:
    """A walk with its plan; locked for whoever changes it."""
    if abs(walk) >= 2**63:
        return None
    query = WALK.where(patrol_walks.c.id == walk)
    row = tx.execute(query.with_for_update(of=patrol_walks) if lock else query).mappings().first()
    return None if row is None else shaped(row)


def under_way(tx: Connection, person: int | None, day: date) -> dict[str, Any] | None:
    """The walk this person began last today and has not ended."""
    open_ = (patrol_walks.c.person_id == person, patrol_walks.c.day == day, patrol_walks.c.done_at.is_(None))
    last = patrol_walks.c.begun_at.desc()
    row = (
        tx.execute(WALK.where(*open_, patrol_walks.c.begun_at.is_not(None)).order_by(last).limit(1)).mappings().first()
    )
    return None if row is None else shaped(row)


def walk_of_draft(tx: Connection, draft: int) -> dict[str, Any] | None:
    """The walk on which a draft was made."""
    query = WALK.join(patrol_findings, patrol_findings.c.walk_id == patrol_walks.c.id)
    row = tx.execute(query.where(patrol_findings.c.draft_id == draft)).mappings().first()
    return None if row is None else shaped(row)


def walk_of_case(tx: Connection, case: int) -> dict[str, Any] | None:
    """The walk on which a case was found."""
    query = WALK.join(patrol_findings, patrol_findings.c.walk_id == patrol_walks.c.id)
    row = tx.execute(query.where(patrol_findings.c.case_id == case)).mappings().first()
    return None if row is None else shaped(row)


def walks_of_plan(tx: Connection, plan: int, most: int) -> Sequence[dict[str, Any]]:
    """The latest walks of a plan, newest first."""
    rows = tx.execute(WALK.where(patrol_walks.c.plan_id == plan).order_by(patrol_walks.c.day.desc()).limit(most))
    return [shaped(row) for row in rows.mappings()]


def findings_of(tx: Connection, walks: Sequence[int]) -> dict[int, list[tuple[int, str, str]]]:
    """The cases found on each walk: id, number, title."""
    query = (
        select(patrol_findings.c.walk_id, cases.c.id, cases.c.no, cases.c.title)
        .join(cases, cases.c.id == patrol_findings.c.case_id)
        .where(patrol_findings.c.walk_id.in_(walks))
        .order_by(cases.c.id)
    )
    found: dict[int, list[tuple[int, str, str]]] = {}
    for row in tx.execute(query):
        found.setdefault(row.walk_id, []).append((row.id, row.no, row.title))
    return found


def tallies(tx: Connection, since: date, today: date) -> dict[int, tuple[int, int, int]]:
    """For every plan since a day: walks done, walks missed (a day that is over), cases found."""
    query = (
        select(patrol_walks.c.plan_id, patrol_walks.c.day, patrol_walks.c.done_at, FOUND.label("found"))
        .where(patrol_walks.c.day >= since)
    )  # fmt: skip
    told: dict[int, tuple[int, int, int]] = {}
    for row in tx.execute(query):
        done, missed, found = told.get(row.plan_id, (0, 0, 0))
        is_done = row.done_at is not None
        told[row.plan_id] = (done + is_done, missed + (not is_done and row.day < today), found + row.found)
    return told
