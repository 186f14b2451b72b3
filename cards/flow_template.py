"""What a template generated from flow tables has whichever card it is: its moves, buttons, switches and forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from core.policy.flow import Flow, Move, read_flow

NOBODY = frozenset({"clock", "legs", "case", "order", "hotline"})  # standings no person has
OPTIONS = {
    "units": "unit_options", "below": "below_options", "unfed": "unfed_options", "colleagues": "colleague_options",
    "picks": "pick_options", "bases": "basis_options",
}  # fmt: skip
Named = Sequence[tuple[str, Move]]
"""Action ids of a card with their moves, in table order."""


def flow_of(name: str) -> Flow:
    """One flow table, as it stands in the policy."""
    return read_flow(table(f"flows/{name}.yaml"))


def personal(flow: Flow) -> tuple[Move, ...]:
    """The moves a person may take on a card, each action once, in table order."""
    first: dict[str, Move] = {}
    for move in flow.moves:
        if set(move.by) - NOBODY and move.face != "phone":
            first.setdefault(move.action, move)
    return tuple(first.values())


def switches_of(named: Named) -> dict[str, str]:
    """The variables that show a button, and those that show a main one behind 「更多」."""
    shown = {f"can_{name}": "boolean" for name, _ in named}
    return shown | {f"more_{name}": "boolean" for name, move in named if move.face == "main"}


def forms_of(named: Named) -> dict[str, list[dict[str, Any]]]:
    """Each action's fields with their kinds; actions without a form are not in it."""
    return {name: list(_fields(move)) for name, move in named if move.form}


def drawn(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The fields as the form draws them; their kinds stand with the action."""
    return [{key: value for key, value in row.items() if key != "kind"} for row in rows]


def action_of(params: Mapping[str, str], fields: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What a click carries."""
    told: dict[str, Any] = dict(params)
    if fields:
        told["form"] = {row["name"]: row["kind"] for row in fields}
    return {"params": told}


def button_blocks(named: Named) -> list[dict[str, Any]]:
    """The row of buttons and the fold behind 「更多」."""
    rank = {"primary": 0, "default": 1, "danger": 2}
    ordered = sorted(named, key=lambda one: rank[one[1].style])
    main = [_button(name, move, f"can_{name}") for name, move in ordered if move.face == "main"]
    spare = [_button(name, move, f"more_{name}", quiet=True) for name, move in ordered if move.face == "main"]
    more = [_button(name, move, f"can_{name}") for name, move in ordered if move.face != "main"]
    return [
        {"show": "buttons", "actions": main, "if": "has_buttons"},
        {"show": "more", "title": "更多", "actions": [*spare, *more], "if": "has_more"},
    ]


def text_of(manifest: Mapping[str, Any]) -> str:
    """The file of a generated manifest."""
    told = yaml.safe_dump(manifest, allow_unicode=True, sort_keys=False, default_flow_style=None, width=10_000)
    return f"# Generated from the flow and form tables by `python -m cards.drawings`; do not edit.\n{told}"


def _button(name: str, move: Move, visible: str, *, quiet: bool = False) -> dict[str, str]:
    style = "default" if quiet and move.style == "primary" else move.style
    return {"action": name, "title": move.title, "style": style, "if": visible}


def _fields(move: Move) -> Iterator[dict[str, Any]]:
    yield from (field_row(move.action, name, required=how == "required") for name, how in move.form.items())


def field_row(action: str, name: str, *, required: bool) -> dict[str, Any]:
    """One field of a form as a manifest has it, its kind included."""
    forms, words = table("forms.yaml"), table("seed/words.yaml")
    spec: Mapping[str, Any] = forms["actions"].get(action, {}).get(name) or forms["fields"][name]
    row = {"name": name, "label": spec["label"], "kind": spec["kind"], "required": required}
    if "hint" in spec:
        row["placeholder"] = spec["hint"]
    if "choices" in spec:
        row["options"] = [{"value": one["value"], "text": one["text"]} for one in words[spec["choices"]]]
    if "from" in spec:
        row["options_from"] = OPTIONS[spec["from"]]
    return row


@cache
def table(name: str) -> Any:
    """A table of the policy."""
    return yaml.safe_load((files("core") / "policy" / name).read_text("utf-8"))
