"""What lies ahead of a case if nobody acts: its warning level and the next rung, as the leg itself keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.levels import NONE
from core.policy import Policy
from core.watch import label_of

QUIET: Mapping[str, Any] = {"warning": "", "next_at": None, "next_told": ""}


def ahead(leg: Mapping[str, Any] | None, policy: Policy, now: datetime) -> Mapping[str, Any]:
    """The fields of a view: 「△ 黄色预警」, and when who is told next."""
    if leg is None:
        return QUIET
    at, tell = (leg["watch"] or NONE).get("next") or (None, ())
    if at is None or leg["look_at"] is None:
        return {**QUIET, "warning": label_of(policy, leg, now)}
    return {
        "warning": label_of(policy, leg, now),
        "next_at": datetime.fromtimestamp(at, UTC),
        "next_told": policy.ladder.named(tuple(tell)),
    }
