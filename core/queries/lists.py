"""Work lists: which cases belong to which list, scoped by the reader's standing in the query itself (B2).

A list costs what it shows, not what there ever was. Lists of open work are found from the states that wait. Lists of
what is over are walked from the newest along an index, MOST at the most; a narrower wish is tried on WALK of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, exists, false, func, or_, select, true, union_all
from sqlalchemy import case as choose
from sqlalchemy.sql.elements import ColumnElement

from core.crypto import Indexer
from core.models.cases import case_legs, cases
from core.people import Actor
from core.queries import search
from core.queries.asked import Asked, Ids
from core.queries.items import group_of, item_of, legs_of
from core.queries.sheets import reach
from core.views import WorkPage
from core.work import World
from core.worktime import SHANGHAI, local_date

MOST = 1000  # of what is over a list shows so many, the newest; its number reads 999+ then
WALK = 2000  # of what is over so many are tried when the wish is narrower than any index
READ = 1000  # of what the word index yields
FEW_UNITS = 8  # whoever reads more than so many finds enough by the index
MOST_GROUPED = 500  # beyond this the groups count the page in hand
TITLES = {"today": "今日", "todo": "待办", "done": "已办", "all": "全部", "overdue": "超期"}
OVER = ("done", "all", "find")
GROUPS = ("签收", "办理", "审核", "裁定", "派发", "回访", "转办")
MINE = ("to_sign", "handling", "paused")
RUNNING = ("to_sign", "handling", "delegated", "returning", "adjudicating")
NOT_DONE_BY_UNIT = (*RUNNING, "paused", "released")
DONE = ("follow_up", "closed", "archived")
LIVE = search.LIVE
NEWEST = (cases.c.registered_at.desc(), cases.c.id.desc())
below = case_legs.alias("below")


@dataclass(frozen=True, slots=True)
class Found:
    """The cases of a list, in order. `more`: it was not looked at everything there is."""

    ids: Ids
    more: bool = False
    is_open: bool = False

    @property
    def counted(self) -> Ids:
        """As many of them as are ever counted, in no order where all of them would have to be sorted for it."""
        return self.ids.order_by(None).limit(MOST) if self.is_open else self.ids


def scope(actor: Actor, world: World) -> ColumnElement[bool]:
    """Whether this reader may see a case at all; for cases found otherwise, one by one."""
    units = _units(actor, world)
    if units is None:
        return true()
    if not units:
        return false()
    return or_(_leg(case_legs.c.unit_id.in_(units)), cases.c.registered_unit.in_(units))


def _units(actor: Actor, world: World) -> list[int] | None:
    """The units whose cases the reader sees; None when every case."""
    wide = world.policy.reads.get(actor.role, "none")
    return None if wide == "all" else sorted(reach(actor, wide, world.directory))


def _leg(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(case_legs.c.case_id == cases.c.id, *where)


# --- open work: from the states that wait ---------------------------------------------------------------------------


def _of_legs(*where: ColumnElement[bool]) -> Ids:
    return select(case_legs.c.case_id).where(*where)


def waiting(key: str, actor: Actor, world: World, now: datetime) -> list[Ids]:
    """The cases of 待办, 超期 and 今日 (R103), each part found by an index on what is open or of today."""
    midnight = datetime.combine(local_date(now), datetime.min.time(), SHANGHAI).astimezone(UTC)
    own = actor.unit if world.policy.reads.get(actor.role) == "unit" else None
    late = (case_legs.c.state.in_(RUNNING), case_legs.c.due_at < now)
    new = select(cases.c.id).where(cases.c.registered_at >= midnight)
    if key == "todo":
        return _todo(actor)
    if key == "today":
        sent = _of_legs(case_legs.c.sent_at >= midnight, func.coalesce(case_legs.c.unit_id, 0) == own)
        return [new] if own is None else [sent, new.where(func.coalesce(cases.c.registered_unit, 0) == own)]
    if own is not None:
        return [_of_legs(case_legs.c.unit_id == own, *late)]
    running = cases.c.state.in_(("dispatched", "handling"))
    led = _of_legs(case_legs.c.part == "lead", *late)
    return [led.join(cases, cases.c.id == case_legs.c.case_id).where(running)]


def _todo(actor: Actor) -> list[Ids]:
    """Whose move is it: the cases that wait for this actor's own hand."""
    state, desk = case_legs.c.state, select(cases.c.id).where(cases.c.state.in_(("pending", "closing")))
    returning = _of_legs(state == "returning", case_legs.c.parent_id.is_(None))
    asked = _of_legs(state.in_(("handling", "delegated", "reported")), case_legs.c.extension == "asked")
    ruling = _of_legs(state == "adjudicating")
    if actor.role == "dispatcher":
        return [desk, returning, asked]
    if actor.role == "desk_head":
        return [desk, returning, asked, ruling]
    if actor.role == "caller":
        return [select(cases.c.id).where(cases.c.state == "follow_up")]
    if actor.role == "district_leader":
        return [ruling.where(case_legs.c.unit_id.in_(actor.in_charge))]
    if actor.unit is None:
        return [select(cases.c.id).where(false())]
    mine = _of_legs(case_legs.c.unit_id == actor.unit, state.in_(MINE))
    upper = select(case_legs.c.case_id).join(below, below.c.parent_id == case_legs.c.id)
    review = upper.where(below.c.state.in_(("reported", "returning")), case_legs.c.unit_id == actor.unit)
    own = select(cases.c.id).where(cases.c.state == "pending", func.coalesce(cases.c.registered_unit, 0) == actor.unit)
    return [mine, review, own]


def _to_review(actor: Actor) -> ColumnElement[bool]:
    """Cases where a unit below this actor's has handed in its part, or wants to return it."""
    return exists().where(
        case_legs.c.case_id == cases.c.id,
        case_legs.c.unit_id == actor.unit,
        below.c.parent_id == case_legs.c.id,
        below.c.state.in_(("reported", "returning")),
    )


def in_turn(key: str, actor: Actor, world: World) -> tuple[ColumnElement[Any], ...]:
    """What 待办 is sorted by first (C13): the groups in their order, then the deadline of the reader's own part."""
    if key != "todo" or actor.role in ("caller", "district_leader"):
        return ()
    if world.policy.reads.get(actor.role) != "unit":
        ruling = _leg(case_legs.c.state == "adjudicating") if actor.role == "desk_head" else false()
        return (choose((ruling, 3), (cases.c.state == "pending", 4), else_=2),)
    mine = (case_legs.c.case_id == cases.c.id, case_legs.c.unit_id == actor.unit, case_legs.c.state.in_(MINE))
    due = select(func.min(case_legs.c.due_at)).where(*mine).scalar_subquery()
    signs = _leg(case_legs.c.unit_id == actor.unit, case_legs.c.state == "to_sign")
    place = choose((signs, 0), (_to_review(actor), 2), (cases.c.state == "pending", 6), else_=1)
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


def _of_each(units: Sequence[int], most: int) -> int:
    """How many of one unit are looked at, so that a leader of many units waits no longer than a clerk."""
    return max(MOST, most // len(units))


def _over(tx: Connection, asked: Asked, actor: Actor, world: World) -> Found:
    """已办 and 全部 without words: the newest that are so."""
    units, equal = _units(actor, world), asked.equal()
    if units is not None and not units:
        return Found(select(cases.c.id).where(false()))
    if units is None and asked.units:
        rest = [_leg(case_legs.c.unit_id.in_(asked.units)), *equal, *asked.times(), *asked.where]
        rest += [cases.c.state.in_(DONE)] if asked.key == "done" else []
        return _tried(tx, _of_units(asked.units, WALK, None), rest, _of_each(asked.units, WALK))
    if units is None:
        first, *rest = [*equal[:1], *asked.times()] or [true()], *equal[1:], *asked.where
        walk = select(cases.c.id).where(*first).order_by(*NEWEST)
        if asked.key == "done":
            walk = walk.where(cases.c.state.not_in((*LIVE, "invalid", "merged")))
        if not rest:
            return Found(walk.limit(MOST))
        walk = walk.limit(WALK)
    else:
        own = asked.key == "done" and world.policy.reads.get(actor.role) == "unit" and actor.unit is not None
        rest = [*equal, *asked.times(), *asked.where]
        rest += [_leg(case_legs.c.unit_id.in_(asked.units))] if asked.units else []
        rest += [cases.c.state.in_(DONE)] if asked.key == "done" and not own else []
        todo = _todo(actor) if own else None
        units = [actor.unit] if own and actor.unit else units
        walk = _of_units(units, WALK if rest else MOST, todo)
        if not rest:
            return Found(walk)
    return _tried(tx, walk, rest, _of_each(units or [0], WALK))


def _tried(tx: Connection, walk: Ids, rest: Sequence[ColumnElement[bool]], all_of_it: int) -> Found:
    """Those of the walk that are what was asked for, the newest first; shorter than `all_of_it`, it was everything."""
    held = walk.subquery()
    ids = select(cases.c.id).join(held, held.c.id == cases.c.id).where(*rest).order_by(*NEWEST).limit(MOST)
    return Found(ids, _size(tx, walk) >= all_of_it)


def _size(tx: Connection, ids: Ids) -> int:
    return int(tx.execute(select(func.count()).select_from(ids.subquery())).scalar_one())


def _searched(
    tx: Connection, asked: Asked, actor: Actor, world: World, words: search.Words, rest: list[ColumnElement[bool]]
) -> Found:
    """已办 and 全部 by words: those still open first, then the newest."""
    units = _units(actor, world)
    own = _of_units(units, READ, None) if units and len(units) <= FEW_UNITS else None
    ids, more = search.candidates(tx, words, READ, own)
    if asked.key == "done":
        single = world.policy.reads.get(actor.role) == "unit"
        mine = _leg(case_legs.c.unit_id == actor.unit, case_legs.c.state.in_(("reported", "settled")))
        rest += [mine, cases.c.id.not_in(union_all(*_todo(actor)))] if single else [cases.c.state.in_(DONE)]
    rest += [_leg(case_legs.c.unit_id.in_(asked.units))] if asked.units else []
    live = choose((cases.c.state.in_(LIVE), 0), else_=1)
    chosen = select(cases.c.id).where(cases.c.id.in_(ids), scope(actor, world), *rest)
    return Found(chosen.order_by(live, *NEWEST).limit(MOST), more)


# --- lists ----------------------------------------------------------------------------------------------------------


def found(tx: Connection, asked: Asked, actor: Actor, world: World, now: datetime, indexer: Indexer | None) -> Found:
    """The cases of a list, within the reader's scope."""
    words, rest = None, [*asked.equal(), *asked.times(), *asked.where]
    if indexer and (asked.words.strip() or asked.key == "find"):
        words = search.words_of(asked.words, indexer, world.policy.sources)
    if asked.key in OVER and not asked.parts:
        return _searched(tx, asked, actor, world, words, rest) if words else _over(tx, asked, actor, world)
    rest += [search.means(words)] if words else []
    rest += [_leg(case_legs.c.unit_id.in_(asked.units))] if asked.units else []
    waits = cases.c.id.in_(union_all(*(asked.parts or waiting(asked.key, actor, world, now))))
    ids = select(cases.c.id).where(waits, scope(actor, world), *rest)
    return Found(ids.order_by(*_by_time_left(in_turn(asked.key, actor, world))), is_open=True)


def page(
    tx: Connection, asked: Asked, actor: Actor, world: World, now: datetime, title: str, indexer: Indexer | None = None,
    number: int = 1, size: int = 20,
) -> WorkPage:  # fmt: skip
    """One page of a list."""
    listed = found(tx, asked, actor, world, now, indexer)
    ids: Sequence[int] = tx.execute(listed.ids).scalars().all()
    total, pages = len(ids), max(1, -(-len(ids) // size))
    number = min(max(1, number), pages)
    shown = ids[(number - 1) * size : number * size]
    wanted = ids if len(shown) < total <= MOST_GROUPED else shown
    rows = {row["id"]: dict(row) for row in tx.execute(select(cases).where(cases.c.id.in_(wanted))).mappings()}
    legs = legs_of(tx, wanted)
    items = tuple(item_of(rows[one], legs.get(one, ()), actor, world, now) for one in shown if one in rows)
    groups = Counter(group_of(rows[one], legs.get(one, ()), actor, world) for one in wanted if one in rows)
    told = tuple((group, groups[group]) for group in GROUPS if groups[group])
    return WorkPage(title, items, total, number, pages, told, listed.more and total < MOST)
