"""Plain values for the judgement: a case, a leg in hand, and somebody with exactly one standing towards them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from core.facts import CaseFacts, Leading, LegFacts, Situation
from core.people import Actor
from core.policy import load_policy
from core.policy.flow import Flow, Move

POLICY = load_policy()
NOW = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
UNIT, UPPER, STRANGER, NAMED = 7, 8, 9, 99
"""The unit in hand, the one above it, one with no part in it, one that a form names."""
HAND, ABOVE, UNDER = 10, 11, 12

LEADING = Leading(2, "XYRX20260309000023", "handling")


def a_leg(**changes: Any) -> LegFacts:
    """A lead leg of UNIT, sent by the centre an hour ago, with everything still allowed."""
    later = NOW + timedelta(days=5)
    leg = LegFacts(
        id=HAND, unit=UNIT, parent=None, part="lead", state="to_sign", seq=1, rule="ordinary", hours="default",
        sent_at=NOW - timedelta(hours=1), due_at=later, original_due_at=later, return_until=NOW + timedelta(days=1),
        signed_at=None, contacted_at=None, paused_at=None, returns=0, return_refused=False, extension="none",
        asked_days=0, extensions=0, extensions_allowed=1, days_allowed=10, pause_left=True, result=None,
    )  # fmt: skip
    return replace(leg, **changes)


def a_case(*legs: LegFacts, **changes: Any) -> CaseFacts:
    """A complaint registered by nobody in particular, redone once so that no row is picked by accident."""
    case = CaseFacts(
        id=1, no="XYRX20260309000015", state="pending", seq=3, channel="RX", type="complain", urgency="normal",
        hard=False, supervised=False, registered_unit=None, lead_unit=UNIT, returns=0, redos=1, due_at=None,
        missed_calls=(), legs=legs,
    )  # fmt: skip
    return replace(case, **changes)


def a_form(move: Move) -> dict[str, str]:
    """Every field of the move filled in with what it takes."""
    usual = {"connected": "connected", "solved": "solved", "satisfied": "satisfied", "days": "2", "revision": "2"}
    form = {}
    for name in move.form:
        form[name] = usual.get(name) or next(iter(POLICY.field(move.action, name).options), "情况属实")
    return form


LEG_PICKS: Mapping[str, dict[str, Any]] = {
    "some_leg_begun": {"state": "handling"},
    "every_leg_settled": {"state": "reported"},
    "handled_by_unit": {"state": "settled"},
}
CASE_PICKS: Mapping[str, dict[str, Any]] = {
    "needs_no_call": {"type": "ask", "legs": ()},
    "no_lead_left": {"legs": ()},
    "attempts_used_up": {"missed_calls": (NOW, NOW)},
    "not_redone_yet": {"redos": 0},
    "returned_before": {"returns": 1},
}
FORM_PICKS: Mapping[str, dict[str, str]] = {
    "not_connected": {"connected": "no_answer"},
    "not_satisfied": {"satisfied": "unsatisfied"},
}
BELOW_PICKS: Mapping[str, str] = {"every_leg_below_settled": "settled", "every_leg_below_released": "released"}
PICKS = frozenset({*LEG_PICKS, *CASE_PICKS, *FORM_PICKS, *BELOW_PICKS})
"""Every condition that picks a row, and how to bring it about; all are false otherwise."""

NEEDS: Mapping[str, dict[str, Any]] = {
    "extension_asked": {"extension": "asked"},
    "nobody_at_work": {"state": "to_sign"},
}
"""Guards that do not agree with the usual leg."""


def situation(flow: Flow, move: Move, state: str, relation: str) -> Situation:
    """The move's own situation: in `state`, its conditions true, its guards content, its form filled in."""
    picks = move.only_if
    in_hand: dict[str, Any] = {"state": "to_sign"}
    for name in (*picks, *move.when):
        in_hand |= LEG_PICKS.get(name, {}) | NEEDS.get(name, {})
    in_hand |= {"state": state} if flow.name == "case_leg" else {}
    parent = ABOVE if relation == "sent_leg" else None
    legs = [a_leg(**{**in_hand, "parent": parent})]
    legs += [a_leg(id=ABOVE, unit=UPPER, state="delegated")] if parent else []
    legs += [a_leg(id=UNDER, unit=STRANGER, parent=HAND, state=BELOW_PICKS[n]) for n in picks if n in BELOW_PICKS]
    changes: dict[str, Any] = {"state": state if flow.name == "case" else "handling"}
    changes |= {"registered_unit": UNIT} if relation == "registered_it" else {}
    for name in picks:
        changes |= CASE_PICKS.get(name, {})
    case = replace(a_case(*legs), **changes)
    form = a_form(move)
    for name in picks:
        form |= FORM_PICKS.get(name, {})
    leg = case.leg(HAND) if flow.name == "case_leg" else None
    return Situation(case, leg, form, NOW, targets=(NAMED,), parents={NAMED: UNIT}, leading=LEADING)


def an_actor(role: str, relation: str = "none") -> Actor:
    """Somebody with `role` who stands in `relation` to the case, or in none."""
    unit = {"holds_leg": UNIT, "registered_it": UNIT, "sent_leg": UPPER}.get(relation, STRANGER + 1)
    in_charge = frozenset({UNIT}) if relation == "in_charge_of_unit" else frozenset[int]()
    return Actor(1, 1, unit, role, "张三", in_charge=in_charge)
