"""The one door: keys, races, one commit for everything, and every foreseeable no."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Table, event, func, select, update
from sqlalchemy.exc import OperationalError

from core import Actor, Command, Core, Refusal
from core.effects import EFFECTS
from core.errors import (
    Ambiguous,
    BadField,
    Busy,
    DifferentBody,
    FieldMissing,
    Malformed,
    MoveNotOpen,
    NoPost,
    NotKnownHere,
    NotYours,
    Stale,
    TooLong,
    Unknown,
    UnknownUnit,
    WrongPost,
)
from core.models.people import people, posts
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
    fresh_key,
    head,
    leg_of,
    person,
    refused,
    rows,
    signed,
    someone,
    states,
)
from tests.builders import the_case as case_of
from tests.clock import StillClock
from tests.town import a_core

RECORD = (events, letters, receipts, audit_log)


def sizes(core: Core, *tables: Table) -> tuple[int, ...]:
    with core.engine.connect() as tx:
        return tuple(tx.execute(select(func.count()).select_from(table)).scalar_one() for table in tables or RECORD)


def last_entry(core: Core) -> Any:
    return rows(core, audit_log)[-1]


@pytest.fixture
def second(core: Core, clock: StillClock) -> Iterator[Core]:
    """The same product in another process: its own queue for commits and its own connections."""
    other = a_core(core.engine.url.render_as_string(hide_password=False), clock)
    yield other
    other.engine.dispose()


# --- keys -----------------------------------------------------------------------------------------------------------


def test_the_same_key_gets_the_same_answer_and_has_one_effect(core: Core) -> None:
    case = a_case(core)
    first, *again = (act(core, desk(core), case, "dispatch", key="dingtalk:m-1", lead=LEAD) for _ in range(3))
    assert again == [replace(first, repeated=True)] * 2
    assert events_of(core, case) == ["case.registered", "case.dispatched"]


def test_a_refusal_is_repeated_even_when_the_move_has_opened_since(core: Core) -> None:
    case = a_case(core)
    first = refused(MoveNotOpen, core, desk(core), case, "nudge", key="dingtalk:m-1")
    act(core, desk(core), case, "dispatch", lead=LEAD)
    before = sizes(core)
    assert str(refused(MoveNotOpen, core, desk(core), case, "nudge", key="dingtalk:m-1")) == str(first)
    assert sizes(core) == before, "a repeat is on record already"


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


# --- stale faces and races --------------------------------------------------------------------------------------------


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


# --- one commit -----------------------------------------------------------------------------------------------------


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
    before, state = sizes(core), (case_of(core, case), leg_of(core, case, LEAD))

    def breaks(*_: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr(place, breaks)
        with pytest.raises(RuntimeError):
            act(core, clerk(core), case, "sign", LEAD, key="dingtalk:m-1")
    assert sizes(core) == before
    assert (case_of(core, case), leg_of(core, case, LEAD)) == state
    assert act(core, clerk(core), case, "sign", LEAD, key="dingtalk:m-1").repeated is False


def test_an_act_adds_its_events_a_letter_a_receipt_and_their_entries(core: Core) -> None:
    case = dispatched(core)
    before = sizes(core)
    act(core, clerk(core), case, "sign", LEAD)
    grown = [now - then for then, now in zip(before, sizes(core), strict=True)]
    assert grown == [2, 1, 1, 2], "events (signed, and the case began), letters, receipts, entries"
    assert core.verify_log().ok


@pytest.mark.parametrize("action", ["sign", "report"])
def test_no_log_no_action(core: Core, monkeypatch: pytest.MonkeyPatch, action: str) -> None:
    """Neither an act nor a refusal happens while the log cannot be written (security-reliability G4)."""
    case = dispatched(core)
    before = sizes(core)

    def full(*_: object) -> None:
        raise OperationalError("insert", {}, Exception("disk full"))

    with monkeypatch.context() as patched:
        patched.setattr("core.commits.chain.append", full)
        refused(Busy, core, clerk(core), case, action, LEAD, key="dingtalk:m-1", result="已办")
    assert sizes(core) == before
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


# --- who and what is not known --------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, -1, 999_999, 2**63, 10**40])
def test_a_case_that_is_not_there_is_unknown(core: Core, number: int) -> None:
    refused(Unknown, core, desk(core), number, "dispatch", lead=LEAD)


def test_a_leg_of_another_case_is_unknown(core: Core) -> None:
    mine, other = dispatched(core), dispatched(core)
    refused(Unknown, core, clerk(core), mine, "sign", leg_of(core, other, LEAD)["id"])


@pytest.mark.parametrize("words", ["火星局", "局长", "%", "_", "' OR 1=1 --"])
def test_a_unit_nobody_knows_is_named_in_the_refusal(core: Core, words: str) -> None:
    refusal = refused(UnknownUnit, core, desk(core), a_case(core), "dispatch", other_unit=words)
    assert words[:20] in str(refusal)


def test_an_ambiguous_unit_offers_its_readings(core: Core) -> None:
    refusal = refused(Ambiguous, core, desk(core), a_case(core), "dispatch", other_unit="街道")
    assert "秀英街道" in str(refusal)
    assert "海秀街道" in str(refusal)


def test_the_wrong_post_is_told_which_one_is_right(core: Core) -> None:
    """R102: somebody with two posts acts from the one that does not hold the case."""
    case = dispatched(core, "sanitation_company")
    who = someone(core, "xy083")
    assert who.unit_name == "环卫所"
    refusal = refused(WrongPost, core, who, case, "sign", "sanitation_company")
    assert "环卫公司" in str(refusal)
    assert "岗位" in str(refusal)


def test_a_disabled_person_is_refused_at_once(core: Core) -> None:
    with core.engine.begin() as tx:
        tx.execute(update(people).where(people.c.code == "p021").values(active=False))
    with pytest.raises(NotKnownHere):
        someone(core, "xy021")


def test_a_person_whose_posts_ended_is_refused_at_once(core: Core) -> None:
    who = someone(core, "xy021")
    with core.engine.begin() as tx:
        tx.execute(update(posts).where(posts.c.person_id == who.person).values(active=False))
    with pytest.raises(NoPost):
        someone(core, "xy021")


# --- what nobody should send ------------------------------------------------------------------------------------------


def test_ten_megabytes_of_text_are_refused_in_one_sentence(core: Core) -> None:
    case = signed(core)
    refusal = refused(TooLong, core, clerk(core), case, "report", LEAD, result="长" * 10_000_000)
    assert str(refusal) == "「办理结果」太长了，请控制在2000字以内。"
    assert states(core, case) == ("handling", "handling")


@pytest.mark.parametrize("field", ["lead", "other_unit", "support"])
def test_ten_megabytes_of_units_are_not_looked_up(core: Core, field: str) -> None:
    refused(TooLong, core, desk(core), a_case(core), "dispatch", **{"lead": LEAD, field: "城管局、" * 2_500_000})


@pytest.mark.parametrize("mark", ["\0", "\ud83d", "\x1b[2J"])
@pytest.mark.parametrize("field", ["lead", "other_unit", "support", "opinion"])
def test_text_that_cannot_be_stored_is_refused_and_changes_nothing(core: Core, field: str, mark: str) -> None:
    case = a_case(core)
    refused(BadField, core, desk(core), case, "dispatch", **{"lead": LEAD, field: f"城管{mark}局"})
    assert states(core, case) == ("pending",)
    assert last_entry(core).reason == "BadField"


def test_fields_nobody_asked_for_are_neither_read_nor_kept(core: Core) -> None:
    case = dispatched(core)
    act(core, clerk(core), case, "sign", LEAD, gift="\0\ud800", lead="火星局")
    assert rows(core, events, events.c.name == "signed")[0].facts == {}


@pytest.mark.parametrize("key", ["x" * 10_000, "web:\0", "web:\ud800", "web:\n"])
def test_a_key_that_cannot_be_kept_is_refused_and_logged(core: Core, key: str) -> None:
    case = dispatched(core)
    with pytest.raises(Malformed):
        core.execute(Command(key, case, "sign", clerk(core), {}, leg_of(core, case, LEAD)["id"]))
    assert states(core, case) == ("dispatched", "to_sign")
    assert last_entry(core).reason == "Malformed"


@pytest.mark.parametrize("action", ["dance", "签收\0\ud800", "x" * 10_000])
def test_an_action_nobody_knows_is_refused_in_one_sentence(core: Core, action: str) -> None:
    refusal = refused(MoveNotOpen, core, desk(core), a_case(core), action)
    assert len(str(refusal)) < 60


def test_a_required_field_is_asked_for_by_its_name(core: Core) -> None:
    case = dispatched(core)
    refusal = refused(FieldMissing, core, head(core), case, "oversee", key=fresh_key())
    assert str(refusal) == "请填写「督办意见」后再督办。"
