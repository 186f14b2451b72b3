"""The feeds' desk: deliveries in by every way, what a source failed to give, and what is told of it all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, Row, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.canon import canonical
from core.errors import BadField, Busy, Malformed, TooMuch, Unknown
from core.feeds import keeping, views
from core.feeds.checking import check, moment_of
from core.feeds.series import within
from core.feeds.taking import EMPTY, Delivery, Taken, note, take
from core.models.feeds import feeds
from core.plain import clean
from core.policy.feed_rules import feed_rules
from core.policy.feeds import Dataset, read_datasets
from core.ports import Clock

T = TypeVar("T")
ID = re.compile(r"[A-Za-z0-9_.:\-]{1,80}")
TRIES = 3
LONGEST_WHY = 200


class Wired(Protocol):
    """What of the core is needed here."""

    engine: Engine
    clock: Clock

    def _read(self, run: Callable[[Connection], Any]) -> Any: ...


class Feeds:
    """Takes deliveries in and tells how each dataset stands. Times are business time."""

    def __init__(self, core: Wired, datasets: Mapping[str, Dataset] | None = None) -> None:
        self._core, self.rules, self._datasets = core, feed_rules(), datasets

    @property
    def datasets(self) -> Mapping[str, Dataset]:
        """Every dataset by its full name; the thirty files are read when somebody first asks, not at every start."""
        return read_datasets() if self._datasets is None else self._datasets

    def dataset(self, topic: str, name: str) -> Dataset:
        """Raises Unknown."""
        found = self.datasets.get(f"{topic}.{name}")
        if found is None:
            raise Unknown(what=f"数据集 {clean(topic, 40)}/{clean(name, 40)}")
        return found

    def push(self, dataset: Dataset, body: Any, source: str, size: int = 0, demo: bool = False) -> Taken:
        """What another system pushed: `{"delivery", "at", "rows"}`. Raises Malformed, BadField, and as `take` does."""
        if not isinstance(body, dict) or not isinstance(body.get("rows"), list):
            raise Malformed(why='正文应是 {"rows": [...]}，每一行一个对象')
        if strange := set(body) - {"delivery", "at", "rows"}:
            raise Malformed(why=f"不认识「{clean(sorted(strange)[0], 20)}」，只有 delivery、at 和 rows")
        if not body["rows"]:
            raise Malformed(why="rows 是空的，至少要有一行")
        now, digest = self._core.clock.now(), digest_of(body)
        told = self._told_at(body.get("at"), now)
        id_ = body.get("delivery", f"{digest[:24]}.{now.timestamp():.0f}")
        if not isinstance(id_, str) or not ID.fullmatch(id_):
            raise BadField(field="delivery", why="用 1 至 80 个字母、数字和 - _ . :")
        return self.take(dataset, Delivery(f"{source}/{id_}", digest, told, "push", source, demo, size), body["rows"])

    def turned_away(self, dataset: Dataset, source: str, why: str, size: int, demo: bool) -> None:
        """What arrived was no delivery at all; it is on record once a minute for one reason."""
        now, digest = self._core.clock.now(), digest_of([source, why])
        key = f"{source}/!{digest[:12]}/{int(now.timestamp()) // 60}"

        def run(tx: Connection) -> None:
            note(tx, dataset, Delivery(key, digest, now, "push", source, demo, size), clean(why, LONGEST_WHY), now)

        self._tried(run)

    def _told_at(self, given: Any, now: datetime) -> datetime:
        if given is None:
            return now
        told = moment_of(given)
        if told is None:
            raise BadField(field="at", why="不是时间，写成 2026-03-09T14:00:00+08:00")
        if told > now + self.rules.ahead:
            raise BadField(field="at", why="比现在晚太多，请校准时钟")
        return told

    def take(self, dataset: Dataset, delivery: Delivery, rows: Sequence[Any], cursor: str = "") -> Taken:
        """A delivery by any way, all of it in one commit. Raises TooMuch, DifferentBody, RealAlready, Busy."""
        if len(rows) > self.rules.most_rows:
            raise TooMuch(what="一次", limit=self.rules.most_rows, unit="行")
        now = self._core.clock.now()
        checked = check(dataset, rows, now, self.rules.ahead)
        kept = self.rules.refused_kept

        def run(tx: Connection) -> Taken:
            fits = within(tx, dataset, checked, self.rules.most_series)
            return take(tx, dataset, delivery, fits, now, kept, cursor)

        taken: Taken = self._tried(run)
        return taken

    def _tried(self, run: Callable[[Connection], Any]) -> Any:
        """In one commit; again when another writer was first with the same feed, delivery or row."""
        for left in reversed(range(TRIES)):
            try:
                with self._core.engine.begin() as tx:
                    return run(tx)
            except DBAPIError as fault:
                if not left and isinstance(fault, IntegrityError):
                    raise
                if not left:
                    raise Busy() from fault
        raise AssertionError

    # --- sources that were asked in vain ---

    def failed(self, name: str, why: str, demo: bool = False, wait_s: int = 0) -> None:
        """A source gave nothing: it is left alone for longer after each failure in a row, and as long as it asked."""
        now, why, asked = self._core.clock.now(), clean(why, LONGEST_WHY), self.rules.heeded(wait_s)

        def run(tx: Connection) -> None:
            feed = tx.execute(select(feeds).where(feeds.c.name == name).with_for_update()).first()
            failures = (feed.failures if feed is not None else 0) + 1
            again = now + max(asked, self.rules.wait(failures))
            values = {"failures": failures, "why": why, "tried_at": now, "next_at": again}
            if feed is None:
                new = {**EMPTY, **values, "name": name, "demo": demo, "began_at": now}
                tx.execute(insert(feeds), new)
            else:
                tx.execute(update(feeds).where(feeds.c.id == feed.id).values(**values))

        self._tried(run)

    def asked(self, name: str, next_at: datetime, demo: bool = False, spoke: bool = True, cursor: str = "") -> None:
        """A source was asked and, if it `spoke`, answered, even that there is nothing new; when to ask it again."""
        now = self._core.clock.now()
        told: dict[str, Any] = {"tried_at": now, "next_at": next_at, "failures": 0, "why": ""}
        told |= {"heard_at": now} if spoke else {}
        told |= {"cursor": cursor} if cursor else {}

        def run(tx: Connection) -> None:
            if not tx.execute(update(feeds).where(feeds.c.name == name).values(**told)).rowcount:
                tx.execute(insert(feeds), {**EMPTY, **told, "name": name, "demo": demo, "began_at": now})

        self._tried(run)

    def put_off(self, name: str, until: datetime) -> None:
        """A source whose address is left alone meanwhile is asked when that is over."""
        with self._core.engine.begin() as tx:
            tx.execute(update(feeds).where(feeds.c.name == name).values(next_at=until))

    def begun(self, names: Iterable[str], others: Iterable[str] = ()) -> None:
        """Asking begins: what became due while nobody asked is due since now; nobody waits for `others` to be asked."""
        now, one = self._core.clock.now(), feeds.c

        def run(tx: Connection) -> None:
            tx.execute(update(feeds).where(one.name.in_(tuple(names)), one.next_at < now).values(next_at=now))
            tx.execute(update(feeds).where(one.name.in_(tuple(others)), one.next_at < now).values(next_at=None))

        self._tried(run)

    def ask_now(self, name: str) -> bool:
        """A source that is waited for is asked at the worker's next look; False for one nobody asks. Raises Unknown."""
        dataset = self.dataset(*name.partition(".")[::2])
        with self._core.engine.begin() as tx:
            due = update(feeds).where(feeds.c.name == dataset.full).values(next_at=self._core.clock.now())
            return bool(tx.execute(due).rowcount)

    def state(self, name: str) -> Row[Any] | None:
        """When a source of this name was asked and heard, and how far it was read; None before the first time."""
        found: Row[Any] | None = self._core._read(
            lambda tx: tx.execute(select(feeds).where(feeds.c.name == name)).first()
        )
        return found

    def read(self, run: Callable[[Connection], T]) -> T:
        """What a query answers."""
        found: T = self._core._read(run)
        return found

    def keep_house(self, going: Callable[[], bool] = lambda: True) -> int:
        """Build the counts newly asked for, forget what is past its date. Safe to stop and to run again."""
        done = self.build_counts(going)
        return done + keeping.forget(self._core.engine, self.datasets, self.rules, self._core.clock.now(), going)

    def build_counts(self, going: Callable[[], bool] = lambda: True) -> int:
        """The counts that topics ask for and that are not kept yet; returns how many days were counted."""
        return keeping.build(self._core.engine, self.datasets, self._core.clock.now(), going)

    # --- what is told ---

    def board(self) -> list[views.FeedLine]:
        """How every declared dataset stands, in the order of the topics."""
        now = self._core.clock.now()
        lines: list[views.FeedLine] = self._core._read(lambda tx: views.board(tx, self.datasets, now))
        return lines

    def deliveries(self, name: str, page: int = 1, only_refused: bool = False) -> views.DeliveryPage:
        """What came for one dataset, newest first. Raises Unknown."""
        dataset = self.dataset(*name.partition(".")[::2])
        now = self._core.clock.now()
        found: views.DeliveryPage = self._core._read(lambda tx: views.deliveries(tx, dataset, page, only_refused, now))
        return found

    def delivery(self, id_: int) -> views.DeliveryView:
        """One delivery: its counts, the rows it left, the rows refused with their reasons. Raises Unknown."""
        found: views.DeliveryView = self._core._read(lambda tx: views.delivery(tx, self.datasets, id_))
        return found

    def refused(self, name: str) -> views.Table:
        """The refused rows of a dataset that are still kept, for a file. Raises Unknown."""
        dataset = self.dataset(*name.partition(".")[::2])
        found: views.Table = self._core._read(lambda tx: views.refused(tx, dataset))
        return found


def digest_of(body: Any) -> str:
    """The same for the same content, however it was spelled."""
    return hashlib.sha256(canonical(body).encode("utf-8", "surrogatepass")).hexdigest()
