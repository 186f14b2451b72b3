"""Event → SMS: the values a template's holes take, and the letter's body. The number is looked up when it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.plain import plain, scrub
from core.policy.texting import Template

LEFT_OUT = str.maketrans("", "", "【】")
NOTHING = "详见钉钉"
"""What stands where a value is empty: the platform refuses an empty variable."""


def sms_body(
    template: Template, person: int | None, values: Mapping[str, str], *, urgent: bool, no: str = ""
) -> dict[str, Any]:
    """The body of an SMS letter: to whom, by which template, with values cut to their limits and no citizen data.

    `person`: None for the caller of the letter's case. `urgent`: it does not wait for the morning (domain-rules §20).
    """
    said = {name: _value(values[name], limit) for name, limit in template.limits.items()}
    title = values.get("title", "")
    return {
        "people": [] if person is None else [person], "template": template.name, "values": said, "urgent": urgent,
        "title": plain(scrub(title), 20), "case": no,
    }  # fmt: skip


def _value(text: str, limit: int) -> str:
    return plain(scrub(text).translate(LEFT_OUT), limit) or NOTHING[:limit]
