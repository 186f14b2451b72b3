"""How papers are read (R190): reading.yaml and the names every type's fields go by on paper, as frozen values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from core.policy import read
from core.policy.arrivals import MEGA
from core.policy.licences import LicenceType, licence_types

KINDS = frozenset({"text", "date", "term", "uscc", "id_number", "number"})
PRINTED = re.compile(r"([^{}：:]{2,12})[：:]?\s*\{([a-z_]+)\}")
"""A text of a face that announces a value: 有效期至：{valid_to}."""
AS_READ = {"validity": "term"}
TYPED = {"holder_code": "uscc", "number": "number", "issued_on": "date", "term": "term", "valid_to": "date"}


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What a picture may be and what reading it may cost (control D3); seconds of waiting; how long a result stays."""

    bytes: int
    pixels: int
    least: int
    side: int
    seconds: int
    memory: int
    wait: float
    keep: timedelta


@dataclass(frozen=True, slots=True)
class ReadField:
    """One thing a paper says: the names it goes by there, longest first, and what kind of thing it is.

    `same`: the field whose value it takes over where the paper does not say it twice.
    """

    key: str
    label: str
    labels: tuple[str, ...]
    kind: str = "text"
    long: bool = False
    person: bool = False
    same: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """One kind of paper: its title, its fields; `type` is the licence it is, None for a paper that is none."""

    key: str
    title: str
    fields: tuple[ReadField, ...]
    type: LicenceType | None
    number_is_code: bool = False
    least_labels: int = 0

    def field(self, name: str) -> ReadField | None:
        """The field that goes by this name, or has this key."""
        plain = flat(name)
        return next((one for one in self.fields if name == one.key or plain in one.labels), None)


@dataclass(frozen=True, slots=True)
class ReadRules:
    """All of reading.yaml. `alike`: characters one may be mistaken for."""

    limits: ReadLimits
    sure: float
    fair: float
    documents: Mapping[str, Document]
    alike: Mapping[str, str]
    boilerplate: tuple[str, ...]
    phrases: tuple[str, ...]
    simplified: Mapping[int, int]


def flat(text: str) -> str:
    """A name or a line as it is compared: half-width, without blanks and marks."""
    return "".join(one for one in unicodedata.normalize("NFKC", text) if one.isalnum())


@cache
def read_limits() -> ReadLimits:
    """What a picture may cost, without the kinds of licence it is held against."""
    limits = read("reading.yaml")["limits"]
    return ReadLimits(
        limits["megabytes"] * MEGA, limits["megapixels"] * 1_000_000, limits["least_side"], limits["side"],
        limits["seconds"], limits["memory_megabytes"] * MEGA, float(limits["wait_seconds"]),
        timedelta(hours=limits["keep_hours"]),
    )  # fmt: skip


@cache
def read_rules() -> ReadRules:
    """The table, read once. Raises ValueError naming the first thing wrong."""
    table = read("reading.yaml")
    levels = table["levels"]
    told = table["documents"]
    documents = {key: _document(key, kind, told.get(key, {}), table["common"]) for key, kind in licence_types().items()}
    documents |= {key: _document(key, None, row, {}) for key, row in told.items() if key not in documents}
    alike: dict[str, str] = {}
    for one, other in table["alike"]:
        alike[one], alike[other] = alike.get(one, "") + other, alike.get(other, "") + one
    return ReadRules(
        read_limits(), levels["sure"], levels["fair"], MappingProxyType(documents), MappingProxyType(alike),
        tuple(flat(one) for one in table["boilerplate"]), tuple(table["phrases"]),
        MappingProxyType(str.maketrans(table["simplified"][::2], table["simplified"][1::2])),
    )  # fmt: skip


def _document(
    key: str, kind: LicenceType | None, row: Mapping[str, Any], common: Mapping[str, Sequence[str]]
) -> Document:
    fields: dict[str, ReadField] = {}
    printed = _printed(kind) if kind is not None else {}
    for name, names in common.items():
        told = kind.field(name) if kind is not None else None
        labels = [*(_names(told.label) if told is not None else ()), *printed.get(name, ()), *names]
        fields[name] = _field(
            key, name, {"labels": labels, "kind": _kind(name, kind)}, told.label if told else names[0]
        )
    for one in kind.fields if kind is not None else ():
        given = {
            "labels": [*_names(one.label), *printed.get(one.key, ())],
            "kind": "date" if one.check == "date" else "text",
            "long": one.max > 200,
        }
        fields[one.key] = _field(key, one.key, given, one.label)
    for name, given in row.get("fields", {}).items():
        old = fields.get(name)
        whole = {"kind": old.kind if old else "text", "long": old.long if old else False, **given}
        label = old.label if old else given["labels"][0]
        own = kind.field(name) if kind is not None else None
        whole["labels"] = [*given["labels"], *(_names(own.label) if own is not None and "same" not in given else ())]
        fields[name] = _field(key, name, whole, label)
    title = kind.name if kind is not None else row["title"]
    order = _unshared(key, fields, row.get("fields", {}))
    return Document(key, title, order, kind, row.get("number_is_code", False), row.get("least_labels", 0))


def _kind(name: str, kind: LicenceType | None) -> str:
    if name == "holder_code" and kind is not None and kind.holder != "company":
        return "id_number"
    return TYPED.get(name, "text")


def _printed(kind: LicenceType) -> dict[str, list[str]]:
    """How the fields of a type are called on its face, where it has one."""
    told: dict[str, list[str]] = {}
    for part in kind.face.parts if kind.face is not None else ():
        said = PRINTED.fullmatch(part.text)
        name, label = (part.field, part.label) if part.kind == "field" else (said[2], said[1]) if said else ("", "")
        if label and name in AS_READ:
            told.setdefault(AS_READ[name], []).append(label)
        elif label:
            told.setdefault(name, []).append(label)
    return told


def _names(label: str) -> list[str]:
    """A label, and its parts where brackets or marks give a second one: 住所（经营场所）."""
    parts = [one for one in re.split(r"[（）()、/]", label) if len(one) > 1]
    return [label, *parts]


def _field(where: str, key: str, row: Mapping[str, Any], label: str) -> ReadField:
    kind = row.get("kind", "text")
    if kind not in KINDS:
        raise ValueError(f"reading.yaml {where}.{key}: unknown kind {kind}")
    labels = tuple(dict.fromkeys(flat(one) for one in row["labels"]))
    return ReadField(key, label, labels, kind, bool(row.get("long")), bool(row.get("person")), row.get("same", ""))


def _unshared(key: str, fields: Mapping[str, ReadField], own: Mapping[str, Any]) -> tuple[ReadField, ...]:
    """A name two fields go by belongs to the one the document's own table gives it to, else to the type's own field."""
    ranked = sorted(fields.values(), key=lambda one: (one.key not in own, one.key in TYPED or one.key == "holder"))
    taken: dict[str, str] = {}
    for field in ranked:
        for label in field.labels:
            taken.setdefault(label, field.key)
    return tuple(
        ReadField(
            one.key, one.label, tuple(label for label in one.labels if taken[label] == one.key), one.kind, one.long,
            one.person, one.same,
        )
        for one in fields.values()
    )  # fmt: skip
