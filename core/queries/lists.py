"""Work lists, counts and search: every list scoped by the reader's standing in the query itself (B2)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, false, func, or_, select, true
from sqlalchemy import case as choose
from sqlalchemy.sql.elements import ColumnElement

from core.crypto import Indexer
from core.deadlines import left_sentence, pace
from core.models.cases import case_legs, cases
from core.people import Actor
from core.queries.sheets import reach
from core.timewords import when
from core.views import HomeView, Tally, WorkItem, WorkPage
from core.work import World
from core.worktime import SHANGHAI, local_date

LONGEST_WORDS = 200
MOST_GROUPED = 500  # beyond this the groups count the page in hand
TITLES = {"today": "今日", "todo": "待办", "done": "已办", "all": "全部", "overdue": "超期"}
GROUPS = ("签收", "办理", "审核", "裁定", "派发", "回访", "转办")
MINE = ("to_sign", "handling", "paused")
below = case_legs.alias("below")
DONE = ("follow_up", "closed", "archived")
LIVE = ("pending", "dispatched", "handling", "closing")


def scope(actor: Actor, world: World) -> ColumnElement[bool]:
    """The cases this reader may see at all."""
    wide = world.policy.reads.get(actor.role, "none")
    if wide == "all":
        return true()
    mine = reach(actor, wide, world.directory)
    if not mine:
        return false()
    return or_(_leg(case_legs.c.unit_id.in_(mine)), cases.c.registered_unit.in_(mine))


def _leg(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(case_legs.c.case_id == cases.c.id, *where)


def listed(key: str, actor: Actor, world: World, now: datetime) -> ColumnElement[bool]:
    """What makes a case belong to one of the five lists of R103, within the reader's scope."""
    midnight = datetime.combine(local_date(now), datetime.min.time(), SHANGHAI).astimezone(UTC)
    own = actor.unit if world.policy.reads.get(actor.role) == "unit" else None
    match key:
        case "todo":
            return _todo(actor)
        case "today" if own is not None:
            sent = _leg(case_legs.c.unit_id == own, case_legs.c.sent_at >= midnight)
            return or_(sent, and_(cases.c.registered_unit == own, cases.c.registered_at >= midnight))
        case "today":
            return cases.c.registered_at >= midnight
        case "done" if own is not None:
            return and_(_leg(case_legs.c.unit_id == own, case_legs.c.state.in_(("reported", "settled"))), ~_todo(actor))
        case "done":
            return cases.c.state.in_(DONE)
        case "overdue" if own is not None:
            return _leg(case_legs.c.unit_id == own, _running_late(now))
        case "overdue":
            return and_(
                cases.c.state.in_(("dispatched", "handling")), _leg(case_legs.c.part == "lead", _running_late(now))
            )
    return true()


def _running_late(now: datetime) -> ColumnElement[bool]:
    live = case_legs.c.state.in_(("to_sign", "handling", "delegated", "returning", "adjudicating"))
    return and_(live, case_legs.c.due_at < now)


def _todo(actor: Actor) -> ColumnElement[bool]:
    """Whose move is it: the cases that wait for this actor's own hand."""
    top = case_legs.c.parent_id.is_(None)
    returning = _leg(case_legs.c.state == "returning", top)
    asked = _leg(case_legs.c.extension == "asked", case_legs.c.state.in_(("handling", "delegated", "reported")))
    if actor.role == "dispatcher":
        return or_(cases.c.state.in_(("pending", "closing")), returning, asked)
    if actor.role == "desk_head":
        return or_(
            cases.c.state.in_(("pending", "closing")), returning, asked, _leg(case_legs.c.state == "adjudicating")
        )
    if actor.role == "caller":
        return cases.c.state == "follow_up"
    if actor.role in ("district_leader",):
        return _leg(case_legs.c.state == "adjudicating", case_legs.c.unit_id.in_(actor.in_charge))
    if actor.unit is None:
        return false()
    mine = _leg(case_legs.c.unit_id == actor.unit, case_legs.c.state.in_(MINE))
    own = and_(cases.c.registered_unit == actor.unit, cases.c.state == "pending")
    return or_(mine, _to_review(actor), own)


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


def home(tx: Connection, actor: Actor, world: World, now: datetime, posts: Sequence[Any]) -> HomeView:
    """The five numbers and the twelve sources (R103, R104), each number equal to the list it opens."""
    mine = scope(actor, world)
    counted = [func.count(choose((listed(key, actor, world, now), 1))).label(key) for key in TITLES]
    row = tx.execute(select(*counted).select_from(cases).where(mine)).one()
    per_source = select(cases.c.channel, func.count()).where(mine, listed("todo", actor, world, now))
    pending = {row[0]: row[1] for row in tx.execute(per_source.group_by(cases.c.channel))}
    return HomeView(
        name=actor.name,
        post=f"{actor.unit_name} {actor.title}",
        as_of=f"截至 {now.astimezone(SHANGHAI):%H:%M}",
        tallies=tuple(Tally(key, title, getattr(row, key)) for key, title in TITLES.items()),
        sources=tuple(Tally(s.code, s.short, pending.get(s.code, 0)) for s in world.policy.sources.values()),
        posts=tuple(posts),
    )


def page(
    tx: Connection,
    actor: Actor,
    world: World,
    now: datetime,
    where: ColumnElement[bool],
    title: str,
    number: int = 1,
    size: int = 20,
    turn: tuple[ColumnElement[Any], ...] = (),
) -> WorkPage:
    """One page of the cases that match `where`, within scope; sorted by `turn`, then the least time left first."""
    wanted = and_(scope(actor, world), where)
    total = tx.execute(select(func.count()).select_from(cases).where(wanted)).scalar_one()
    pages = max(1, -(-total // size))
    number = min(max(1, number), pages)
    rows = [dict(row) for row in tx.execute(_sorted(wanted, turn).limit(size).offset((number - 1) * size)).mappings()]
    items = lines(tx, rows, actor, world, now)
    groups = Counter(item.todo for item in items)
    if len(items) < total <= MOST_GROUPED:
        everything = [dict(row) for row in tx.execute(select(cases).where(wanted)).mappings()]
        held = _legs(tx, [row["id"] for row in everything])
        groups = Counter(_group(row, held.get(row["id"], ()), actor, world) for row in everything)
    return WorkPage(title, items, total, number, pages, tuple((g, groups[g]) for g in GROUPS if groups[g]))


def lines(tx: Connection, rows: Sequence[Any], actor: Actor, world: World, now: datetime) -> tuple[WorkItem, ...]:
    """Rows of `cases` as lines of a list."""
    legs = _legs(tx, [row["id"] for row in rows])
    return tuple(_item(row, legs.get(row["id"], ()), actor, world, now) for row in rows)


def _sorted(wanted: ColumnElement[bool], turn: tuple[ColumnElement[Any], ...]) -> Select[Any]:
    live = choose((cases.c.state.in_(LIVE), 0), else_=1)
    hurry = choose((cases.c.urgency == "critical", 0), (cases.c.urgency == "urgent", 1), else_=2)
    unplaced = choose((cases.c.state == "pending", hurry), else_=0)
    return (
        select(cases)
        .where(wanted)
        .order_by(*turn, live, unplaced, func.coalesce(cases.c.due_at, cases.c.registered_at), cases.c.id.desc())
    )


def _legs(tx: Connection, ids: Sequence[int]) -> dict[int, list[Mapping[str, Any]]]:
    found: dict[int, list[Mapping[str, Any]]] = {}
    if ids:
        for leg in tx.execute(
            select(case_legs).where(case_legs.c.case_id.in_(ids)).order_by(case_legs.c.id)
        ).mappings():
            found.setdefault(leg["case_id"], []).append(dict(leg))
    return found


def _item(
    row: Mapping[str, Any], legs: Sequence[Mapping[str, Any]], actor: Actor, world: World, now: datetime
) -> WorkItem:
    policy = world.policy
    own = _own_leg(legs, actor, world)
    clock = own or next((leg for leg in reversed(legs) if leg["part"] == "lead" and leg["state"] != "released"), None)
    state = policy.flows["case_leg"].states[own["state"]] if own else policy.flows["case"].states[row["state"]]
    live = (
        clock is not None
        and row["state"] in ("dispatched", "handling")
        and clock["state"] not in ("settled", "reported")
    )
    overdue = bool(live and clock and clock["state"] != "paused" and now > clock["due_at"])
    left = ""
    if live and clock is not None:
        counted = pace(world.rules[clock["rule"]].close, clock["hours"])
        left = left_sentence(now, clock["due_at"], world.calendar, counted)
    elif row["state"] == "pending":
        left = f"{when(now, row['registered_at'])} 登记"
    return WorkItem(
        id=row["id"],
        no=row["no"],
        tail=row["no"][-6:],
        title=row["title"],
        state=row["state"],
        state_title=state.title,
        tone="red" if overdue else state.tone,
        channel=row["channel"],
        channel_title=policy.sources[row["channel"]].short if row["channel"] in policy.sources else row["channel"],
        place=row["place"],
        lead=world.directory.unit_name(row["lead_unit"]),
        left=left,
        overdue=overdue,
        due_at=clock["due_at"] if live and clock else None,
        registered_at=row["registered_at"],
        urgency=row["urgency"],
        todo=_group(row, legs, actor, world),
    )


def _own_leg(legs: Sequence[Mapping[str, Any]], actor: Actor, world: World) -> Mapping[str, Any] | None:
    if world.policy.reads.get(actor.role) != "unit":
        return None
    mine = [leg for leg in legs if leg["unit_id"] == actor.unit and leg["state"] != "released"]
    return mine[-1] if mine else None


def _group(row: Mapping[str, Any], legs: Sequence[Mapping[str, Any]], actor: Actor, world: World) -> str:
    """Under which word of 待办 a case stands for this reader; empty when it does not wait for them."""
    own, mine = _own_leg(legs, actor, world), {leg["id"] for leg in legs if leg["unit_id"] == actor.unit}
    if own is not None:
        if own["state"] == "to_sign":
            return "签收"
        if any(leg["parent_id"] in mine and leg["state"] in ("reported", "returning") for leg in legs):
            return "审核"
        return "办理" if own["state"] in ("handling", "paused") else ""
    if actor.role == "caller":
        return "回访" if row["state"] == "follow_up" else ""
    if actor.role in ("desk_head", "district_leader") and any(leg["state"] == "adjudicating" for leg in legs):
        return "裁定"
    if actor.role in ("dispatcher", "desk_head"):
        if row["state"] == "pending":
            return "派发"
        waiting = row["state"] == "closing" or any(
            leg["state"] == "returning" or leg["extension"] == "asked" for leg in legs
        )
        return "审核" if waiting else ""
    return "转办" if row["registered_unit"] == actor.unit and row["state"] == "pending" else ""


def registered(
    state: str | None, channel: str | None, since: datetime | None, until: datetime | None
) -> ColumnElement[bool]:
    """Cases by state, source and time of registration, as machines ask for them."""
    wanted: list[ColumnElement[bool]] = [true()]
    wanted += [cases.c.state == state] if state else []
    wanted += [cases.c.channel == channel] if channel else []
    wanted += [cases.c.registered_at >= since] if since else []
    wanted += [cases.c.registered_at < until] if until else []
    return and_(*wanted)


# --- search ---------------------------------------------------------------------------------------------------------


def matching(words: str, indexer: Indexer) -> ColumnElement[bool]:
    """Cases meant by a number, a tail of at least four digits, an outside number, a phone number, or words."""
    plain = re.sub(r"[\s　-]", "", words).upper()
    if not plain or len(words) > LONGEST_WORDS or not plain.isprintable():
        return false()  # nothing was asked for, or nothing a person could have written
    tail = re.sub(r"^(尾号|编号|工单|办件)[:：]?", "", plain)
    tests: list[ColumnElement[bool]] = []
    if re.fullmatch(r"XY[A-Z]{2}\d{14}", tail):
        return cases.c.no == tail
    if re.fullmatch(r"(XY[A-Z]{2})?\d{4,18}", tail):
        tests.append(cases.c.no_reversed.like(tail[::-1] + "%"))
    if re.fullmatch(r"1\d{10}", tail):
        tests.append(cases.c.phone_index == indexer.index(tail, "phone"))
    if len(plain) >= 4:
        tests.append(cases.c.outside_no == words.strip())
    if not tail.isdecimal():
        pattern = "%" + re.sub(r"([%_\\])", r"\\\1", words.strip()) + "%"
        tests += [column.like(pattern, escape="\\") for column in (cases.c.title, cases.c.content, cases.c.place)]
    return or_(*tests) if tests else false()
