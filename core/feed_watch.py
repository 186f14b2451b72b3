"""Interfaces that fall silent and speak again: whoever keeps them gets a card for each, once a silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select

from core.facade import Core
from core.feeds.stands import Stand, stand_of
from core.models.feeds import feeds
from core.models.record import letters
from core.policy.feed_rules import feed_rules
from core.policy.feeds import Dataset
from core.timewords import when
from core.warning_views import WarningView
from core.watch import quiet_until

PAGE = "feeds"
SILENT, WELL = "feed-silent:", "feed-well:"
Place = tuple[str, str]
"""A silence: the dataset, and up to which moment it had something new."""


class FeedWatch:
    """Looks at every real feed now and then. What it said it finds in the tray, so that a restart repeats nothing."""

    def __init__(self, core: Core, began: datetime | None = None) -> None:
        """`began`: since when this platform runs; while it did not, nobody could bring it anything."""
        self._core, self._began = core, began

    def check(self) -> int:
        """Tell what fell silent and what came back; returns how many cards were new. Invented data warn nobody.

        In the quiet hours (domain-rules §20) nobody is told: a silence that lasts until the morning is told then.
        """
        if quiet_until(self._core.clock.now(), self._core.policy.quiet) is not None:
            return 0
        known = {row.name: row for row in self._core.feeds.read(lambda tx: tx.execute(select(feeds)).all())}
        open_, now, told = self._open(), self._core.clock.now(), 0
        for name, dataset in self._core.feeds.datasets.items():
            row = known.get(name)
            if row is None or row.demo or row.heard_at is None:
                continue
            stand = stand_of(dataset, row, now)
            if stand.state == "due" or (stand.stale and self._unheard(dataset, row, now)):
                continue
            if stand.stale:
                told += self._say(SILENT, dataset, _since(row), self._silent(dataset, stand, now))
            else:
                for place in sorted(one for one in open_ if one[0] == name):
                    told += self._say(WELL, dataset, place[1], self._well(dataset, stand, now))
        return told

    def _unheard(self, dataset: Dataset, row: Row[Any], now: datetime) -> bool:
        """Whether it spoke last before we ran, and had no time yet to speak again: a bringer's first turn."""
        if self._began is None or row.next_at is not None or row.heard_at > self._began:
            return False
        return now - self._began <= timedelta(seconds=feed_rules().silent * dataset.every)

    def _open(self) -> set[Place]:
        """The silences that were told and whose end was not, of the time that deliveries are kept."""
        since = self._core.clock.now() - feed_rules().silence_stay

        def places(head: str) -> Iterator[Place]:
            query = select(letters.c.key).where(
                letters.c.channel == "dingtalk.card", letters.c.written_at > since, letters.c.key.startswith(head)
            )
            for key in self._core._read(lambda tx: tx.execute(query).scalars().all()):
                name, moment, _ = key.removeprefix(head).split(":")
                yield name, moment

        return set(places(SILENT)) - set(places(WELL))

    def _say(self, head: str, dataset: Dataset, since: str, view: WarningView) -> int:
        body = view.body()
        return sum(
            self._core.reply(f"{head}{dataset.full}:{since}:{person}", person, "warning", {**body, "person": person})
            for person in self._people(dataset)
        )

    def _people(self, dataset: Dataset) -> list[int]:
        """Whoever may open the page of interfaces, and the head of the unit that owns this one if it is ours."""
        directory, roles = self._core.directory(), sorted(self._core.policy.pages[PAGE])
        found = [one.person for role in roles for one in directory.by_role.get(role, ())]
        owners = [unit.id for unit in directory.units.values() if dataset.owner in (unit.name, unit.short)]
        found += [one.person for unit in owners for one in directory.by_unit.get(unit, ()) if one.role == "unit_head"]
        return list(dict.fromkeys(found))

    def _silent(self, dataset: Dataset, stand: Stand, now: datetime) -> WarningView:
        word = feed_rules().states["stale"]
        return self._view(
            dataset, stand, now, f"{dataset.title}{word}", "orange", word, f"{stand.words}。大屏上已标明。"
        )

    def _well(self, dataset: Dataset, stand: Stand, now: datetime) -> WarningView:
        return self._view(dataset, stand, now, f"{dataset.title}恢复", "well", "已恢复", "又收到数据了，大屏已更新。")

    def _view(
        self, dataset: Dataset, stand: Stand, now: datetime, title: str, level: str, label: str, words: str
    ) -> WarningView:
        rows = (
            ("专题", dataset.topic_title), ("负责单位", dataset.owner),
            ("上次收到", when(now, stand.heard) if stand.heard else ""),
            ("数据截至", when(now, stand.as_of) if stand.as_of else ""),
        )  # fmt: skip
        place = f"/feeds/{dataset.topic}/{dataset.name}"
        shown = tuple(row for row in rows if row[1])
        return WarningView(title, level, label, when(now, now), shown, words, place)


def _since(row: Row[tuple[object, ...]]) -> str:
    """The newest moment the feed has something of: it stands still as long as the silence lasts."""
    moment = row.as_of or row.heard_at
    return f"{moment.timestamp():.0f}"
