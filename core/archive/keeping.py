"""Volumes looked at again while they are kept: a few each night, the longest unseen first (§14, third moment)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import or_, select

from core.errors import Refusal
from core.models.archive import archive_volumes
from core.people import CLOCK
from core.policy.archive import OPEN, archive_rules

if TYPE_CHECKING:
    from core.archive.archive import Archive, Whole
log = structlog.get_logger()


class Keeping:
    """The clock's nightly look; what it finds is told to those who keep the archive."""

    def __init__(self, core: Whole, archive: Archive) -> None:
        self._core, self._archive = core, archive

    def work(self, leads: Callable[[], bool] = lambda: True) -> int:
        """Check what is due; returns how many volumes were looked at."""
        rules, now, count = archive_rules(), self._core.clock.now(), 0
        table = archive_volumes.c
        due = or_(table.checked_at.is_(None), table.checked_at < now - rules.recheck)
        query = (
            select(table.token, table.no)
            .where(table.state != OPEN, due)
            .order_by(table.checked_at.nulls_first(), table.id)
        )
        for row in self._core._read(lambda tx: tx.execute(query.limit(rules.recheck_volumes)).all()):
            if not leads():
                break
            try:
                report = self._archive.check(f"clock:{row.token}:{now:%Y%m%d}", CLOCK, row.token, "keeping")
            except Refusal as refusal:  # somebody is at work on it: tomorrow again
                log.info("volume not checked", volume=row.no, why=type(refusal).__name__)
                continue
            count += 1
            if not report.passed:
                self._tell(row.no, len(report.lines), f"{now:%Y%m%d}")
        return count

    def _tell(self, no: str, found: int, day: str) -> None:
        text = f"案卷 {no} 保管检测有 {found} 处没有通过，请到「资料 › 案卷」查看报告。"
        for holder in self._core.directory().by_role.get("licence_clerk", ()):
            self._core.say(f"archive-check:{no}:{day}:{holder.person}", holder.person, text, "四性检测")
