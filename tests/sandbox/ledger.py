"""What the sandbox saw: raw frames, warnings, and a bell for everyone who watches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .wire import Json, real_ms

KEPT_FRAMES = 3000
KEPT_WARNINGS = 1000
SOURCES = ("/feeds/", "/hotline/", "/province/", "/service-platform/")


@dataclass(frozen=True, slots=True)
class Frame:
    """One thing on the wire: down and up on a stream, or one REST call with its answer."""

    seq: int
    at: int
    direction: str
    kind: str
    message_id: str
    body: object
    answer: object = None
    status: int = 0
    latency_ms: float | None = None
    note: str = ""

    @property
    def of_source(self) -> bool:
        """Whether a data source outside was asked or told, which nobody's tap did."""
        return self.direction == "rest" and self.kind.partition(" ")[2].startswith(SOURCES)

    def to_json(self) -> Json:
        """The frame as the control API shows it; `at` is real time in ms."""
        return {
            "seq": self.seq, "at": self.at, "direction": self.direction, "kind": self.kind,
            "messageId": self.message_id, "body": self.body, "answer": self.answer, "status": self.status,
            "latency_ms": self.latency_ms, "note": self.note,
        }  # fmt: skip


@dataclass(eq=False, slots=True)
class Watcher:
    """One live subscription: the topics that changed since it last looked."""

    bell: asyncio.Event = field(default_factory=asyncio.Event)
    topics: set[str] = field(default_factory=set)


class Ledger:
    """Ring buffers of frames and warnings, and the live subscriptions."""

    def __init__(self) -> None:
        self.frames: deque[Frame] = deque(maxlen=KEPT_FRAMES)
        self.warnings: deque[Json] = deque(maxlen=KEPT_WARNINGS)
        self.watchers: set[Watcher] = set()
        self.on_change: Callable[[], None] | None = None
        self._seq = 0

    def frame(
        self, direction: str, kind: str, body: object, *, message_id: str = "", answer: object = None,
        status: int = 0, latency_ms: float | None = None, note: str = "",
    ) -> None:  # fmt: skip
        """Record one thing on the wire."""
        self._seq += 1
        latency = None if latency_ms is None else round(latency_ms, 2)
        self.frames.append(
            Frame(self._seq, real_ms(), direction, kind, message_id, body, answer, status, latency, note)
        )
        self.ring("frames")

    def warn(self, kind: str, text: str, **facts: object) -> None:
        """Record something a product should not have done, or that it should know."""
        self.warnings.append({"at": real_ms(), "kind": kind, "text": text, **facts})
        self.ring("warnings")

    def ring(self, *topics: str) -> None:
        """Tell every watcher that these topics changed."""
        for watcher in self.watchers:
            watcher.topics.update(topics)
            watcher.bell.set()

    def phones_changed(self, users: Iterable[str]) -> None:
        """Tell watchers whose phone looks different now, and the keeper of the state file."""
        self.ring(*(f"user:{user}" for user in users))
        if self.on_change:
            self.on_change()

    def clear(self) -> None:
        """Forget frames and warnings."""
        self.frames.clear()
        self.warnings.clear()
        self.ring("frames", "warnings")
