"""What the charts of a page are drawn from: words and numbers of a table, laid into an attribute for stats.js."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from core.figures import HANDLED, Chapter, Line, Stats
from core.score_views import Board
from core.scoring import Score

MOST_BARS = 15
Opens = Callable[[str, Line, str], str]
Address = Callable[..., str]


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


def score_chart(board: Board, lines: Sequence[Score], address: Address) -> dict[str, Any] | None:
    """The scores of one group as bars, best first; a bar opens its unit. None where nobody has a score."""
    told = [one for one in lines if one.score is not None][:MOST_BARS]
    if not told:
        return None
    return {
        "shape": "bars",
        "labels": [board.names[one.unit] for one in told],
        "notes": [f"{one.rank}/{one.among}" for one in told],
        "series": [
            {
                "name": "得分", "tone": "brand", "values": [one.score for one in told],
                "opens": [address(unit=one.unit) for one in told],
            }
        ],
    }  # fmt: skip


def satisfaction_chart(board: Board, address: Address) -> dict[str, Any] | None:
    """Each unit's feedback as one bar: satisfied, not, not rated yet."""
    named = (("满意", "ok", "pleased"), ("不满意", "alarm", "displeased"), ("未评价", "rest", "unrated"))
    return _counted(board, address, named)


def handling_chart(board: Board, address: Address) -> dict[str, Any] | None:
    """Each called unit's orders as one bar: fed back, not, at work, released."""
    named = (
        ("已反馈", "ok", "fed_back"), ("未反馈", "alarm", "unfed"), ("办理中", "brand", "running"),
        ("移出", "rest", "released"),
    )  # fmt: skip
    return _counted(board, address, named)


def _counted(board: Board, address: Address, named: Sequence[tuple[str, str, str]]) -> dict[str, Any] | None:
    lines = [one for one in board.scores if any(one.counts[name] for _, _, name in named)]
    lines = sorted(lines, key=lambda one: -one.counts["called"])[:MOST_BARS]
    if not lines:
        return None
    orders = "joint_scores.orders"
    return {
        "shape": "bars",
        "labels": [board.names[one.unit] for one in lines],
        "series": [
            {
                "name": title, "tone": tone, "values": [one.counts[name] for one in lines],
                "opens": [address(orders, unit=one.unit, what=name) for one in lines],
            }
            for title, tone, name in named
        ],
    }  # fmt: skip
