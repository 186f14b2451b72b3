"""One number, or one a group, out of a dataset: read from cells kept ready, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from core.errors import Unknown
from core.feeds.grains import DAY, HOUR, MONTH, Window, began, label, opens_at, starts, window
from core.feeds.sums import Sum, amount, facet, result, wanted
from core.models.feeds import feed_cells, feed_cuts, feed_deliveries, feed_newest, feed_rows, feeds
from core.policy.feeds import TIMES, Column, Cut, Dataset, Fold, cuts_for, fault_of

GRAINS = {"hour": HOUR, "day": DAY, "month": MONTH}
FILLED = frozenset({"count", "sum", "distinct"})
"""An hour without rows between hours with some is zero of these, and nothing of a mean."""
NEAR, LOOKED = 200, 2000
"""`newest` looks through so many rows first, and no further back than so many."""


@dataclass(frozen=True, slots=True)
class Folded:
    """The answer to a fold. `value` is over all groups; `groups`: by time oldest first, by column greatest first.

    `as_of` is the moment the newest row is about; `demo`: the rows are invented. Value None: there is nothing to tell.
    """

    value: float | None
    as_of: datetime | None
    groups: tuple[tuple[str, float], ...] = ()
    demo: bool = False


@dataclass(slots=True)
class _Tally:
    """Sums of one fold by group, as cells or rows come in."""

    fold: Fold
    asked: Mapping[str, frozenset[str]]
    mine: dict[Any, Sum] = field(default_factory=dict)
    whole: dict[Any, Sum] = field(default_factory=dict)
    seen: dict[Any, set[str]] = field(default_factory=dict)
    series: dict[Any, dict[tuple[str, ...], Sum]] = field(default_factory=dict)
    spoke: bool = False

    def take(self, values: Mapping[str, str], start: int | None, measure: str, part: Sum) -> None:
        fold, self.spoke = self.fold, True
        group = start if fold.by in TIMES else values.get(fold.by) if fold.by else None
        if fold.how == "level":
            if all(values.get(column) in names for column, names in self.asked.items()):
                series = tuple(values.values())
                for one in {None, group}:
                    self.series.setdefault(one, {}).setdefault(series, Sum()).merge(part)
            return
        fits = all(values.get(column) in names for column, names in self.asked.items())
        if fold.how == "distinct":
            if fits and part.n and values[fold.column]:
                for one in {None, group}:
                    self.seen.setdefault(one, set()).add(values[fold.column])
            return
        of_whole = measure == fold.per and fold.how == "share"
        for one in {None, group}:
            if fits and not (of_whole and fold.per):
                self.mine.setdefault(one, Sum()).merge(part)
            if of_whole and (fits or not fold.per):
                self.whole.setdefault(one, Sum()).merge(part)

    def number(self, group: Any) -> float | None:
        if self.fold.how == "distinct":
            return float(len(self.seen.get(group, ())))
        if self.fold.how == "level":
            known = [one for one in self.series.get(group, {}).values() if one.n]
            means = [one.total / one.n for one in known] if self.fold.column else [1.0] * len(known)
            return round(sum(means), 6) if means else None
        return result(self.fold, self.mine.get(group, Sum()), self.whole.get(group, Sum()))

    def groups(self) -> list[Any]:
        return [one for one in {**self.mine, **self.whole, **self.seen, **self.series} if one is not None]


@dataclass(slots=True)
class Seen:
    """What one look reads once, however many numbers it tells: each feed, its counts, the newest row of each series."""

    _feeds: dict[str, Row[Any] | None] = field(default_factory=dict)
    _cuts: dict[int, Mapping[str, Row[Any]]] = field(default_factory=dict)
    _newest: dict[int, list[tuple[datetime, Mapping[str, Any]]]] = field(default_factory=dict)

    def feed(self, tx: Connection, dataset: Dataset) -> Row[Any] | None:
        if dataset.full not in self._feeds:
            self._feeds[dataset.full] = current(tx, dataset)
        return self._feeds[dataset.full]

    def cuts(self, tx: Connection, feed: int) -> Mapping[str, Row[Any]]:
        """The counts that are built, by name."""
        if feed not in self._cuts:
            query = select(feed_cuts).where(feed_cuts.c.feed_id == feed, feed_cuts.c.built)
            self._cuts[feed] = {row.name: row for row in tx.execute(query)}
        return self._cuts[feed]

    def newest(self, tx: Connection, feed: int) -> list[tuple[datetime, Mapping[str, Any]]]:
        if feed not in self._newest:
            query = select(feed_newest.c.at, feed_newest.c.body).where(feed_newest.c.feed_id == feed)
            self._newest[feed] = [(at, body) for at, body in tx.execute(query)]
        return self._newest[feed]


def folded(tx: Connection, dataset: Dataset, fold: Fold, now: datetime, seen: Seen | None = None) -> Folded:
    """Compute a fold as of `now`; `seen` is kept from one to the next of the same transaction.

    Raises ValueError for one that cannot be, such as a column there is none of.
    """
    if fault := fault_of(fold, {dataset.full: dataset}):
        raise ValueError(fault)
    seen = seen or Seen()
    feed = seen.feed(tx, dataset)
    if feed is None or feed.as_of is None:
        return Folded(None, None, (), bool(feed is not None and feed.demo))
    tally, asked = _Tally(fold, wanted(fold.where)), window(fold.over, fold.by, now)
    for values, start, measure, part in _parts(tx, dataset, feed.id, fold, asked, now, seen):
        tally.take(values, start, measure, part)
    groups = _by_time(tally, asked, feed.as_of) if fold.by in TIMES else _by_column(tally)
    value = tally.number(None) if tally.spoke or not _published(dataset, fold) else None
    return Folded(value, feed.as_of, groups, feed.demo)


def _published(dataset: Dataset, fold: Fold) -> bool:
    """A sum of figures published by the day or month: before the first of a span there is none, not zero.

    A day begins at nothing, and so do happenings, whose key has no time: of those none is zero.
    """
    return fold.how == "sum" and fold.over not in ("now", "today", "24h") and dataset.time in dataset.key


def current(tx: Connection, dataset: Dataset) -> Row[Any] | None:
    """The feed of a dataset as it stands; None before anything came."""
    return tx.execute(select(feeds).where(feeds.c.name == dataset.full)).first()


def since(tx: Connection, feed: int) -> datetime | None:
    """From when on a feed tells everything: its first row or its first delivery, whichever is earlier; None: never."""
    first = [
        tx.execute(select(column).where(mine == feed).order_by(column).limit(1)).scalar()
        for column, mine in ((feed_rows.c.at, feed_rows.c.feed_id), (feed_deliveries.c.at, feed_deliveries.c.feed_id))
    ]
    return min((one for one in first if one is not None), default=None)


def _by_time(tally: _Tally, asked: Window, as_of: datetime) -> tuple[tuple[str, float], ...]:
    """Oldest first, without a gap between the first rows and the newest."""
    grain, found = GRAINS[tally.fold.by], sorted(tally.groups())
    if found and tally.fold.how in FILLED:
        found = list(range(found[0], max(found[-1], min(asked.last, starts(as_of)[grain])) + 1))
    return tuple((label(grain, one), number) for one in found if (number := tally.number(one)) is not None)


def _by_column(tally: _Tally) -> tuple[tuple[str, float], ...]:
    told = ((str(one), tally.number(one)) for one in tally.groups() if one)
    return tuple(sorted(((one, number) for one, number in told if number is not None), key=lambda row: -row[1]))


Part = tuple[Mapping[str, str], int | None, str, Sum]


def _parts(
    tx: Connection, dataset: Dataset, feed: int, fold: Fold, asked: Window, now: datetime, seen: Seen
) -> Iterable[Part]:
    cuts = cuts_for(fold, dataset, fold.by)
    if fold.over == "now" and dataset.time in dataset.key:
        return _of_rows(seen.newest(tx, feed), cuts, asked)
    built = seen.cuts(tx, feed)
    if all(cut.name in built and (built[cut.name].ends or not cut.ends) for cut in cuts):
        return _of_cells(tx, {built[cut.name].id: cut for cut in cuts}, fold, asked)
    rows = select(feed_rows.c.at, feed_rows.c.body).where(feed_rows.c.feed_id == feed)
    if (opens := opens_at(asked, now)) is not None:
        rows = rows.where(feed_rows.c.at >= opens)
    return _of_rows(tx.execute(rows.where(feed_rows.c.at < began(asked.grain, asked.last + 1))), cuts, asked)


def _of_cells(tx: Connection, cuts: Mapping[int, Cut], fold: Fold, asked: Window) -> Iterator[Part]:
    """The cells of a span, added up by the database; only a last value needs each of them."""
    cell, timed = feed_cells.c, fold.by in TIMES
    head = [cell.cut_id, cell.value, *([cell.start] if timed or fold.how == "last" else [])]
    sums = [func.sum(cell.n), func.sum(cell.total), func.min(cell.least), func.max(cell.most)]
    ends = [func.min(cell.last), func.max(cell.last_at)]
    query = select(*head, *sums, *ends).where(
        cell.cut_id.in_(tuple(cuts)), cell.grain == asked.grain, cell.start >= asked.first, cell.start <= asked.last
    )
    for row in tx.execute(query.group_by(*head)):
        cut, start = cuts[row[0]], row[2] if len(head) > 2 else None
        values = dict(zip(cut.columns, json.loads(row[1]) if row[1] else (), strict=True))
        n, total, least, most, last, last_at = row[len(head) :]
        if not n:
            continue
        part = Sum(int(n), float(total or 0), least, most, last, last_at)
        yield values, start if timed else None, cut.measure, part


def _of_rows(rows: Iterable[Any], cuts: tuple[Cut, ...], asked: Window) -> Iterator[Part]:
    """The same from rows themselves: the newest of each series, or while a count is not built yet."""
    for at, body in rows:
        start = starts(at)[asked.grain]
        for cut in cuts:
            counts, value = amount(cut, body)
            if counts:
                part = Sum()
                part.take(value, at.timestamp())
                yield {one: facet(body.get(one)) for one in cut.columns}, start, cut.measure, part


def newest(
    tx: Connection,
    dataset: Dataset,
    columns: tuple[str, ...] = (),
    most: int = 8,
    where: Mapping[str, Any] | None = None,
) -> tuple[dict[str, Any], ...]:
    """The newest rows, newest first: the columns asked for (all when none), times as moments. Raises Unknown.

    Of figures told again and again, each by its series, one row a series: a list of stores names none twice.
    """
    feed, asked = current(tx, dataset), wanted(where or {})
    if strange := {*columns, *asked} - set(dataset.columns):
        raise Unknown(what=f"列 {sorted(strange)[0][:40]}")
    if feed is None:
        return ()
    if dataset.series and dataset.time in dataset.key:
        mine = select(feed_newest.c.body).where(feed_newest.c.feed_id == feed.id)
        mine = mine.order_by(feed_newest.c.at.desc(), feed_newest.c.series)
    else:
        mine = select(feed_rows.c.body).where(feed_rows.c.feed_id == feed.id)
        mine = mine.order_by(feed_rows.c.at.desc(), feed_rows.c.id.desc())
    for limit in (NEAR, LOOKED) if asked else (most,):
        rows = [body for (body,) in tx.execute(mine.limit(limit))]
        found = [row for row in rows if all(facet(row.get(column)) in names for column, names in asked.items())]
        if len(found) >= most or len(rows) < limit:
            break
    return tuple(shown(dataset, row, columns) for row in found[:most])


def shown(dataset: Dataset, body: Mapping[str, Any], columns: tuple[str, ...] = ()) -> dict[str, Any]:
    """A row as others read it: every column has a value or None, times are moments."""
    return {one: _out(dataset.columns[one], body.get(one)) for one in columns or tuple(dataset.columns)}


def _out(column: Column, value: Any) -> Any:
    return datetime.fromisoformat(value) if column.type == "time" and value else value
