"""A deployment at work on each kind of database, for the tests that trouble it, and a relay in a time of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core import Core, outbox
from core.db import connect
from tests.clock import StillClock
from tests.contract.story_rig import Stage, open_stage
from tests.core.mail_room import MailRoom, Moving
from tests.reliability.processes import Processes, stop_the_clock
from tests.sandbox.rig import Sandbox
from tests.town import a_core


@pytest.fixture
def stage(town_url: str, sandbox: Sandbox) -> Iterator[Stage]:
    """Bot and worker in threads, people with phones, an emptied sandbox whose faults are off again afterwards."""
    try:
        yield from open_stage(town_url, sandbox)
    finally:
        sandbox.set_faults(clear=True)


@pytest.fixture
def service(town_url: str, clock: StillClock, sandbox: Sandbox, tmp_path: Path) -> Iterator[tuple[Core, Processes]]:
    """Web, bot and worker as processes over one database of each kind, and the test's own look at it."""
    stop_the_clock(sandbox, clock)
    core = a_core(town_url, clock)
    processes = Processes(town_url, sandbox, tmp_path, DINGTALK__CALLS_PER_SECOND="500")
    try:
        processes.start()
        yield core, processes
    finally:
        processes.stop()
        core.engine.dispose()
        sandbox.post("clock", reset=True)


@pytest.fixture
def room(migrated_url: str, clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailRoom]:
    """A relay, its tray on each kind of database, and its time."""
    moving = Moving()
    monkeypatch.setattr(outbox, "real_now", moving)
    engine = connect(migrated_url)
    yield MailRoom(engine, clock, moving)
    engine.dispose()
