"""The table of routes.yaml, read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from tests.walls.world import Ask

TABLE = yaml.safe_load((Path(__file__).parent / "routes.yaml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a request of a route, and the cell of every reader."""

    route: str
    ask: Ask
    cells: Mapping[str, str]
    answer: int
    told: str
    pair: bool

    @property
    def name(self) -> str:
        return f"{self.ask.method} {self.ask.path}"


def cells_of(text: str) -> list[str]:
    return [cell for cell in text.split() if cell != "|"]


@cache
def rows() -> list[Row]:
    columns = cells_of(TABLE["columns"])
    found = []
    for route, told in TABLE["routes"].items():
        method, rule = route.split(" ", 1)
        for one in told if isinstance(told, list) else [told]:
            ask = Ask(method, one.get("path", rule), one.get("form", {}))
            cells = dict(zip(columns, cells_of(TABLE["rows"][one["as"]]), strict=True))
            usual = 200 if method == "GET" else 303
            answer, words = one.get("answer", usual), one.get("told", "")
            found.append(Row(route, ask, cells, answer, words, "?" in cells.values() and not one.get("no_pair")))
    return found


def somebody(row: Row) -> str:
    """A reader who gets through, the desk first: it has most to lose. Empty for a route that is no person's."""
    order = ("dispatcher", "desk_head", "system", "security", "audit", "lead", "support", "nobody")
    return next((reader for reader in order if row.cells[reader] == "o"), "")
