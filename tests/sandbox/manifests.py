"""Card manifests: which variables and actions a template has, and the check of every value against them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from . import guesses
from .wire import ApiError, Json

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_ALWAYS = {"config": "object"}


@dataclass(frozen=True, slots=True)
class Manifest:
    """One template as its YAML file describes it (dingtalk.md §8, plus our forms and layout)."""

    template: str
    title: str
    public: Mapping[str, str]
    private: Mapping[str, str]
    actions: Mapping[str, Json]
    forms: Mapping[str, list[Json]]
    layout: tuple[Json, ...]

    def type_of(self, name: str) -> str:
        """The declared type of a variable; "string" for an unknown one."""
        return self.private.get(name) or self.public.get(name) or "string"

    def params_of(self, action: str) -> Json:
        """What a click on this action carries: name → type, and perhaps `form`."""
        return dict(self.actions[action].get("params") or {})


class Manifests:
    """All templates by their template id."""

    def __init__(self, folder: Path | None, template_ids: Mapping[str, str]) -> None:
        self._folder, self._ids = folder, dict(template_ids)
        self._by_id: dict[str, Manifest] = {}
        self.load()

    def load(self) -> None:
        """Read the folder again."""
        by_id: dict[str, Manifest] = {}
        files = sorted(self._folder.glob("*.yaml")) if self._folder and self._folder.is_dir() else []
        for file in files:
            manifest = read(file)
            by_id[self._ids.get(manifest.template, f"{manifest.template}.schema")] = manifest
        self._by_id = by_id

    def get(self, template_id: str) -> Manifest:
        """The manifest behind a template id.

        Raises:
            ApiError: 400 param.templateNotExist.
        """
        if template_id not in self._by_id:
            raise ApiError(400, "param.templateNotExist", f"template {template_id} does not exist")
        return self._by_id[template_id]

    def ids(self) -> Json:
        """Template id → template name."""
        return {key: manifest.template for key, manifest in self._by_id.items()}


def read(file: Path) -> Manifest:
    """One manifest file."""
    raw: Json = yaml.safe_load(file.read_text(encoding="utf-8"))
    return Manifest(
        template=str(raw["template"]), title=str(raw.get("title", raw["template"])),
        public=dict(raw.get("public") or {}), private=dict(raw.get("private") or {}),
        actions=dict(raw.get("actions") or {}), forms=dict(raw.get("forms") or {}),
        layout=tuple(raw.get("layout") or ()),
    )  # fmt: skip


def check(declared: Mapping[str, str], data: object, where: str) -> tuple[dict[str, str], list[str]]:
    """A cardParamMap checked against the declared variables: (the map, the names of too long values).

    Raises:
        ApiError: not a map, an unknown key, a value that is no string or no literal of its type, too much data.
    """
    if not isinstance(data, dict):
        raise ApiError(400, guesses.word("non_string_code"), f"{where}: cardParamMap is not a map")
    checked: dict[str, str] = {}
    for key, value in data.items():
        kind = declared.get(key) or _ALWAYS.get(key)
        if kind is None or len(key.encode()) > guesses.number("key_max_bytes"):
            raise ApiError(400, guesses.word("unknown_key_code"), f"{where}: variable {key} is not in the template")
        if not isinstance(value, str):
            raise ApiError(400, guesses.word("non_string_code"), f"{where}: value of {key} is not a string")
        if not is_literal(kind, value):
            raise ApiError(400, guesses.word("wrong_literal_code"), f"{where}: value of {key} is no {kind}")
        checked[key] = value
    if sum(len(k.encode()) + len(v.encode()) for k, v in checked.items()) > guesses.number("data_max_bytes"):
        raise ApiError(400, "param.invalid", f"{where}: cardParamMap is too large")
    limit = guesses.number("value_warn_bytes")
    return checked, [key for key, value in checked.items() if len(value.encode()) > limit]


def is_literal(kind: str, value: str) -> bool:
    """Is this text a literal of the declared type?"""
    if kind == "number":
        return bool(_NUMBER.fullmatch(value))
    if kind == "boolean":
        return value in ("true", "false")
    if kind in ("array", "object", "chart", "table"):
        try:
            parsed = json.loads(value)
        except ValueError:
            return False
        return isinstance(parsed, {"array": list, "object": dict}.get(kind, (list, dict)))
    return True


def typed(kind: str, value: str) -> Any:
    """The value as a template sends it in a click: string, number, boolean or structure."""
    if kind == "boolean":
        return value == "true"
    if kind == "number" and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    if kind in ("array", "object", "chart", "table") and value:
        return json.loads(value)
    return value
