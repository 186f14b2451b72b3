"""What a warning of the screens says, before it is drawn for one reader: plain values that a letter can carry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEVEL_TONES: Mapping[str, str] = {"yellow": "orange", "orange": "orange", "red": "red", "well": "green"}


@dataclass(frozen=True, slots=True)
class WarningView:
    """A number that reached a level, or an interface that fell silent or spoke again (domain-rules §8, §16).

    `level` is yellow, orange, red or well, and `label` its word; `place` the page that shows it, as a path. `metric`:
    the number's full name, from which a case or joint order may begin; empty where there is nothing to begin.
    """

    title: str
    level: str
    label: str
    as_of: str
    rows: tuple[tuple[str, str], ...]
    words: str
    place: str
    metric: str = ""

    def body(self) -> dict[str, Any]:
        """As a letter carries it."""
        names = ("title", "level", "label", "as_of", "words", "place", "metric")
        return {**{name: getattr(self, name) for name in names}, "rows": [list(row) for row in self.rows]}


def warning_of(body: Mapping[str, Any]) -> WarningView:
    """What a letter carried. Raises KeyError for one that carries no warning."""
    return WarningView(
        body["title"], body["level"], body["label"], body["as_of"], tuple((k, v) for k, v in body["rows"]),
        body["words"], body["place"], body["metric"],
    )  # fmt: skip
