"""The rules by which joint orders are scored: joint_scores.yaml, dated, proved and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from core.deadlines import Limit
from core.policy.workdays import read_yaml
from core.scoring import AMOUNTS, MARKS, Indicator, MarkRule, Rule


@dataclass(frozen=True, slots=True)
class ScorePolicy:
    """The versions of the formula in order of their first day, and who may do what with a report."""

    rules: tuple[Rule, ...]
    longest_days: int
    appeal: Limit
    asks: frozenset[str]
    publishes: frozenset[str]

    def rule(self, day: date) -> Rule:
        """The version in force on this day."""
        return [one for one in self.rules if one.begins <= day][-1] if self.rules[0].begins <= day else self.rules[0]


@cache
def read_scoring() -> ScorePolicy:
    """The table. Raises ValueError naming what in it is unknown."""
    raw = read_yaml(Path(__file__).parent / "joint_scores.yaml")
    rules = sorted((read_rule({**row, "minimum": raw["minimum"]}) for row in raw["rules"]), key=lambda one: one.begins)
    return ScorePolicy(
        tuple(rules), raw["longest_days"], Limit.parse(raw["appeal"]), frozenset(raw["asks"]),
        frozenset(raw["publishes"]),
    )  # fmt: skip


def read_rule(row: Mapping[str, Any]) -> Rule:
    """One version, from the table or from a published report. Raises ValueError naming what is unknown."""
    begins = row["from"] if isinstance(row["from"], date) else date.fromisoformat(row["from"])
    indicators = tuple(Indicator(**one) for one in row["indicators"])
    marks = tuple(MarkRule(**one) for one in row["marks"])
    found = [one.name for one in indicators if {one.of, one.per} - AMOUNTS.keys() or one.weight <= 0]
    found += [one.name for one in marks if one.of not in MARKS or not one.points or one.cap <= 0]
    names = [*(one.name for one in indicators), *(one.name for one in marks)]
    if found or begins.day != 1 or len(set(names)) < len(names):
        raise ValueError(
            f"joint_scores.yaml: {row['name']} from {begins} is wrong at {', '.join(found) or 'its names'}"
        )
    return Rule(row["name"], begins, int(row["minimum"]), float(row["limit"]), float(row["known"]), indicators, marks)


def told(rule: Rule) -> dict[str, Any]:
    """A version as a published report keeps it; `read_rule` reads it back."""
    return {
        "name": rule.name, "from": rule.begins.isoformat(), "minimum": rule.minimum, "limit": rule.limit,
        "known": rule.known,
        "indicators": [{name: getattr(one, name) for name in Indicator.__slots__} for one in rule.indicators],
        "marks": [{name: getattr(one, name) for name in MarkRule.__slots__} for one in rule.marks],
    }  # fmt: skip
