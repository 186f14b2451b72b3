"""What rows add up to: one sum a group of values, mergeable in any order, and what a fold makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.canon import canonical
from core.policy.feeds import Cut, Fold


@dataclass(slots=True)
class Sum:
    """How many, how much, the least, the greatest and the last of a measure. `last_at`: seconds since 1970."""

    n: int = 0
    total: float = 0.0
    least: float | None = None
    most: float | None = None
    last: float | None = None
    last_at: float | None = None

    def take(self, value: float | None, at: float, sign: int = 1) -> None:
        """One row more, or with `sign` -1 one less: then the ends stay, and are counted anew by the caller."""
        self.n += sign
        if value is None:
            return
        self.total += sign * value
        if sign > 0:
            self.merge_ends(value, value, value, at)

    def merge(self, other: Sum) -> None:
        self.n += other.n
        self.total += other.total
        self.merge_ends(other.least, other.most, other.last, other.last_at)

    def merge_ends(self, least: float | None, most: float | None, last: float | None, at: float | None) -> None:
        if least is not None and (self.least is None or least < self.least):
            self.least = least
        if most is not None and (self.most is None or most > self.most):
            self.most = most
        if at is not None and last is not None and (self.last_at is None or at >= self.last_at):
            self.last, self.last_at = last, at


def facet(value: Any) -> str:
    """A value as the name of its group: 3.0 and 3 are one, nothing is the empty name."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def group_of(columns: Sequence[str], body: Mapping[str, Any]) -> str:
    """The values of a cut's columns in one row, as the cells keep them."""
    return canonical([facet(body.get(one)) for one in columns]) if columns else ""


def amount(cut: Cut, body: Mapping[str, Any]) -> tuple[bool, float | None]:
    """Whether a row counts for a cut's measure, and how much."""
    if not cut.measure:
        return True, None
    value = body.get(cut.measure)
    return value is not None, float(value) if isinstance(value, int | float) else None


def result(fold: Fold, mine: Sum, other: Sum) -> float | None:
    """The number of a group. `other`: what a share is a share of. None where there is nothing to tell."""
    if fold.how == "share":
        top, bottom = (mine.total, other.total) if fold.column else (float(mine.n), float(other.n))
        return round(100 * top / bottom, 6) if bottom else None
    if fold.how == "mean":
        return round(mine.total / mine.n, 6) if mine.n else None
    if fold.how in ("count", "sum"):
        return float(mine.n) if fold.how == "count" else round(mine.total, 6)
    return {"max": mine.most, "min": mine.least, "last": mine.last}[fold.how]


def wanted(where: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """What `where` lets through, by column, in the names of groups."""
    return {
        column: frozenset(facet(one) for one in (given if _several(given) else (given,)))
        for column, given in where.items()
    }


def _several(given: Any) -> bool:
    return isinstance(given, Sequence | set | frozenset) and not isinstance(given, str)


def seconds(moment: datetime) -> float:
    return moment.timestamp()
