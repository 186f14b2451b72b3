"""A folder where somebody lays CSV and Excel files: each is read once, then moved aside with what became of it."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from core.errors import Refusal
from core.plain import clean
from core.policy.feed_rules import feed_rules
from core.policy.feeds import Dataset
from core.ports import Parcel, SourceAway
from core.settings import FeedSource

SETTLED_S = 2.0
"""A file that was written to so recently may still grow."""
SKEW_S = 60.0
"""A file further in the future than that was not written now: whoever laid it there has another clock."""
KINDS = (".csv", ".xlsx", ".xls")
Open = Callable[[bytes, str], list[list[str]]]
"""The rows of a sheet as texts, from its bytes and its name. Raises Refusal."""
MOST_ABOVE = 10
"""Lines among which the heads of a sheet are looked for."""
TAKEN, UNREAD = "taken", "unread"
log = structlog.get_logger(__name__)


class Folder:
    """Files of one dataset: all of `{folder}/{topic}/{dataset}`, heads by the names or titles of the columns."""

    way = "file"

    def __init__(self, given: FeedSource, dataset: Dataset, opened: Open) -> None:
        self._opened = opened
        address = given.address.get_secret_value()
        named = address.replace("{topic}", dataset.topic).replace("{dataset}", dataset.name)
        self._folder = Path(named) if named != address else Path(address) / dataset.topic / dataset.name
        self._heads = {
            **{one.title: name for name, one in dataset.columns.items()},
            **{name: name for name in dataset.columns},
            **{theirs: ours for ours, theirs in given.columns.items()},
        }
        self.place, self.every, self.demo = "", given.every_s or 10, given.demo

    def fetch(self, cursor: str) -> Iterator[Parcel]:
        """Every file that has settled, the oldest first, in parts that one delivery may hold. Raises SourceAway."""
        try:
            waiting = sorted(self._waiting(), key=lambda path: path.stat().st_mtime)
        except OSError:
            raise SourceAway("投放文件的目录打不开") from None
        faults: list[SourceAway] = []
        for path in waiting:
            try:
                yield from self._read(path)
            except SourceAway as fault:  # it costs no other file, and is told when all are read
                faults.append(fault)
        if faults:
            raise faults[-1]

    def _waiting(self) -> Iterator[Path]:
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            fits = path.suffix.lower() in KINDS and path.is_file() and not path.is_symlink()
            if fits and not -SKEW_S < time.time() - path.stat().st_mtime < SETTLED_S:
                yield path

    def _read(self, path: Path) -> Iterator[Parcel]:
        try:
            raw = path.read_bytes() if path.stat().st_size <= feed_rules().most_bytes else b""
            if not raw:
                raise SourceAway("文件是空的或太大")
            rows = [*self._rows(self._opened(raw, path.name))]
        except (Refusal, SourceAway, OSError) as fault:
            log.warning("feed file not read", file=path.name, why=str(fault))
            self._move(path, UNREAD)
            raise SourceAway(f"文件「{clean(path.name, 40)}」读不了：{fault}") from None
        mark, most = hashlib.sha256(raw).hexdigest()[:24], feed_rules().most_rows
        for first in range(0, len(rows), most):
            last = first + most >= len(rows)
            done = partial(self._move, path, TAKEN) if last else lambda: None
            yield Parcel(rows[first : first + most], clean(path.name, 80), f"{mark}.{first}", size=len(raw), done=done)

    def _rows(self, table: list[list[str]]) -> Iterator[Mapping[str, Any]]:
        if not table:
            return
        first = self._first(table)
        heads = [self._head(head) or clean(head, 40) for head in table[first]]
        for cells in table[first + 1 :]:
            if any(cell.strip() for cell in cells):
                yield {head: cell for head, cell in zip(heads, cells, strict=False) if head}

    def _first(self, table: list[list[str]]) -> int:
        """The line of the heads: a report has its title, and who made it when, above them."""
        known = [sum(1 for cell in cells if self._head(cell)) for cells in table[:MOST_ABOVE]]
        return known.index(max(known))

    def _head(self, told: str) -> str:
        """The column a head means, 「吞吐量（吨）」 too; empty for none of ours."""
        return self._heads.get(told.strip()) or self._heads.get(re.sub(r"[（(].*", "", told).strip(), "")

    def _move(self, path: Path, where: str) -> None:
        """Aside, under a name that is free; a folder that forbids it leaves the file, and the next look knows it."""
        try:
            (self._folder / where).mkdir(exist_ok=True)
            path.rename(self._folder / where / f"{time.time_ns()}-{path.name}")
        except OSError as fault:
            log.warning("feed file not moved", file=path.name, why=type(fault).__name__)
