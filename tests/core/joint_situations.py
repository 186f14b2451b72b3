"""Plain values for the judgement of 树党旗: an order, a leg in hand, somebody with one standing towards them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.joint_facts import JointFacts, JointLegFacts, JointSituation, Scanned
from core.people import Actor
from core.policy.flow import Flow, Move
from tests.core.situations import NOW, POLICY

SPONSOR, UNIT, ABOVE, STRANGER = 7, 8, 9, 10
"""The unit that raised the flag, the one called, the one above it, one with no part in it."""
HAND, OTHER = 20, 21


SCANNED = Scanned(1, NOW - timedelta(seconds=60), NOW - timedelta(seconds=30), NOW + timedelta(seconds=1), False)


def a_leg(**changes: Any) -> JointLegFacts:
    leg = JointLegFacts(
        id=HAND, unit=UNIT, state="coming", seq=1, above=frozenset({UNIT, ABOVE}), head_unit=UNIT, person=None,
        barred=False, rated=frozenset(), shown=False,
    )  # fmt: skip
    return replace(leg, **changes)


def an_order(*legs: JointLegFacts, **changes: Any) -> JointFacts:
    order = JointFacts(
        id=1, no="XYDQ20260309000015", state="answering", seq=3, sponsor_unit=SPONSOR, meet_at=NOW + timedelta(days=1),
        place="港口路", check_in_from=None, met_at=None, legs=legs,
    )  # fmt: skip
    return replace(order, **changes)


LEG_PICKS: Mapping[str, dict[str, Any]] = {
    "somebody_fed_back": {"state": "fed_back"},
    "every_rating_shown": {"state": "fed_back", "shown": True},
    "nobody_is_left": {"state": "released"},
    "everybody_fed_back": {"state": "fed_back"},
    "somebody_answered": {"state": "fed_back"},
    "promise_is_open": {"promised": True},
}
ORDER_PICKS: Mapping[str, dict[str, Any]] = {
    "meeting_is_over": {"check_in_from": NOW, "met_at": NOW},
    "check_in_began": {"check_in_from": NOW},
    "check_in_is_open": {"state": "signing", "check_in_from": NOW},
    "code_counts": {"check_in_from": NOW - timedelta(hours=1)},
    "check_in_was_started": {"state": "signing", "check_in_from": NOW},
    "meeting_has_ended": {"state": "working", "check_in_from": NOW, "met_at": NOW},
    "order_is_working": {"state": "working", "check_in_from": NOW, "met_at": NOW},
    "review_waits": {"state": "completed", "review": "draft"},
    "rating_is_open": {"state": "to_rate", "check_in_from": NOW, "met_at": NOW},
}
AROUND: Mapping[str, dict[str, Any]] = {
    "approval_needed": {"approval": True},
    "meeting_changes": {"meet_at": NOW + timedelta(days=3)},
    "next_person_known": {"knows_next": True},
    "basis_lies_here": {"has_basis": True},
    "code_counts": {"scanned": SCANNED},
}
PICKS = frozenset({"approval_needed", "somebody_fed_back", "every_rating_shown", "meeting_is_over",
                   "check_in_began"})  # fmt: skip
"""Every condition that picks a row; false unless the row asks for it."""


def a_form(move: Move) -> dict[str, str]:
    usual = {"pleased": "pleased", "unfed": str(HAND), "spot": "20.018,110.287,15"}
    options = {name: POLICY.field(move.action, name).options for name in move.form}
    return {name: usual.get(name) or next(iter(options[name]), "情况属实") for name in move.form}


def situation(flow: Flow, move: Move, state: str) -> JointSituation:
    """The move's own situation: in `state`, its conditions true, its guards content, its form filled in."""
    leg: dict[str, Any] = {}
    order: dict[str, Any] = {}
    around: dict[str, Any] = {"approval": False}
    for name in (*move.only_if, *move.when):
        leg |= LEG_PICKS.get(name, {})
        order |= ORDER_PICKS.get(name, {})
        around |= AROUND.get(name, {})
    if flow.name == "joint_leg":
        leg["state"] = state
    else:
        order["state"] = state
    legs = [a_leg(**leg)]
    if "unfed_are_named" in move.when:
        legs = [
            a_leg(),
            *([a_leg(id=OTHER, unit=ABOVE, state="fed_back")] if "somebody_fed_back" in move.only_if else []),
        ]
    facts = an_order(*legs, **order)
    in_hand = facts.leg(HAND) if flow.name == "joint_leg" else None
    return JointSituation(facts, in_hand, a_form(move), NOW, {HAND: "水务局", OTHER: "城管局"}, **around)


def an_actor(role: str, relation: str = "none") -> Actor:
    """Somebody with `role` who stands in `relation` to the order, or in none."""
    unit = {"raised_it": SPONSOR, "was_called": UNIT, "heads_called_unit": UNIT}.get(relation, STRANGER)
    in_charge = frozenset({ABOVE}) if relation == "in_charge_above" else frozenset[int]()
    return Actor(1, 1, unit, role, "张三", in_charge=in_charge)
