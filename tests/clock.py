"""The clock of a test: it stands still until the test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 9, 9, 0, tzinfo=SHANGHAI)


class StillClock:
    """Business time under a test's hand; starts on Monday 2026-03-09 at 09:00 in Shanghai."""

    def __init__(self, start: datetime = MONDAY) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The present moment, aware UTC."""
        return self._now

    def set(self, moment: datetime | str) -> None:
        """Move to `moment`; a text such as "2026-03-10 14:30" is read as time in Shanghai."""
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
        self._now = (moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).astimezone(UTC)

    def advance(self, **span: float) -> None:
        """Move on by days=, hours=, minutes= or seconds=, as in timedelta."""
        self._now += timedelta(**span)
