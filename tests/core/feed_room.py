"""A core that takes in two datasets of a port, and what a test wants to say of them in a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from core import Core
from core.feeds.desk import Feeds
from core.feeds.folds import Folded, folded
from core.feeds.taking import Taken
from core.feeds.views import FeedLine
from core.policy.feeds import Fold, read_datasets
from core.worktime import SHANGHAI

TOPICS = Path(__file__).parent / "feed_topics"
NINE = datetime(2026, 3, 9, 9, 0, tzinfo=SHANGHAI)
"""Where the still clock stands."""


class Room:
    """Berths and incidents of the port, pushed by `port-1`."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.core.feeds = self.feeds = Feeds(core, read_datasets(TOPICS))
        self.berths, self.incidents = (self.feeds.datasets[name] for name in ("port.berths", "port.incidents"))

    def push(self, *rows: Any, delivery: str = "", at: datetime | None = None, name: str = "berths") -> Taken:
        """One delivery."""
        body: dict[str, Any] = {"rows": list(rows)}
        body |= {"delivery": delivery} if delivery else {}
        body |= {"at": at.isoformat()} if at else {}
        return self.feeds.push(self.feeds.dataset("port", name), body, "port-1")

    def line(self) -> FeedLine:
        """The berths on the board."""
        return line_of(self.feeds)

    def fold(self, how: str, over: str = "today", by: str = "", name: str = "berths", **more: Any) -> Folded:
        dataset = self.feeds.dataset("port", name)
        asked = Fold(dataset.full, how, over=over, by=by, **more)
        with self.core.engine.connect().execution_options(readonly=True) as tx:
            return folded(tx, dataset, asked, self.core.clock.now())

    def value(self, how: str, over: str = "today", **more: Any) -> float | None:
        return self.fold(how, over, **more).value

    def groups(self, how: str, over: str, by: str, **more: Any) -> Mapping[str, float]:
        return dict(self.fold(how, over, by, **more).groups)


def berth(name: str = "1号", minutes: float = 0, tons: Any = 10, **more: Any) -> dict[str, Any]:
    """What a berth said so many minutes before nine."""
    at = (NINE - timedelta(minutes=minutes)).isoformat()
    row = {"at": at, "berth": name, "tons": tons, "state": "作业", "town": "秀英街道", **more}
    return {key: value for key, value in row.items() if value is not None}


def line_of(feeds: Feeds, name: str = "port.berths") -> FeedLine:
    """A dataset on the board."""
    return next(line for line in feeds.board() if line.name == name)


def by_hand(rows: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Tons by berth, added up the long way."""
    found: dict[str, float] = {}
    for row in rows:
        found[row["berth"]] = found.get(row["berth"], 0.0) + row.get("tons", 0.0)
    return found
