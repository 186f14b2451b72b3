"""Rows of a case as the plain values the flow tables judge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.facts import CaseFacts, LegFacts
from core.policy.limits import LimitRule


def case_facts(
    rules: Mapping[str, LimitRule],
    case: Mapping[str, Any],
    legs: list[dict[str, Any]],
    missed: tuple[datetime, ...] = (),
) -> CaseFacts:
    """The plain values the flow tables judge."""
    return CaseFacts(
        case["id"], case["no"], case["state"], case["seq"], case["channel"], case["type"], case["urgency"],
        case["hard"], case["supervised"], case["registered_unit"], case["lead_unit"], case["returns"], case["redos"],
        case["due_at"], missed, tuple(_leg_facts(rules[leg["rule"]], leg) for leg in legs),
    )  # fmt: skip


def _leg_facts(rule: LimitRule, leg: Mapping[str, Any]) -> LegFacts:
    return LegFacts(
        leg["id"], leg["unit_id"], leg["parent_id"], leg["part"], leg["state"], leg["seq"], leg["rule"], leg["hours"],
        leg["sent_at"], leg["due_at"], leg["original_due_at"], leg["return_until"], leg["signed_at"],
        leg["contacted_at"], leg["paused_at"], leg["returns"], leg["return_refused"], leg["extension"],
        leg["asked_days"], leg["extensions"], rule.extend_times,
        rule.extend_limit.amount if rule.extend_limit else 0, leg.get("pause_left", True), leg["result"],
    )  # fmt: skip
