"""How many things one dataset tells of: every number of this moment is made of the newest row of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, func, select

from core.feeds.checking import Checked, Fault, Row, told
from core.feeds.folds import current
from core.models.feeds import feed_newest
from core.policy.feeds import Dataset


def within(tx: Connection, dataset: Dataset, checked: Checked, most: int) -> Checked:
    """What a dataset takes that may tell of so many things: rows of a new one beyond that are refused, others taken.

    A sender who puts a running number or a time into the name of a thing would make the wall read ever more of them.
    """
    if dataset.time not in dataset.key:
        return checked
    feed, series = current(tx, dataset), list(dict.fromkeys(row.series for row in checked.rows))
    mine = feed_newest.c.feed_id == (feed.id if feed is not None else 0)
    held = tx.execute(select(func.count()).select_from(feed_newest).where(mine)).scalar_one()
    if held + len(series) <= most:
        return checked
    known = set(tx.execute(select(feed_newest.c.series).where(mine)).scalars())
    fresh = [one for one in series if one not in known]
    beyond = frozenset(fresh[max(0, most - held) :])
    if not beyond:
        return checked
    titles = "、".join(dataset.columns[one].title for one in dataset.key if one != dataset.time)
    why = f"「{titles}」已有 {most:,} 种，新的不再收；请检查是否把流水号或时间填了进去"
    faults = [Fault(number, told(dict(row.body)), why) for number, row in _numbered(checked) if row.series in beyond]
    rows = tuple(row for row in checked.rows if row.series not in beyond)
    return replace(checked, rows=rows, faults=tuple(sorted((*checked.faults, *faults), key=lambda one: one.row)))


def _numbered(checked: Checked) -> Sequence[tuple[int, Row]]:
    """The good rows with their numbers in the delivery."""
    bad = {one.row for one in checked.faults}
    numbers = (one for one in range(1, len(checked.rows) + len(bad) + 1) if one not in bad)
    return list(zip(numbers, checked.rows, strict=True))
