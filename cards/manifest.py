"""The contract of each card template: which variables, actions and forms it has, and the check of a face against it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml

from cards.card import VALUE_BYTES, Face

TYPES = frozenset({"string", "number", "boolean", "array", "object", "markdown", "chart", "table"})
KINDS = frozenset({"TEXT", "TEXT_AREA", "NUMBER", "SELECT"})
SHOWS = frozenset(
    {"header", "muted", "markdown", "emphasis", "rows", "private", "list", "buttons", "more", "link", "foot", "image"}
)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """What a click carries: variable name → type, and form field → DingTalk field kind."""

    params: Mapping[str, str]
    form: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """How a form field is drawn: `options` are fixed (value, text) pairs, `options_from` names an array variable.

    `default_from` names the variable whose value the field begins with.
    """

    name: str
    label: str
    kind: str
    required: bool
    placeholder: str
    options: tuple[tuple[str, str], ...]
    options_from: str
    default_from: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One template (dingtalk.md §8): `layout` is drawn top to bottom, each block a mapping with `show`."""

    template: str
    title: str
    public: Mapping[str, str]
    private: Mapping[str, str]
    actions: Mapping[str, ActionSpec]
    forms: Mapping[str, tuple[FieldSpec, ...]]
    layout: tuple[Mapping[str, Any], ...]

    def type_of(self, name: str) -> str | None:
        """The declared type of a variable; None when the template has no such variable."""
        return self.private.get(name) or self.public.get(name)


@cache
def manifests() -> Mapping[str, Manifest]:
    """Every template by its name. Raises ValueError naming the file and place that is wrong."""
    folder = files("cards") / "manifests"
    found = [parse(yaml.safe_load(one.read_text("utf-8"))) for one in folder.iterdir() if one.name.endswith(".yaml")]
    return MappingProxyType({manifest.template: manifest for manifest in sorted(found, key=lambda one: one.template)})


def parse(raw: Mapping[str, Any]) -> Manifest:
    """A manifest from its YAML; raises ValueError listing what is unknown, missing or of a wrong type."""
    actions = {name: _action(row) for name, row in raw["actions"].items()}
    forms = {
        name: tuple(_field(row, actions[name].form) for row in rows)
        for name, rows in (raw.get("forms") or {}).items()
        if name in actions
    }
    manifest = Manifest(
        raw["template"],
        raw["title"],
        MappingProxyType(dict(raw["public"])),
        MappingProxyType(dict(raw["private"])),
        MappingProxyType(actions),
        MappingProxyType(forms),
        tuple(MappingProxyType(dict(block)) for block in raw["layout"]),
    )
    stray = [f"form of unknown {name}" for name in (raw.get("forms") or {}) if name not in actions]
    if found := [*_faults(manifest), *stray]:
        raise ValueError(f"{manifest.template}: " + "; ".join(found))
    return manifest


def check(face: Face) -> list[str]:
    """Everything in which a face departs from its template: names, literal types, sizes; empty = faithful."""
    manifest = manifests()[face.template]
    found: list[str] = []
    for side, declared, given in (
        ("public", manifest.public, face.public),
        ("private", manifest.private, face.private),
    ):
        found += [f"{side} {name} is missing" for name in declared if name not in given]
        found += [f"{side} {name} is not declared" for name in given if name not in declared]
        found += [
            f"{side} {name} is no {declared[name]}: {value!r}"
            for name, value in given.items()
            if name in declared and not is_literal(declared[name], value)
        ]
        found += [f"{side} {name} is too long" for name, value in given.items() if len(value.encode()) > VALUE_BYTES]
    return found


def is_literal(kind: str, value: str) -> bool:
    """Is the string a literal of the declared type?"""
    if kind == "number":
        return bool(_NUMBER.fullmatch(value))
    if kind == "boolean":
        return value in ("true", "false")
    if kind in ("array", "object", "chart", "table"):
        try:
            return isinstance(json.loads(value), dict if kind == "object" else list)
        except ValueError:
            return False
    return True


def buttons(block: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The buttons of a `buttons` or `more` block; none of another."""
    return tuple(block.get("actions", ()))


def _action(row: Mapping[str, Any]) -> ActionSpec:
    params = dict(row.get("params") or {})
    return ActionSpec(params=MappingProxyType(params), form=MappingProxyType(params.pop("form", {})))


def _field(row: Mapping[str, Any], kinds: Mapping[str, str]) -> FieldSpec:
    options = tuple((str(one["value"]), str(one["text"])) for one in row.get("options", ()))
    return FieldSpec(
        row["name"],
        row["label"],
        kinds.get(row["name"], ""),
        bool(row.get("required", False)),
        row.get("placeholder", ""),
        options,
        row.get("options_from", ""),
        row.get("default_from", ""),
    )


def _faults(manifest: Manifest) -> Iterator[str]:
    known = {**manifest.public, **manifest.private}
    yield from (f"type of {name}" for name, kind in known.items() if kind not in TYPES)
    yield from (f"{name} is public and private" for name in manifest.public if name in manifest.private)
    for action, spec in manifest.actions.items():
        fields = manifest.forms.get(action, ())
        yield from (f"{action}: kind of {name}" for name, kind in spec.form.items() if kind not in KINDS)
        if [field.name for field in fields] != list(spec.form):
            yield f"{action}: the form is not drawn as declared"
        yield from (
            f"{action}.{field.name}: no options"
            for field in fields
            if field.kind == "SELECT" and not field.options and known.get(field.options_from) != "array"
        )
        begun = [(field.name, field.default_from) for field in fields if field.default_from]
        yield from (f"{action}.{name}: begins with unknown {source}" for name, source in begun if source not in known)
    for block in manifest.layout:
        yield from _block_faults(manifest, block, known)


def _block_faults(manifest: Manifest, block: Mapping[str, Any], known: Mapping[str, str]) -> Iterator[str]:
    show = block["show"]
    if show not in SHOWS:
        yield f"layout shows {show}"
    if "if" in block and known.get(block["if"]) != "boolean":
        yield f"{show} depends on {block['if']}"
    keys = {"header": ("title", "tag", "tone"), "rows": ("of",), "list": ("of",), "link": ("url",), "image": ("url",)}
    texts = {"muted", "markdown", "emphasis", "private", "foot"}
    for key in ("text",) if show in texts else keys.get(show, ()):
        if key in block and block[key] not in known:
            yield f"{show} shows unknown {block[key]}"
    for button in buttons(block):
        if button["action"] not in manifest.actions:
            yield f"button of unknown action {button['action']}"
        if "if" in button and known.get(button["if"]) != "boolean":
            yield f"button {button['action']} depends on {button['if']}"
        yield from (
            f"{button['action']} sends unknown {name}"
            for name in manifest.actions[button["action"]].params
            if name not in known
        )
    if show == "list" and set(block["params"]) != set(manifest.actions[block["action"]].params):
        yield f"list {block['of']} does not carry what {block['action']} sends"
