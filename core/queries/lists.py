"""Work lists: which cases belong to which list, scoped by the reader's standing in the query itself (B2).

A list costs what it shows, not what there ever was. Lists of open work are found from the states that wait. Lists of
what is over are walked from the newest along an index, MOST at the most; a narrower wish is tried on WALK of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, false, func, or_, select, true, union_all
from sqlalchemy import case as choose
from sqlalchemy.sql.elements import ColumnElement

from core.crypto import Indexer
from core.models.cases import case_legs, cases
from core.people import Actor
from core.queries import search
from core.queries.asked import Asked, Ids, tried
from core.queries.terms import NO_TIME, Terms, at, reached
from core.work import World

MOST = 1000  # of what is over a list shows so many, the newest; its number reads 999+ then
WALK = 2000  # of what is over so many are tried when the wish is narrower than any index
READ = 1000  # of what the word index yields
FEW_UNITS = 8  # whoever reads more than so many finds enough by the index
TITLES = {"today": "今日", "todo": "待办", "done": "已办", "all": "全部", "overdue": "超期"}
OVER = ("done", "all", "find")
MINE = ("to_sign", "handling", "paused")
RUNNING = ("to_sign", "handling", "delegated", "returning", "adjudicating")
NOT_DONE_BY_UNIT = (*RUNNING, "paused", "released")
DONE = ("follow_up", "closed", "archived")
LIVE = search.LIVE
NEWEST = (cases.c.registered_at.desc(), cases.c.id.desc())
below = case_legs.alias("below")


@dataclass(frozen=True, slots=True)
class Found:
    """The cases of a list, in order. Something was not looked at when `more`, or when `walked` yields `enough`."""

    ids: Ids
    more: bool = False
    is_open: bool = False
    walked: Ids | None = None
    enough: int = 0
    as_many: Ids | None = None  # as many as `ids`, found without putting them in order
    filled: Mapping[str, datetime] = field(default_factory=dict)  # values for the names of a statement built with names

    @property
    def counted(self) -> Ids:
        """As many of them as are ever counted, in no order where all of them would have to be sorted for it."""
        if self.as_many is not None:
            return self.as_many
        return self.ids.order_by(None).limit(MOST) if self.is_open else self.ids

    def ends_early(self, walked: int, count: int) -> bool:
        """Whether there may be more than the `count` that were found, so many having been `walked`."""
        return (self.more or (self.walked is not None and walked >= self.enough)) and count < MOST


def scope(actor: Actor, world: World) -> ColumnElement[bool]:
    """Whether this reader may see a case at all; for cases found otherwise, one by one."""
    return _within(reached(actor, world))


def _within(units: Sequence[Any] | None) -> ColumnElement[bool]:
    if units is None:
        return true()
    if not units:
        return false()
    return or_(_leg(case_legs.c.unit_id.in_(units)), cases.c.registered_unit.in_(units))


def _leg(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(case_legs.c.case_id == cases.c.id, *where)


# --- open work: from the states that wait ---------------------------------------------------------------------------


def _of_legs(*where: ColumnElement[bool]) -> Ids:
    return select(case_legs.c.case_id).where(*where)


def waiting(key: str, reader: Terms) -> list[Ids]:
    """The cases of 待办, 超期 and 今日 (R103), each part found by an index on what is open or of today."""
    own = reader.unit if reader.of_unit else None
    if key == "todo":
        return _todo(reader)
    if key == "today":
        midnight = reader.midnight()
        new = select(cases.c.id).where(cases.c.registered_at >= midnight)
        sent = _of_legs(case_legs.c.sent_at >= midnight, func.coalesce(case_legs.c.unit_id, 0) == own)
        return [new] if own is None else [sent, new.where(func.coalesce(cases.c.registered_unit, 0) == own)]
    late = _late(reader)
    if own is not None:
        return [_of_legs(case_legs.c.unit_id == own, *late)]
    running = cases.c.state.in_(("dispatched", "handling"))
    led = _of_legs(case_legs.c.part == "lead", *late)
    return [led.join(cases, cases.c.id == case_legs.c.case_id).where(running)]


def _late(reader: Terms) -> tuple[ColumnElement[bool], ...]:
    """A part whose time is over while somebody works on it."""
    return case_legs.c.state.in_(RUNNING), case_legs.c.due_at < reader.ago(NO_TIME)


def _todo(reader: Terms) -> list[Ids]:
    """Whose move is it: the cases that wait for this reader's own hand."""
    state, desk = case_legs.c.state, select(cases.c.id).where(cases.c.state.in_(("pending", "closing")))
    returning = _of_legs(state == "returning", case_legs.c.parent_id.is_(None))
    asked = _of_legs(state.in_(("handling", "delegated", "reported")), case_legs.c.extension == "asked")
    ruling = _of_legs(state == "adjudicating")
    if reader.role == "dispatcher":
        return [desk, returning, asked]
    if reader.role == "desk_head":
        return [desk, returning, asked, ruling]
    if reader.role == "caller":
        return [select(cases.c.id).where(cases.c.state == "follow_up")]
    if reader.role == "district_leader":
        return [ruling.where(case_legs.c.unit_id.in_(reader.in_charge))]
    if reader.unit is None:
        return [select(cases.c.id).where(false())]
    mine = _of_legs(case_legs.c.unit_id == reader.unit, state.in_(MINE))
    upper = select(case_legs.c.case_id).join(below, below.c.parent_id == case_legs.c.id)
    review = upper.where(below.c.state.in_(("reported", "returning")), case_legs.c.unit_id == reader.unit)
    own = select(cases.c.id).where(cases.c.state == "pending", func.coalesce(cases.c.registered_unit, 0) == reader.unit)
    return [mine, review, own]


def _to_review(reader: Terms) -> ColumnElement[bool]:
    """Cases where a unit below this reader's has handed in its part, or wants to return it."""
    return exists().where(
        case_legs.c.case_id == cases.c.id,
        case_legs.c.unit_id == reader.unit,
        below.c.parent_id == case_legs.c.id,
        below.c.state.in_(("reported", "returning")),
    )


def in_turn(key: str, reader: Terms) -> tuple[ColumnElement[Any], ...]:
    """What 待办 is sorted by first (C13): overdue before all else, then the groups in their order; within either the
    deadline of the reader's own part.
    """
    if key != "todo" or reader.role in ("caller", "district_leader"):
        return ()
    if not reader.of_unit:
        ruling = _leg(case_legs.c.state == "adjudicating") if reader.role == "desk_head" else false()
        late = and_(cases.c.state.in_(("dispatched", "handling")), _leg(case_legs.c.part == "lead", *_late(reader)))
        return (choose((late, -1), (ruling, 3), (cases.c.state == "pending", 4), else_=2),)
    mine = (case_legs.c.case_id == cases.c.id, case_legs.c.unit_id == reader.unit, case_legs.c.state.in_(MINE))
    due = select(func.min(case_legs.c.due_at)).where(*mine).scalar_subquery()
    signs = _leg(case_legs.c.unit_id == reader.unit, case_legs.c.state == "to_sign")
    late = _leg(case_legs.c.unit_id == reader.unit, *_late(reader))
    place = choose((late, -1), (signs, 0), (_to_review(reader), 2), (cases.c.state == "pending", 6), else_=1)
    return place, func.coalesce(due, cases.c.due_at, cases.c.registered_at)


def _by_time_left(turn: tuple[ColumnElement[Any], ...]) -> tuple[ColumnElement[Any], ...]:
    live = choose((cases.c.state.in_(LIVE), 0), else_=1)
    hurry = choose((cases.c.urgency == "critical", 0), (cases.c.urgency == "urgent", 1), else_=2)
    unplaced = choose((cases.c.state == "pending", hurry), else_=0)
    return *turn, live, unplaced, func.coalesce(cases.c.due_at, cases.c.registered_at), cases.c.id.desc()


# --- what is over: from the newest ----------------------------------------------------------------------------------


def _of_units(units: Sequence[int], most: int, todo: list[Ids] | None) -> Ids:
    """The newest cases that any of the units has a part in or registered; with `todo`, the parts one unit has done."""
    parts: Iterator[Ids] = (_of_legs(case_legs.c.unit_id == unit) for unit in units)
    if todo is not None:
        waits = case_legs.c.case_id.in_(union_all(*todo))
        parts = (part.where(case_legs.c.state.not_in(NOT_DONE_BY_UNIT), ~waits) for part in parts)
    each = _of_each(units, most)
    newest = [part.distinct().order_by(case_legs.c.case_id.desc()).limit(each) for part in parts]
    if todo is None:
        ours = (select(cases.c.id.label("case_id")).where(cases.c.registered_unit == unit) for unit in units)
        newest += [one.order_by(cases.c.id.desc()).limit(each) for one in ours]
    told = union_all(*(select(part.subquery()) for part in newest)).subquery()
    return select(told.c.case_id.label("id")).distinct().order_by(told.c.case_id.desc()).limit(most)


def _any_of_units(units: Sequence[int], most: int) -> Ids:
    """As many cases as `_of_units` yields, whichever come first: with a thousand found nobody looks further."""
    parts = [_of_legs(case_legs.c.unit_id == unit).distinct().limit(most) for unit in units]
    ours = [select(cases.c.id.label("case_id")).where(cases.c.registered_unit == unit).limit(most) for unit in units]
    told = union_all(*(select(part.subquery()) for part in (*parts, *ours))).subquery()
    return select(told.c.case_id).distinct().limit(most)


def _of_each(units: Sequence[int], most: int) -> int:
    """How many of one unit are looked at, so that a leader of many units waits no longer than a clerk."""
    return max(MOST, most // len(units))


def _over(asked: Asked, reader: Terms) -> Found:
    """已办 and 全部 without words: the newest that are so."""
    units, equal = reader.units, asked.tried()
    if units is not None and not units:
        return Found(select(cases.c.id).where(false()))
    if units is None and asked.units:
        rest = [_leg(case_legs.c.unit_id.in_(asked.units)), *equal, *asked.times(), *asked.where]
        rest += [tried(cases.c.state).in_(DONE)] if asked.key == "done" else []
        return _tried(_of_units(asked.units, WALK, None), rest, _of_each(asked.units, WALK))
    if units is None:
        first, *rest = [*asked.equal()[:1], *asked.times()] or [true()], *equal[1:], *asked.where
        walk = select(cases.c.id).where(*first).order_by(*NEWEST)
        if asked.key == "done":
            walk = walk.where(cases.c.state.not_in((*LIVE, "invalid", "merged")))
        if not rest:
            return Found(walk.limit(MOST))
        walk = walk.limit(WALK)
    else:
        own = asked.key == "done" and reader.of_unit and reader.unit is not None
        rest = [*equal, *asked.times(), *asked.where]
        rest += [_leg(case_legs.c.unit_id.in_(asked.units))] if asked.units else []
        rest += [tried(cases.c.state).in_(DONE)] if asked.key == "done" and not own else []
        todo = _todo(reader) if own else None
        units = (reader.unit,) if own else units
        walk = _of_units(units, WALK if rest else MOST, todo)
        if not rest:
            return Found(walk) if own else Found(walk, as_many=_any_of_units(units, MOST))
    return _tried(walk, rest, _of_each(units or (0,), WALK))


def _tried(walk: Ids, rest: Sequence[ColumnElement[bool]], all_of_it: int) -> Found:
    """Those of the walk that are what was asked for, the newest first; shorter than `all_of_it`, it was everything."""
    held = walk.cte()  # a statement that counts both walks once
    ids = select(cases.c.id).join(held, held.c.id == cases.c.id).where(*rest).order_by(*NEWEST).limit(MOST)
    return Found(ids, walked=select(held.c.id), enough=all_of_it)


def size(ids: Ids) -> ColumnElement[int]:
    """How many there are, as a value of a statement."""
    return select(func.count()).select_from(ids.subquery()).scalar_subquery()


def _searched(
    tx: Connection, asked: Asked, reader: Terms, words: search.Words, rest: list[ColumnElement[bool]]
) -> Found:
    """已办 and 全部 by words: those still open first, then the newest."""
    units = reader.units
    own = _of_units(units, READ, None) if units and len(units) <= FEW_UNITS else None
    ids, more = search.candidates(tx, words, READ, own)
    if asked.key == "done":
        mine = _leg(case_legs.c.unit_id == reader.unit, case_legs.c.state.in_(("reported", "settled")))
        rest += (
            [mine, cases.c.id.not_in(union_all(*_todo(reader)))] if reader.of_unit else [tried(cases.c.state).in_(DONE)]
        )
    rest += [_leg(case_legs.c.unit_id.in_(asked.units))] if asked.units else []
    live = choose((cases.c.state.in_(LIVE), 0), else_=1)
    chosen = select(cases.c.id).where(cases.c.id.in_(ids), _within(units), *rest)
    return Found(chosen.order_by(live, *NEWEST).limit(MOST), more)


# --- lists ----------------------------------------------------------------------------------------------------------


def stands(asked: Asked, reader: Terms) -> Found:
    """The cases of a list without words, within the reader's scope: a statement, nothing is looked up for it."""
    rest = [*asked.tried(), *asked.times(), *asked.where]
    return _over(asked, reader) if _is_over(asked) else _open(asked, reader, rest)


def found(tx: Connection, asked: Asked, actor: Actor, world: World, now: datetime, indexer: Indexer | None) -> Found:
    """The cases of a list, within the reader's scope."""
    words, reader = None, at(actor, world, now)
    if indexer and (asked.words.strip() or asked.key == "find"):
        words = search.words_of(asked.words, indexer, world.policy.sources)
    if words is None:
        return stands(asked, reader)
    rest = [*asked.tried(), *asked.times(), *asked.where]
    if _is_over(asked):
        return _searched(tx, asked, reader, words, rest)
    return _open(asked, reader, [*rest, search.means(words)])


def _is_over(asked: Asked) -> bool:
    return asked.key in OVER and not asked.parts


def _open(asked: Asked, reader: Terms, rest: list[ColumnElement[bool]]) -> Found:
    rest += [_leg(case_legs.c.unit_id.in_(asked.units))] if asked.units else []
    waits = cases.c.id.in_(union_all(*(asked.parts or waiting(asked.key, reader))))
    ids = select(cases.c.id).where(waits, _within(reader.units), *rest)
    return Found(ids.order_by(*_by_time_left(in_turn(asked.key, reader))), is_open=True)
