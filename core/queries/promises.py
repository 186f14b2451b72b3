"""What is still open at a place: orders under way, and next steps that finished ones left (place memory)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, or_, select

from core.flag_views import Promise
from core.joint_facts import GONE
from core.joint_work import PROMISED
from core.models.cases import cases
from core.models.joint import joint_feedbacks, joint_legs, joint_orders
from core.plain import plain, scrub
from core.recall.places import Point, Spot, street_level
from core.recall.policy import load_recall
from core.recall.promises import Promises
from core.recall.words import spot_of
from core.work import World
from core.worktime import SHANGHAI

LOOKED_AT = 5000  # the newest that are open, the whole district over
TITLE, PLACE, STEP = 24, 30, 40
Opener = Callable[[Mapping[str, Any]], Point | None]
"""A row of an order from a case → the coordinates the case came with."""

_later, _later_leg, _later_word = (table.alias() for table in (joint_orders, joint_legs, joint_feedbacks))
GONE_ON = exists().where(
    _later.c.earlier_id == joint_legs.c.order_id, _later_leg.c.order_id == _later.c.id,
    _later_leg.c.unit_id == joint_legs.c.unit_id, _later_word.c.leg_id == _later_leg.c.id,
)  # fmt: skip
"""The unit has told of an order that went on from this one: what it meant to do before is part of that now."""
UNKEPT = and_(PROMISED, ~GONE_ON, joint_legs.c.state.not_in(GONE))
STEPS = (
    select(joint_legs.c.order_id, joint_legs.c.unit_id, joint_feedbacks.c.at, joint_feedbacks.c.next_step)
    .join(joint_legs, joint_legs.c.id == joint_feedbacks.c.leg_id)
    .where(UNKEPT)
    .order_by(joint_feedbacks.c.id)
)
LEFT = exists().where(
    joint_legs.c.order_id == joint_orders.c.id, joint_feedbacks.c.leg_id == joint_legs.c.id, UNKEPT
).correlate(joint_orders)  # fmt: skip
OPEN = (
    select(
        joint_orders.c.id, joint_orders.c.no, joint_orders.c.title, joint_orders.c.place, joint_orders.c.town,
        joint_orders.c.state, joint_orders.c.raised_at, joint_orders.c.sponsor_unit, cases.c.no.label("case_no"),
        cases.c.place.label("case_place"), cases.c.more,
    )
    .outerjoin(cases, cases.c.id == joint_orders.c.case_id)
    .where(joint_orders.c.raised_at >= bindparam("since"), or_(joint_orders.c.state != "completed", LEFT))
    .order_by(joint_orders.c.id.desc())
    .limit(LOOKED_AT)
)  # fmt: skip
CALLED = select(joint_legs.c.order_id, joint_legs.c.unit_id, joint_legs.c.state).order_by(joint_legs.c.id)


def promises(tx: Connection, spot: Spot, world: World, now: datetime, at: Opener) -> tuple[tuple[Promise, ...], int]:
    """What is open at this place, the surest and then the newest first, as many as are shown; and how many in all."""
    rules, directory = load_recall().promises, world.directory
    index = Promises(load_recall())
    rows: dict[int, Mapping[str, Any]] = {}
    for row in map(dict, tx.execute(OPEN, {"since": now - timedelta(days=rules.days)}).mappings()):
        same = row["more"] and row["case_place"] == row["place"]
        index.take(row["id"], spot_of(directory, row["place"], row["town"], at(row) if same else None))
        rows[row["id"]] = row
    found = [one for _, one in index.here(spot)]
    shown = [rows[one] for one in found[: rules.shown]]
    return tuple(_promises(tx, shown, world)) if shown else (), len(found)


def _promises(tx: Connection, rows: Sequence[Mapping[str, Any]], world: World) -> Iterator[Promise]:
    ids, name = [row["id"] for row in rows], world.directory.unit_name
    steps = tx.execute(STEPS.where(joint_legs.c.order_id.in_(ids))).all()
    called = tx.execute(CALLED.where(joint_legs.c.order_id.in_(ids))).all()
    for row in rows:
        state, raised = world.policy.flows["joint_order"].states[row["state"]], row["raised_at"].astimezone(SHANGHAI)
        yield Promise(
            row["no"], row["no"][-6:], plain(scrub(row["title"]), TITLE),
            plain(scrub(street_level(row["place"])), PLACE), state.title, state.tone, name(row["sponsor_unit"]),
            "、".join(name(leg.unit_id) for leg in called if leg.order_id == row["id"] and leg.state not in GONE),
            f"{raised.month}月{raised.day}日",
            tuple(_step(name(one.unit_id), one) for one in steps if one.order_id == row["id"]),
        )  # fmt: skip


def _step(unit: str, row: Any) -> str:
    at = row.at.astimezone(SHANGHAI)
    return f"{unit} {at.month}月{at.day}日 下一步：{plain(scrub(row.next_step), STEP)}"
