"""Counts every call and stream message by month, and says no when a configured limit is passed."""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque

from .clock import SHANGHAI, Clock
from .wire import Json

COUNTED = ("/v1.0/card/", "/v1.0/robot/", "/v1.0/im/", "/v1.0/todo/", "/media/", "/topapi/message/")


class Meter:
    """Counters per API and business month; limits of 0 mean "no limit"."""

    def __init__(self, clock: Clock, qps: int = 0) -> None:
        self._clock = clock
        self.quota_api = self.quota_stream = 0
        self.qps = qps
        self._calls: dict[str, Counter[str]] = defaultdict(Counter)
        self._stream: Counter[str] = Counter()
        self._recent: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def month(self) -> str:
        """The business month that is counted now."""
        return f"{self._clock.now().astimezone(SHANGHAI):%Y-%m}"

    def call(self, api: str) -> None:
        """Count one REST call; `api` is 「METHOD path-template」."""
        self._calls[self.month()][api] += 1

    def message(self) -> bool:
        """Count one stream or webhook message; False once the month's limit is passed."""
        month = self.month()
        self._stream[month] += 1
        return not self.quota_stream or self._stream[month] <= self.quota_stream

    def counted(self, month: str | None = None) -> int:
        """Calls of the month that DingTalk counts (dingtalk.md §9): neither tokens nor contacts."""
        calls = self._calls[month or self.month()]
        return sum(number for api, number in calls.items() if is_counted(api))

    def has_quota(self, api: str) -> bool:
        """May this call still be made this month?"""
        return not (self.quota_api and is_counted(api) and self.counted() >= self.quota_api)

    def has_speed(self, client_id: str, api: str) -> bool:
        """Is this call within the calls per second of this app and API? Counts it if so."""
        if not self.qps:
            return True
        recent, now = self._recent[client_id, api], time.monotonic()
        while recent and recent[0] <= now - 1:
            recent.popleft()
        if len(recent) >= self.qps:
            return False
        recent.append(now)
        return True

    def reset(self) -> None:
        """Forget every count; keep the limits."""
        self._calls.clear()
        self._stream.clear()

    def to_json(self) -> Json:
        """This month as the control API shows it, and every month by its totals."""
        month = self.month()
        months = {key: {"counted": self.counted(key), "stream": self._stream[key]} for key in list(self._calls)}
        return {
            "month": month, "api": dict(sorted(self._calls[month].items())), "stream": self._stream[month],
            "counted": self.counted(month), "months": months, "quota_api": self.quota_api,
            "quota_stream": self.quota_stream, "qps": self.qps,
        }  # fmt: skip


def is_counted(api: str) -> bool:
    """Does DingTalk count this call against the monthly quota?"""
    return api.partition(" ")[2].startswith(COUNTED)
