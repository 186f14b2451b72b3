"""kill -9 of web, bot and worker at random moments: whatever was acknowledged is in the record exactly once."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from core import Core
from core.models.record import letters
from tests.clock import StillClock
from tests.reliability.pressure import Platform, Pressure
from tests.reliability.processes import Processes, stop_the_clock
from tests.reliability.truth import check_record, fates, untrue_copies, waiting
from tests.sandbox.rig import Sandbox
from tests.town import a_core

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("reliability-processes")]

SEED = int(os.environ.get("RELIABILITY_SEED", "20260309"))
KILLS = {"sqlite": 30, "postgresql": 20}
AT_WORK = 0.8
"""How many of the kills wait until their victim is at work; the others may hit it while it starts."""


@pytest.fixture
def world(town_url: str, clock: StillClock, sandbox: Sandbox, tmp_path: Path) -> Iterator[tuple[Core, Processes]]:
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


def test_every_acknowledged_act_outlives_kill_9_exactly_once(world: tuple[Core, Processes], sandbox: Sandbox) -> None:
    core, processes = world
    kills, began = KILLS[core.engine.dialect.name], time.monotonic()
    platform = Platform(processes.base)
    with Pressure(core, sandbox, platform) as pressure:
        killed = kill_at_random(core, processes, kills)
        for one in processes.all:
            one.wait()
    lasted, acks = time.monotonic() - began, pressure.acks
    sandbox.until(lambda: not waiting(core), 60)
    sandbox.until(lambda: not untrue_copies(core, sandbox), 30)
    print(
        f"\nseed {SEED}, {core.engine.dialect.name}: killed {dict(killed)} in {lasted:.0f} s; {len(acks.pushed)} "
        f"tickets and {len(acks.clicks)} clicks acknowledged, {dict(acks.attempts)}; letters {dict(fates(core))}"
    )
    assert sum(killed.values()) == kills
    assert set(fates(core)) <= {"sent", "merged"}
    check_record(core, acks)
    numbers = list(acks.pushed)
    for start in range(0, len(numbers), 50):
        some = numbers[start : start + 50]
        assert platform.push(*some) == {number: acks.pushed[number] for number in some}
    check_record(core, acks)
    platform.close()


def kill_at_random(core: Core, processes: Processes, kills: int) -> Counter[str]:
    """SIGKILL one process after another and start only that one again; returns who was killed how often."""
    dice, killed = random.Random(SEED), Counter[str]()
    victims = [processes.all[number % 3] for number in range(kills)]
    dice.shuffle(victims)
    for victim in victims:
        time.sleep(dice.uniform(0.1, 1.2))
        if dice.random() < AT_WORK:
            victim.wait()
        victim.kill()
        if victim is processes.worker:
            let_a_minute_pass(core)
        victim.start()
        killed[victim.name] += 1
    return killed


def let_a_minute_pass(core: Core) -> None:
    """For the letters in the dead worker's hand: their leases end, as they would after sixty seconds."""
    held = letters.c.state == "due", letters.c.leased_until.is_not(None)
    with core.engine.begin() as tx:
        tx.execute(update(letters).where(*held).values(leased_until=datetime.now(UTC) - timedelta(seconds=1)))
