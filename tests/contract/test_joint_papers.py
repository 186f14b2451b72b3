"""联办导出 and 联办报表 in chat: a file or a card in one's own chat, by one's own right, each request on record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.models.record import audit_log
from tests.builders import clerk, rows
from tests.contract.dingtalk_rig import Rig
from tests.core.joint_room import FIRST, an_order, move
from tests.core.score_room import a_busy_month

CITY, WATER, DESK, STREET = "xy021", "xy023", "xy011", "xy121"


def files(rig: Rig, user: str) -> list[dict[str, Any]]:
    chats = rig.sandbox.get(f"phone/{user}")["chats"]
    return [line["content"] for chat in chats for line in chat["messages"] if line["kind"] == "file"]


def heard(rig: Rig, user: str, words: str) -> None:
    assert rig.sandbox.say(user, words)["code"] == 200
    rig.deliver()


@pytest.fixture
def order(rig: Rig) -> int:
    made = an_order(rig.core)
    rig.deliver()
    rig.listen()
    return made


@pytest.mark.parametrize(
    ("words", "kind", "begins", "reason"),
    [
        ("联办导出 {tail} 周例会通报", "pdf", b"%PDF-", "周例会通报"),
        ("导出联办{no} word 领导要看", "docx", b"PK", "领导要看"),
        ("联办导出 {tail} PDF 存档", "pdf", b"%PDF-", "存档"),
    ],
)
def test_a_word_in_chat_brings_the_file(
    rig: Rig, order: int, words: str, kind: str, begins: bytes, reason: str
) -> None:
    no = rig.core.joints.sheet(order).order["no"]
    heard(rig, CITY, words.format(no=no, tail=no[-6:]))
    (content,) = files(rig, CITY)
    assert content["fileType"] == kind
    assert content["fileName"].startswith(f"联办过程-{no}-")
    assert rig.sandbox.http.get(f"/media/{content['mediaId']}").content.startswith(begins)
    (entry,) = [row for row in rows(rig.core, audit_log) if row.action == "joint.exported"]
    assert (entry.reason, entry.actor_person) == (reason, clerk(rig.core).person)
    assert rig.sandbox.warnings() == []


@pytest.mark.parametrize(
    ("user", "words", "sentence"),
    [
        (CITY, "联办导出", "联办导出 0427 周例会通报"),
        (CITY, "联办导出 {tail}", "导出理由"),
        (CITY, "联办导出 999999 核对", "没有找到"),
        (STREET, "联办导出 {tail} 核对", "没有找到"),
    ],
)
def test_a_request_that_cannot_be_met_is_one_sentence_and_no_file(
    rig: Rig, order: int, user: str, words: str, sentence: str
) -> None:
    heard(rig, user, words.format(tail=rig.core.joints.sheet(order).order["no"][-6:]))
    assert files(rig, user) == []
    assert sentence in rig.sandbox.said_to(user)[-1]
    assert not [row for row in rows(rig.core, audit_log) if row.action == "joint.exported" and row.result == "done"]


# --- scores -----------------------------------------------------------------------------------------------------------


def cards(rig: Rig, user: str) -> list[str]:
    return [track for track in rig.sandbox.cards_of(user) if track.startswith("stats:")]


def told(rig: Rig, user: str, name: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(rig.sandbox.face(user, cards(rig, user)[-1])[name])
    return found


def tap(rig: Rig, user: str, action: str, **params: str) -> None:
    assert rig.sandbox.click(user, cards(rig, user)[-1], action, params=params)["code"] == 200


@pytest.fixture
def month(rig: Rig) -> Rig:
    a_busy_month(rig.core, rig.clock)
    rig.listen()
    return rig


def test_the_scores_come_as_a_card_whose_months_units_and_numbers_open(month: Rig) -> None:
    heard(month, DESK, "联办报表")
    lines = [*told(month, DESK, "lines_a"), *told(month, DESK, "lines_b")]
    water = next(row for row in lines if row["title"] == "水务局")
    figures = {row["title"]: row for row in told(month, DESK, "figures")}
    assert figures["应召"]["tag"] == "24"
    tap(month, DESK, "show", ask=figures["不满意"]["ask"])
    assert len(told(month, DESK, "items_a")) == 2
    assert "不满意 2 件" in month.sandbox.face(DESK, cards(month, DESK)[-1])["list_title"]
    tap(month, DESK, "show", ask=water["ask"])
    rates = {row["title"]: row for row in [*told(month, DESK, "lines_a"), *told(month, DESK, "lines_b")]}
    late = next(row for title, row in rates.items() if "签到" in title)
    tap(month, DESK, "show", ask=late["ask"])
    rows_behind = [*told(month, DESK, "items_a"), *told(month, DESK, "items_b")]
    assert len(rows_behind) == 3
    before = len(month.sandbox.cards_of(DESK))
    tap(month, DESK, "open", no=rows_behind[0]["no"])
    month.deliver()
    assert month.sandbox.cards_of(DESK)[before:][-1].startswith(rows_behind[0]["no"])
    (back,) = [row for row in told(month, DESK, "periods") if row["title"].startswith("‹")]
    tap(month, DESK, "show", ask=back["ask"])
    face = month.sandbox.face(DESK, cards(month, DESK)[-1])
    assert "2026年2月" in face["scope"]
    assert face["no_lines"] == "true"
    (forward,) = [row for row in told(month, DESK, "periods") if row["title"].endswith("›")]
    tap(month, DESK, "show", ask=forward["ask"])
    assert "2026年3月" in month.sandbox.face(DESK, cards(month, DESK)[-1])["scope"]
    assert month.sandbox.warnings() == []


def test_a_unit_sees_only_itself_and_no_word_of_another_gets_it_further(month: Rig) -> None:
    heard(month, WATER, "上月考核")
    assert "2026年2月" in month.sandbox.face(WATER, cards(month, WATER)[-1])["scope"]
    heard(month, WATER, "联办考核")
    assert [row["title"] for row in told(month, WATER, "lines_a")] == ["水务局"]
    housing = month.core.directory().by_word["housing"]
    tap(month, WATER, "show", ask=f"joint|2026-03|{housing}|1|")
    assert "没有找到" in month.sandbox.face(WATER, cards(month, WATER)[-1])["note"]
    for word in (
        "joint|2026-13|0|1|",
        "joint|x",
        "joint|2026-03|-1|1|",
        "joint|1899-01|0|1|",
        "joint|2026-03|0|1|nothing",
    ):
        tap(month, WATER, "show", ask=word)
        assert month.sandbox.face(WATER, cards(month, WATER)[-1])["note"] != ""
    assert month.sandbox.warnings() == []


def test_the_picture_of_the_month_shown_is_a_tap_away(month: Rig) -> None:
    heard(month, CITY, "联办报表")
    chats = month.sandbox.get(f"phone/{CITY}")["chats"]
    before = sum(line["kind"] == "image" for chat in chats for line in chat["messages"])
    assert before == 1
    tap(month, CITY, "chart", ask="joint|2026-03|0|1|")
    month.deliver()
    chats = month.sandbox.get(f"phone/{CITY}")["chats"]
    assert sum(line["kind"] == "image" for chat in chats for line in chat["messages"]) == 2


def test_a_step_taken_meanwhile_does_not_hold_up_the_file(rig: Rig, order: int) -> None:
    tail = rig.core.joints.sheet(order).order["no"][-6:]
    rig.sandbox.say(CITY, f"联办导出 {tail} 通报")
    move(rig.core, clerk(rig.core, FIRST), order, "accept", FIRST)
    rig.deliver()
    assert len(files(rig, CITY)) == 1
