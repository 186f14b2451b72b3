"""After which joint orders a review is drafted, and its words: joint_reviews.yaml, dated, proved and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import Any

from core.policy.workdays import read_yaml

SAID: Mapping[str, frozenset[str]] = MappingProxyType({
    "raised": frozenset({"at", "who", "count", "units", "meet"}),
    "held": frozenset({"unit", "state", "span"}),
    "closed": frozenset({"at", "who", "unit", "state", "text", "span"}),
    "pleased": frozenset({"pleased", "displeased"}),
    "case": frozenset({"no", "tail"}),
    "called": frozenset({"said"}),
})  # fmt: skip
"""What a sentence may name; the others may name what every event knows."""
OF_EVENT = frozenset({"at", "who", "unit", "state", "text"})
REASONS = ("overdue", "refused", "red", "red_warning")


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """When an order is reviewed: `overdue` and `refused` are numbers from which it is, `red` urgencies."""

    overdue: int
    refused: int
    red: frozenset[str]
    red_warning: bool
    look_back_days: int
    held_minutes: int


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """joint_reviews.yaml; `rules` in order of their first day."""

    rules: tuple[tuple[date, ReviewRule], ...]
    reasons: Mapping[str, str]
    sentences: Mapping[str, str]

    def rule(self, day: date) -> ReviewRule:
        """What is in force on this day."""
        in_force = [rule for begins, rule in self.rules if begins <= day] or [self.rules[0][1]]
        return in_force[-1]


@cache
def read_reviews() -> ReviewPolicy:
    """The table. Raises ValueError naming what in it is unknown."""
    return parse(read_yaml(Path(__file__).parent / "joint_reviews.yaml"))


def parse(raw: Mapping[str, Any]) -> ReviewPolicy:
    """A table frozen. Raises ValueError naming what is unknown."""
    if set(raw["reasons"]) != set(REASONS):
        raise ValueError(f"joint_reviews.yaml: reasons are {', '.join(REASONS)}")
    for name, words in raw["sentences"].items():
        holes = {hole for _, hole, _, _ in Formatter().parse(words) if hole}
        if holes - SAID.get(name, OF_EVENT):
            raise ValueError(f"joint_reviews.yaml: {name} has no value {', '.join(sorted(holes - OF_EVENT))}")
    rows = sorted(raw["rules"], key=lambda row: row["from"])
    return ReviewPolicy(
        tuple((row["from"], _rule(row)) for row in rows),
        MappingProxyType(dict(raw["reasons"])),
        MappingProxyType(dict(raw["sentences"])),
    )


def _rule(row: Mapping[str, Any]) -> ReviewRule:
    numbers = (row["overdue"], row["refused"], row["look_back_days"], row["held_minutes"])
    if any(not isinstance(one, int) or one < 1 for one in numbers):
        raise ValueError("joint_reviews.yaml: numbers are whole and at least 1")
    return ReviewRule(
        row["overdue"], row["refused"], frozenset(row["red"]), bool(row["red_warning"]), row["look_back_days"],
        row["held_minutes"],
    )  # fmt: skip
