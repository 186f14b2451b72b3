"""Showing up on cards, at its own terminal: the links to the phones' pages, the sketch of who is where, photos."""

from __future__ import annotations

import pytest

from tests.contract.story_rig import CITY, HOUSING, WATER, Stage
from tests.contract.test_draft_photos import send, shot
from tests.contract.test_story_joint import card, coming, do, raised, rows
from tests.core.test_on_site import BESIDE, FAR, MEETING

pytestmark = pytest.mark.xdist_group("story-on-site")


def order_of(stage: Stage, no: str) -> int:
    return stage.core.joints.numbered(no)


def scan(stage: Stage, user: str, no: str, spot: str = "") -> str:
    """What this person's phone sends after it has scanned the sponsor's."""
    core, order = stage.core, order_of(stage, no)
    code = core.on_site.shown(core.actor_for("dingtalk", CITY), order)[0].text
    form = {"shown_code": code, **({"spot": spot} if spot else {})}
    done = core.on_site.act(f"web:{user}:{no}", core.actor_for("dingtalk", user), order, "scan_in", form)
    stage.settle()
    return done.sentence


@pytest.mark.requirement("R129")
def test_the_cards_lead_to_the_code_and_to_the_check_in_only_while_there_is_one(stage: Stage) -> None:
    no = raised(stage)
    before = stage[CITY].face(card(stage[CITY], no))
    assert (before["has_show"], before["show_link"], before["has_here"]) == ("false", "", "false")
    for user in (WATER, HOUSING):
        do(stage, user, no, "accept")
    do(stage, CITY, no, "order_start_check_in")
    base = stage.core.settings.web.public_address
    sponsor, water = (stage[user].face(card(stage[user], no)) for user in (CITY, WATER))
    assert (sponsor["show_link"], sponsor["has_here"]) == (f"{base}/joint/{no}/show", "false")
    assert (water["here_link"], water["has_show"]) == (f"{base}/here/?no={no}", "false")
    assert scan(stage, WATER, no) == "「扫码签到」已办好，现在是「已签到」"
    assert stage[WATER].face(card(stage[WATER], no))["has_here"] == "false"
    assert stage.differing(no) == []


@pytest.mark.requirement("R129")
def test_the_sponsors_card_shows_who_is_where_and_nobody_elses_does(stage: Stage) -> None:
    no = coming(stage)
    core, order = stage.core, order_of(stage, no)
    scan(stage, WATER, no, BESIDE)
    assert stage[CITY].face(card(stage[CITY], no))["has_where"] == "false"  # the meeting has no point yet
    stage.core.on_site.set_point(f"web:point:{no}", core.actor_for("dingtalk", CITY), order, MEETING)
    stage.settle()
    first = stage[CITY].face(card(stage[CITY], no))
    assert first["has_where"] == "true"
    scan(stage, HOUSING, no, FAR)
    face = stage[CITY].face(card(stage[CITY], no))
    assert face["where"] != first["where"]
    drawn = stage.sandbox.http.get(f"/sandbox/media/{face['where']}")
    assert drawn.content.startswith(b"\x89PNG")
    assert rows(face, "units") == {"水务局": "已签到 · 扫码 22 米", "住建局": "已签到 · 扫码 1.9 公里"}
    for user in (WATER, HOUSING):
        assert stage[user].face(card(stage[user], no))["where"] == ""
    assert stage.differing(no) == []
    told = [leg.check_in for leg in core.joints.view(core.actor_for("dingtalk", CITY), order).legs]
    assert [words.partition(" · ")[2] for words in told] == [
        "扫码 · 距会场 22 米", "扫码 · 距会场 1.9 公里，误差约 900 米",
    ]  # fmt: skip


@pytest.mark.requirement("R131")
def test_a_photo_sent_to_the_bot_goes_with_the_report_of_its_sender(stage: Stage) -> None:
    no = coming(stage)
    for user in (WATER, HOUSING):
        do(stage, user, no, "check_in")
    do(stage, CITY, no, "order_end_meeting")
    tail = no[-6:]
    assert send(stage[WATER], shot(), f"反馈 {tail}") == f"尾号 {tail} 的反馈已附图片 1 张，报进展时一并提交"
    assert send(stage[WATER], shot((800, 600)), tail) == f"尾号 {tail} 的反馈已附图片 2 张，报进展时一并提交"
    assert "现在是「已签到」" not in send(stage[CITY], shot(), f"反馈 {tail}")
    do(stage, WATER, no, "report", measures="关阀止漏", result="渗漏已止")
    assert rows(stage[CITY].face(card(stage[CITY], no)), "units")["水务局"] == "待审批"
    core, order = stage.core, order_of(stage, no)
    sponsor = core.actor_for("dingtalk", CITY)
    leg = next(one for one in core.joints.view(sponsor, order).legs if one.unit == "水务局")
    (feedback,) = leg.feedbacks
    assert [photo.who[0] for photo in feedback.photos] == ["韩", "韩"]
    assert core.on_site.photo(sponsor, order, leg.id, feedback.photos[0].token).startswith(b"\xff\xd8\xff")
