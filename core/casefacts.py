"""Rows of a case as the plain values the flow tables judge."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.facts import CaseFacts, LegFacts
from core.policy.flow import Move
from core.policy.limits import LimitRule

TICKET_TEXT = frozenset({"title", "content"})
RATINGS = frozenset({"pleased", "displeasure"})
"""What a blind rating says: it lies apart until both sides have given theirs (domain-rules §7.3)."""


MOVEMENT = frozenset({"spot", "shown_code", "open_page"})
"""Where a phone was, and the signed texts that prove it: sealed with the check-in (control F2), never in an event."""
NAMED = frozenset({"basis_file", "other_person"})
"""What only names a file or a person: the event tells the file by its hash, the leg who has it."""


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


def facts_of_form(move: Move, form: Mapping[str, str]) -> dict[str, Any]:
    """What an event keeps of a form: the listed fields that were filled, but none of the citizen's own text.

    That text lies in the case and its revisions, where it can be corrected and deleted (control F5).
    """
    apart = TICKET_TEXT | RATINGS | MOVEMENT | NAMED
    return {name: form[name].strip() for name in move.form if name not in apart and form.get(name, "").strip()}
