"""What narrows a list: the lists of the desk by name, and a filter a person composes, each as one SQL condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, and_, false, func, or_, select, true
from sqlalchemy.sql.elements import ColumnElement

from core.crypto import Indexer
from core.models.cases import case_legs, cases
from core.people import Actor
from core.queries import lists
from core.views import DeskView, Tally
from core.work import World
from core.worktime import ONE_DAY, SHANGHAI

MOST_COUNTED = 1000  # a number that reads 999+ costs no more than this
OVER = ("settled", "released")
UNDER_WAY = ("to_sign", "handling", "delegated", "returning", "adjudicating")
below = case_legs.alias("passed_down")


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a person looks for, in codes of the policy; empty means any.

    `state` is the one the reader sees: of the case, or for a unit of its own part. `band` is how long overdue.
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
    words: str = ""


def listed(key: str, actor: Actor, world: World, now: datetime) -> ColumnElement[bool]:
    """What makes a case belong to a list of this reader's board."""
    row = world.policy.desk.list_of(actor.role, key)
    if row is not None and row.cases:
        return cases.c.state.in_(row.cases)
    match key:
        case "passed_on":
            return _passed_on(actor)
        case "to_confirm":
            return _holds(actor, case_legs.c.id == below.c.parent_id, below.c.state == "reported")
    return lists.listed(key, actor, world, now)


def _passed_on(actor: Actor) -> ColumnElement[bool]:
    """What the unit sent on and others still work at: parts below its own, and cases it registered and passed on."""
    sent = _holds(actor, case_legs.c.id == below.c.parent_id, below.c.state.not_in(OVER))
    own = and_(cases.c.registered_unit == actor.unit, cases.c.state.in_(("dispatched", "handling")))
    return or_(sent, own)


def _holds(actor: Actor, *where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Cases with a part of the reader's own unit that has a part below it for which `where` holds."""
    return cases.c.id.in_(select(case_legs.c.case_id).where(case_legs.c.unit_id == actor.unit, *where))


def condition(wanted: CaseFilter, actor: Actor, world: World, now: datetime, indexer: Indexer) -> ColumnElement[bool]:
    """The filter as one condition, to be joined with the list and the reader's scope."""
    tests: list[ColumnElement[bool]] = [true()]
    tests += [_in_state(wanted.state, actor, world)] if wanted.state else []
    tests += [cases.c.channel == wanted.channel] if wanted.channel else []
    tests += [cases.c.service_type == wanted.service] if wanted.service else []
    tests += [cases.c.type == wanted.type] if wanted.type else []
    tests += [cases.c.urgency == wanted.urgency] if wanted.urgency else []
    tests += [_at_unit(wanted.unit, world)] if wanted.unit else []
    tests += [late_by(wanted.band, actor, world, now)] if wanted.band else []
    tests += [cases.c.registered_at >= _midnight(wanted.since)] if wanted.since else []
    tests += [cases.c.registered_at < _midnight(wanted.until) + ONE_DAY] if wanted.until else []
    tests += [lists.matching(wanted.words, indexer)] if wanted.words.strip() else []
    return and_(*tests)


def states_of(actor: Actor, world: World) -> dict[str, str]:
    """The states this reader may filter by, in words: a unit sees its own part, everybody else the case."""
    flow = world.policy.flows["case_leg" if _is_unit(actor, world) else "case"]
    return {name: state.title for name, state in flow.states.items() if name != "released"}


def late_by(band: str, actor: Actor, world: World, now: datetime) -> ColumnElement[bool]:
    """Overdue by as much as the band says: the lead's part for the desk, its own for a unit."""
    row = world.policy.desk.bands.get(band)
    if row is None:
        return false()
    bounds = [case_legs.c.due_at < now - row.after]
    bounds += [case_legs.c.due_at >= now - row.until] if row.until else []
    whose = case_legs.c.unit_id == actor.unit if _is_unit(actor, world) else case_legs.c.part == "lead"
    late = select(case_legs.c.case_id).where(whose, case_legs.c.state.in_(UNDER_WAY), *bounds)
    return and_(lists.listed("overdue", actor, world, now), cases.c.id.in_(late))


def _is_unit(actor: Actor, world: World) -> bool:
    return world.policy.reads.get(actor.role) == "unit"


def _in_state(state: str, actor: Actor, world: World) -> ColumnElement[bool]:
    if not _is_unit(actor, world):
        return cases.c.state == state
    mine = select(case_legs.c.case_id).where(case_legs.c.unit_id == actor.unit, case_legs.c.state == state)
    return cases.c.id.in_(mine)


def _at_unit(code: str, world: World) -> ColumnElement[bool]:
    """Cases on which the unit, or one below it, has or had a part."""
    unit = world.directory.by_word.get(code)
    if unit is None:
        return false()
    held = case_legs.c.unit_id.in_(world.directory.within(unit))
    return cases.c.id.in_(select(case_legs.c.case_id).where(held, case_legs.c.state != "released"))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), SHANGHAI)


def desk(tx: Connection, actor: Actor, world: World, now: datetime) -> DeskView:
    """The lists of the reader's board and the bands of lateness with their numbers, counted in one question."""
    board, bands = world.policy.desk.board(actor.role), world.policy.desk.bands.values()
    numbers = {one.key: listed(one.key, actor, world, now) for one in board}
    numbers |= {f"late:{band.key}": late_by(band.key, actor, world, now) for band in bands}
    counted = _counted(tx, numbers, lists.scope(actor, world)) if board else {}
    return DeskView(
        as_of=f"截至 {now.astimezone(SHANGHAI):%H:%M}",
        lists=tuple(Tally(one.key, one.title, counted[one.key]) for one in board),
        bands=tuple(Tally(band.key, band.title, counted[f"late:{band.key}"]) for band in bands if board),
    )


def _counted(tx: Connection, numbers: Mapping[str, ColumnElement[bool]], mine: ColumnElement[bool]) -> dict[str, int]:
    """How many cases each condition holds for, up to what is still told exactly."""
    parts = [
        select(func.count())
        .select_from(select(cases.c.id).where(mine, where).limit(MOST_COUNTED).subquery(f"some_{at}"))
        .scalar_subquery()
        .label(f"number_{at}")
        for at, where in enumerate(numbers.values())
    ]
    return dict(zip(numbers, tx.execute(select(*parts)).one(), strict=True))
