"""kill -9 of web, bot and worker at random moments: whatever was acknowledged is in the record exactly once."""

from __future__ import annotations

import time

import pytest

from core import Core
from tests.reliability.killing import SEED, kill_at_random
from tests.reliability.plot import CASE
from tests.reliability.pressure import CasePressure, Platform
from tests.reliability.processes import Processes
from tests.reliability.truth import agree, check_record, fates, waiting
from tests.sandbox.rig import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("reliability-processes")]

KILLS = {"sqlite": 30, "postgresql": 20}


def test_every_acknowledged_act_outlives_kill_9_exactly_once(service: tuple[Core, Processes], sandbox: Sandbox) -> None:
    core, processes = service
    kills, began = KILLS[core.engine.dialect.name], time.monotonic()
    platform = Platform(processes.base)
    with CasePressure(core, sandbox, platform) as pressure:
        killed = kill_at_random(core, processes, kills)
        for one in processes.all:
            one.wait()
    lasted, acks = time.monotonic() - began, pressure.acks
    sandbox.until(lambda: not waiting(core), 180)
    agree(core, sandbox)
    print(
        f"\nseed {SEED}, {core.engine.dialect.name}: killed {dict(killed)} in {lasted:.0f} s; {len(acks.pushed)} "
        f"tickets and {len(acks.clicks)} clicks acknowledged, {dict(acks.attempts)}; letters {dict(fates(core))}"
    )
    assert sum(killed.values()) == kills
    assert set(fates(core)) <= {"sent", "merged"}
    check_record(core, CASE, acks)
    numbers = list(acks.pushed)
    for start in range(0, len(numbers), 50):
        some = numbers[start : start + 50]
        assert platform.push(*some) == {number: acks.pushed[number] for number in some}
    check_record(core, CASE, acks)
    platform.close()
