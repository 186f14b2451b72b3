"""The one door: what a key promises, and one commit for everything that belongs together."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from core import Core
from core.effects import EFFECTS
from core.errors import Busy, DifferentBody, MoveNotOpen, NotYours
from core.models.record import audit_log, events, letters, receipts
from tests.builders import (
    LEAD,
    OTHER,
    a_case,
    act,
    clerk,
    desk,
    dispatched,
    events_of,
    last_entry,
    leg_of,
    refused,
    rows,
    signed,
    sizes,
    states,
)
from tests.builders import the_case as case_of

RECORD = (events, letters, receipts, audit_log)


def test_the_same_key_gets_the_same_answer_and_has_one_effect(core: Core) -> None:
    case = a_case(core)
    first, *again = (act(core, desk(core), case, "dispatch", key="dingtalk:m-1", lead=LEAD) for _ in range(3))
    assert again == [replace(first, repeated=True)] * 2
    assert events_of(core, case) == ["case.registered", "case.dispatched"]


def test_a_refusal_is_repeated_even_when_the_move_has_opened_since(core: Core) -> None:
    case = a_case(core)
    first = refused(MoveNotOpen, core, desk(core), case, "nudge", key="dingtalk:m-1")
    act(core, desk(core), case, "dispatch", lead=LEAD)
    before = sizes(core, *RECORD)
    assert str(refused(MoveNotOpen, core, desk(core), case, "nudge", key="dingtalk:m-1")) == str(first)
    assert sizes(core, *RECORD) == before, "a repeat is on record already"


@pytest.mark.parametrize("change", [{"lead": OTHER}, {"opinion": "加急"}, {"seen": 1}])
def test_one_key_with_two_bodies_is_refused_and_logged(core: Core, change: dict[str, Any]) -> None:
    case = a_case(core)
    act(core, desk(core), case, "dispatch", key="dingtalk:m-1", lead=LEAD)
    refused(DifferentBody, core, desk(core), case, "dispatch", key="dingtalk:m-1", **{"lead": LEAD, **change})
    assert (last_entry(core).result, last_entry(core).reason) == ("refused", "DifferentBody")
    assert len(events_of(core, case)) == 2


def test_somebody_elses_key_is_not_answered(core: Core) -> None:
    case = a_case(core)
    act(core, desk(core), case, "dispatch", key="dingtalk:m-1", lead=LEAD)
    refused(DifferentBody, core, desk(core, 1), case, "dispatch", key="dingtalk:m-1", lead=LEAD)


def test_a_repeat_from_another_process_is_answered_too(core: Core, second: Core) -> None:
    case = a_case(core)
    done = act(core, desk(core), case, "dispatch", key="dingtalk:m-1", lead=LEAD)
    assert act(second, desk(second), case, "dispatch", key="dingtalk:m-1", lead=LEAD) == replace(done, repeated=True)


def test_eight_deliveries_at_once_count_once(core: Core, second: Core) -> None:
    case, who = a_case(core), desk(core)
    cores = [core, second] * 4
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda one: act(one, who, case, "dispatch", key="dingtalk:m-1", lead=LEAD), cores))
    assert {done.event for done in told} == {told[0].event}
    assert [done.repeated for done in told].count(False) == 1
    assert events_of(core, case) == ["case.registered", "case.dispatched"]


def test_those_who_wait_share_a_commit_and_a_bad_one_spoils_nothing(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [dispatched(core) for _ in range(8)]

    def breaks(*_: object) -> None:
        raise RuntimeError("an effect at fault")

    monkeypatch.setitem(EFFECTS, "count_nudge", breaks)
    commits, outcomes = [0], dict[int, str]()
    event.listen(core.engine, "commit", lambda _: commits.__setitem__(0, commits[0] + 1))
    who, boss = clerk(core), desk(core)

    def run(number: int) -> None:
        try:
            if number == 0:
                act(core, boss, cases[number], "nudge")
            else:
                act(core, who, cases[number], "sign" if number > 1 else "report", LEAD)
            outcomes[number] = "ok"
        except Exception as fault:
            outcomes[number] = type(fault).__name__

    with waiting_line(core, 8):
        threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join(60)
    assert outcomes == {0: "RuntimeError", 1: "MoveNotOpen"} | dict.fromkeys(range(2, 8), "ok")
    assert commits[0] == 1, "one commit for all eight"
    assert states(core, cases[0]) == ("dispatched", "to_sign")
    assert all(states(core, case) == ("handling", "handling") for case in cases[2:])
    assert core.verify_log().ok


@contextmanager
def waiting_line(core: Core, many: int) -> Iterator[None]:
    """Keeps the line for commits shut until `many` wait in it."""
    line = core._line
    with line._front:
        yield
        for _ in range(1000):
            if len(line._waiting) >= many:
                return
            time.sleep(0.01)


@pytest.mark.parametrize("place", ["core.execute.letters_of", "core.execute.keep_receipt", "core.commits.chain.append"])
def test_a_fault_anywhere_leaves_nothing_behind(core: Core, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    case = dispatched(core)
    before, state = sizes(core, *RECORD), (case_of(core, case), leg_of(core, case, LEAD))

    def breaks(*_: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(place, breaks)
        with pytest.raises(RuntimeError):
            act(core, clerk(core), case, "sign", LEAD, key="dingtalk:m-1")
    assert sizes(core, *RECORD) == before
    assert (case_of(core, case), leg_of(core, case, LEAD)) == state
    assert act(core, clerk(core), case, "sign", LEAD, key="dingtalk:m-1").repeated is False


def test_an_act_adds_its_events_a_letter_a_receipt_and_their_entries(core: Core) -> None:
    case = dispatched(core)
    before = sizes(core, *RECORD)
    act(core, clerk(core), case, "sign", LEAD)
    grown = [now - then for then, now in zip(before, sizes(core, *RECORD), strict=True)]
    assert grown == [2, 1, 1, 2], "events (signed, and the case began), letters, receipts, entries"
    assert core.verify_log().ok


@pytest.mark.parametrize("action", ["sign", "report"])
def test_no_log_no_action(core: Core, monkeypatch: pytest.MonkeyPatch, action: str) -> None:
    """Neither an act nor a refusal happens while the log cannot be written (security-reliability G4)."""
    case = dispatched(core)
    before = sizes(core, *RECORD)

    def full(*_: object) -> None:
        raise OperationalError("insert", {}, Exception("disk full"))

    with monkeypatch.context() as patched:
        patched.setattr("core.commits.chain.append", full)
        refused(Busy, core, clerk(core), case, action, LEAD, key="dingtalk:m-1", result="已办")
    assert sizes(core, *RECORD) == before
    assert states(core, case) == ("dispatched", "to_sign")


def test_every_refusal_is_in_the_log_with_its_kind_and_without_its_words(core: Core) -> None:
    case = dispatched(core)
    refused(NotYours, core, clerk(core, OTHER), case, "sign", LEAD, text="请勿外传")
    entry = last_entry(core)
    assert (entry.action, entry.object, entry.result, entry.reason) == ("sign", f"case:{case}", "refused", "NotYours")
    assert entry.actor_person == clerk(core, OTHER).person
    assert core.verify_log().ok


def test_every_event_is_signed_by_person_and_post(core: Core) -> None:
    case = signed(core)
    mine = clerk(core)
    row = rows(core, events, events.c.case_id == case, events.c.name == "signed")[0]
    assert (row.person_id, row.post_id, row.unit_id) == (mine.person, mine.post, mine.unit)
