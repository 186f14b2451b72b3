"""kill -9 of the worker while the SMS platform has a message and has not answered: one message, and nothing lost."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from core import Core
from core.models.record import letters
from core.models.sms import sms_sends
from tests.builders import person, rows
from tests.clock import StillClock
from tests.reliability.processes import Processes, stop_the_clock
from tests.sandbox.rig import Sandbox
from tests.town import a_core

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("reliability-processes")]
VALUES = {"tail": "000421", "title": "港口路围墙倒塌", "until": "今天 17:30 前"}


@pytest.fixture
def world(town_url: str, clock: StillClock, sandbox: Sandbox, tmp_path: Path) -> Iterator[tuple[Core, Processes]]:
    """The worker as a process over one database of each kind, and the test's own look at it."""
    stop_the_clock(sandbox, clock)
    core = a_core(town_url, clock, sandbox.base)
    processes = Processes(town_url, sandbox, tmp_path, SMS__READ_TIMEOUT_S="60")
    try:
        processes.start(processes.worker)
        yield core, processes
    finally:
        sandbox.set_faults(clear=True)
        processes.stop()
        core.engine.dispose()
        sandbox.post("clock", reset=True)


def test_a_worker_killed_between_hand_over_and_answer_sends_nothing_twice(
    world: tuple[Core, Processes], sandbox: Sandbox
) -> None:
    core, processes = world
    sandbox.set_faults(sms_no_answer=30)
    who = person(core, "unit_head", "water").person or 0
    core.sms.write("kill", who, "joint_raised", VALUES)
    sandbox.until(lambda: sandbox.get("sms")["texts"])
    processes.worker.kill()
    assert [row.state for row in rows(core, sms_sends)] == ["sending"], "on record before it left"

    sandbox.set_faults(sms_no_answer=None)
    with core.engine.begin() as tx:  # the dead worker's lease ends at once instead of in a minute
        tx.execute(update(letters).values(leased_until=datetime.now(UTC) - timedelta(seconds=1)))
    processes.start(processes.worker)
    sandbox.until(lambda: rows(core, letters, letters.c.key == "kill")[0].state == "sent", 120)
    assert len(sandbox.get("sms")["texts"]) == 1
    assert [row.state for row in rows(core, sms_sends)] in (["sent"], ["delivered"])
