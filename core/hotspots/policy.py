"""The table policy/hotspots.yaml, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.policy import read
from core.policy.notices import Baton


@dataclass(frozen=True, slots=True)
class Level:
    """A grade of warning: from which growth and how many appeals in the recent days."""

    level: str
    title: str
    growth: float
    at_least: int


@dataclass(frozen=True, slots=True)
class Joining:
    """When two appeals are of one matter."""

    alike: float
    same_place: float
    days_apart: int
    largest: int


@dataclass(frozen=True, slots=True)
class HotspotPolicy:
    """What makes a hot spot, its levels from the gravest on, and who decides and hears."""

    window_days: int
    recent_days: int
    least_cases: int
    usual_at_least: float
    joining: Joining
    levels: tuple[Level, ...]
    decides: frozenset[str]
    tell: tuple[Baton, ...]

    def level_of(self, name: str) -> Level | None:
        return next((one for one in self.levels if one.level == name), None)

    def rank(self, name: str) -> int:
        """How grave a level is; 0 for none."""
        names = [one.level for one in reversed(self.levels)]
        return names.index(name) + 1 if name in names else 0


@cache
def load_hotspots() -> HotspotPolicy:
    table: Mapping[str, Any] = read("hotspots.yaml")
    return HotspotPolicy(
        table["window_days"],
        table["recent_days"],
        table["least_cases"],
        table["usual_at_least"],
        Joining(**table["clusters"]),
        tuple(Level(**row) for row in table["levels"]),
        frozenset(table["decides"]),
        tuple(Baton(row["to"], row["words"]) for row in table["tell"]),
    )
