"""The call-back (domain-rules §9): three questions, first and final answers apart, three missed calls, second round."""

from typing import Any

import pytest
from sqlalchemy import Row

from core import Core
from core.errors import BadField, CallUnanswered, NotYours
from core.models.cases import call_backs
from tests.builders import (
    ANSWERED,
    LEAD,
    MISSED,
    UNSATISFIED,
    a_case,
    act,
    caller,
    clerk,
    confirmed,
    desk,
    leg_of,
    refused,
    rows,
    states,
)
from tests.builders import the_case as case_of
from tests.clock import StillClock
from tests.core.moments import local


def calls(core: Core, case: int) -> list[Row[tuple[object, ...]]]:
    return rows(core, call_backs, call_backs.c.case_id == case)


def again_done(core: Core, case: int) -> None:
    act(core, clerk(core), case, "report", LEAD, result="已返工")
    act(core, desk(core), case, "confirm")


def test_a_case_waiting_for_its_call_counts_as_done_and_says_so(core: Core) -> None:
    case = confirmed(core)
    assert states(core, case) == ("follow_up", "settled")
    assert core.work(desk(core), "done").total == 1
    view = core.case_view(desk(core), case)
    assert "待回访" in (view.state_title, *view.marks)


@pytest.mark.parametrize("answer", ["satisfied", "basically"])
def test_three_answers_close_the_case(core: Core, answer: str) -> None:
    case = confirmed(core)
    act(core, caller(core), case, "record_call", **{**ANSWERED, "satisfied": answer})
    assert case_of(core, case)["state"] == "closed"
    assert case_of(core, case)["outcome"] == answer
    assert [(row.connected, row.contacted, row.solved, row.satisfied) for row in calls(core, case)] == [
        (True, "yes", "solved", answer)
    ]


@pytest.mark.parametrize("missing", ["contacted", "solved", "satisfied"])
def test_a_connected_call_asks_all_three_questions(core: Core, missing: str) -> None:
    case = confirmed(core)
    refused(CallUnanswered, core, caller(core), case, "record_call", **{**ANSWERED, missing: ""})
    assert calls(core, case) == []


def test_an_answer_nobody_offers_is_refused(core: Core) -> None:
    case = confirmed(core)
    refused(BadField, core, caller(core), case, "record_call", **{**ANSWERED, "satisfied": "ecstatic"})


def test_a_unit_does_not_call_about_its_own_work(core: Core) -> None:
    case = confirmed(core)
    refused(NotYours, core, clerk(core), case, "record_call", **ANSWERED)


def test_an_unsatisfied_caller_sends_the_case_back_under_the_redo_limit(core: Core) -> None:
    case = confirmed(core)
    act(core, caller(core), case, "record_call", **UNSATISFIED)
    leg = leg_of(core, case, LEAD)
    assert states(core, case) == ("handling", "handling")
    assert (case_of(core, case)["redos"], case_of(core, case)["supervised"]) == (1, False)
    assert (leg["rule"], local(leg["due_at"])) == ("redo", "2026-03-12 17:30:00")


@pytest.mark.parametrize("answers", [{"satisfied": "unsatisfied", "solved": "solved"}, {"solved": "not"}])
def test_unsolved_or_unsatisfied_is_not_closed(core: Core, answers: dict[str, Any]) -> None:
    case = confirmed(core)
    act(core, caller(core), case, "record_call", **{**ANSWERED, **answers})
    assert case_of(core, case)["state"] == "handling"


def test_the_second_unsatisfied_answer_brings_supervision(core: Core) -> None:
    case = confirmed(core)
    act(core, caller(core), case, "record_call", **UNSATISFIED)
    again_done(core, case)
    done = act(core, caller(core), case, "record_call", **UNSATISFIED)
    assert done.name == "case.redone_supervised"
    assert (case_of(core, case)["redos"], case_of(core, case)["supervised"]) == (2, True)
    assert leg_of(core, case, LEAD)["rule"] == "supervised"


def test_first_and_final_answers_stay_apart(core: Core) -> None:
    case = confirmed(core)
    act(core, caller(core), case, "record_call", **UNSATISFIED)
    again_done(core, case)
    act(core, caller(core), case, "record_call", **ANSWERED)
    assert [(row.round, row.satisfied) for row in calls(core, case)] == [(1, "unsatisfied"), (2, "satisfied")]
    told = core.case_view(desk(core), case).calls
    assert "首次回访" in told[0]
    assert "重办后回访" in told[1]


def test_three_missed_calls_in_three_working_days_close_it_as_unreached(core: Core, clock: StillClock) -> None:
    case = confirmed(core)
    for moment in ("2026-03-09 10:00", "2026-03-10 10:00"):
        clock.set(moment)
        assert act(core, caller(core), case, "record_call", **MISSED).name == "case.call_missed"
    clock.set("2026-03-12 17:30")
    assert act(core, caller(core), case, "record_call", connected="refused").name == "case.closed_unreached"
    assert (case_of(core, case)["state"], case_of(core, case)["outcome"]) == ("closed", "unreached")
    assert "未接通" in core.case_view(desk(core), case).marks


def test_a_call_missed_longer_ago_does_not_count(core: Core, clock: StillClock) -> None:
    case = confirmed(core)
    for moment in ("2026-03-09 10:00", "2026-03-12 10:00", "2026-03-12 17:31", "2026-03-13 10:00"):
        clock.set(moment)
        done = act(core, caller(core), case, "record_call", **MISSED)
    assert [row.connected for row in calls(core, case)] == [False] * 4
    assert done.name == "case.closed_unreached", "the last three lie within three working days"
    assert case_of(core, case)["state"] == "closed"


def test_the_third_call_outside_the_window_leaves_it_open(core: Core, clock: StillClock) -> None:
    case = confirmed(core)
    for moment in ("2026-03-09 10:00", "2026-03-10 10:00", "2026-03-12 17:31"):
        clock.set(moment)
        assert act(core, caller(core), case, "record_call", **MISSED).name == "case.call_missed"
    assert case_of(core, case)["state"] == "follow_up"


def test_a_missed_call_keeps_no_answers(core: Core) -> None:
    case = confirmed(core)
    act(core, caller(core), case, "record_call", **{**ANSWERED, **MISSED})
    assert [(row.connected, row.satisfied) for row in calls(core, case)] == [(False, None)]


def test_an_unsatisfied_answer_to_the_desks_own_reply_is_dispatched(core: Core) -> None:
    """The desk closed it directly, so no unit's work can be redone."""
    case = a_case(core)
    act(core, desk(core), case, "close_directly", reply="请拨打供水热线")
    act(core, caller(core), case, "record_call", **UNSATISFIED)
    assert states(core, case) == ("pending",)
    assert case_of(core, case)["redos"] == 1
