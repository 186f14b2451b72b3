"""The joint order card's manifest, generated: buttons from the two flow tables of 树党旗, words from the forms."""

from __future__ import annotations

from functools import cache
from typing import Any

from cards.flow_template import action_of, button_blocks, drawn, flow_of, forms_of, personal, switches_of, text_of
from cards.joint import TEMPLATE, action_id
from core.policy.flow import Flow

FLOWS = ("joint_leg", "joint_order")

PUBLIC = {
    "number": "string",
    "order_seq": "string",
    "title": "string",
    "subtitle": "string",
    "meeting": "string",
    "body": "markdown",
    "rows": "array",
    "has_link": "boolean",
    "link": "string",
}
PRIVATE = {
    "state": "string",
    "tone": "string",
    "whose_move": "string",
    "left": "string",
    "has_left": "boolean",
    "units": "array",
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
    "unfed_options": "array",
    "colleague_options": "array",
    "basis_options": "array",
    "has_where": "boolean",
    "where": "string",
    "has_show": "boolean",
    "show_link": "string",
    "has_here": "boolean",
    "here_link": "string",
    "foot": "string",
}


@cache
def flows() -> tuple[Flow, ...]:
    """The two tables a joint card takes its buttons from, the unit's own moves first."""
    return tuple(flow_of(name) for name in FLOWS)


def manifest() -> dict[str, Any]:
    """The whole manifest as it stands in joint.yaml."""
    ids = [(action_id(flow.name, move.action), flow.name, move) for flow in flows() for move in personal(flow)]
    named = [(name, move) for name, _, move in ids]
    forms = forms_of(named)
    of_order, of_leg = {"order_seq": "string"}, {"seq": "string", "leg": "string"}
    return {
        "template": TEMPLATE,
        "title": "树党旗卡",
        "public": PUBLIC,
        "private": {**PRIVATE, **switches_of(named)},
        "actions": {
            name: action_of(of_order if flow == "joint_order" else of_leg, forms.get(name, [])) for name, flow, _ in ids
        },
        "forms": {name: drawn(rows) for name, rows in forms.items()},
        "layout": [
            {"show": "header", "title": "title", "tag": "state", "tone": "tone"},
            {"show": "muted", "text": "subtitle"},
            {"show": "emphasis", "text": "meeting"},
            {"show": "emphasis", "text": "whose_move"},
            {"show": "emphasis", "text": "left", "if": "has_left"},
            {"show": "markdown", "text": "body"},
            {"show": "rows", "of": "rows"},
            {"show": "rows", "of": "units"},
            {"show": "rows", "of": "details", "if": "has_details"},
            {"show": "image", "url": "where", "if": "has_where"},
            {"show": "private", "text": "note", "if": "has_note"},
            {"show": "muted", "text": "about", "if": "has_about"},
            {"show": "link", "text": "出示签到码", "url": "show_link", "if": "has_show"},
            {"show": "link", "text": "扫码或定位签到", "url": "here_link", "if": "has_here"},
            *button_blocks(named),
            {"show": "link", "text": "查看联办过程", "url": "link", "if": "has_link"},
            {"show": "foot", "text": "foot"},
        ],
    }


def text() -> str:
    """The file joint.yaml."""
    return text_of(manifest())
