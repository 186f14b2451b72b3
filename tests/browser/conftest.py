"""What the browser tests share: patience with a machine that is busy with other tests, and an end to it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest
from playwright.sync_api import expect

PATIENCE_MS = 60_000
MOST_S = 1200.0
"""How long one test may look at a browser; the longest takes a minute or two."""
BROWSER, DRIVER = "chrom", "node"
"""How the names of their processes begin: what draws the pages, and what passes on what is asked of them."""


expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """Some questions to a browser have no time limit of their own: one that no longer answers fails the test."""
    with ended_after(MOST_S):
        yield


@contextmanager
def ended_after(seconds: float, grace_s: float = 60.0) -> Iterator[None]:
    """Whatever waits for a browser of this process so long is told that it is gone, then that its driver is."""
    timers = [
        threading.Timer(seconds, _end, (BROWSER,)),
        threading.Timer(seconds + grace_s, _end, (DRIVER,)),
    ]
    for timer in timers:
        timer.daemon = True
        timer.start()
    try:
        yield
    finally:
        for timer in timers:
            timer.cancel()


def _end(name: str) -> None:
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if process.name().startswith(name):
                process.kill()
