"""How the threads of a worker share the tray: one looks for all, and everybody carries."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from bots.worker import RELAYS, Worker
from core.outbox import Claimed
from core.ports import Envelope
from tests.clock import StillClock
from tests.databases import SQLite
from tests.town import a_core, settled

PATIENCE_S = 30.0


class Tray:
    """A tray of `letters`, one to a look; each stays in its hand until all of them are in some hand."""

    def __init__(self, letters: int) -> None:
        self._left, self._numbers, self.all_in_hand = letters, count(1), threading.Barrier(max(letters, 1))
        self.looking, self.together, self.looks, self.carried = 0, 0, 0, list[int]()

    def claim(self, _most: int) -> list[Claimed]:
        self.looking += 1
        self.looks, self.together = self.looks + 1, max(self.together, self.looking)
        time.sleep(0.005)
        self.looking -= 1
        if not self._left:
            return []
        self._left -= 1
        envelope = Envelope(next(self._numbers), "k", "dingtalk.say", "say", "lane", None, None, {}, 1)
        return [Claimed(envelope, "lease", datetime.now(UTC))]

    def hand_over(self, letter: Claimed) -> None:
        self.all_in_hand.wait(PATIENCE_S)
        self.carried.append(letter.envelope.id)


@pytest.fixture
def worker(tmp_path: Path, clock: StillClock) -> Iterator[Worker]:
    core = a_core(SQLite().prepared(settled, tmp_path), clock)
    made = Worker(core)
    yield made
    made._stopping.set()
    core.engine.dispose()


def at_work(worker: Worker, tray: Tray, monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """The threads that carry letters, with this tray."""
    monkeypatch.setattr(worker, "_relay", tray)
    threads = [one for one in worker._threads if one.name.startswith("relay-")]
    for thread in threads:
        thread.start()
    return threads


def test_one_thread_looks_at_a_time_and_all_of_them_carry(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    tray = Tray(RELAYS)
    threads, ends = at_work(worker, tray, monkeypatch), time.monotonic() + PATIENCE_S
    while len(tray.carried) < RELAYS and time.monotonic() < ends:
        time.sleep(0.01)
    assert sorted(tray.carried) == list(range(1, RELAYS + 1))
    assert (len(threads), tray.together) == (RELAYS, 1)


def test_after_the_stop_nobody_looks_again(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    tray = Tray(0)
    threads = at_work(worker, tray, monkeypatch)
    worker._stopping.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    looks = tray.looks
    assert not any(thread.is_alive() for thread in threads)
    time.sleep(0.1)
    assert tray.looks == looks <= RELAYS
