"""Business time: the machine's own clock, or one that a trainer moves and that is asked over HTTP."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from core.adapters.http import Http, Unreachable
from core.ports import Clock
from core.settings import Settings

_log = structlog.get_logger(__name__)


class MachineClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class MovableClock:
    """A clock elsewhere: GET answers {"now": ISO 8601, "stopped": bool}. Only its distance to this machine's is kept.

    A thread asks again each `refresh_s` seconds. While the address is away the last distance holds, and says so once.
    """

    def __init__(self, address: str, refresh_s: float) -> None:
        self._http = Http(address, connect_s=1.0, read_s=1.0, total_s=2.0)
        self._refresh_s = refresh_s
        self._offset = timedelta()
        self._standing: datetime | None = None
        self._away = False
        self._started = threading.Lock()
        self._thread: threading.Thread | None = None

    def now(self) -> datetime:
        if self._thread is None:
            self._start()
        return self._standing or datetime.now(UTC) + self._offset

    def refresh(self) -> None:
        """Ask once, now."""
        before = datetime.now(UTC)
        try:
            answer = self._http.get().json()
            told = _moment(answer.get("now"))
        except (Unreachable, ValueError) as fault:
            if not self._away:
                offset_s = self._offset.total_seconds()
                _log.warning("clock away, keeping the last offset", why=str(fault), offset_s=offset_s)
            self._away = True
            return
        # Half of the way there and back is the best guess at when the answer was true.
        self._offset = told - (before + (datetime.now(UTC) - before) / 2)
        self._standing = told if answer.get("stopped") is True else None
        if self._away:
            _log.info("clock is back", offset_s=self._offset.total_seconds())
        self._away = False

    def _start(self) -> None:
        with self._started:
            if self._thread is None:
                self.refresh()
                self._thread = threading.Thread(target=self._keep, name="business-clock", daemon=True)
                self._thread.start()

    def _keep(self) -> None:
        while True:
            time.sleep(self._refresh_s)
            self.refresh()


def _moment(text: Any) -> datetime:
    told = datetime.fromisoformat(text) if isinstance(text, str) else None
    if told is None or told.tzinfo is None:
        raise ValueError("the clock told no moment with a zone")
    return told.astimezone(UTC)


def build_clock(settings: Settings) -> Clock:
    """The clock the settings name: an empty address is the machine's."""
    if not settings.clock.address:
        return MachineClock()
    return MovableClock(settings.clock.address, settings.clock.refresh_s)
