"""One matter, several callers: merged into one handling, everybody answered and called back, and it can be undone."""

from typing import Any

import pytest

from core import Core
from core.errors import (
    Ambiguous,
    FieldMissing,
    LeadingMerged,
    LeadingOver,
    LeadsOthers,
    MergeItself,
    NotYours,
    UnitsAtWork,
    Unknown,
)
from core.models.likeness import merges
from core.models.record import letters
from tests.builders import (
    ANSWERED,
    LEAD,
    a_case,
    act,
    caller,
    clerk,
    closed,
    confirmed,
    desk,
    dispatched,
    events_of,
    refused,
    reported,
    rows,
    signed,
    sizes,
    states,
    the_case,
)
from tests.clock import StillClock


def tail(core: Core, case: int) -> str:
    return str(the_case(core, case)["no"])[-6:]


def merged(core: Core, leading: int, **fields: Any) -> int:
    """Another call about the same, merged into `leading`."""
    case = a_case(core, **fields)
    act(core, desk(core), case, "merge", leading=tail(core, leading))
    return case


def test_a_repeat_joins_the_case_at_work_and_is_no_open_work_any_more(core: Core) -> None:
    leading = signed(core)
    case = a_case(core, title="港口路下雨被淹")
    before = core.work(desk(core), "todo").total
    done = act(core, desk(core), case, "merge", leading=tail(core, leading))
    assert done.sentence == f"已并入尾号 {tail(core, leading)}，随它一起办理"
    assert the_case(core, case)["state"] == "merged"
    assert core.work(desk(core), "todo").total == before - 1
    view, other = core.case_view(desk(core), case), core.case_view(desk(core), leading)
    assert view.whose_move == f"随主件尾号 {tail(core, leading)} 一并办理"
    assert [one.title for one in other.merged] == ["港口路下雨被淹"]
    assert "并入 1 件" in other.marks
    assert [move.action for move in view.moves if move.face == "main"] == ["unmerge"]


def test_the_unit_at_work_hears_that_another_caller_told_the_same_but_not_who(core: Core) -> None:
    leading = signed(core)
    merged(core, leading)
    assert events_of(core, leading)[-1] == "case.took_in"
    told = [row for row in rows(core, letters, letters.c.case_id == leading) if row.kind == "say"]
    assert told
    assert clerk(core).person in told[-1].body["people"]
    view = core.case_view(clerk(core), leading)
    assert "并入 1 件" in view.marks
    assert view.merged == ()


def test_units_that_had_not_signed_are_let_go(core: Core) -> None:
    leading, case = signed(core), dispatched(core)
    act(core, desk(core), case, "merge", leading=the_case(core, leading)["no"])
    assert states(core, case) == ("merged", "released")


def test_every_caller_gets_the_reply_and_a_call_of_their_own(core: Core) -> None:
    leading = reported(core)
    first = merged(core, leading, outside_no="HL-1", caller_phone="19900001111")
    second = merged(core, leading, caller_phone="19900002222")
    act(core, desk(core), leading, "confirm", reply="已抽排，雨水口已清掏")
    for case in (first, second):
        assert states(core, case) == ("follow_up",)
        assert the_case(core, case)["reply"] == "已抽排，雨水口已清掏"
        assert the_case(core, case)["finished_at"] is not None
    results = [row.body for row in rows(core, letters, letters.c.kind == "result")]
    assert [(body["outside_no"], body["event"], body["reply"]) for body in results] == [
        ("HL-1", "case.followed", "已抽排，雨水口已清掏")
    ]
    act(core, caller(core), first, "record_call", **ANSWERED)
    assert [the_case(core, case)["state"] for case in (leading, first, second)] == ["follow_up", "closed", "follow_up"]
    assert core.case_view(caller(core), first).phone == "199****1111"
    assert core.verify_log().ok


def test_a_caller_who_is_not_content_starts_anew_without_the_others(core: Core) -> None:
    leading = reported(core)
    case = merged(core, leading)
    act(core, desk(core), leading, "confirm")
    unhappy = {**ANSWERED, "solved": "not", "satisfied": "unsatisfied"}
    act(core, caller(core), case, "record_call", **unhappy)
    assert (the_case(core, case)["state"], the_case(core, leading)["state"]) == ("pending", "follow_up")


def test_closing_the_leading_case_at_the_desk_ends_what_was_merged_too(core: Core) -> None:
    leading = dispatched(core)
    case = merged(core, leading)
    act(core, desk(core), leading, "close_directly", reply="已电话答复")
    assert the_case(core, case)["state"] == "follow_up"
    assert the_case(core, case)["reply"] == "已电话答复"


def test_a_merge_is_undone_with_its_reason(core: Core) -> None:
    leading = signed(core)
    case = merged(core, leading)
    refused(FieldMissing, core, desk(core), case, "unmerge")
    act(core, desk(core), case, "unmerge", reason="一个在路口，一个在地下车库")
    assert states(core, case) == ("pending",)
    assert sizes(core, merges) == (0,)
    assert events_of(core, leading)[-1] == "case.let_out"
    assert core.case_view(desk(core), leading).merged == ()
    act(core, desk(core), case, "dispatch", lead=LEAD)
    act(core, desk(core), leading, "close_directly", reply="已答复")
    assert the_case(core, case)["state"] == "dispatched"


def test_a_leading_case_that_turns_out_invalid_gives_its_merged_ones_back(core: Core) -> None:
    leading = a_case(core)
    case = merged(core, leading)
    act(core, desk(core), leading, "mark_invalid", reason="duplicate")
    assert (the_case(core, leading)["state"], the_case(core, case)["state"]) == ("invalid", "pending")
    assert events_of(core, case)[-1] == "case.lost_leading"


def test_each_merge_that_makes_no_sense_is_refused_with_one_sentence(core: Core, clock: StillClock) -> None:
    leading = signed(core)
    case = merged(core, leading)
    free, over, done = a_case(core), closed(core), confirmed(core)
    at_work = signed(core)
    for kind, who, about, into in (
        (MergeItself, desk(core), free, tail(core, free)),
        (LeadingMerged, desk(core), free, tail(core, case)),
        (LeadingOver, desk(core), free, tail(core, over)),
        (LeadingOver, desk(core), free, tail(core, done)),
        (LeadsOthers, desk(core), leading, tail(core, free)),
        (UnitsAtWork, desk(core), at_work, tail(core, leading)),
        (Unknown, desk(core), free, "999999"),
        (Unknown, desk(core), free, "港口路那件"),
        (FieldMissing, desk(core), free, " "),
        (NotYours, clerk(core), leading, tail(core, free)),
        (NotYours, caller(core), free, tail(core, leading)),
    ):
        before = sizes(core, merges)
        no = refused(kind, core, who, about, "merge", leading=into)
        assert len(str(no)) <= 48
        assert sizes(core, merges) == before
    assert core.verify_log().ok


def test_a_tail_that_two_open_cases_share_names_both(core: Core) -> None:
    first, second = a_case(core), a_case(core)
    numbers = [str(the_case(core, case)["no"]) for case in (first, second)]
    shared = numbers[0][-4:]
    if numbers[1][-4:] == shared:
        no = refused(Ambiguous, core, desk(core), a_case(core), "merge", leading=shared)
        assert all(number in str(no) for number in numbers)
    else:
        act(core, desk(core), second, "merge", leading=f"尾号 {shared}")
        assert the_case(core, second)["state"] == "merged"


@pytest.mark.parametrize("words", ["并入 {}", "尾号{}", " {} "])
def test_the_leading_case_may_be_named_as_people_write_it(core: Core, words: str) -> None:
    leading, case = a_case(core), a_case(core)
    act(core, desk(core), case, "merge", leading=words.format(tail(core, leading)))
    assert the_case(core, case)["state"] == "merged"


def test_text_from_outside_still_reaches_a_merged_case(core: Core) -> None:
    leading = signed(core)
    case = merged(core, leading, outside_no="HL-7")
    a_case(core, outside_no="HL-7", revision=2, content="水更深了")
    assert the_case(core, case)["content"] == "水更深了"
    assert the_case(core, case)["state"] == "merged"
