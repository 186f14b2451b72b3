"""How licences of the 一体化平台 are those of our library: licence_feed.yaml, held to the kinds of licence (R185)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from core.policy import read
from core.policy.library import library_rules
from core.policy.licences import LicenceType, licence_types

STATES = frozenset({"valid", "suspended", "cancelled"})


@dataclass(frozen=True, slots=True)
class LicenceMap:
    """All of licence_feed.yaml. `states`: their word → our state; `called`: their name of a type → our key;

    `items`: by our key of a type, their name of an item → our field.
    """

    page: int
    pages: int
    every: timedelta
    most_pushed: int
    reason: str
    states: Mapping[str, str]
    called: Mapping[str, str]
    items: Mapping[str, Mapping[str, str]]

    def kind(self, told: str) -> LicenceType | None:
        """Our kind of licence by their name of it; None when there is none."""
        return licence_types().get(self.called.get(told, ""))

    def field(self, kind: LicenceType, told: str) -> str | None:
        """Our field by their name of an item: as the map says, else the field of that label or key."""
        mapped = self.items.get(kind.key, {}).get(told)
        return mapped or next((one.key for one in kind.fields if told in (one.label, one.key)), None)


@cache
def licence_map() -> LicenceMap:
    """The table of the product."""
    return read_licence_map(read("licence_feed.yaml"), licence_types())


def read_licence_map(table: Mapping[str, Any], types: Mapping[str, LicenceType]) -> LicenceMap:
    """Check and freeze; ValueError names the first row that speaks of a type, field or state there is none of."""
    called = {one.name: key for key, one in types.items()}
    items: dict[str, Mapping[str, str]] = {}
    for key, row in table["types"].items():
        fields = {one.key for one in types[key].fields} if key in types else set()
        if not fields and row["items"]:
            raise ValueError(f"licence_feed.yaml {key}: there is no such type")
        if strange := set(row["items"].values()) - fields:
            raise ValueError(f"licence_feed.yaml {key}: no field {', '.join(sorted(strange))}")
        if twice := [one for one in row["called"] if called.get(one, key) != key]:
            raise ValueError(f"licence_feed.yaml {key}: {twice[0]} is another type's name")
        called |= dict.fromkeys(row["called"], key)
        items[key] = MappingProxyType(row["items"])
    if strange := set(table["states"].values()) - STATES - set(library_rules().states):
        raise ValueError(f"licence_feed.yaml states: no state {', '.join(sorted(strange))}")
    return LicenceMap(
        table["page"], table["pages"], timedelta(seconds=table["every_seconds"]), table["most_pushed"],
        table["reason"], MappingProxyType(table["states"]), MappingProxyType(called), MappingProxyType(items),
    )  # fmt: skip
