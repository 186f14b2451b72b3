"""Three-level warning of whole units (domain-rules §8): rates of the last days, told once a level to those named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from core.deadlines import plain_due
from core.facade import Core
from core.models.watch import unit_warnings
from core.notices import leaders_of, staff_of
from core.policy.watching import UnitLevel
from core.queries.people import Holder
from core.queries.workload import Record, records
from core.worktime import local_date

TITLE = "单位预警"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a unit has come: 0 to 3, and why in words."""

    level: int
    why: str


class UnitWatch:
    """Looks at every unit now and then; the clock asks once an hour while offices are open."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def check(self) -> int:
        """Tell what is new of any unit; returns how many were told. Repeating it says nothing twice."""
        core, now = self._core, self._core.clock.now()
        if not _open(core, now):
            return 0
        policy = core.policy.warnings
        with core.engine.connect().execution_options(readonly=True) as tx:
            found = {unit: self._judge(one) for unit, one in records(tx, now, policy.days).items()}
            known = {row.unit_id: row for row in tx.execute(select(unit_warnings))}
        told = 0
        for unit in sorted({*found, *known}):
            standing, row = found.get(unit, Standing(0, "")), known.get(unit)
            if standing.level > (row.level if row else 0):
                told += self._raise(unit, standing, row, now)
            elif row is not None and standing.level < row.level:
                self._keep(unit, standing, row.told, now, "unit.eased")  # going down is silent
        return told

    def _judge(self, one: Record) -> Standing:
        """The highest level whose line is crossed."""
        levels = self._core.policy.warnings.unit_levels
        for number, level in reversed(list(enumerate(levels, 1))):
            if whys := list(self._crossed(level, one)):
                return Standing(number, "，".join(whys))
        return Standing(0, "")

    def _crossed(self, level: UnitLevel, one: Record) -> Iterator[str]:
        policy = self._core.policy.warnings
        if one.counted >= policy.least and one.on_time_rate < level.on_time_below:
            yield f"近 {policy.days} 天按时率 {one.on_time_rate:.0f}%"
        if one.answers >= policy.least_calls and one.satisfied_rate < level.satisfied_below:
            yield f"近 {policy.days} 天满意率 {one.satisfied_rate:.0f}%"
        if level.overdue_at_once and one.overdue >= level.overdue_at_once:
            yield f"同时超期 {one.overdue} 件"

    def _raise(self, unit: int, standing: Standing, row: Any, now: datetime) -> bool:
        core, policy = self._core, self._core.policy.warnings
        level, key = policy.unit_levels[standing.level - 1], str(standing.level)
        told = dict(row.told) if row else {}
        if last := told.get(key):
            again = plain_due(datetime.fromisoformat(last), policy.again_after, core.calendar())
            if now < again:
                return False  # the same level is not told again within a working day
        told[key] = now.isoformat()
        self._keep(unit, standing, told, now, "unit.warned")
        label = next(one.label for one in policy.levels if one.name == level.name)
        name = core.directory().unit_name(unit)
        text = f"【{TITLE}】{name} {label}：{standing.why}。发送「超期」看要先办的件。"
        for holder in self._hearers(unit, level.tell):
            core.say(f"unit:{unit}:{key}:{now:%Y%m%d%H%M}:{holder.person}", holder.person, text, f"{TITLE} {name}")
        return True

    def _hearers(self, unit: int, tell: Sequence[str]) -> list[Holder]:
        directory, audience = self._core.directory(), self._core.policy.audience
        held, found = directory.by_unit.get(unit, ()), list[Holder]()
        for one in tell:
            match one:
                case "post" | "person":
                    found += staff_of(held, audience["unit"], audience["unit_fallback"])
                case "unit_head":
                    found += [holder for holder in held if holder.role == "unit_head"]
                case "deputy_leader":
                    found += leaders_of(directory, unit)
                case "desk" | "desk_head":
                    found += directory.by_role.get("dispatcher" if one == "desk" else one, ())
        return list({holder.person: holder for holder in found}.values())

    def _keep(self, unit: int, standing: Standing, told: dict[str, Any], now: datetime, action: str) -> None:
        """Level and reason as they are now, on record."""
        values = {"level": standing.level, "why": standing.why, "told": told, "at": now}

        def write(tx: Connection) -> None:
            changed = tx.execute(update(unit_warnings).where(unit_warnings.c.unit_id == unit).values(**values))
            if not changed.rowcount:
                tx.execute(insert(unit_warnings), {"unit_id": unit, **values})

        self._core.operate(action, f"unit:{unit}:{standing.level}", write)


def _open(core: Core, now: datetime) -> bool:
    return any(opens <= now < closes for opens, closes in core.calendar().spans(local_date(now), "default"))
