"""A next step told done on the unit's card, with a photo sent before it: what sponsor and other units hold then."""

from __future__ import annotations

import pytest

from tests.contract.story_rig import CITY, HOUSING, WATER, Stage
from tests.contract.test_draft_photos import send, shot
from tests.contract.test_story_joint import CITY_HEAD, WATER_HEAD, card, do, happened, rows, worked

pytestmark = pytest.mark.xdist_group("story-joint")


def over(stage: Stage) -> str:
    """Closed, rated by everybody, completed."""
    no = worked(stage)
    do(stage, CITY, no, "order_close")
    do(stage, CITY_HEAD, no, "order_approve_close")
    for user in (WATER, HOUSING):
        do(stage, user, no, "rate_sponsor", pleased="pleased")
        do(stage, CITY, no, "rate_unit", pleased="pleased")
    return no


@pytest.mark.requirement("R132")
def test_a_unit_tells_its_next_step_done_on_the_card_and_the_sponsor_reads_it(stage: Stage) -> None:
    no = over(stage)
    water = stage[WATER]
    face = water.face(card(water, no))
    assert (face["state"], face["whose_move"]) == ("已完成", "已结束；写下的下一步做到后，请点「报下一步已做到」")
    assert "keep_promise" in water.buttons(card(water, no))
    assert "keep_promise" not in stage[CITY].buttons(card(stage[CITY], no))
    tail = no[-6:]
    stage.clock.advance(minutes=1)
    assert send(water, shot(), f"反馈 {tail}") == f"尾号 {tail} 的反馈已附图片 1 张，报下一步已做到时一并提交"
    stage.clock.advance(minutes=1)
    assert do(stage, WATER, no, "keep_promise", note=" ").startswith("请填写")
    before = len(stage[CITY].lines())
    assert do(stage, WATER, no, "keep_promise", note="3月12日已换管") == "「报下一步已做到」已办好"
    stage.settle()
    for user in (WATER, WATER_HEAD):
        assert "keep_promise" not in stage[user].buttons(card(stage[user], no))
        assert stage[user].face(card(stage[user], no))["whose_move"] == "已结束，不用再操作"
    told = rows(water.face(card(water, no)), "details")
    assert told["已做到"].endswith("3月12日已换管，图片 1 张")
    assert rows(stage[CITY].face(card(stage[CITY], no)), "units")["水务局"] == "已反馈 · 下一步已做到"
    assert rows(stage[HOUSING].face(card(stage[HOUSING], no)), "units")["水务局"] == "已反馈"
    assert stage[CITY].lines()[before:] == [f"【下一步已做到】{tail} 港口路围墙倒塌：水务局3月12日已换管"]
    assert happened(stage, no).count("promise_kept") == 1
    assert "keep_promise" in stage[HOUSING].buttons(card(stage[HOUSING], no)), "the other unit's is its own"
    assert stage.differing(no) == []
