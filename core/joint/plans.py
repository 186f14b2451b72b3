"""Raising the flag: what a form names, read and checked before anything is written; then the order opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, insert, select

from core.decide import check_text
from core.errors import BadField, FieldMissing
from core.joint.moments import meeting_time
from core.joint.notices import letters_of_joint
from core.joint_errors import FlagFlying
from core.joint_facts import GONE, Plan
from core.joint_work import JointWork
from core.models.joint import joint_legs, joint_orders
from core.naming import one_unit, split_names
from core.numbers import next_number
from core.people import Actor
from core.plain import cut
from core.queries.unit_choices import groups
from core.work import Work, World
from core.worktime import local_date

CHANNEL = "DQ"
MOST_UNITS = 20
HOUR = timedelta(hours=1)
NEW_ORDER = insert(joint_orders).returning(joint_orders.c.id)
RUNNING = ("answering", "signing", "working", "close_review")
Groups = Mapping[str, Sequence[str]]
"""Group of units by its title → the names of its units."""
NO_GROUPS: Groups = MappingProxyType({})
FORM = ("flag_kind", "flag_reason", "matter", "units", "meet_at", "place")
"""What somebody fills in to raise the flag on their own, with the title before it."""


def groups_of(tx: Connection, world: World, unit: int | None) -> Groups:
    """The groups that this unit may name among the units it calls."""
    return {one.title: one.units for one in groups(tx, unit, world)}


def plan_of_form(
    world: World, form: Mapping[str, str], now: datetime, sponsor: int | None, known: Groups = NO_GROUPS
) -> Plan:
    """An order of one's own (自主新建). Raises FieldMissing, BadField, TooLong, UnknownUnit, Ambiguous, WrongMoment.

    Units are those of `pick`, a unit or group chosen from a list, and those written in `units`.
    """
    units = "、".join(part for part in (form.get("pick", "").strip(), form.get("units", "").strip()) if part)
    form = {**form, "units": units}
    for name in ("title", *FORM):
        _check(world, "raise_joint", name, form)
        if not form.get(name, "").strip():
            raise FieldMissing(field=world.policy.field("raise_joint", name).label, action="树旗")
    return Plan(
        form["flag_kind"], form["flag_reason"], form["title"].strip(), form["matter"].strip(), form["place"].strip(),
        meeting_time(form["meet_at"], now), _units(world, units, sponsor, known),
    )  # fmt: skip


def plan_of_case(work: Work) -> Plan:
    """An order raised from a case that has none of this unit's under way yet. Raises FlagFlying, and as `case_plan`."""
    plan = case_plan(work.tx, work.world, work.form, work.case, work.now, work.actor)
    flying = select(joint_orders.c.no).where(
        joint_orders.c.case_id == work.case["id"], joint_orders.c.state.in_(RUNNING),
        joint_orders.c.sponsor_unit == work.actor.unit,
    )  # fmt: skip
    if (no := work.tx.execute(flying).scalars().first()) is not None:
        raise FlagFlying(tail=no[-6:])
    return plan


def case_plan(
    tx: Connection, world: World, form: Mapping[str, str], case: Mapping[str, Any], now: datetime, actor: Actor
) -> Plan:
    """What a form on a case means, the case's own fields carried over where it names none (R109).

    Raises BadField, TooLong, FieldMissing, UnknownUnit, Ambiguous, WrongMoment.
    """
    for name in FORM:
        _check(world, "raise_flag", name, form)
    units = f"{form.get('lead', '')}、{form.get('units', '')}"
    return Plan(
        form.get("flag_kind", ""), form.get("flag_reason", ""), case["title"],
        form.get("matter", "").strip() or cut(case["content"], 1000), form.get("place", "").strip() or case["place"],
        meeting_time(form.get("meet_at", ""), now),
        _units(world, units, actor.unit, groups_of(tx, world, actor.unit)),
        case["town"], case["class_code"], case["urgency"], case["id"],
    )  # fmt: skip


def plan_again(work: JointWork) -> Plan:
    """An order that goes on from a finished one (R123). Raises as `again_plan`."""
    return again_plan(work.tx, work.world, work.form, work.case, work.now)


def again_plan(tx: Connection, world: World, form: Mapping[str, str], order: Mapping[str, Any], now: datetime) -> Plan:
    """What the form of a relaunch means, the finished order's own fields where it names none.

    Raises BadField, TooLong, FieldMissing, UnknownUnit, Ambiguous, WrongMoment.
    """
    for name in ("flag_reason", "matter", "units", "meet_at", "place"):
        _check(world, "relaunch", name, form)
    return Plan(
        order["kind"], form.get("flag_reason", ""), order["title"], form.get("matter", "").strip() or order["matter"],
        form.get("place", "").strip() or order["place"], meeting_time(form.get("meet_at", ""), now),
        _units(world, form.get("units", ""), order["sponsor_unit"], groups_of(tx, world, order["sponsor_unit"])),
        order["town"], order["class_code"], order["urgency"], None, order["id"],
    )  # fmt: skip


def _check(world: World, action: str, name: str, form: Mapping[str, str]) -> None:
    spec, value = world.policy.field(action, name), form.get(name, "").strip()
    check_text(spec.label, value, spec.limit)
    if value and spec.options and value not in spec.options:
        raise BadField(field=spec.label, why="请从选项中选择")


def _units(world: World, words: str, sponsor: int | None, known: Groups) -> tuple[int, ...]:
    """The units named, a group by its members; one that a group brings a second time counts once."""
    written = split_names(words)
    if not written:
        raise FieldMissing(field="联办单位", action="树旗")
    units = [one_unit(world, name) for name in written if name not in known]
    grouped = [one_unit(world, one) for name in written for one in known.get(name, ())]
    if len({unit.id for unit in units}) < len(units):
        raise BadField(field="联办单位", why="同一单位写了两次")
    if sponsor in {unit.id for unit in units}:
        raise BadField(field="联办单位", why="不用写本单位")
    ids = tuple(dict.fromkeys(unit.id for unit in (*units, *grouped)))
    if len(ids) > MOST_UNITS:
        raise BadField(field="联办单位", why=f"一次最多 {MOST_UNITS} 个")
    return ids


def raise_order(tx: Connection, world: World, plan: Plan, actor: Actor, now: datetime, source: str) -> JointWork:
    """Open the order and its legs, with event and letters; the caller keeps the receipt and takes the entries."""
    order = {
        "no": next_number(tx, CHANNEL, local_date(now)), "state": "answering", "seq": 1, "case_id": plan.case,
        "earlier_id": plan.earlier, "sponsor_unit": actor.unit, "raised_by": actor.post, "person_id": actor.person,
        "raised_at": now, "kind": plan.kind, "reason": plan.reason, "title": plan.title, "matter": plan.matter,
        "place": plan.place, "town": plan.town, "class_code": plan.class_code, "urgency": plan.urgency,
        "meet_at": plan.meet_at, "meet_spot": None, "where_media": None, "check_in_from": None, "met_at": None,
        "closed_at": None, "rate_until": None, "finished_at": None, "changed_at": now,
    }  # fmt: skip
    told = clashes(tx, world, plan)[:3]
    clash = f"；同一时段另有联办：{'、'.join(told)}" if told else ""
    work = JointWork(tx, world, now, actor, source, {}, order, [])
    order["id"] = tx.execute(NEW_ORDER, order).scalar_one()
    facts = {"units": list(plan.units), "case": plan.case, "earlier": plan.earlier}
    work.record("joint_order", "raised", None, "", "answering", {k: v for k, v in facts.items() if v is not None})
    for unit in plan.units:
        work.add_leg(unit)
    work.flush()
    letters_of_joint(work)
    work.answer = f"已树旗，编号 {order['no']}，{len(plan.units)} 个单位已通知{clash}"
    return work


def clashes(tx: Connection, world: World, plan: Plan) -> list[str]:
    """Which of the units are called elsewhere within the same hour, for the sponsor to adjust the time in time:
    「水务局（000020）」.
    """
    query = (
        select(joint_legs.c.unit_id, joint_orders.c.no)
        .join(joint_orders, joint_orders.c.id == joint_legs.c.order_id)
        .where(
            joint_legs.c.unit_id.in_(plan.units), joint_legs.c.state.not_in(GONE),
            joint_orders.c.state.in_(("answering", "signing")),
            joint_orders.c.meet_at.between(plan.meet_at - HOUR, plan.meet_at + HOUR),
        )
        .order_by(joint_orders.c.id.desc())
    )  # fmt: skip
    found = {row.unit_id: row.no for row in tx.execute(query)}
    return [f"{world.directory.unit_name(unit)}（{no[-6:]}）" for unit, no in found.items()]
