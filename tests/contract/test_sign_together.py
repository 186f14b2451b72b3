"""Several cases signed at once by chat: one command and one receipt a case, and a line that says what became of it."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from bots.dingtalk.signing import SignDesk
from core.models.record import events, receipts
from core.signing import Signing
from tests.contract.story_rig import CITY, DESK, HOUSING, TRANSPORT, WATER, Stage

pytestmark = pytest.mark.xdist_group("story-sign")


def kept(stage: Stage) -> int:
    """Receipts of signatures so far."""
    with stage.core.engine.connect().execution_options(readonly=True) as tx:
        query = select(func.count()).select_from(receipts.join(events, events.c.id == receipts.c.event_id))
        return int(tx.execute(query.where(events.c.name == "signed")).scalar_one())


def signed(stage: Stage, case: int) -> list[str]:
    return [f"{one.post} {one.name}" for one in stage.facts(case) if one.name == "case_leg.signed"]


def test_the_cases_of_a_message_are_signed_each_by_itself(stage: Stage) -> None:
    cases = [stage.sent_to("water", title=f"港口路{word}积水") for word in ("北段", "南段")]
    foreign = stage.sent_to("housing", title="工地扬尘")
    before = kept(stage)
    text = stage[WATER].say(f"签收 {cases[0].no[-6:]} {cases[1].no[-6:]}、{foreign.no}，999999", copies=3)
    head, *lines = text.split("\n\n")
    assert head == "已签收 2 件，2 件没有签收"
    assert [line[0] for line in lines] == ["✓", "✓", "✕", "✕"]
    assert "北段" in lines[0]
    assert "没有找到" in lines[2]
    assert "工地扬尘" not in text, "a case of others reads like one that is not there"
    assert [len(signed(stage, one.case)) for one in (*cases, foreign)] == [1, 1, 0]
    assert kept(stage) == before + 2
    again = stage[WATER].say(f"签收 {cases[0].no[-6:]} {cases[1].no[-6:]}")
    assert again.startswith("2 件都没有签收")
    assert stage.warnings() == []


def test_everything_that_waits_is_signed_by_one_word(stage: Stage) -> None:
    cases = [stage.sent_to("transport", title=f"公交站{number}号牌损坏") for number in range(3)]
    clerk = stage[TRANSPORT]
    assert clerk.say("全部签收").startswith("已签收 3 件\n\n✓ 尾号 ")
    assert [len(signed(stage, one.case)) for one in cases] == [1, 1, 1]
    assert clerk.say("全部签收") == "没有待签收的件"
    assert stage[DESK].say("全部签收") == "没有待签收的件", "the desk signs nothing"


def test_the_list_card_signs_what_waits_and_shows_what_is_left(stage: Stage) -> None:
    clerk = stage[HOUSING]
    clerk.say("全部签收")
    one = stage.sent_to("housing", title="楼道灯不亮")
    assert clerk.say("待办") == ""
    assert clerk.buttons(clerk.tracks("work:")[-1]) == set(), "one case has its own button"
    other = stage.sent_to("housing", title="小区围墙开裂")
    assert clerk.say("待办") == ""
    track = clerk.tracks("work:")[-1]
    answer = clerk.tap(track, "sign_all", copies=2)
    assert answer.note == "已签收 2 件"
    assert set(answer.notes) == {"已签收 2 件"}
    assert [len(signed(stage, case.case)) for case in (one, other)] == [1, 1]
    assert clerk.buttons(track) == set()
    assert any(line.startswith("已签收 2 件\n\n✓") for line in clerk.lines(8))


def test_a_copy_that_comes_halfway_answers_for_the_whole_of_its_click(stage: Stage) -> None:
    stage[HOUSING].say("全部签收")
    cases = [stage.sent_to("housing", title=f"{word}栋墙面渗水").case for word in ("三", "四")]
    actor, desk = stage.core.actor_for("dingtalk", HOUSING), SignDesk(stage.core)
    Signing(stage.core).sign("dingtalk:halfway", actor, cases[0], "chat")
    told = [desk.everything("dingtalk:halfway", actor) for _ in range(2)]
    assert [text.partition("\n")[0] for text in told] == ["已签收 2 件"] * 2
    assert [len(signed(stage, case)) for case in cases] == [1, 1]
    assert desk.everything("dingtalk:another", actor) == "没有待签收的件"


def test_too_many_at_once_are_refused_and_nothing_is_signed(stage: Stage) -> None:
    case = stage.sent_to("city_management", title="占道摆摊")
    numbers = " ".join([case.no[-6:], *(f"{number:06}" for number in range(900001, 900021))])
    assert stage[CITY].say(f"签收 {numbers}") == "一次签收最多20件，请先去掉几件"
    assert signed(stage, case.case) == []
