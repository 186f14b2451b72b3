"""What the charts of a page are drawn from: words and numbers of a table, laid into an attribute for stats.js."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.figures import HANDLED, Chapter, Line, Stats

MOST_BARS = 15
Opens = Callable[[str, Line, str], str]


def chart_of(chapter: Chapter, stats: Stats, opens: Opens) -> dict[str, Any] | None:
    """The chart of one table; None where there is nothing to draw."""
    if not any(line.count for line in chapter.lines):
        return None
    if chapter.dim == "time":
        return _trend(chapter, stats, opens)
    if chapter.dim == "unit" and stats.ask.kind == HANDLED:
        return _parts(chapter, opens)
    return _bars(chapter, stats, opens)


def _trend(chapter: Chapter, stats: Stats, opens: Opens) -> dict[str, Any]:
    lines, done = chapter.lines, "closed" if stats.ask.kind == HANDLED else "done"
    return {
        "shape": "trend",
        "labels": [line.title for line in lines],
        "series": [
            _series(stats.counted, "brand", lines, chapter.dim, "received", opens, [line.count for line in lines]),
            _series("已办结", "ok", lines, chapter.dim, "closed", opens, [_number(line, done) for line in lines]),
        ],
    }


def _parts(chapter: Chapter, opens: Opens) -> dict[str, Any]:
    """Each unit's work as one bar: closed in time, overdue, and the rest."""
    lines = chapter.lines[:MOST_BARS]
    on_time, overdue = ([_number(line, name) for line in lines] for name in ("on_time", "overdue"))
    rest = [line.count - a - b for line, a, b in zip(lines, on_time, overdue, strict=True)]
    return {
        "shape": "bars",
        "labels": [line.title for line in lines],
        "series": [
            _series("按时办结", "ok", lines, chapter.dim, "on_time", opens, on_time),
            _series("超期", "alarm", lines, chapter.dim, "overdue", opens, overdue),
            _series("办理中和移出", "rest", lines, chapter.dim, "received", opens, rest),
        ],
    }


def _bars(chapter: Chapter, stats: Stats, opens: Opens) -> dict[str, Any]:
    lines = chapter.lines[:MOST_BARS]
    counts = [line.count for line in lines]
    return {
        "shape": "bars",
        "labels": [line.title for line in lines],
        "notes": [line.share for line in lines],
        "series": [_series(stats.counted, "brand", lines, chapter.dim, "received", opens, counts)],
    }


def _series(
    name: str, tone: str, lines: Sequence[Line], dim: str, amount: str, opens: Opens, values: Sequence[int]
) -> dict[str, Any]:
    return {
        "name": name, "tone": tone, "values": list(values), "opens": [opens(dim, line, amount) for line in lines],
    }  # fmt: skip


def _number(line: Line, measure: str) -> int:
    return int(next((cell.number or 0 for cell in line.cells if cell.measure == measure), 0))
