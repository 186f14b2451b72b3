"""The case card's manifest, generated: buttons from the flow tables, words from the forms table."""

from __future__ import annotations

from functools import cache
from typing import Any

from cards.case import action_id
from cards.flow_template import action_of, button_blocks, drawn, flow_of, forms_of, personal, switches_of, text_of
from core.policy.flow import Flow

FLOWS = ("case_leg", "case")

PUBLIC = {
    "number": "string",
    "case_seq": "string",
    "title": "string",
    "subtitle": "string",
    "body": "markdown",
    "rows": "array",
    "has_link": "boolean",
    "link": "string",
    "foot": "string",
}
PRIVATE = {
    "state": "string",
    "tone": "string",
    "whose_move": "string",
    "left": "string",
    "has_left": "boolean",
    "warning": "string",
    "has_warning": "boolean",
    "next_step": "string",
    "has_next_step": "boolean",
    "has_result": "boolean",
    "result": "markdown",
    "details": "array",
    "has_details": "boolean",
    "seq": "string",
    "leg": "string",
    "about": "string",
    "has_about": "boolean",
    "note": "string",
    "has_note": "boolean",
    "has_buttons": "boolean",
    "has_more": "boolean",
    "unit_options": "array",
    "below_options": "array",
    "joint_result": "string",
}
BEGINS = {("report", "result"): "joint_result", ("case_confirm", "reply"): "joint_result"}
"""Fields that begin with a value the card has."""


@cache
def flows() -> tuple[Flow, ...]:
    """The two tables a case card takes its buttons from, the unit's own moves first."""
    return tuple(flow_of(name) for name in FLOWS)


def manifest() -> dict[str, Any]:
    """The whole manifest as it stands in case.yaml."""
    ids = [(action_id(flow.name, move.action), flow.name, move) for flow in flows() for move in personal(flow)]
    named = [(name, move) for name, _, move in ids]
    forms = forms_of(named)
    of_case, of_leg = {"case_seq": "string"}, {"seq": "string", "leg": "string"}
    return {
        "template": "case",
        "title": "办件卡",
        "public": PUBLIC,
        "private": {**PRIVATE, **switches_of(named)},
        "actions": {
            name: action_of(of_case if flow == "case" else of_leg, forms.get(name, [])) for name, flow, _ in ids
        },
        "forms": {name: drawn([_begun(name, row) for row in rows]) for name, rows in forms.items()},
        "layout": [
            {"show": "header", "title": "title", "tag": "state", "tone": "tone"},
            {"show": "muted", "text": "subtitle"},
            {"show": "emphasis", "text": "whose_move"},
            {"show": "emphasis", "text": "warning", "if": "has_warning"},
            {"show": "emphasis", "text": "left", "if": "has_left"},
            {"show": "muted", "text": "next_step", "if": "has_next_step"},
            {"show": "markdown", "text": "body"},
            {"show": "markdown", "text": "result", "if": "has_result"},
            {"show": "rows", "of": "rows"},
            {"show": "rows", "of": "details", "if": "has_details"},
            {"show": "private", "text": "note", "if": "has_note"},
            {"show": "muted", "text": "about", "if": "has_about"},
            *button_blocks(named),
            {"show": "link", "text": "查看办理过程", "url": "link", "if": "has_link"},
            {"show": "foot", "text": "foot"},
        ],
    }


def _begun(action: str, row: dict[str, Any]) -> dict[str, Any]:
    source = BEGINS.get((action, row["name"]))
    return {**row, "default_from": source} if source else row


def text() -> str:
    """The file case.yaml."""
    return text_of(manifest())
