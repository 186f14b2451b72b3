"""How this machine stands, as the platform measures it by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import psutil

SPAN_S = 5.0
"""One reading holds so long: a share of the processors means something over seconds, not since a moment ago."""


class Readings:
    """The last reading, shared by whoever asks. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: Mapping[str, float] = {}
        self._at = 0.0

    def now(self) -> Mapping[str, float]:
        """CPU, memory and disk in use, in per cent; the CPU since the last reading, the first over a tenth second."""
        with self._lock:
            if not self._last or time.monotonic() - self._at >= SPAN_S:
                self._last = {
                    "cpu": round(psutil.cpu_percent(interval=None if self._last else 0.1), 1),
                    "memory": round(psutil.virtual_memory().percent, 1),
                    "disk": round(psutil.disk_usage(".").percent, 1),
                }
                self._at = time.monotonic()
            return self._last


reading = Readings().now
