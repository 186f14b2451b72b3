"""How a unit stands and what its day brought: open parts by index, and the events of the last days, no history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, exists, func, select
from sqlalchemy.sql.elements import ColumnElement

from core.models.cases import case_legs, cases
from core.models.record import events
from core.people import Actor
from core.queries.lists import scope
from core.watch import WATCHED
from core.work import World

OPEN = (*WATCHED, "paused")
CALLS = ("closed", "redone", "redone_supervised", "reopened")


@dataclass(frozen=True, slots=True)
class Record:
    """A unit over some days: parts handed in and how many of them in time, overdue now, answers and satisfied ones."""

    done: int = 0
    in_time: int = 0
    overdue: int = 0
    answers: int = 0
    satisfied: int = 0

    @property
    def counted(self) -> int:
        return self.done + self.overdue

    @property
    def on_time_rate(self) -> float:
        return 100.0 * self.in_time / self.counted if self.counted else 100.0

    @property
    def satisfied_rate(self) -> float:
        return 100.0 * self.satisfied / self.answers if self.answers else 100.0


@dataclass(frozen=True, slots=True)
class UnitDay:
    """What a unit's day brought, and what the next one begins with."""

    received: int
    done: int
    open: int
    overdue: int
    due_next: int


def due_by(tx: Connection, actor: Actor, world: World, now: datetime, until: datetime) -> int:
    """How many cases of this reader fall due from now until then: by their own part, else by the lead's."""
    own = actor.unit if world.policy.reads.get(actor.role) == "unit" else None
    part = case_legs.c.unit_id == own if own is not None else case_legs.c.part == "lead"
    falls = exists().where(
        case_legs.c.case_id == cases.c.id, part, case_legs.c.state.in_(WATCHED), case_legs.c.due_at.between(now, until)
    )
    counted: int = tx.execute(select(func.count()).select_from(cases).where(scope(actor, world), falls)).scalar_one()
    return counted


def unit_day(tx: Connection, unit: int, midnight: datetime, now: datetime, next_until: datetime) -> UnitDay:
    """The day of one unit since midnight; `next_until` is the end of the next working day."""
    held = (case_legs.c.unit_id == unit, case_legs.c.state.in_(OPEN))
    live = tx.execute(select(case_legs.c.sent_at, case_legs.c.due_at, case_legs.c.state).where(*held)).all()
    handed = (events.c.flow == "case_leg", events.c.name == "reported", events.c.at >= midnight)
    done = tx.execute(
        select(case_legs.c.id, case_legs.c.sent_at)
        .join(events, events.c.leg_id == case_legs.c.id)
        .where(case_legs.c.unit_id == unit, *handed)
        .distinct()
    ).all()
    running = [row for row in live if row.state != "paused"]
    return UnitDay(
        received=sum(row.sent_at >= midnight for row in live) + sum(row.sent_at >= midnight for row in done),
        done=len(done),
        open=len(live),
        overdue=sum(row.due_at < now for row in running),
        due_next=sum(now <= row.due_at <= next_until for row in running),
    )


def records(tx: Connection, now: datetime, days: int) -> dict[int, Record]:
    """Every unit that handed something in within the last days, was judged by a caller or is overdue now."""
    since = now - timedelta(days=days)
    done, in_time = Counter[int](), Counter[int]()
    handed = select(case_legs.c.unit_id, events.c.at, case_legs.c.due_at).join(
        case_legs, case_legs.c.id == events.c.leg_id
    )
    for row in tx.execute(handed.where(*_lately("case_leg", ("reported",), since))):
        done[row.unit_id] += 1
        in_time[row.unit_id] += row.at <= row.due_at
    late = and_(case_legs.c.state.in_(WATCHED), case_legs.c.due_at < now)
    overdue = Counter[int]()
    for unit, count in tx.execute(select(case_legs.c.unit_id, func.count()).where(late).group_by(case_legs.c.unit_id)):
        overdue[unit] += count
    answers, satisfied = Counter[int](), Counter[int]()
    called = select(cases.c.lead_unit, events.c.facts).join(cases, cases.c.id == events.c.case_id)
    for call in tx.execute(called.where(*_lately("case", CALLS, since), cases.c.lead_unit.is_not(None))):
        if answer := call.facts.get("satisfied"):
            answers[call.lead_unit] += 1
            satisfied[call.lead_unit] += answer != "unsatisfied"
    return {
        unit: Record(done[unit], in_time[unit], overdue[unit], answers[unit], satisfied[unit])
        for unit in {*done, *overdue, *answers}
    }


def _lately(flow: str, names: Iterable[str], since: datetime) -> tuple[ColumnElement[bool], ...]:
    return events.c.flow == flow, events.c.name.in_(tuple(names)), events.c.at >= since
