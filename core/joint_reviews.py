"""Which joint orders that are over ask for a review (C18): found along the index of their end, each asked for once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Text, and_, exists, func, or_, select, type_coerce

from core.execute import Command
from core.models.joint import joint_legs, joint_orders, joint_reviews
from core.models.record import events
from core.people import CLOCK
from core.policy.joint_reviews import ReviewRule, read_reviews
from core.worktime import local_date

MOST = 20
steps_overdue = (
    select(func.coalesce(func.sum(joint_legs.c.overdue), 0))
    .where(joint_legs.c.order_id == joint_orders.c.id)
    .scalar_subquery()
)
refusals = (
    select(func.count())
    .where(events.c.joint_id == joint_orders.c.id, events.c.name == "refused")
    .correlate(joint_orders)
    .scalar_subquery()
)
was_red = exists().where(
    events.c.case_id == joint_orders.c.case_id,
    events.c.name == "warned",
    type_coerce(events.c.facts, Text).contains('"level":"red"'),
)


def due_reviews(tx: Connection, now: datetime) -> Iterator[Command]:
    """A draft for each order that ended hard and has none. Their keys name the order, so two leaders draft once."""
    policy = read_reviews()
    rule = policy.rule(local_date(now))
    ended = and_(
        joint_orders.c.state == "completed",
        joint_orders.c.finished_at >= now - timedelta(days=rule.look_back_days),
        ~exists().where(joint_reviews.c.order_id == joint_orders.c.id),
    )
    found = select(
        joint_orders.c.id, joint_orders.c.urgency, steps_overdue.label("overdue"), refusals.label("refused"),
        was_red.label("warned"),
    ).where(ended, _hard(rule))  # fmt: skip
    for row in tx.execute(found.order_by(joint_orders.c.id).limit(MOST)):
        counts = {
            "overdue": row.overdue if row.overdue >= rule.overdue else 0,
            "refused": row.refused if row.refused >= rule.refused else 0,
            "red": int(row.urgency in rule.red),
            "red_warning": int(rule.red_warning and bool(row.warned)),
        }
        why = "、".join(policy.reasons[name].format(count=count) for name, count in counts.items() if count)
        yield Command(
            f"clock:joint:{row.id}:draft_review", row.id, "draft_review", CLOCK, {"note": why}, source="clock",
            flow="joint_order",
        )  # fmt: skip


def _hard(rule: ReviewRule) -> ColumnElement[bool]:
    hard = [steps_overdue >= rule.overdue, refusals >= rule.refused, joint_orders.c.urgency.in_(sorted(rule.red))]
    return or_(*hard, *([was_red] if rule.red_warning else []))
