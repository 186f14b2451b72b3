"""Warnings, put-off reminders and digests on the phone: through the real SDK, the worker's own clock and the cards."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import update

from core.models.people import identities
from tests.contract.story_rig import CITY, DESK, HOUSING, Stage

pytestmark = pytest.mark.xdist_group("story-watch")

WORKER_S = 30.0
ALOUD = True


def line_of(stage: Stage, user: str, head: str, no: str) -> str:
    """The first line with this head about this case, once it has come."""
    return str(
        stage.until(lambda: next((one for one in stage[user].lines(20) if f"【{head}】{no[-6:]}" in one), ""), WORKER_S)
    )


def test_the_phone_shows_the_next_rung_hears_it_and_puts_it_off(stage: Stage) -> None:
    stage.clock.set("2026-03-09 09:00")
    case = stage.sent_to("city_management")
    clerk = stage[CITY]
    track = clerk.card(case.no)
    assert clerk.face(track)["next_step"] == "下一步提醒：3月9日 周一 09:30 告知承办岗位"
    stage.clock.set("2026-03-09 09:31")
    told = line_of(stage, CITY, "提醒", case.no)
    assert "到了签收时限还没有签收，告知承办岗位。期限3月16日 周一 17:30。" in told
    stage.settle()
    assert clerk.face(track)["next_step"] == "下一步提醒：3月9日 周一 10:00 告知单位负责人"
    assert clerk.tap(track, "snooze", {"wait": "closing"}).note == "好的，今天 17:00 再提醒您"
    assert clerk.say(f"稍后提醒 {case.no[-6:]} 1小时").endswith("好的，今天 10:31 再提醒您")
    assert "请写成其中一个：1 小时后、今天下班前、明天上班时" in clerk.say(f"稍后提醒 {case.no[-6:]} 下个月")
    assert clerk.tap(track, "sign").note.startswith("已签收")
    stage.clock.set("2026-03-09 12:00")
    assert [one for one in clerk.lines(20) if "【提醒】" in one] == [told]


def test_a_warning_reaches_card_and_chat_as_sign_and_word(stage: Stage) -> None:
    stage.clock.set("2026-03-09 13:00")
    case = stage.sent_to("city_management")
    clerk = stage[CITY]
    track = clerk.card(case.no)
    clerk.tap(track, "sign")
    stage.clock.set("2026-03-13 17:15")
    assert "橙色，时限已用八成" in line_of(stage, CITY, "预警", case.no)
    stage.settle()
    assert clerk.face(track)["warning"] == "◇ 橙色预警"
    clerk.say(f"办结 {case.no[-6:]} 已清理")
    assert clerk.face(track)["has_warning"] == "false"
    assert stage.differing(case.no) == []


def test_the_morning_digest_opens_its_lists_and_can_be_refused(stage: Stage) -> None:
    stage.clock.set("2026-03-16 09:00")
    case = stage.sent_to("city_management")
    clerk = stage[CITY]
    stage.clock.set("2026-03-17 08:31")
    track = str(
        stage.until(lambda: next((d for d in clerk.tracks("digest:") if case.no in clerk.face(d)["items"]), ""))
    )
    face = clerk.face(track)
    assert {one["title"] for one in json.loads(face["tallies"])} == {"已超期", "今天到期", "等您处理"}
    assert case.no in [row["no"] for row in json.loads(face["items"])]
    assert clerk.tap(track, "list", params={"key": "todo"}).note == "已发到聊天里"
    assert case.no in [row["no"] for row in clerk.rows(clerk.tracks("work:")[-1])]
    assert clerk.tap(track, "open", params={"no": case.no}).note == "已发到聊天里"
    assert clerk.tap(track, "refuse_digest").note == "已退订早报，想再收时发送「订阅早报」"
    assert clerk.say("订阅早报").startswith("已订阅早报")
    assert clerk.say("退订早报").startswith("已退订早报")
    assert [one for one in stage.warnings() if "digest" in str(one)] == []


def test_who_sent_the_case_hears_that_a_line_did_not_arrive(stage: Stage) -> None:
    """A colleague DingTalk no longer knows: the desk learns whom to ring (C16)."""
    stage.clock.set("2026-03-18 09:00")
    core, mine = stage.core, identities.c.outside_id == HOUSING
    case = stage.sent_to("housing")
    with core.engine.begin() as tx:
        tx.execute(
            update(identities).where(mine, identities.c.channel == "dingtalk").values(outside_id="left-for-good")
        )
    core.directory.forget()
    stage[DESK].say(f"催办 {case.no[-6:]}")
    told = line_of(stage, DESK, "未送达", case.no)
    assert "住建局 钟德峰（手机 199****0025）没有收到消息，请打电话，或联系同单位的曾廷梅。" in told
