"""The movable business clock: it runs at real speed, but from wherever a trainer puts it."""

from __future__ import annotations

import time as real_time
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
OPENING = time(9, 0)


class Clock:
    """Business now = real now + offset, or a standing moment while stopped."""

    def __init__(self) -> None:
        self.offset = timedelta()
        self._stopped_at: datetime | None = None

    def now(self) -> datetime:
        """The business moment, aware, in UTC."""
        if self._stopped_at is not None:
            return self._stopped_at
        return datetime.fromtimestamp(real_time.time(), UTC) + self.offset

    def iso(self) -> str:
        """The same as text."""
        return self.now().isoformat()

    @property
    def stopped(self) -> bool:
        """Does business time stand still?"""
        return self._stopped_at is not None

    def set(self, moment: datetime) -> None:
        """Go to a moment; one without a zone is Shanghai time."""
        aware = moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
        if self._stopped_at is not None:
            self._stopped_at = aware.astimezone(UTC)
        self.offset = aware.astimezone(UTC) - datetime.fromtimestamp(real_time.time(), UTC)

    def advance(self, span: timedelta) -> None:
        """Go forward, or back with a negative span."""
        self.set(self.now() + span)

    def stop(self) -> None:
        """Let business time stand still."""
        self._stopped_at = self.now()

    def run(self) -> None:
        """Let it go on from where it stands."""
        moment, self._stopped_at = self.now(), None
        self.set(moment)

    def reset(self) -> None:
        """Back to real time."""
        self.offset, self._stopped_at = timedelta(), None

    def go_to(self, place: str) -> bool:
        """Jump to 「tomorrow」 or 「workday」 at the opening hour; False for any other word."""
        if place not in ("tomorrow", "workday"):
            return False
        day = self.now().astimezone(SHANGHAI).date() + timedelta(days=1)
        while place == "workday" and not is_workday(day):
            day += timedelta(days=1)
        self.set(datetime.combine(day, OPENING, SHANGHAI))
        return True


def is_workday(day: date) -> bool:
    """Is this a working day by the published calendar, or Monday to Friday in a year it does not know?"""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5
