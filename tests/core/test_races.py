"""Stale faces and people who act at once: one winner, and an honest answer for the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from core import Actor, Core, Refusal
from core.errors import Stale
from tests.builders import LEAD, a_case, act, clerk, desk, dispatched, events_of, leg_of, person, refused, states
from tests.builders import the_case as case_of
from tests.clock import StillClock


def test_a_stale_tap_hears_who_did_what_when(core: Core, clock: StillClock) -> None:
    case = dispatched(core)
    seen = leg_of(core, case, LEAD)["seq"]
    clock.set("2026-03-09 10:32")
    signer = clerk(core)
    act(core, signer, case, "sign", LEAD, seen=seen)
    clock.set("2026-03-09 11:00")
    refusal = refused(Stale, core, person(core, "unit_head", LEAD), case, "sign", LEAD, seen=seen)
    assert signer.name in str(refusal)
    assert "今天 10:32" in str(refusal)
    assert "签收" in str(refusal)
    assert states(core, case) == ("handling", "handling")


def test_a_fresh_face_acts(core: Core) -> None:
    case = a_case(core)
    act(core, desk(core), case, "dispatch", seen=case_of(core, case)["seq"], lead=LEAD)


def test_two_people_at_once_have_one_winner_each_time(core: Core, second: Core) -> None:
    cases = [dispatched(core) for _ in range(20)]
    pair = ((core, clerk(core)), (second, person(core, "unit_head", LEAD)))
    outcomes: list[tuple[int, str]] = []
    start = threading.Barrier(2)

    def play(one: Core, who: Actor) -> None:
        for case in cases:
            start.wait(30)
            try:
                act(one, who, case, "sign", LEAD, seen=1)
                outcomes.append((case, "won"))
            except Refusal as refusal:
                outcomes.append((case, refusal.kind))

    together(*(lambda one=one, who=who: play(one, who) for one, who in pair))
    assert sorted(kind for _, kind in outcomes) == ["Stale"] * 20 + ["won"] * 20
    assert {case for case, kind in outcomes if kind == "won"} == set(cases)
    assert all(events_of(core, case).count("case_leg.signed") == 1 for case in cases)
    assert core.verify_log().ok


def test_a_lost_race_is_judged_again_by_the_state_it_finds(core: Core, second: Core) -> None:
    """Neither looked at a face (`seen` is None): the second is judged after the first, by the table."""
    case = a_case(core)
    outcomes: list[str] = []

    def send(one: Core, nth: int) -> None:
        try:
            outcomes.append(act(one, desk(one, nth), case, "dispatch", lead=LEAD).name)
        except Refusal as refusal:
            outcomes.append(refusal.kind)

    together(lambda: send(core, 0), lambda: send(second, 1))
    assert sorted(outcomes) == ["MoveNotOpen", "case.dispatched"]


def together(*runs: Callable[[], None]) -> None:
    with ThreadPoolExecutor(len(runs)) as pool:
        for done in [pool.submit(run) for run in runs]:
            done.result(60)
