"""Everything on record about one joint order, read once, and who may read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from core.joint_facts import JointFacts, JointSituation
from core.joint_work import joint_facts, open_order, read_ratings, read_review, unit_names
from core.models.arrivals import attachments
from core.models.cases import cases
from core.models.joint import joint_check_ins, joint_feedbacks, joint_legs, joint_orders, joint_rulings
from core.models.record import events
from core.people import Actor
from core.queries.joint_chain import after, before
from core.queries.precedents import precedents
from core.queries.sheets import reach
from core.queries.timeline import EVENTS_TOLD
from core.work import World

EVENTS = EVENTS_TOLD.where(events.c.joint_id == bindparam("order"))
MINE = joint_legs.c.order_id == bindparam("order")
CHECK_INS = select(joint_check_ins).join(joint_legs, joint_legs.c.id == joint_check_ins.c.leg_id).where(MINE)
FEEDBACKS = select(joint_feedbacks).join(joint_legs, joint_legs.c.id == joint_feedbacks.c.leg_id).where(MINE)
PHOTOS = (
    select(
        attachments.c.token, attachments.c.joint_leg_id, attachments.c.at, attachments.c.person_id, attachments.c.kind,
        attachments.c.basis_digest,
    )
    .join(joint_legs, joint_legs.c.id == attachments.c.joint_leg_id)
    .where(MINE)
    .order_by(attachments.c.id)
)  # fmt: skip
RULINGS = select(joint_rulings).join(joint_legs, joint_legs.c.id == joint_rulings.c.leg_id).where(MINE)
CASE_NO = select(cases.c.no).where(cases.c.id == bindparam("case"))
NUMBERED = select(joint_orders.c.id).where(joint_orders.c.no == bindparam("no"))
TAILED = select(joint_orders.c.id, joint_orders.c.no).where(joint_orders.c.no.endswith(bindparam("tail")))
CENTRE = frozenset({"dispatcher", "desk_head", "caller"})


@dataclass(frozen=True, slots=True)
class JointSheet:
    """The rows of one joint order at one moment."""

    order: Mapping[str, Any]
    legs: list[dict[str, Any]]
    ratings: list[dict[str, Any]]
    check_ins: Sequence[Mapping[str, Any]]
    feedbacks: Sequence[Mapping[str, Any]]
    rulings: Sequence[Mapping[str, Any]]
    events: Sequence[Mapping[str, Any]]
    facts: JointFacts
    case_no: str
    earlier: Sequence[Mapping[str, Any]]  # the oldest first
    later: Sequence[Mapping[str, Any]]
    precedents: Mapping[int, tuple[str, ...]]
    photos: Sequence[Mapping[str, Any]]
    now: datetime
    review: Mapping[str, Any] | None = None

    def situation(self, leg_id: int | None, world: World) -> JointSituation:
        """What a guard is asked before anything is filled in."""
        leg = None if leg_id is None else self.facts.leg(leg_id)
        names = unit_names(self.legs, world.directory)
        brought = any(row["joint_leg_id"] == leg_id and row["basis_digest"] for row in self.photos)
        return JointSituation(
            self.facts, leg, {}, self.now, names, world.policy.joint.approval, has_basis=leg is not None and brought
        )


def read_joint_sheet(tx: Connection, world: World, order_id: int, now: datetime) -> JointSheet:
    """The sheet of an order. Raises Unknown when there is none."""
    order, legs = open_order(tx, order_id, locked=False)
    key = {"order": order_id}
    ratings = read_ratings(tx, order_id) if order["closed_at"] is not None else []
    rows = [
        [dict(row) for row in tx.execute(query, key).mappings()]
        for query in (CHECK_INS, FEEDBACKS.order_by(joint_feedbacks.c.id), RULINGS, EVENTS, PHOTOS)
    ]
    case_no = tx.execute(CASE_NO, {"case": order["case_id"]}).scalar_one() if order["case_id"] is not None else ""
    review = read_review(tx, order_id) if order["state"] == "completed" else None
    last = {row["leg_id"]: row for row in rows[1]}
    promised = frozenset(leg for leg, row in last.items() if row["next_step"] and row["kept_at"] is None)
    facts = joint_facts(order, legs, ratings, world.directory, review, promised)
    near = precedents(tx, order, legs, world)
    return JointSheet(
        order,
        legs,
        ratings,
        rows[0],
        rows[1],
        rows[2],
        rows[3],
        facts,
        case_no,
        before(tx, order),
        after(tx, order),
        near,
        rows[4],
        now,
        review,
    )


def side_of(actor: Actor, order: Mapping[str, Any], legs: Sequence[Mapping[str, Any]], world: World) -> str:
    """How this reader stands to the order: sponsor, unit, leader, centre; empty when it is none of theirs."""
    if actor.unit == order["sponsor_unit"] and world.policy.reads.get(actor.role, "none") != "none":
        return "sponsor"
    scope = world.policy.reads.get(actor.role, "none")
    if any(leg["unit_id"] == actor.unit or is_handed(actor, leg) for leg in legs) and scope != "none":
        return "unit"
    if actor.role in CENTRE:
        return "centre"
    mine = reach(actor, scope, world.directory)
    if any(leg["unit_id"] in mine for leg in legs):
        return "leader" if scope == "in_charge" else "unit"
    return "leader" if order["sponsor_unit"] in mine else ""


def is_handed(actor: Actor, leg: Mapping[str, Any]) -> bool:
    """The leg was handed on to this very person."""
    return leg["person_id"] is not None and leg["person_id"] == actor.person


def sees_all(actor: Actor, side: str, leg: Mapping[str, Any], world: World) -> bool:
    """Whether a leg's words are this reader's to read, or only its unit and state."""
    if side in ("sponsor", "centre"):
        return True
    if leg["unit_id"] == actor.unit or is_handed(actor, leg):
        return True
    return leg["unit_id"] in reach(actor, world.policy.reads.get(actor.role, "none"), world.directory)
