"""Pictures of topics kept for a moment: asked by many, computed by one, and anew only when something came in."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2s
from heapq import nlargest
from typing import Any

import structlog

MOST_TENDED = 200
"""Pictures kept current ahead of the next question, those asked for last; more are made when they are asked for."""
LOOK_S = 1.0
"""How often somebody looks whether something came in."""
LONGEST_S = 30.0
"""A picture is made anew after this at the latest, for times pass too."""
IDLE_S = 30.0
"""A picture nobody asked for so long is tended no more."""
GONE_S = 300.0
"""And after this it is kept no more."""
Make = Callable[[], Mapping[str, Any]]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Picture:
    """A topic as JSON. `print`: of its content, the ETag; the same content has the same print in every process."""

    body: bytes
    print: str

    @property
    def told(self) -> Any:
        """The same in values."""
        return json.loads(self.body)


@dataclass(slots=True)
class _Kept:
    picture: Picture
    stamp: object
    made_at: float
    seen_at: float  # when it was last known to be current
    asked_at: float
    life_s: float
    make: Make


class Shelf:
    """Keeps the last picture of each key. Whoever asks again is answered at once: one thread keeps them current."""

    def __init__(self, stamp: Callable[[], object]) -> None:
        """`stamp`: something cheap that changes whenever anything came in."""
        self._stamp = stamp
        self._kept: dict[str, _Kept] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._tender: threading.Thread | None = None

    def get(self, key: str, life_s: float, make: Make) -> Picture:
        """The picture of a key, current as of some seconds ago; the first to ask waits until it is made."""
        kept, now = self._kept.get(key), time.monotonic()
        if kept is not None and now - kept.seen_at < 3 * LOOK_S:
            kept.asked_at = now
            self._tend()
            return kept.picture
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            kept = self._kept.get(key)
            if kept is None or time.monotonic() - kept.seen_at >= LOOK_S:
                return self._refresh(key, min(life_s, LONGEST_S), make, self._stamp(), asked=True)
            kept.asked_at = time.monotonic()
            return kept.picture

    def forget(self) -> None:
        """Make everything anew at its next use."""
        self._kept.clear()

    def _refresh(self, key: str, life_s: float, make: Make, stamp: object, *, asked: bool = False) -> Picture:
        """Make it anew if something came in or its time is over; else only note that it is current."""
        kept, now = self._kept.get(key), time.monotonic()
        if kept is not None and kept.stamp == stamp and now - kept.made_at < life_s:
            kept.seen_at = now
            kept.asked_at = now if asked else kept.asked_at
            return kept.picture
        body = json.dumps(make(), ensure_ascii=False, separators=(",", ":")).encode()
        picture, done = Picture(body, blake2s(body, digest_size=12).hexdigest()), time.monotonic()
        asked_at = done if kept is None or asked else kept.asked_at
        self._kept[key] = _Kept(picture, stamp, now, done, asked_at, life_s, make)
        self._clear(done)
        return picture

    def _clear(self, now: float) -> None:
        """What nobody asked for any more goes: readers narrow rows by what they like, and memory has an end."""
        with self._guard:
            for key in [key for key, kept in list(self._kept.items()) if now - kept.asked_at > GONE_S]:
                self._kept.pop(key, None)
                self._locks.pop(key, None)

    def _tend(self) -> None:
        """From the second question on a thread keeps the pictures current; it ends when nobody asks any more."""
        if self._tender is not None and self._tender.is_alive():
            return
        with self._guard:
            if self._tender is None or not self._tender.is_alive():
                self._tender = threading.Thread(target=self._keep_current, name="screens", daemon=True)
                self._tender.start()

    def _keep_current(self) -> None:
        try:
            while wanted := self._wanted():
                stamp = self._stamp()
                for key, kept in wanted:
                    self._tended(key, kept, stamp)
                time.sleep(LOOK_S)
        except Exception as error:  # whoever asks next meets the fault itself
            log.warning("screens are not kept current", error=type(error).__name__)

    def _tended(self, key: str, kept: _Kept, stamp: object) -> None:
        """One picture kept current; one that cannot be made leaves the others alone, and who asks for it meets why."""
        try:
            self._refresh(key, kept.life_s, kept.make, stamp)
        except Exception as error:
            log.warning("a screen is not kept current", key=key, error=type(error).__name__)

    def _wanted(self) -> list[tuple[str, _Kept]]:
        now = time.monotonic()
        wanted = [one for one in list(self._kept.items()) if now - one[1].asked_at < IDLE_S]
        return nlargest(MOST_TENDED, wanted, key=lambda one: one[1].asked_at)
