"""The manifest of the card that raises a flag, generated from the forms table."""

from __future__ import annotations

from typing import Any

from cards.flow_template import action_of, drawn, field_row, text_of
from cards.joint_lists import NEW

FORM = ("title", "flag_kind", "flag_reason", "matter", "pick", "units", "meet_at", "place")
"""What somebody fills in to raise a flag on their own (R109, R110); units are picked, or written, or both."""
OPTIONAL = frozenset({"pick", "units"})
CHANGES = ("meet_at", "place", "pick", "units")
"""What may be put right once it is read over."""
HELD = {"flag": "string"}
PRIVATE = {
    "state": "string",
    "tone": "string",
    "hint": "string",
    "flag": "string",
    "subject": "string",
    "rows": "array",
    "open_here": "array",
    "is_held": "boolean",
    "has_open_here": "boolean",
    "aside": "string",
    "has_aside": "boolean",
    "pick_options": "array",
    "can_raise": "boolean",
    "can_confirm": "boolean",
    "can_change": "boolean",
    "can_drop": "boolean",
    "note": "string",
    "has_note": "boolean",
}


def manifest() -> dict[str, Any]:
    """The whole manifest as it stands in joint_new.yaml."""
    rows = [field_row("raise_joint", name, required=name not in OPTIONAL) for name in FORM]
    changes = [field_row("raise_joint", name, required=False) for name in CHANGES]
    return {
        "template": NEW,
        "title": "树旗单",
        "public": {"title": "string"},
        "private": PRIVATE,
        "actions": {
            "raise": action_of({}, rows),
            "confirm": action_of(HELD, ()),
            "change": action_of(HELD, changes),
            "drop": action_of(HELD, ()),
        },
        "forms": {"raise": drawn(rows), "change": drawn(changes)},
        "layout": [
            {"show": "header", "title": "title", "tag": "state", "tone": "tone"},
            {"show": "muted", "text": "hint"},
            {"show": "private", "text": "note", "if": "has_note"},
            {"show": "emphasis", "text": "subject", "if": "is_held"},
            {"show": "rows", "of": "open_here", "if": "has_open_here"},
            {"show": "rows", "of": "rows", "if": "is_held"},
            {"show": "emphasis", "text": "aside", "if": "has_aside"},
            {
                "show": "buttons",
                "actions": [
                    {"action": "raise", "title": "树旗", "style": "primary", "if": "can_raise"},
                    {"action": "confirm", "title": "已看过，树旗", "style": "primary", "if": "can_confirm"},
                    {"action": "change", "title": "改一改", "style": "default", "if": "can_change"},
                    {"action": "drop", "title": "不发起了", "style": "danger", "if": "can_drop"},
                ],
            },
        ],
    }


def text() -> str:
    """The file joint_new.yaml."""
    return text_of(manifest())
