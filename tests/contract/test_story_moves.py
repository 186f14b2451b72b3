"""Every move of both flows that a person can take, tapped on a card by somebody whose step it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import pytest

from cards.case_template import flows
from cards.flow_template import NOBODY
from core.queries.cases import ENDED
from tests.contract.story_rig import (
    CALLER,
    CITY,
    DESK,
    DRAINAGE,
    HEAD,
    HOUSING,
    LEADER,
    STREET,
    TRANSPORT,
    WATER,
    Answer,
    Stage,
)  # fmt: skip

pytestmark = pytest.mark.xdist_group("story-moves")


@dataclass(frozen=True, slots=True)
class Tap:
    """Who presses what, the event it makes, and the state the case or part is in right after."""

    user: str
    action: str
    event: str
    to: str
    form: Mapping[str, str] = field(default_factory=dict)
    moved: str = ""
    """The state the case has come to when everything that follows from the tap is done, where a story says so."""


def desk(action: str, event: str, to: str, moved: str = "", **form: str) -> Tap:
    return Tap(DESK, f"case_{action}", event, to, form, moved)


def call(event: str, to: str, connected: str = "connected", moved: str = "", **answers: str) -> Tap:
    told = {"contacted": "yes", "solved": "solved", "satisfied": "satisfied", **answers}
    form = {"connected": connected, **(told if connected == "connected" else {})}
    return Tap(CALLER, "case_record_call", event, to, form, moved)


def extension(days: str, basis: str) -> Tap:
    form = {"days": days, "reason": "需更换管道", "basis": basis}
    return Tap(WATER, "ask_extension", "extension_asked", "handling", form)


def returns(user: str, event: str = "return_asked", to: str = "returning", **text: str) -> Tap:
    form = {"reason": "not_our_duty", "basis": "区住建局三定方案", **text}
    return Tap(user, "return", event, to, form)


TO_WATER = desk("dispatch", "dispatched", "dispatched", lead="water")
WATER_SIGNS = Tap(WATER, "sign", "signed", "handling")
WATER_REPORTS = Tap(WATER, "report", "reported", "reported", {"result": "已抽排完毕，路面恢复通行", "solved": "solved"})
FLAG = {"flag_kind": "water", "flag_reason": "beyond_us", "meet_at": "3月10日 15:00"}
UNSATISFIED = {"solved": "not", "satisfied": "unsatisfied"}

STORIES: Mapping[str, tuple[Tap, ...]] = {
    "办结一件事": (
        desk("dispatch", "dispatched", "dispatched", lead="water", support="城管局", opinion="请尽快到场"),
        Tap(DESK, "case_reveal", "revealed", "dispatched", {"reason": "回电核实地点"}),
        Tap(WATER, "sign", "signed", "handling", moved="handling"),
        Tap(WATER, "contact", "contacted", "handling", {"note": "已电话联系，约下午到场"}),
        Tap(WATER, "snooze", "snoozed", "handling", {"wait": "hour"}),
        Tap(WATER, "progress", "progressed", "handling", {"note": "已到现场"}),
        Tap(CITY, "sign", "signed", "handling"),
        Tap(WATER, "pass_down", "passed_down", "delegated", {"lead": "drainage", "opinion": "请排水所疏通"}),
        Tap(DRAINAGE, "sign", "signed", "handling"),
        Tap(DRAINAGE, "report", "reported", "reported", {"result": "雨水井已清掏"}),
        Tap(WATER, "send_back", "sent_back", "handling", {"reason": "请补现场照片"}),
        Tap(DRAINAGE, "report", "reported", "reported", {"result": "雨水井已清掏，管道已疏通"}),
        Tap(WATER, "confirm", "settled", "settled", moved="handling"),
        Tap(CITY, "report", "reported", "reported", {"result": "占道围挡已拆除"}, moved="closing"),
        desk("send_back", "sent_back", "handling", reason="请写明积水原因"),
        Tap(WATER, "report", "reported", "reported", {"result": "管道堵塞，已疏通"}, moved="closing"),
        desk("confirm", "done", "follow_up", reply="已疏通管道，请放心出行"),
        call("call_missed", "follow_up", connected="no_answer"),
        call("closed", "closed", opinion="很满意"),
    ),
    "回访不满意": (
        TO_WATER, WATER_SIGNS, WATER_REPORTS, desk("confirm", "done", "follow_up"),
        call("redone", "handling", **UNSATISFIED),
        WATER_REPORTS, desk("confirm", "done", "follow_up"),
        call("redone_supervised", "handling", **UNSATISFIED),
        WATER_REPORTS, desk("confirm", "done", "follow_up"),
        desk("redo", "redone", "handling", reason="回访前群众再次来电"),
        WATER_REPORTS, desk("confirm", "done", "follow_up"),
        call("closed", "closed", satisfied="basically"),
    ),
    "三次未接通": (
        desk("close_directly", "closed_directly", "follow_up", reply="已电话解释政策"),
        call("reopened", "pending", **UNSATISFIED),
        desk("close_directly", "closed_directly", "follow_up", reply="已再次解释"),
        desk("redo", "reopened", "pending", reason="群众补充了地点"),
        desk("mark_invalid", "marked_invalid", "invalid", reason="duplicate"),
        desk("restore", "restored", "pending", reason="核实后并非重复"),
        desk("close_directly", "closed_directly", "follow_up", reply="已到现场解释"),
        call("call_missed", "follow_up", connected="no_answer"),
        call("call_missed", "follow_up", connected="refused"),
        call("closed_unreached", "closed", connected="wrong_number"),
    ),
    "退回被采纳": (
        TO_WATER, WATER_SIGNS, returns(WATER),
        Tap(DESK, "accept_return", "return_accepted", "released", {"opinion": "同意"}, moved="pending"),
        desk("dispatch", "dispatched", "dispatched", lead="housing"),
        returns(HOUSING, "return_disputed", "adjudicating", text="道路归交通局养护"),
        Tap(HEAD, "rule_out", "ruled_out", "released", {"basis": "区道路养护分工"}, moved="pending"),
    ),
    "退回未采纳": (
        TO_WATER, WATER_SIGNS, returns(WATER),
        Tap(DESK, "refuse_return", "return_refused", "handling", {"reason": "积水属排水职责"}),
        returns(WATER, "return_disputed", "adjudicating", text="新查明为自来水爆管"),
        Tap(HEAD, "rule_in", "ruled_in", "handling", {"basis": "区政府职责清单第 12 项"}),
    ),
    "撤回退回": (
        TO_WATER, returns(WATER),
        Tap(WATER, "withdraw_return", "return_withdrawn", "handling"),
    ),
    "延期和暂停": (
        TO_WATER, WATER_SIGNS,
        extension("3", "施工方案"),
        Tap(DESK, "refuse_extension", "extension_refused", "handling", {"reason": "请先临时抽排"}),
        extension("2", "订货单"),
        Tap(DESK, "grant_extension", "extension_granted", "handling"),
        Tap(WATER, "pause", "paused", "paused", {"reason": "bad_weather"}),
        Tap(WATER, "resume", "resumed", "handling"),
    ),
    "催督改派": (
        TO_WATER,
        desk("nudge", "nudged", "dispatched", opinion="群众又来电"),
        Tap(HEAD, "case_oversee", "overseen", "dispatched", {"opinion": "今天下班前到场"}),
        desk("add_unit", "unit_added", "dispatched", support="城管局"),
        desk("reassign", "reassigned", "dispatched", lead="housing", reason="小区内部道路"),
        Tap(HOUSING, "pass_on", "passed_on", "delegated", {"lead": "transport", "opinion": "属交通局养护"}),
        Tap(TRANSPORT, "sign", "signed", "handling"),
        Tap(LEADER, "case_nudge", "nudged", "handling", {"opinion": "请抓紧"}),
    ),
    "树旗": (
        TO_WATER, WATER_SIGNS,
        Tap(WATER, "raise_flag", "flag_raised", "handling", {**FLAG, "units": "城管局、住建局"}),
        desk("raise_flag", "flag_raised", "handling", **FLAG, units="交通局", place="滨海大道口"),
    ),
}  # fmt: skip
ADVICE: tuple[Tap, ...] = (desk("close_directly", "closed_directly", "closed", reply="需两证原件，到政务中心三楼办理"),)
MERGED: tuple[Tap, ...] = (
    desk("merge", "merged", "merged", opinion="同一处积水"),
    desk("unmerge", "unmerged", "pending", reason="一处在路口，一处在车库"),
)
OWN: Mapping[str, tuple[Tap, ...]] = {
    "自办": (Tap(STREET, "case_close_own", "closed", "closed", {"reply": "已当场劝离"}),),
    "转出": (Tap(STREET, "case_pass_on", "dispatched", "dispatched", {"lead": "water"}), WATER_SIGNS),
}


def told() -> Iterator[Tap]:
    for story in (*STORIES.values(), ADVICE, MERGED, *OWN.values()):
        yield from story


def test_no_move_of_a_person_is_missing_from_the_stories() -> None:
    """A card loses its buttons when the case ends (C8), so what only an ended case allows is done at the console."""
    in_tables = {
        (f"case_{move.action}" if flow.name == "case" else move.action, move.event, move.to)
        for flow in flows()
        for move in flow.moves
        if set(move.by) - NOBODY and set(move.sources) - set(ENDED)
    }
    same = {(action, event) for action, event, to in in_tables if to == "same"}
    tapped = {(tap.action, tap.event, "same" if (tap.action, tap.event) in same else tap.to) for tap in told()}
    assert in_tables - tapped == set()
    assert tapped - in_tables == set()


def play(stage: Stage, no: str, case: int, story: tuple[Tap, ...]) -> list[Answer]:
    """Every tap in turn: one event each, signed by who tapped; afterwards every phone shows the truth."""
    answers = []
    for tap in story:
        before = stage.facts(case)
        person = stage[tap.user]
        answers.append(person.tap(person.card(no), tap.action, tap.form))
        first = stage.facts(case)[len(before)]
        flow = "case" if tap.action.startswith("case_") else "case_leg"
        assert (first.name, first.to) == (f"{flow}.{tap.event}", tap.to), answers[-1].note
        assert first.person == stage.sandbox.phone(tap.user)["user"]["name"]
        if tap.moved:
            assert state(stage, case) == tap.moved
    assert stage.differing(no) == []
    return answers


def state(stage: Stage, case: int) -> str:
    return stage.core.case_view(stage.core.actor_for("dingtalk", DESK), case).state


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_lived_by_card(stage: Stage, name: str) -> None:
    done = stage.case(title=f"港口路积水 {name}")
    play(stage, done.no, done.case, STORIES[name])
    assert stage.warnings() == []


def test_advice_closed_at_the_desk_needs_no_call(stage: Stage) -> None:
    done = stage.case("老旧小区加装电梯怎么申请", type="ask")
    play(stage, done.no, done.case, ADVICE)


def test_a_repeat_is_merged_by_card_and_taken_out_again(stage: Stage) -> None:
    leading, repeat = stage.case(), stage.case(title="港口路下雨被淹")
    merge, unmerge = MERGED
    named = replace(merge, form={**merge.form, "leading": leading.no[-6:]})
    play(stage, repeat.no, repeat.case, (named, unmerge))


@pytest.mark.parametrize("name", OWN)
def test_a_unit_handles_or_passes_on_what_it_registered_itself(stage: Stage, name: str) -> None:
    done = stage.own_case(STREET)
    play(stage, done.no, done.case, OWN[name])


def test_an_ended_card_has_no_buttons_on_any_phone(stage: Stage) -> None:
    done = stage.case()
    story = (TO_WATER, WATER_SIGNS, WATER_REPORTS, desk("confirm", "done", "follow_up"), call("closed", "closed"))
    play(stage, done.no, done.case, story)
    for user in (DESK, WATER, CALLER):
        for track in stage[user].tracks(done.no):
            assert stage[user].buttons(track) == set()
            assert stage[user].face(track)["whose_move"] == "已结束，不用再操作"
