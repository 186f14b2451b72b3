"""Counts kept as rows come: added to by new rows, taken from by replaced ones, counted anew where that fails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, case, delete, func, insert, or_, select, update

from core.feeds.grains import DAY, HOUR, MONTH, began, hour_of, month_of, oldest_hour, starts
from core.feeds.sums import Sum, amount, group_of
from core.many import insert_into, merge
from core.models.feeds import feed_cells, feed_cuts, feed_rows
from core.policy.feeds import Cut, Dataset

Place = tuple[int, int, int, str]
KEY = ("cut_id", "grain", "start", "value")


@dataclass(slots=True)
class Delta:
    """What one delivery changes: sums by the finest cells that are kept, and the days whose ends are counted anew."""

    cuts: Mapping[int, Cut]
    oldest: int
    cells: dict[Place, Sum] = field(default_factory=dict)
    again: dict[int, set[int]] = field(default_factory=dict)
    _plan: list[tuple[tuple[str, ...], list[tuple[int, Cut]]]] = field(init=False)
    _groups: dict[tuple[Any, ...], str] = field(default_factory=dict)
    _days: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        plan: dict[tuple[str, ...], list[tuple[int, Cut]]] = {}
        for cut_id, cut in self.cuts.items():
            plan.setdefault(cut.columns, []).append((cut_id, cut))
        self._plan = list(plan.items())

    def take(self, body: Mapping[str, Any], at: datetime, sign: int = 1) -> None:
        """A row more (`sign` 1), or one less (-1)."""
        told = at.timestamp()
        hour, grain = int(told) // 3600, HOUR
        if (day := self._days.get(hour)) is None:
            day = self._days[hour] = began(HOUR, hour).toordinal()
        start = hour
        if hour < self.oldest:
            start, grain = day, DAY
        cells = self.cells
        for columns, cuts in self._plan:
            values = (columns, *[body.get(one) for one in columns])
            group = self._groups.get(values)
            if group is None:
                group = self._groups[values] = group_of(columns, body)
            for cut_id, cut in cuts:
                counts, value = amount(cut, body)
                if counts:
                    place = (cut_id, grain, start, group)
                    if (cell := cells.get(place)) is None:
                        cell = cells[place] = Sum()
                    cell.take(value, told, sign)
                    if sign < 0 and cut.ends:
                        self.again.setdefault(day, set()).add(cut_id)

    def whole(self) -> dict[Place, Sum]:
        """The same with the days and months that the finest cells lie in."""
        found = dict(self.cells)
        for (cut, grain, start, group), part in self.cells.items():
            day = began(HOUR, start).toordinal() if grain == HOUR else start
            coarser = ((DAY, day), (MONTH, month_of(date.fromordinal(day))))
            for one in coarser if grain == HOUR else coarser[1:]:
                place = (cut, *one, group)
                if (cell := found.get(place)) is None:
                    cell = found[place] = Sum()
                cell.merge(part)
        return found

    def write(self, tx: Connection, feed: int, now: datetime) -> None:
        """Into the cells, in their order so that two writers never wait for each other; then what is counted anew."""
        _add(tx, self.whole())
        for day, cuts in sorted(self.again.items()):
            recount(tx, feed, {one: self.cuts[one] for one in cuts}, day, now)


def _add(tx: Connection, cells: Mapping[Place, Sum]) -> None:
    if not cells:
        return
    plus = tx.dialect.name == "postgresql"
    least, most = (func.least, func.greatest) if plus else (func.min, func.max)
    new = insert_into(tx, feed_cells)
    old, come = feed_cells.c, new.excluded
    later = or_(old.last_at.is_(None), and_(come.last_at.is_not(None), come.last_at >= old.last_at))
    sums = {
        "n": old.n + come.n,
        "total": old.total + come.total,
        "least": least(func.coalesce(old.least, come.least), func.coalesce(come.least, old.least)),
        "most": most(func.coalesce(old.most, come.most), func.coalesce(come.most, old.most)),
        "last": case((later, come.last), else_=old.last),
        "last_at": case((later, come.last_at), else_=old.last_at),
    }
    rows = [_row(*one) for one in sorted(cells.items(), key=lambda one: one[0])]
    merge(tx, new.on_conflict_do_update(index_elements=list(KEY), set_=sums), rows)


def _row(place: Place, sums: Sum) -> dict[str, Any]:
    ends = {"least": sums.least, "most": sums.most, "last": sums.last, "last_at": sums.last_at}
    return {**dict(zip(KEY, place, strict=True)), "n": sums.n, "total": sums.total, **ends}


def recount(tx: Connection, feed: int, cuts: Mapping[int, Cut], day: int, now: datetime) -> None:
    """The hours and the day from its rows, and its month from its days: exact whatever was there before."""
    opens, closes = began(DAY, day), began(DAY, day + 1)
    made = Delta(cuts, oldest_hour(now))
    rows = select(feed_rows.c.body, feed_rows.c.at).where(
        feed_rows.c.feed_id == feed, feed_rows.c.at >= opens, feed_rows.c.at < closes
    )
    for body, at in tx.execute(rows):
        made.take(body, at)
    for grain, first, last in ((HOUR, hour_of(opens), hour_of(closes) - 1), (DAY, day, day)):
        tx.execute(delete(feed_cells).where(*_of(cuts, grain, first, last)))
    _add(tx, {place: sums for place, sums in made.whole().items() if place[1] != MONTH})
    remonth(tx, cuts, month_of(date.fromordinal(day)))


def remonth(tx: Connection, cuts: Iterable[int], month: int) -> None:
    """A month from its days."""
    cuts = tuple(cuts)
    first, last = (_first_day(one) for one in (month, month + 1))
    found: dict[Place, Sum] = {}
    for row in tx.execute(select(feed_cells).where(*_of(cuts, DAY, first, last - 1))):
        part = Sum(row.n, row.total, row.least, row.most, row.last, row.last_at)
        found.setdefault((row.cut_id, MONTH, month, row.value), Sum()).merge(part)
    tx.execute(delete(feed_cells).where(*_of(cuts, MONTH, month, month)))
    _add(tx, found)


def _first_day(month: int) -> int:
    return date(month // 12, month % 12 + 1, 1).toordinal()


def _of(cuts: Iterable[int], grain: int, first: int, last: int) -> tuple[Any, ...]:
    cell = feed_cells.c
    return cell.cut_id.in_(tuple(cuts)), cell.grain == grain, cell.start >= first, cell.start <= last


def cuts_of(tx: Connection, feed: int, dataset: Dataset, empty: bool) -> dict[int, Cut]:
    """The counts to keep, by id. One newly asked for is built at once when there are no rows, else by the worker."""
    kept = {row.name: row for row in tx.execute(select(feed_cuts).where(feed_cuts.c.feed_id == feed))}
    for cut in dataset.cuts:
        known = kept.get(cut.name)
        if known is None:
            row = {"feed_id": feed, "name": cut.name, "ends": cut.ends, "built": empty, "through": 0}
            tx.execute(insert(feed_cuts), row)
        elif cut.ends and not known.ends:
            again = {"ends": True, "built": False, "through": 0}
            tx.execute(update(feed_cuts).where(feed_cuts.c.id == known.id).values(**again))
    if any(cut.name not in kept for cut in dataset.cuts):
        kept = {row.name: row for row in tx.execute(select(feed_cuts).where(feed_cuts.c.feed_id == feed))}
    return {kept[cut.name].id: cut for cut in dataset.cuts}


def build_next(tx: Connection, feed: int, dataset: Dataset, now: datetime) -> bool:
    """One more day of the counts that are not built yet; False when there are none."""
    known = {cut.name: cut for cut in dataset.cuts}
    waiting = tx.execute(
        select(feed_cuts).where(feed_cuts.c.feed_id == feed, feed_cuts.c.built.is_(False), feed_cuts.c.name.in_(known))
    ).all()
    if not waiting:
        return False
    through = min(row.through for row in waiting)
    cuts = {row.id: known[row.name] for row in waiting if row.through == through}
    opens = began(DAY, through + 1) if through else datetime(1990, 1, 1, tzinfo=now.tzinfo)
    rows = select(func.min(feed_rows.c.at)).where(feed_rows.c.feed_id == feed, feed_rows.c.at >= opens)
    at = tx.execute(rows).scalar_one()
    mine = update(feed_cuts).where(feed_cuts.c.id.in_(cuts))
    if at is None:
        tx.execute(mine.values(built=True))
        return True
    day = starts(at)[1]
    recount(tx, feed, cuts, day, now)
    tx.execute(mine.values(through=day))
    return True


def forget_before(tx: Connection, cuts: Iterable[int], day: int, now: datetime) -> None:
    """Counts of days that are no longer kept, and hours that are no longer counted; the month between is cut."""
    cuts = tuple(cuts)
    month = month_of(date.fromordinal(day))
    bounds = {HOUR: max(oldest_hour(now), hour_of(began(DAY, day))), DAY: day, MONTH: month}
    for grain, first in bounds.items():
        tx.execute(delete(feed_cells).where(*_of(cuts, grain, -1, first - 1)))
    if day > _first_day(month):
        remonth(tx, cuts, month)
