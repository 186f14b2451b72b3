"""How fast we call: one bucket an API, a little under DingTalk's limit (dingtalk.md §9)."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable


class Buckets:
    """At most `rate` calls a second and API, with a small burst; a caller waits its turn."""

    def __init__(
        self,
        rate: float,
        burst: int = 3,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap, self._burst = 1.0 / rate, burst
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next: dict[str, float] = {}

    def wait(self, api: str) -> None:
        """Return when this API may be called."""
        with self._lock:
            now = self._clock()
            due = max(self._next.get(api, -math.inf), now - self._gap * self._burst)
            self._next[api] = due + self._gap
        if due > now:
            self._sleep(due - now)
