"""The rules of the archive of approval papers: archive.yaml as frozen values (R147–R152, domain-rules §14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from core.policy import read
from core.policy.arrivals import MEGA, PhotoRules, arrival_rules
from core.policy.licences import CHECKS, LicenceField

VOLUME, DOCUMENT = "archive_volume", "archive_document"
OPEN, FILED, HANDED_OVER = "open", "filed", "handed_over"
BOTH = "both"


@dataclass(frozen=True, slots=True)
class VolumeState:
    """A state of a volume in words."""

    key: str
    title: str
    tone: str


@dataclass(frozen=True, slots=True)
class Check:
    """One check of the four properties (DA/T 70): which property it belongs to, and when it is made."""

    key: str
    property: str
    title: str
    moments: frozenset[str]


@dataclass(frozen=True, slots=True)
class PaperRules:
    """What one paper may be; sides in pixels, `text` in characters kept for searching."""

    most_bytes: int
    pages: int
    longest_side: int
    preview_side: int
    seconds: int
    memory: int
    text: int

    @property
    def photo(self) -> PhotoRules:
        """The same for a picture: kept as large as A4 needs."""
        return replace(arrival_rules().photo, most_bytes=self.most_bytes, longest_side=self.longest_side)


@dataclass(frozen=True, slots=True)
class BatchRules:
    """What a batch may bring: bytes of the ZIP, its entries, bytes unpacked, density, rows of the manifest."""

    most_bytes: int
    entries: int
    unpacked: int
    ratio: int
    rows: int
    export: int


@dataclass(frozen=True, slots=True)
class ArchiveRules:
    """All of archive.yaml."""

    fields: tuple[LicenceField, ...]
    volume: tuple[LicenceField, ...]
    retention: Mapping[str, str]
    holders: Mapping[str, str]
    states: Mapping[str, VolumeState]
    moments: Mapping[str, str]
    properties: Mapping[str, str]
    checks: Mapping[str, Check]
    needed: tuple[str, ...]
    recheck: timedelta
    recheck_volumes: int
    paper: PaperRules
    batch: BatchRules
    page: int
    export: int
    reason: int
    used_for: int

    def label(self, key: str) -> str:
        """What a field of a document is called. Raises KeyError."""
        return {field.key: field.label for field in self.fields}[key]


@cache
def archive_rules() -> ArchiveRules:
    """The rules as printed. Raises ValueError naming the first thing wrong."""
    table = read("archive.yaml")
    checks = {key: _check(key, row, table) for key, row in table["checks"].items()}
    fields = _fields(table["fields"])
    if unknown := set(table["needed"]) - {field.key for field in fields}:
        raise ValueError(f"archive.yaml needed: unknown field {', '.join(sorted(unknown))}")
    paper, batch, limits = table["paper"], table["batch"], table["limits"]
    return ArchiveRules(
        fields, _fields(table["volume"]), MappingProxyType(table["retention"]), MappingProxyType(table["holders"]),
        MappingProxyType({key: VolumeState(key, **row) for key, row in table["states"].items()}),
        MappingProxyType(table["moments"]), MappingProxyType(table["properties"]), MappingProxyType(checks),
        tuple(table["needed"]), timedelta(days=table["keeping"]["days"]), table["keeping"]["volumes"],
        PaperRules(
            paper["megabytes"] * MEGA, paper["pages"], paper["longest_side"], paper["preview_side"], paper["seconds"],
            paper["memory_megabytes"] * MEGA, paper["text"],
        ),
        BatchRules(
            batch["megabytes"] * MEGA, batch["entries"], batch["unpacked_megabytes"] * MEGA, batch["ratio"],
            batch["rows"], batch["export_megabytes"] * MEGA,
        ),
        limits["page"], limits["export"], limits["reason"], limits["used_for"],
    )  # fmt: skip


def _fields(rows: list[dict[str, Any]]) -> tuple[LicenceField, ...]:
    fields = tuple(LicenceField(**{**one, "choices": tuple(one.get("choices", ()))}) for one in rows)
    for one in fields:
        if one.check not in CHECKS:
            raise ValueError(f"archive.yaml {one.key}: unknown check {one.check}")
    return fields


def _check(key: str, row: Mapping[str, Any], table: Mapping[str, Any]) -> Check:
    if row["property"] not in table["properties"] or set(row["moments"]) - set(table["moments"]):
        raise ValueError(f"archive.yaml {key}: unknown property or moment")
    return Check(key, row["property"], row["title"], frozenset(row["moments"]))
