"""What narrows a list: the lists of the desk by name, and a filter a person composes, as what a list is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import false, func, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from core.models.cases import case_legs, cases
from core.people import Actor
from core.queries.asked import Asked, Ids, tried
from core.queries.lists import OVER, RUNNING, waiting
from core.queries.terms import Terms
from core.work import World
from core.worktime import ONE_DAY, SHANGHAI

ENDED = ("closed", "archived", "invalid")
NOT_DONE = (*RUNNING, "paused", "reported")
below = case_legs.alias("passed_down")


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a person looks for, in codes of the policy; empty means any.

    `state` is the one the reader sees: of the case, or for a unit of its own part. `band` is how long overdue. `since`
    and `until` are days of registration, `ended_since` and `ended_until` those on which the case was closed.
    """

    state: str = ""
    channel: str = ""
    service: str = ""
    type: str = ""
    urgency: str = ""
    unit: str = ""
    band: str = ""
    since: date | None = None
    until: date | None = None
    ended_since: date | None = None
    ended_until: date | None = None
    words: str = ""


def asked_for(key: str, wanted: CaseFilter, reader: Terms, world: World) -> Asked:
    """A list of this reader's board, narrowed by the filter."""
    asked = _of_board(key, reader, world)
    own = reader.of_unit
    told: dict[str, Any] = {"words": wanted.words}
    told |= {"channel": wanted.channel} if wanted.channel else {}
    told |= {"service_type": wanted.service} if wanted.service else {}
    told |= {"since": _midnight(wanted.since)} if wanted.since else {}
    told |= {"until": _midnight(wanted.until) + ONE_DAY} if wanted.until else {}
    where = [*asked.where]
    if wanted.state and (own or asked.state):
        where.append(_in_state(wanted.state, reader))
    elif wanted.state:
        told["state"] = wanted.state
    where += [cases.c.type == wanted.type] if wanted.type else []
    where += [cases.c.urgency == wanted.urgency] if wanted.urgency else []
    if wanted.unit:
        told["units"] = _units_of(wanted.unit, world)
        where += [] if told["units"] else [false()]
    narrower: list[Ids] = []
    if closed := _closed_on(wanted):
        narrower.append(select(cases.c.id).where(*closed))
    if wanted.band:
        narrower.append(late_by(wanted.band, reader, world))
    if narrower and not asked.parts and key in (*OVER, "overdue"):
        told["parts"] = (narrower.pop(),)
    where += [cases.c.id.in_(one) for one in narrower]
    return replace(asked, **told, where=tuple(where))


def _closed_on(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    """When it was closed, from an index: the day's cases are few, however many there are."""
    told = [cases.c.finished_at >= _midnight(wanted.ended_since)] if wanted.ended_since else []
    return [*told, cases.c.finished_at < _midnight(wanted.ended_until) + ONE_DAY] if wanted.ended_until else told


def _of_board(key: str, reader: Terms, world: World) -> Asked:
    row = world.policy.desk.list_of(reader.role, key)
    if row is not None and row.cases:
        if len(row.cases) == 1 and row.cases[0] in ENDED:
            return Asked("all", state=row.cases[0])
        return Asked(key, parts=(select(cases.c.id).where(cases.c.state.in_(row.cases)),))
    match key:
        case "passed_on":
            return Asked(key, parts=_passed_on(reader))
        case "to_sign":
            mine = (case_legs.c.unit_id == reader.unit, case_legs.c.state == "to_sign")
            return Asked(key, parts=(select(case_legs.c.case_id).where(*mine),))
        case "to_confirm":
            return Asked(key, parts=(_holds(reader, below.c.state == "reported"),))
    return Asked(key)


def _passed_on(reader: Terms) -> tuple[Ids, ...]:
    """What the unit sent on and others still work at: parts below its own, and cases it registered and passed on."""
    going = cases.c.state.in_(("dispatched", "handling"))
    own = select(cases.c.id).where(func.coalesce(cases.c.registered_unit, 0) == reader.unit, going)
    return _holds(reader, below.c.state.in_(NOT_DONE)), own


def _holds(reader: Terms, *where: ColumnElement[bool]) -> Ids:
    """Cases with a part of the reader's own unit that has a part below it for which `where` holds."""
    own = select(case_legs.c.case_id).join(below, below.c.parent_id == case_legs.c.id)
    return own.where(case_legs.c.unit_id == reader.unit, *where)


def states_of(actor: Actor, world: World) -> dict[str, str]:
    """The states this reader may filter by, in words: a unit sees its own part, everybody else the case."""
    flow = world.policy.flows["case_leg" if world.policy.reads.get(actor.role) == "unit" else "case"]
    return {name: state.title for name, state in flow.states.items() if name != "released"}


def late_by(band: str, reader: Terms, world: World) -> Ids:
    """Overdue by as much as the band says: the lead's part for the desk, its own for a unit."""
    row = world.policy.desk.bands.get(band)
    if row is None:
        return select(cases.c.id).where(false())
    bounds = [case_legs.c.due_at < reader.ago(row.after)]
    bounds += [case_legs.c.due_at >= reader.ago(row.until)] if row.until else []
    whose = case_legs.c.unit_id == reader.unit if reader.of_unit else case_legs.c.part == "lead"
    late = select(case_legs.c.case_id).where(whose, case_legs.c.state.in_(RUNNING), *bounds)
    return select(cases.c.id).where(cases.c.id.in_(late), cases.c.id.in_(union_all(*waiting("overdue", reader))))


def _in_state(state: str, reader: Terms) -> ColumnElement[bool]:
    if not reader.of_unit:
        return tried(cases.c.state) == state
    mine = select(case_legs.c.case_id).where(case_legs.c.unit_id == reader.unit, case_legs.c.state == state)
    return cases.c.id.in_(mine)


def _units_of(code: str, world: World) -> tuple[int, ...]:
    """The unit with those below it."""
    unit = world.directory.by_word.get(code)
    return () if unit is None else tuple(sorted(world.directory.within(unit)))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), SHANGHAI)
