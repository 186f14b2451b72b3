"""joint.sms_handover: from a commit that tells sixteen people to all their cards and SMS in the platforms' hands."""

from __future__ import annotations

import time

from core.policy.texting import read_sms
from tests.bench.world import World

PEOPLE = 16
PROMISED_S = 3.0
VALUES = {"tail": "000421", "title": "港口路围墙倒塌", "until": "今天 17:30 前"}
PLATFORM_S = 0.15
"""How long the SMS platform takes to accept one message, here as on a working day over the net."""


def one_handover(scene: World, number: int) -> float:
    """Seconds until every card is delivered and every SMS is accepted; the worker runs.

    Raises:
        AssertionError: not within half a minute, or not exactly one each.
    """
    assert "joint_raised" in read_sms().templates
    core, before = scene.core, len(scene.sandbox.get("sms")["texts"])
    cards = len(scene.sandbox.get("cards"))
    held = [held[0] for held in core.directory().by_person.values() if held[0].role in ("unit_head", "unit_clerk")]
    values = {**VALUES, "title": f"{VALUES['title']}{number}"}
    began = time.monotonic()
    for holder in held[:PEOPLE]:
        core.reply(f"bench:card:{number}:{holder.person}", holder.person, "home", {})
        core.sms.write(f"bench:sms:{number}:{holder.person}", holder.person, "joint_raised", values)
    scene.settle(30)
    took = time.monotonic() - began
    assert len(scene.sandbox.get("sms")["texts"]) - before == PEOPLE, "one SMS each"
    assert len(scene.sandbox.get("cards")) - cards == PEOPLE, "one card each"
    return took


def handovers(scene: World, runs: int) -> list[float]:
    """The times of so many hand-overs, a platform of usual speed before them."""
    scene.processes.start(scene.processes.worker)
    scene.sandbox.set_faults(sms_slow=PLATFORM_S)
    one_handover(scene, -1)  # files warm, connections open
    return [one_handover(scene, number) for number in range(runs)]
