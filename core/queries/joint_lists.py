"""The lists of 树党旗 for each who has a part in it, and the one order a number or tail means (R107, R117, R121 …)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from core.deadlines import left_sentence
from core.decide import offered
from core.joint_facts import HUSHED, JointSituation
from core.joint_views import JointPage, JointRow, JointTab
from core.joint_work import joint_facts, unit_names
from core.models.arrivals import attachments
from core.models.joint import joint_legs, joint_orders
from core.models.people import people, posts, units
from core.models.record import events
from core.people import Actor
from core.queries.joint_sheet import CENTRE
from core.queries.sheets import reach
from core.queries.timeline import title_of, who_did
from core.timewords import when
from core.work import World
from core.worktime import SHANGHAI

SIZE = 20
Where = ColumnElement[bool]
SOURCES = {"12345": "12345 工单", "own": "自主新建"}
TITLES = {
    "called": "联动工单", "raised": "我发起的", "returned": "退回", "rulings": "归属判定", "done": "已办",
    "running": "已联动", "finished": "已完成",
}  # fmt: skip
WAITING = {"returned": ("return_review", "disputed"), "rulings": ("disputed",)}
"""The lists of parts that wait, and in which states: their rows tell state and time left of these parts alone."""
URGED = frozenset({"raised", "running"})
"""The lists from which whoever may remind the late ones does so at once."""
THEIR_STEP = ("invited", "reporting", "in_review")
"""States of a part in which the unit called must act."""
LEG = joint_legs.c.order_id == joint_orders.c.id
OVER = joint_orders.c.state == "completed"
LASTS = (
    select(
        events, people.c.name.label("person"), posts.c.person_id.label("holder"), units.c.short.label("unit")
    )
    .outerjoin(people, people.c.id == events.c.person_id)
    .outerjoin(posts, posts.c.id == events.c.post_id)
    .outerjoin(units, units.c.id == posts.c.unit_id)
    .where(events.c.name.not_in(HUSHED))
    .order_by(events.c.id.desc())
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class JointFilter:
    """What a list is narrowed by: `source` is 12345 or own, `state` one of the order's, `words` in title or number."""

    source: str = ""
    state: str = ""
    words: str = ""

    def where(self) -> list[Where]:
        found: list[Where] = []
        if self.source in SOURCES:
            has_case = joint_orders.c.case_id.is_not(None)
            found.append(has_case if self.source == "12345" else ~has_case)
        if self.state:
            found.append(joint_orders.c.state == self.state)
        if self.words.strip():
            like = f"%{self.words.strip().replace('%', '').replace('_', '')}%"
            columns = (joint_orders.c.title, joint_orders.c.place, joint_orders.c.no)
            found.append(or_(*(column.like(like) for column in columns)))
        return found


def lists_of(actor: Actor, world: World) -> dict[str, Where]:
    """The lists this reader has, by key, each as its condition; empty for whoever reads no order."""
    scope = world.policy.reads.get(actor.role, "none")
    if scope == "none":
        return {}
    mine = joint_orders.c.sponsor_unit == actor.unit
    ours = or_(joint_legs.c.unit_id == actor.unit, joint_legs.c.person_id == actor.person)
    called, stays = exists().where(LEG, ours), joint_legs.c.state != "released"
    back = exists().where(LEG, joint_legs.c.state.in_(("return_review", "disputed")))
    found: dict[str, Where] = {}
    if scope == "unit":
        below = joint_legs.c.unit_id.in_(reach(actor, scope, world.directory))
        in_it = exists().where(LEG, or_(ours, below), stays)
        found["called"] = and_(in_it, ~OVER)
    if scope == "in_charge":
        reached = reach(actor, scope, world.directory)
        theirs = exists().where(LEG, joint_legs.c.unit_id.in_(reached))
        within = or_(theirs, joint_orders.c.sponsor_unit.in_(reached))
        disputed = exists().where(LEG, joint_legs.c.unit_id.in_(reached), joint_legs.c.state == "disputed")
        return {"rulings": disputed, "running": and_(within, ~OVER), "finished": and_(within, OVER)}
    if actor.role in CENTRE:
        found |= {"running": ~OVER, "finished": OVER}
    found |= {"raised": and_(mine, ~OVER), "returned": and_(mine, back)}
    if scope == "unit":
        found["done"] = or_(and_(or_(mine, called), OVER), and_(called, ~in_it, ~mine))  # also whoever left it
    return found


def waits_for(actor: Actor) -> dict[str, Where]:
    """Which orders of a list wait for this reader's own side to act, the most pressing list first."""
    ours = or_(joint_legs.c.unit_id == actor.unit, joint_legs.c.person_id == actor.person)
    comes = and_(joint_legs.c.state == "coming", joint_orders.c.state != "answering")
    others = exists().where(LEG, or_(joint_legs.c.state.in_((*THEIR_STEP, "disputed")), comes))
    sponsors = and_(joint_orders.c.state.in_(("answering", "signing", "working")), ~others)
    asks = exists().where(LEG, joint_legs.c.state.in_(("return_review", "late_asked")))
    return {
        "rulings": exists().where(LEG, joint_legs.c.state == "disputed"),
        "called": exists().where(LEG, ours, or_(joint_legs.c.state.in_(THEIR_STEP), comes)),
        "returned": exists().where(LEG, joint_legs.c.state == "return_review"),
        "raised": or_(asks, sponsors, joint_orders.c.state == "close_review"),
    }


def joint_page(
    tx: Connection, actor: Actor, world: World, now: datetime, key: str, wanted: JointFilter, page: int
) -> JointPage | None:
    """One page of a list, of the one `_opening` picks when none has that key; None for whoever has no list."""
    known = lists_of(actor, world)
    if not known:
        return None
    tabs = tuple(JointTab(name, TITLES[name], _count(tx, where)) for name, where in known.items())
    key = key if key in known else _opening(tx, actor, known, tabs)
    where = and_(known[key], *wanted.where())
    total = _count(tx, where)
    pages = max(1, math.ceil(total / SIZE))
    page = min(max(page, 1), pages)
    query = select(joint_orders).where(where).order_by(joint_orders.c.id.desc()).limit(SIZE).offset(SIZE * (page - 1))
    orders = [dict(row) for row in tx.execute(query).mappings()]
    rows = tuple(_rows(tx, orders, actor, world, now, key))
    sources = tuple(_sources(tx, key, known[key])) if key == "raised" else ()
    chosen = f"{key}.{wanted.source}" if wanted.source else key
    return JointPage(key, TITLES[key], tabs, rows, total, page, pages, sources, chosen)


def _sources(tx: Connection, key: str, where: Where) -> Iterator[JointTab]:
    yield JointTab(key, "全部来源", _count(tx, where))
    for source, title in SOURCES.items():
        yield JointTab(f"{key}.{source}", title, _count(tx, and_(where, *JointFilter(source=source).where())))


def _opening(tx: Connection, actor: Actor, known: Mapping[str, Where], tabs: Sequence[JointTab]) -> str:
    """The list a reader opens on: where their own side must act, else the first with anything in it, else the first."""
    full = {tab.key for tab in tabs if tab.count}
    for name, waits in waits_for(actor).items():
        if name in full and tx.execute(select(joint_orders.c.id).where(known[name], waits).limit(1)).first():
            return name
    return next((tab.key for tab in tabs if tab.count), tabs[0].key)


def _count(tx: Connection, where: Where) -> int:
    found: int = tx.execute(select(func.count()).select_from(joint_orders).where(where)).scalar_one()
    return found


def _rows(
    tx: Connection, orders: Sequence[Mapping[str, Any]], actor: Actor, world: World, now: datetime, key: str
) -> list[JointRow]:
    ids = [order["id"] for order in orders]
    legs: dict[int, list[Mapping[str, Any]]] = {one: [] for one in ids}
    for row in tx.execute(
        select(joint_legs).where(joint_legs.c.order_id.in_(ids)).order_by(joint_legs.c.id)
    ).mappings():
        legs[row["order_id"]].append(dict(row))
    lasts: dict[int, Mapping[str, Any]] = {}
    for row in tx.execute(LASTS.where(events.c.joint_id.in_(ids))).mappings() if ids else ():
        mine = {leg["id"] for leg in legs[row["joint_id"]] if leg["unit_id"] == actor.unit}
        wide = world.policy.reads.get(actor.role) == "all" or key in ("raised", "returned")
        if "after" not in row["facts"] and (wide or row["joint_leg_id"] is None or row["joint_leg_id"] in mine):
            lasts.setdefault(row["joint_id"], dict(row))
    files = _basis(tx, [leg for one in ids for leg in legs[one]], actor, world, key)
    return [
        replace(
            _row(order, legs[order["id"]], lasts.get(order["id"]), actor, world, now, key),
            basis=sum(files.get(leg["id"], 0) for leg in legs[order["id"]]),
        )
        for order in orders
    ]


def _basis(
    tx: Connection, legs: Sequence[Mapping[str, Any]], actor: Actor, world: World, key: str
) -> Mapping[int, int]:
    """How many files each refusal rests on that waits in this list and is this reader's to read (R117, R118)."""
    if key not in WAITING:
        return {}
    mine = None if key == "returned" else reach(actor, world.policy.reads.get(actor.role, "none"), world.directory)
    ids = [leg["id"] for leg in legs if leg["state"] in WAITING[key] and (mine is None or leg["unit_id"] in mine)]
    query = (
        select(attachments.c.joint_leg_id, func.count())
        .where(attachments.c.joint_leg_id.in_(ids), attachments.c.basis_digest.is_not(None))
        .group_by(attachments.c.joint_leg_id)
    )
    return {row[0]: row[1] for row in tx.execute(query)} if ids else {}


def _row(
    order: Mapping[str, Any], legs: Sequence[Mapping[str, Any]], last: Mapping[str, Any] | None, actor: Actor,
    world: World, now: datetime, key: str,
) -> JointRow:  # fmt: skip
    flows, directory = world.policy.flows, world.directory
    state = flows["joint_order"].states[order["state"]]
    own = next((leg for leg in legs if leg["unit_id"] == actor.unit), None) if key in ("called", "done") else None
    if own is not None and order["state"] not in ("to_rate", "completed"):
        state = flows["joint_leg"].states[own["state"]]
    named = WAITING.get(key, ())
    clocks = (
        [own] if own is not None else [leg for leg in legs if leg["state"] in named or key in ("raised", "running")]
    )
    due = min((leg["due_at"] for leg in clocks if leg["due_at"]), default=None)
    due = order["rate_until"] if order["state"] == "to_rate" and not named else due
    if named:
        state = flows["joint_leg"].states[next((leg["state"] for leg in legs if leg["state"] in named), "disputed")]
    shown = [directory.unit_name(leg["unit_id"]) for leg in legs]
    return JointRow(
        order["no"], order["no"][-6:], order["title"], SOURCES["own" if order["case_id"] is None else "12345"],
        state.title, "red" if due is not None and now > due else state.tone,
        directory.unit_name(order["sponsor_unit"]),
        "、".join(shown[:3]) + (f"等 {len(shown)} 个单位" if len(shown) > 3 else ""),
        order["place"], when(now, order["meet_at"]), left_sentence(now, due, world.calendar) if due else "",
        due is not None and now > due, _told(last, legs, world), when(now, order["raised_at"]), seq=order["seq"],
        whose=_whose(clocks, due, now, world) if own is None else "",
        may_urge=due is not None and key in URGED and _may_urge(order, legs, actor, now, world),
    )  # fmt: skip


def _whose(clocks: Sequence[Mapping[str, Any]], due: datetime | None, now: datetime, world: World) -> str:
    """「水务局待响应」, whose step the time left is; 「水务局待响应等 3 家」 when more are late beside it."""
    timed = sorted((leg for leg in clocks if leg["due_at"]), key=lambda leg: (leg["due_at"], leg["id"]))
    if due is None or not timed:
        return ""
    late = sum(now > leg["due_at"] for leg in timed)
    title = world.policy.flows["joint_leg"].states[timed[0]["state"]].title
    return f"{world.directory.unit_name(timed[0]['unit_id'])}{title}" + (f"等 {late} 家" if late > 1 else "")


def _may_urge(
    order: Mapping[str, Any], legs: Sequence[Mapping[str, Any]], actor: Actor, now: datetime, world: World
) -> bool:
    held = [dict(leg) for leg in legs]
    facts, names = joint_facts(order, held, [], world.directory), unit_names(held, world.directory)
    situation = JointSituation(facts, None, {}, now, names, world.policy.joint.approval)
    flow = world.policy.flows["joint_order"]
    return any(move.action == "urge" for move in offered(world.policy, flow, actor, situation))


def _told(last: Mapping[str, Any] | None, legs: Sequence[Mapping[str, Any]], world: World) -> str:
    """最新进展 of one order, dated: who did what, and on whose part where that is not their own."""
    if last is None:
        return ""
    at, names = last["at"].astimezone(SHANGHAI), {leg["id"]: world.directory.unit_name(leg["unit_id"]) for leg in legs}
    what = title_of({**last, "leg_id": last["joint_leg_id"]}, world.policy, names)
    return f"{at.month}月{at.day}日 {at:%H:%M} {who_did(last)} {what}"
