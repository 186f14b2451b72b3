"""A card drawn from its manifest: layout and variables in, blocks for the page and the tests out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .manifests import Manifest
from .wire import Json

TEXTS = ("muted", "markdown", "emphasis", "private", "foot")


def draw(manifest: Manifest, values: Mapping[str, str]) -> list[Json]:
    """The visible blocks of a card, top to bottom, with every variable filled in."""
    blocks = (_block(manifest, row, values) for row in manifest.layout if _is_shown(row, values))
    return [block for block in blocks if block is not None]


def buttons(blocks: list[Json]) -> list[Json]:
    """Every button a person can press in these blocks, those behind 「更多」 included."""
    return [button for block in blocks for button in block.get("buttons", [])]


def options_of(manifest: Manifest, action: str, name: str, values: Mapping[str, str]) -> list[Json]:
    """The choices of a select: fixed ones, or those an array variable holds."""
    for row in manifest.forms.get(action, []):
        if row["name"] == name:
            held = _array(values, row["options_from"]) if "options_from" in row else row.get("options", [])
            return [dict(one) for one in held]
    return []


def option_index(options: list[Json], value: Any) -> int:
    """The place of a value among the choices; -1 if it is none of them."""
    return next((n for n, one in enumerate(options) if one.get("value") == value), -1)


def _is_shown(row: Json, values: Mapping[str, str]) -> bool:
    return "if" not in row or values.get(str(row["if"])) == "true"


def _block(manifest: Manifest, row: Json, values: Mapping[str, str]) -> Json | None:
    show = str(row["show"])
    if show == "header":
        texts = {key: values.get(str(row.get(key, "")), "") for key in ("title", "tag", "tone")}
        return {"show": show, **texts}
    if show in TEXTS:
        text = values.get(str(row["text"]), "")
        return {"show": show, "text": text} if text else None
    if show == "rows":
        return {"show": show, "rows": _array(values, str(row["of"]))}
    if show == "list":
        params = dict(row.get("params") or {})
        items = [_item(one, params) for one in _array(values, str(row["of"]))]
        return {"show": show, "action": row.get("action", ""), "columns": int(row.get("columns", 1)), "items": items}
    if show in ("buttons", "more"):
        drawn = [_button(manifest, one, values) for one in row.get("actions", []) if _is_shown(one, values)]
        return {"show": show, "title": row.get("title", "更多"), "buttons": drawn} if drawn else None
    if show == "link":
        url = values.get(str(row["url"]), "")
        return {"show": show, "text": row["text"], "url": url} if url else None
    if show == "image":
        url = values.get(str(row["url"]), "")
        return {"show": show, "url": url} if url else None
    return {"show": show}


def _item(one: Json, params: Json) -> Json:
    return {**one, "params": {name: one[str(key)] for name, key in params.items() if str(key) in one}}


def _button(manifest: Manifest, row: Json, values: Mapping[str, str]) -> Json:
    action = str(row["action"])
    drawn: Json = {"action": action, "title": row.get("title", action), "style": row.get("style", "")}
    if "confirm" in row:
        drawn["confirm"] = row["confirm"]
    kinds = manifest.params_of(action).get("form") if action in manifest.actions else None
    if kinds:
        drawn["form"] = [
            _field(manifest, action, name, kind, values) for name, kind in _ordered(manifest, action, kinds)
        ]
    return drawn


def _ordered(manifest: Manifest, action: str, kinds: Json) -> list[tuple[str, str]]:
    told = [row["name"] for row in manifest.forms.get(action, []) if row["name"] in kinds]
    return [(name, kinds[name]) for name in [*told, *(name for name in kinds if name not in told)]]


def _field(manifest: Manifest, action: str, name: str, kind: str, values: Mapping[str, str]) -> Json:
    row: Json = next((row for row in manifest.forms.get(action, []) if row["name"] == name), {"name": name})
    field: Json = {**row, "type": kind, "label": row.get("label", name), "required": bool(row.get("required"))}
    if kind in ("SELECT", "MULTI_SELECT", "CHECKBOX_GROUP", "MULTI_CHECKBOX_GROUP"):
        field["options"] = options_of(manifest, action, name, values)
    if "default_from" in row:
        field["defaultValue"] = values.get(str(row["default_from"]), "")
    return field


def _array(values: Mapping[str, str], name: str) -> list[Json]:
    try:
        held = json.loads(values.get(name, "") or "[]")
    except ValueError:
        return []
    return [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []
