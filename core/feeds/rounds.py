"""Fetching from the sources that are due: several at a time, each failure kept to its own dataset or address."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select

from core.errors import Busy, Refusal
from core.feeds.desk import Feeds
from core.feeds.taking import Delivery
from core.models.feeds import feeds
from core.policy.feed_rules import MOST_PARCELS
from core.policy.feeds import Dataset
from core.ports import Clock, Parcel, RowSource, SourceAway

AT_ONCE = 6
GAP_S = 0.02
"""Between two deliveries written, so that whoever clicks finds the database free."""
LOOK_S = 10.0
"""How long one look waits for the sources it asked."""
log = structlog.get_logger(__name__)


class Rounds:
    """Asks each source when it is time. `run` may be called every few seconds; nothing is kept but in the database."""

    def __init__(self, desk: Feeds, clock: Clock, sources: Mapping[str, RowSource]) -> None:
        self._desk, self._clock, self._sources = desk, clock, sources
        self._writing = threading.Lock()
        self._closed: dict[str, datetime] = {}  # addresses that did not answer, until when they are left alone
        self._pool = ThreadPoolExecutor(AT_ONCE, "feed")  # its threads begin with the first that is asked
        self._asking: dict[str, Future[int]] = {}
        self._first = True

    def run(self, going: Callable[[], bool] = lambda: True) -> int:
        """Fetch what is due; returns how many rows were new or newer.

        A source that takes longer than a look may is asked on beside the following ones, so that it holds up itself
        alone.
        """
        if self._first and self._sources:
            self._desk.begun(self._sources, self._desk.datasets.keys() - self._sources.keys())
            self._first = False
        due = self._due() if self._sources else []
        for dataset, source, cursor in due:
            self._asking[dataset.full] = self._pool.submit(self._fetch, dataset, source, cursor, going)
        done = wait(self._asking.values(), LOOK_S).done
        self._asking = {name: one for name, one in self._asking.items() if one not in done}
        return sum(one.result() for one in done)

    def _due(self) -> list[tuple[Dataset, RowSource, str]]:
        now = self._clock.now()
        known = {row.name: row for row in self._desk.read(lambda tx: tx.execute(select(feeds)).all())}
        found = []
        for name, source in self._sources.items():
            row = known.get(name)
            if source.demo and row is not None and not row.demo:
                continue  # what is real is brought by somebody else; the invented have nothing to say any more
            if name not in self._asking and (row is None or row.next_at is None or row.next_at <= now):
                found.append((self._desk.datasets[name], source, row.cursor if row is not None else ""))
        return found

    def _fetch(self, dataset: Dataset, source: RowSource, cursor: str, going: Callable[[], bool]) -> int:
        now = self._clock.now()
        if not going():
            return 0
        if (until := self._closed.get(source.place, now)) > now:
            self._desk.put_off(dataset.full, until)
            return 0
        new, count, again = 0, 0, now + timedelta(seconds=source.every)
        try:
            for count, parcel in enumerate(source.fetch(cursor), 1):
                new += self._take(dataset, source, parcel)
                if count >= MOST_PARCELS:
                    again = now
                    break
            spoke = bool(count) or source.way != "file"  # an empty folder says nothing of whoever fills it
            self._desk.asked(dataset.full, again, source.demo, spoke)
        except SourceAway as fault:
            if fault.place:
                self._closed[fault.place] = now + max(self._desk.rules.wait(1), self._desk.rules.heeded(fault.wait_s))
            self._desk.failed(dataset.full, str(fault), source.demo, fault.wait_s)
        except Busy:
            log.warning("feed waits", dataset=dataset.full)
        except Refusal as fault:
            self._desk.failed(dataset.full, str(fault), source.demo)
        except Exception:
            log.exception("feed stumbled", dataset=dataset.full)
            self._desk.failed(dataset.full, "取来的内容处理出错，已记入运行日志", source.demo)
        return new

    def _take(self, dataset: Dataset, source: RowSource, parcel: Parcel) -> int:
        """Its rows on disk, then whatever the source wants done. An empty one only says that the source lives."""
        new = 0
        if parcel.rows or parcel.cursor:
            now = self._clock.now()  # a source whose clock runs ahead would else outweigh its own later words
            told: Any = min(parcel.told_at or now, now)
            key = (
                f"{source.way}/{parcel.mark}/{told.timestamp():.0f}" if source.way != "file" else f"file/{parcel.mark}"
            )
            made = Delivery(key, parcel.mark, told, source.way, parcel.source, source.demo, parcel.size)
            with self._writing:
                taken = self._desk.take(dataset, made, parcel.rows, parcel.cursor)
                time.sleep(GAP_S)
            new = 0 if taken.repeated else taken.fresh + taken.replaced
        parcel.done()
        return new
