"""How long data stay: policy/retention.yaml as a frozen table (control F5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from core.policy import read


@dataclass(frozen=True, slots=True)
class Keeping:
    """One kind of data: what it is called, how long it stays, counted from what, and its row in the register."""

    name: str
    title: str
    start: str
    stays: timedelta
    kept: str


@cache
def load_retention() -> Mapping[str, Keeping]:
    """Every row by its name."""
    return read_retention(read("retention.yaml"))


def read_retention(table: Mapping[str, Any]) -> Mapping[str, Keeping]:
    """Check and freeze; ValueError names the first row that keeps something for less than it must be kept."""
    found = {}
    for name, row in table["rows"].items():
        if type(row["days"]) is not int or row["days"] < row["least"]:
            raise ValueError(f"retention.yaml {name}: expected a number of days from {row['least']} up")
        found[name] = Keeping(name, row["title"], row["from"], timedelta(days=row["days"]), row["kept"])
    return MappingProxyType(found)
