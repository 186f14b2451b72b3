"""kill -9 over the life of joint orders: every acknowledged act once, every moment on every phone, nothing twice."""

from __future__ import annotations

import time

import pytest

from core import Core
from tests.reliability.joint_pressure import (
    JointPressure,
    form_cards,
    heard,
    open_sms,
    ten_minutes_pass,
    texts,
    written,
)
from tests.reliability.killing import SEED, kill_at_random
from tests.reliability.plot import JOINT
from tests.reliability.processes import Processes
from tests.reliability.truth import agree, check_record, fates, waiting
from tests.sandbox.rig import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("reliability-processes")]

KILLS, ORDERS = {"sqlite": 12, "postgresql": 9}, 3


def test_every_act_on_a_joint_order_outlives_kill_9_and_everybody_hears_of_it_once(
    service: tuple[Core, Processes], sandbox: Sandbox
) -> None:
    core, processes = service
    kills, cards, began = KILLS[core.engine.dialect.name], form_cards(sandbox, ORDERS), time.monotonic()
    with JointPressure(core, sandbox, cards) as pressure:
        killed = kill_at_random(core, processes, kills)
        for one in processes.all:
            one.wait()
    lasted, acks = time.monotonic() - began, pressure.acks
    sandbox.until(lambda: not waiting(core), 180)
    agree(core, sandbox, JOINT)
    print(
        f"\nseed {SEED}, {core.engine.dialect.name}: killed {dict(killed)} in {lasted:.0f} s; {len(acks.pushed)} "
        f"flags and {len(acks.clicks)} clicks acknowledged, {dict(acks.attempts)}; letters {dict(fates(core))}"
    )
    assert sum(killed.values()) == kills
    check_record(core, JOINT, acks)
    check_phones(core, sandbox, killed["worker"])


def check_phones(core: Core, sandbox: Sandbox, worker_kills: int) -> None:
    """One letter a moment, person and channel; each on its phone, and on nobody else's.

    A card has a number of its own, so it lies there once; an SMS whose fate is unknown goes again only once the
    platform is sure, ten minutes later, that it never had it. A robot's line has no key at DingTalk: of what a dead
    worker had in hand it may come a second time, never more.
    """
    assert set(fates(core)) <= {"sent", "merged", "unknown"}
    meant, again = written(core)
    lines, cards = heard(sandbox)
    assert meant - lines == {}, "said to nobody"
    doubled = lines - meant
    assert set(lines) == set(meant), "said to somebody else"
    assert doubled - again == {}, "twice without a kill"
    assert doubled.total() <= worker_kills * 20
    assert [what for what, times in cards.items() if times > 1] == []
    ten_minutes_pass(core)
    sandbox.until(lambda: not open_sms(core) and not waiting(core), 120)
    wanted, came = texts(core, sandbox)
    print(f"{meant.total()} lines, {doubled.total()} of them twice; {wanted.total()} SMS")
    assert [one for one, times in came.items() if times > 1] == [], "an SMS twice"
    assert came.total() == wanted.total()
