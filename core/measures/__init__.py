"""统计: figures of units, sources, classes, towns and time, folded from events, each opening exactly its cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from core.errors import BadField, Unknown
from core.figures import (
    ALL,
    AMOUNTS,
    DIMS,
    HANDLED,
    KINDS,
    MACHINES,
    NOTHING,
    REGISTERED,
    STEPS,
    WHOLE,
    Ask,
    Chapter,
    Line,
    Pick,
    Shown,
    Stats,
    told,
)
from core.measures import asking, folding, telling
from core.measures.exports import Exports
from core.people import Actor
from core.policy.measures import MeasureBook, read_measures
from core.ports import Clock
from core.queries.items import lines as lines_of
from core.queries.sheets import units_within
from core.timewords import when
from core.views import WorkPage
from core.work import World

IDLE = 60  # seconds for which 截至 may stand while nothing happens
NOT_READY = "统计正在汇总，请稍后再看"


class Wired(Protocol):
    """What of the core the figures need."""

    engine: Engine
    clock: Clock

    def world(self) -> World: ...
    def _read(self, run: Callable[[Connection], Any]) -> Any: ...
    def note(
        self, actor: Actor | None, action: str, what: str, result: str, reason: str = "", channel: str = "web",
        address: str = "",
    ) -> None: ...  # fmt: skip


class Measures:
    """Folds events into rollups and answers with figures. Thread-safe; a page costs what its days cost, no more."""

    def __init__(self, core: Wired) -> None:
        self._core = core
        self.book: MeasureBook = read_measures()
        self.exports = Exports(core, self)

    # --- folding: the worker's ---

    def fold(self) -> int:
        """Fold whatever happened since the last time; returns how many steps it took. Safe to run twice at once."""
        if self._is_idle():
            return 0
        steps, more = 0, True
        while more:
            with self._core.engine.begin() as tx:
                more = folding.fold(tx, self._core.clock.now())
            steps += 1
        return steps

    def rebuild(self) -> int:
        """Everything from zero, in short commits; pages say that they are not ready until it is done."""
        more = True
        with self._core.engine.begin() as tx:
            folding.begin(tx)
        while more:
            with self._core.engine.begin() as tx:
                more = folding.forget(tx)
        return self.fold()

    def _is_idle(self) -> bool:
        now: datetime = self._core.clock.now()
        idle: bool = self._core._read(lambda tx: folding.is_idle(tx, now, IDLE))
        return idle

    # --- reading ---

    def stats(self, actor: Actor, ask: Ask, dims: Sequence[str] = ("unit", "time", *DIMS)) -> Stats:
        """A page of figures for this reader. Raises Unknown for a unit beyond their right, BadField for odd dates."""
        self._check(ask)
        world = self._core.world()
        mine, units = units_within(actor, world), self._units(actor, ask, world)
        also = [MACHINES] if ask.kind == REGISTERED and self.may_see_all(actor) else []
        stats: Stats = self._core._read(lambda tx: self._stats(tx, ask, world, mine, also, units, dims))
        return stats

    def named(self, actor: Actor, ask: Ask, names: Sequence[str]) -> tuple[datetime | None, tuple[Shown, ...]]:
        """These figures for this reader, and up to when they are folded. Raises as `stats` does."""
        self._check(ask)
        units = self._units(actor, ask, self._core.world())

        def read(tx: Connection) -> tuple[datetime | None, tuple[Shown, ...]]:
            amounts = told(asking.whole(tx, ask, units))
            shown = (telling.shown(one, amounts, self.book.minimum) for one in self.book.named(tuple(names)))
            return asking.as_of(tx), tuple(shown)

        found: tuple[datetime | None, tuple[Shown, ...]] = self._core._read(read)
        return found

    def opened(self, actor: Actor, ask: Ask, pick: Pick, page: int = 1, size: int = 50) -> WorkPage:
        """The cases behind one number, within the reader's right: as many as the number says."""
        self._check(ask)
        if pick.amount not in AMOUNTS or pick.dim not in (ALL, *DIMS):
            raise Unknown(what="这个数字")
        world, units = self._core.world(), self._units(actor, ask, self._core.world())
        found: WorkPage = self._core._read(lambda tx: self._opened(tx, actor, ask, world, units, pick, page, size))
        return found

    def total(self, actor: Actor, ask: Ask, pick: Pick) -> int:
        """How many cases are behind one number, from the rollups."""
        units = self._units(actor, ask, self._core.world())
        total: int = self._core._read(lambda tx: self._total(tx, ask, units, pick))
        return total

    def may_see_all(self, actor: Actor) -> bool:
        return self._core.world().policy.reads.get(actor.role) == "all"

    def _check(self, ask: Ask) -> None:
        if ask.kind not in KINDS or ask.step not in ("", *STEPS):
            raise Unknown(what="这项统计")
        if ask.since > ask.until:
            raise BadField(field="起止日期", why="开始日期晚于结束日期，请对调")
        if (ask.until - ask.since).days >= self.book.longest_days:
            raise BadField(field="起止日期", why="一次最多统计两年，请缩短")

    def _units(self, actor: Actor, ask: Ask, world: World) -> list[int]:
        """Whose rollups are summed: one unit's, the district's own, or those a leader is in charge of."""
        wide, mine = world.policy.reads.get(actor.role, "none"), units_within(actor, world)
        if wide == "all" and ask.unit in (None, WHOLE, MACHINES):
            return [WHOLE if ask.unit is None else ask.unit]
        if ask.unit is not None:
            if ask.unit not in mine:
                raise Unknown(what="这个单位")
            return [ask.unit]
        return [actor.unit] if wide == "unit" and actor.unit in mine else mine

    def _stats(
        self,
        tx: Connection,
        ask: Ask,
        world: World,
        mine: list[int],
        also: list[int],
        units: list[int],
        dims: Sequence[str],
    ) -> Stats:
        book, directory, now = self.book, world.directory, self._core.clock.now()
        at = asking.as_of(tx)
        amounts = asking.whole(tx, ask, units)
        head = tuple(telling.shown(one, told(amounts), book.minimum) for one in book.named(book.head[ask.kind]))
        step = telling.step_of(ask)
        every = told(amounts)["received"]
        make: dict[str, Callable[[], Chapter]] = {
            "unit": lambda: self._by_unit(tx, ask, world, [*mine, *also]),
            "time": lambda: self._by_time(tx, ask, units, step, now.year),
            **{dim: self._maker(tx, ask, world, units, dim, every) for dim in DIMS},
        }
        scope = "、".join(telling.unit_title(unit, directory) for unit in units[:3])
        scope += f"等 {len(units)} 个单位" if len(units) > 3 else ""
        return Stats(
            ask=ask,
            scope=scope,
            as_of=f"截至 {when(now, at)}" if at else NOT_READY,
            ready=at is not None,
            period=telling.stretch_title(ask.since, ask.until, "span", now.year),
            head=head,
            chapters=tuple(make[dim]() for dim in dims),
            units=tuple((unit, directory.unit_name(unit)) for unit in mine),
            step=step,
            counted=book.counted[ask.kind],
        )

    def _by_unit(self, tx: Connection, ask: Ask, world: World, wanted: list[int]) -> Chapter:
        found = asking.by_unit(tx, ask, wanted)
        measures = self.book.of_kind(ask.kind)
        lines = [
            telling.line(str(unit), telling.unit_title(unit, world.directory), amounts, measures, self.book.minimum)
            for unit, amounts in found.items()
            if any(amounts)
        ]
        title = "按承办单位" if ask.kind == HANDLED else "按登记单位"
        return Chapter("unit", title, tuple(sorted(lines, key=lambda one: (-one.count, one.title))))

    def _maker(
        self, tx: Connection, ask: Ask, world: World, units: list[int], dim: str, every: int
    ) -> Callable[[], Chapter]:
        def make() -> Chapter:
            measures = self.book.named(self.book.short[ask.kind])
            lines: list[Line] = []
            for value, amounts in asking.by_value(tx, ask, units, dim).items():
                if any(amounts):
                    title = telling.title_of(dim, value, world.policy, world.directory)
                    lines.append(telling.line(value, title, amounts, measures, self.book.minimum, every))
            lines.sort(key=lambda one: (-one.count, one.title))
            return Chapter(dim, f"按{self.book.dims[dim]}", tuple(lines))

        return make

    def _by_time(self, tx: Connection, ask: Ask, units: list[int], step: str, year: int) -> Chapter:
        days = asking.by_day(tx, ask, units)
        measures = self.book.named(self.book.short[ask.kind])
        lines = []
        for first, last in telling.stretches(ask, step):
            amounts = telling.gathered(days, (first, last), NOTHING)
            title = telling.stretch_title(first, last, step, year)
            made = telling.line(first.isoformat(), title, amounts, measures, self.book.minimum, since=first, until=last)
            lines.append(made)
        return Chapter("time", "按时间", tuple(lines))

    def _total(self, tx: Connection, ask: Ask, units: list[int], pick: Pick) -> int:
        amounts = asking.by_value(tx, ask, units, pick.dim).get(pick.value, NOTHING)
        return told(amounts)[pick.amount]

    def _opened(
        self, tx: Connection, actor: Actor, ask: Ask, world: World, units: list[int], pick: Pick, page: int, size: int
    ) -> WorkPage:
        total = self._total(tx, ask, units, pick)
        pages = max(1, -(-total // size))
        page = min(max(1, page), pages)
        rows = asking.opened(tx, ask, units, pick, (page - 1) * size, size)
        items = lines_of(tx, rows, actor, world, self._core.clock.now())
        at_units = ask.kind == HANDLED and units != [WHOLE]
        if at_units:
            names = [world.directory.unit_name(row["at_unit"]) for row in rows]
            items = tuple(replace(item, lead=name) for item, name in zip(items, names, strict=True))
        return WorkPage(self._title(ask, pick, world), items, total, page, pages)

    def _title(self, ask: Ask, pick: Pick, world: World) -> str:
        """What the opened list is called: 水务局 · 热线 · 超期."""
        measure = next(
            (one.title for one in self.book.of_kind(ask.kind) if one.shows == "count" and one.of == pick.amount),
            AMOUNT_TITLES.get(pick.amount, pick.amount),
        )
        parts = [telling.unit_title(ask.unit, world.directory)] if ask.unit is not None else []
        if pick.dim != ALL:
            parts.append(telling.title_of(pick.dim, pick.value, world.policy, world.directory))
        return " · ".join((*parts, measure))


AMOUNT_TITLES = {
    "signed_on_time": "按时签收", "contacted_on_time": "按时联系", "contacted": "已联系", "due": "应办结",
    "reached": "回访接通", "solved": "已解决", "satisfied": "满意", "open": "在办", "overdue_open": "超期未办结",
    "moved_out": "已移出", "signed": "已签收", "handovers": "派转过",
}  # fmt: skip
