"""SIGKILL at random moments to one process of the product after another."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from core import Core
from core.models.record import letters
from tests.reliability.processes import Processes

SEED = int(os.environ.get("RELIABILITY_SEED", "20260309"))
AT_WORK = 0.8
"""How many of the kills wait until their victim is at work; the others may hit it while it starts."""


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
