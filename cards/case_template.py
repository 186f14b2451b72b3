"""The case card's manifest, generated: buttons from the flow tables, words from the forms table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from cards.case import action_id
from core.policy.flow import Flow, Move, read_flow

FLOWS = ("case_leg", "case")
NOBODY = frozenset({"clock", "legs", "case", "hotline"})  # standings no person has
OPTIONS = {"units": "unit_options", "below": "below_options"}

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
}


@cache
def flows() -> tuple[Flow, ...]:
    """The two tables a case card takes its buttons from, the unit's own moves first."""
    return tuple(read_flow(_table(f"flows/{name}.yaml")) for name in FLOWS)


def personal(flow: Flow) -> tuple[Move, ...]:
    """The moves a person may take, each action once, in table order."""
    first: dict[str, Move] = {}
    for move in flow.moves:
        if set(move.by) - NOBODY:
            first.setdefault(move.action, move)
    return tuple(first.values())


def manifest() -> dict[str, Any]:
    """The whole manifest as it stands in case.yaml."""
    moves = [(flow.name, move) for flow in flows() for move in personal(flow)]
    ids = [(action_id(flow, move.action), flow, move) for flow, move in moves]
    forms = {name: list(_fields(move)) for name, _, move in ids if move.form}
    switches = {f"can_{name}": "boolean" for name, _, _ in ids}
    spare = {f"more_{name}": "boolean" for name, _, move in ids if move.face == "main"}
    return {
        "template": "case",
        "title": "办件卡",
        "public": PUBLIC,
        "private": {**PRIVATE, **switches, **spare},
        "actions": {name: _action(flow, forms.get(name, [])) for name, flow, _ in ids},
        "forms": {name: [_drawn(row) for row in rows] for name, rows in forms.items()},
        "layout": _layout([(name, move) for name, _, move in ids]),
    }


def text() -> str:
    """The file case.yaml."""
    told = yaml.safe_dump(manifest(), allow_unicode=True, sort_keys=False, default_flow_style=None, width=10_000)
    return f"# Generated from the flow and form tables by `python -m cards.drawings`; do not edit.\n{told}"


def _layout(moves: list[tuple[str, Move]]) -> list[dict[str, Any]]:
    rank = {"primary": 0, "default": 1, "danger": 2}
    ordered = sorted(moves, key=lambda one: rank[one[1].style])
    main = [_button(name, move, f"can_{name}") for name, move in ordered if move.face == "main"]
    spare = [_button(name, move, f"more_{name}", quiet=True) for name, move in ordered if move.face == "main"]
    more = [_button(name, move, f"can_{name}") for name, move in ordered if move.face != "main"]
    return [
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
        {"show": "buttons", "actions": main, "if": "has_buttons"},
        {"show": "more", "title": "更多", "actions": [*spare, *more], "if": "has_more"},
        {"show": "link", "text": "查看办理过程", "url": "link", "if": "has_link"},
        {"show": "foot", "text": "foot"},
    ]


def _button(name: str, move: Move, visible: str, *, quiet: bool = False) -> dict[str, str]:
    style = "default" if quiet and move.style == "primary" else move.style
    return {"action": name, "title": move.title, "style": style, "if": visible}


def _action(flow: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
    params: dict[str, Any] = {"case_seq": "string"} if flow == "case" else {"seq": "string", "leg": "string"}
    if fields:
        params["form"] = {row["name"]: row["kind"] for row in fields}
    return {"params": params}


def _fields(move: Move) -> Iterator[dict[str, Any]]:
    forms, words = _table("forms.yaml"), _table("seed/words.yaml")
    for name, presence in move.form.items():
        spec: Mapping[str, Any] = forms["actions"].get(move.action, {}).get(name) or forms["fields"][name]
        row = {"name": name, "label": spec["label"], "kind": spec["kind"], "required": presence == "required"}
        if "hint" in spec:
            row["placeholder"] = spec["hint"]
        if "choices" in spec:
            row["options"] = [{"value": one["value"], "text": one["text"]} for one in words[spec["choices"]]]
        if "from" in spec:
            row["options_from"] = OPTIONS[spec["from"]]
        yield row


def _drawn(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "kind"}


@cache
def _table(name: str) -> Any:
    return yaml.safe_load((files("core") / "policy" / name).read_text("utf-8"))
