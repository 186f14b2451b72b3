"""树党旗考核: scores, satisfaction and handling of joint orders (R134–R136, R144–R146), each number with its orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from core.crypto import Sm4Cipher
from core.errors import BadField, TooManyRows, Unknown
from core.joint_scores import published
from core.joint_scores.months import Months
from core.joint_scores.opening import behind, opened_page
from core.joint_scores.published import Basis
from core.joint_scores.reading import read_parts
from core.joint_scores.tables import board_sheets, opened_sheet
from core.measures.exports import Exports, Taken
from core.people import Actor
from core.policy.scoring import ScorePolicy, read_scoring
from core.ports import Clock
from core.queries.people import Directory
from core.queries.sheets import units_within
from core.score_views import Ask, Board, Opened, month_of
from core.scoring import AMOUNTS
from core.timewords import when
from core.work import World
from core.worktime import local_date


class Wired(Protocol):
    """What of the core the reports need."""

    engine: Engine
    clock: Clock
    cipher: Sm4Cipher

    @property
    def directory(self) -> Callable[[], Directory]: ...

    def world(self) -> World: ...
    def _read(self, run: Callable[[Connection], Any]) -> Any: ...
    def _write(
        self, actor: Actor | None, action: str, what: str, run: Callable[[Connection], Any], reason: str = ""
    ) -> Any: ...


class JointScores:
    """The reports behind the facade. Thread-safe; a published month is read as it was published."""

    def __init__(self, core: Wired, exports: Exports) -> None:
        self._core, self._exports = core, exports
        self.policy: ScorePolicy = read_scoring()
        self.months = Months(core, self.policy, self._live)

    # --- reading ---

    def board(self, actor: Actor, ask: Ask) -> Board:
        """The three reports of these days. Raises Unknown beyond the reader's right, BadField for odd days."""
        self._check(ask)
        world, now = self._core.world(), self._core.clock.now()
        units = self._units(actor, ask, world)
        board: Board = self._core._read(lambda tx: self._board(tx, actor, ask, world, units, now))
        return board

    def opened(self, actor: Actor, ask: Ask, what: str, page: int = 1, size: int = 50) -> Opened:
        """The orders behind one number: as many as the number says. Raises Unknown for a number there is not."""
        self._check(ask)
        world, now = self._core.world(), self._core.clock.now()
        units = self._units(actor, ask, world)

        def run(tx: Connection) -> Opened:
            basis, version, _ = self._basis(tx, ask, now)
            told = behind(basis, units, what)
            may = bool(version) and self.months.may_appeal(actor, version["appeal_until"], now)
            return opened_page(tx, world, now, told, (page, size), actor.unit if may and told.item else None)

        opened: Opened = self._core._read(run)
        return opened

    def excel(self, actor: Actor, ask: Ask, reason: str) -> Taken:
        """The three reports as Excel, with a reason, on record. Raises what the page would raise."""
        board = self.board(actor, ask)
        return self._exports.take(actor, board_sheets(board), f"{board.title} {board.as_of}", reason, "树党旗考核")

    def excel_orders(self, actor: Actor, ask: Ask, what: str, reason: str) -> Taken:
        """The orders behind one number as Excel. Raises TooManyRows beyond the cap."""
        page = self.opened(actor, ask, what, 1, self._exports.most)
        if page.total > self._exports.most:
            raise TooManyRows(limit=f"{self._exports.most:,}")
        about = f"{page.title} {ask.since} 至 {ask.until}"
        return self._exports.take(actor, [opened_sheet(page)], about, reason, "联办工单")

    def standing(self, tx: Connection, ask: Ask) -> Basis:
        """What these days come to: a month as it was published last, anything else as it stands now."""
        return self._basis(tx, ask, self._core.clock.now())[0]

    # --- inside ---

    def _check(self, ask: Ask) -> None:
        if ask.since > ask.until:
            raise BadField(field="起止日期", why="开始日期晚于结束日期，请对调")
        if (ask.until - ask.since).days >= self.policy.longest_days:
            raise BadField(field="起止日期", why="一次最多统计两年，请缩短")

    @staticmethod
    def _units(actor: Actor, ask: Ask, world: World) -> list[int]:
        mine = units_within(actor, world)
        if ask.unit is not None and ask.unit not in mine:
            raise Unknown(what="这个单位")
        return mine if ask.unit is None else [ask.unit]

    def _live(self, tx: Connection, ask: Ask, now: datetime) -> Basis:
        """What stands now, with what appeals took out."""
        world = self._core.world()
        parts, marks = read_parts(tx, world, ask.since, ask.until, now)
        groups = {unit.id: unit.group for unit in world.directory.units.values()}
        return published.without(Basis(self.policy.rule(ask.until), parts, marks, groups), published.excused(tx))

    def _basis(self, tx: Connection, ask: Ask, now: datetime) -> tuple[Basis, Any, list[Any]]:
        """The published version asked for, or what stands now; with it every version of the month."""
        known = published.versions(tx, ask.month) if ask.month else []
        if ask.version > 0 and ask.version not in {row["version"] for row in known}:
            raise Unknown(what="这一版考核")
        if ask.version < 0 or not known:
            return self._live(tx, ask, now), None, known
        row = next((one for one in known if one["version"] == ask.version), known[-1])
        return published.basis_of(row["basis"]), row, known

    def _board(
        self, tx: Connection, actor: Actor, ask: Ask, world: World, units: Sequence[int], now: datetime
    ) -> Board:
        basis, row, known = self._basis(tx, ask, now)
        directory, seen = world.directory, set(units)
        parts = basis.within(units)
        mine = units_within(actor, world)
        wide = {"all": "全区", "unit": directory.unit_name(actor.unit or 0)}.get(world.policy.reads.get(actor.role, ""))
        scope = directory.unit_name(units[0]) if len(units) == 1 else wide or "分管单位"
        before = next((one for one in known if row and one["version"] == row["version"] - 1), None)
        changes = published.changes(published.basis_of(before["basis"]), basis, directory) if before else []
        names = {directory.unit_name(unit) for unit in units}
        until = row["appeal_until"] if row else None
        return Board(
            ask=ask,
            scope=scope if units else "没有可以看的单位",
            title=f"树党旗考核 · {scope} · {_span(ask)}",
            as_of=f"第 {row['version']} 版，{when(now, row['at'])} 公布" if row else f"截至 {when(now, now)}，未公布",
            rule=basis.rule,
            scores=tuple(one for one in basis.scores() if one.unit in seen),
            names={unit: directory.unit_name(unit) for unit in mine},
            whole={name: sum(name in part.amounts for part in parts) for name in AMOUNTS},
            units=tuple((unit, directory.unit_name(unit)) for unit in mine),
            version=row["version"] if row else 0,
            versions=tuple(published.version_view(one, directory, now) for one in known),
            changes=tuple(one for one in changes if one.unit in names),
            over=bool(ask.month) and local_date(now) > month_of(ask.since)[1],
            may_publish=actor.role in self.policy.publishes,
            may_appeal=until is not None and self.months.may_appeal(actor, until, now),
            appeal_until=when(now, until) if until is not None else "",
        )


def _span(ask: Ask) -> str:
    if ask.month:
        return f"{ask.since.year}年{ask.since.month}月"
    first, last = (f"{day.year}年{day.month}月{day.day}日" for day in (ask.since, ask.until))
    return first if first == last else f"{first}—{last}"
