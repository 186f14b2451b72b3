"""Channels whose far side asks us to go slower: each pauses as a whole, longer every time, until a letter arrives."""

from __future__ import annotations

import random
import threading
from datetime import datetime, timedelta

SLOWEST_S = 30.0


class Slowing:
    """What this relay was told; another process is told by itself. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: dict[str, tuple[int, datetime, datetime]] = {}

    def slower(self, channel: str, now: datetime) -> tuple[int, datetime]:
        """How many times in a row it was told by now, and until when the channel rests: 1 s, 2 s, 4 s … 30 s, and up to
        half as much again.
        """
        with self._lock:
            times = self._told[channel][0] + 1 if channel in self._told else 1
            rest = min(2.0 ** min(times - 1, 10), SLOWEST_S) * random.uniform(1.0, 1.5)
            until = now + timedelta(seconds=rest)
            self._told[channel] = (times, now, until)
            return times, until

    def works(self, channel: str) -> None:
        """A letter arrived: at full speed again."""
        with self._lock:
            self._told.pop(channel, None)

    def resting(self, now: datetime) -> frozenset[str]:
        """The channels to leave alone at this moment."""
        with self._lock:
            return frozenset(name for name, (_, _, until) in self._told.items() if now < until)

    def since(self, channel: str, moment: datetime) -> datetime | None:
        """Until when a channel rests that was told to slow down since this moment; None for any other."""
        with self._lock:
            _, told, until = self._told.get(channel, (0, None, None))
            return until if told is not None and told >= moment else None
