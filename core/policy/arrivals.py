"""The rules of what comes in by hand: words behind a guess, sizes of photos and sheets, the life of a draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from core.policy import read

MEGA = 1024 * 1024
Words = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class DraftRules:
    """How long a draft waits, how soon photo and words join, how many characters make a story."""

    keep: timedelta
    joins: timedelta
    shortest: int
    on_walk: int


@dataclass(frozen=True, slots=True)
class PhotoRules:
    """What a photo may be (control D3) and how its link ends."""

    most_bytes: int
    most_pixels: int
    longest_side: int
    most: int
    link: timedelta
    form_bytes: int


@dataclass(frozen=True, slots=True)
class SheetRules:
    """What a sheet may be (control D2) and what reading it may cost (D3)."""

    most_bytes: int
    rows: int
    entries: int
    unpacked: int
    ratio: int
    seconds: int
    memory: int


@dataclass(frozen=True, slots=True)
class HeaderRules:
    """Where the row of column names may stand (`within` the first rows), and what others call our columns."""

    within: int
    columns: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class ArrivalRules:
    """All of arrivals.yaml."""

    types: Words
    urgencies: Words
    openings: tuple[str, ...]
    beside: tuple[str, ...]
    draft: DraftRules
    photo: PhotoRules
    sheet: SheetRules
    header: HeaderRules


@cache
def arrival_rules() -> ArrivalRules:
    """The table, read once. Raises KeyError or TypeError where it is malformed."""
    raw: Mapping[str, Any] = read("arrivals.yaml")
    draft, photo, sheet = raw["draft"], raw["photo"], raw["sheet"]
    return ArrivalRules(
        _words(raw["types"]),
        _words(raw["urgencies"]),
        tuple(sorted(raw["openings"], key=len, reverse=True)),
        tuple(sorted(raw["beside"], key=len, reverse=True)),
        DraftRules(
            timedelta(hours=draft["keep_hours"]),
            timedelta(minutes=draft["joins_minutes"]),
            draft["shortest"],
            draft["on_walk"],
        ),
        PhotoRules(
            photo["megabytes"] * MEGA,
            photo["megapixels"] * 1_000_000,
            photo["longest_side"],
            photo["most"],
            timedelta(minutes=photo["link_minutes"]),
            photo["form_megabytes"] * MEGA,
        ),
        sheet_rules(sheet),
        HeaderRules(sheet["header_within"], {name: tuple(sheet["columns"][name]) for name in sheet["columns"]}),
    )


def sheet_rules(sheet: Mapping[str, Any]) -> SheetRules:
    """How large a sheet may be and what reading it may cost, from a table that says so in megabytes."""
    return SheetRules(
        sheet["megabytes"] * MEGA, sheet["rows"], sheet["entries"], sheet["unpacked_megabytes"] * MEGA, sheet["ratio"],
        sheet["seconds"], sheet["memory_megabytes"] * MEGA,
    )  # fmt: skip


def _words(rows: list[dict[str, Any]]) -> Words:
    return tuple((row["code"], tuple(row["words"])) for row in rows)
