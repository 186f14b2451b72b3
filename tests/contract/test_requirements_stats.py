"""R105, R106 on the phone: the unit's figures by source, nature and class, with a drawn chart; each opens its cases."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bots.dingtalk.faces import Faces
from cards import StatsQuery
from core.figures import Ask, period
from core.worktime import local_date
from tests.contract.story_rig import DESK, STREET, WATER, Person, Stage

pytestmark = pytest.mark.xdist_group("story-stats")


@pytest.fixture(scope="module")
def work(stage: Stage) -> Stage:
    """Cases of three sources at the water bureau: one closed, one late, one fresh; one of another unit."""
    clerk, desk = stage[WATER], stage[DESK]
    clerk.say("岗位 水务局")
    stage.sent_to("water", title="管道渗漏", channel="LY")
    stage.clock.advance(days=21)
    for channel in ("RX", "WX"):
        done = stage.sent_to("water", channel=channel)
        clerk.tap(clerk.card(done.no), "sign")
        clerk.tap(clerk.card(done.no), "report", {"result": "已疏通"})
        if channel == "RX":
            desk.tap(desk.card(done.no), "case_confirm")
    stage.sent_to("housing")
    stage.core.measures.fold()
    Faces(stage.core).chart(stage.core.actor_for("dingtalk", WATER), StatsQuery())  # what draws is loaded once
    return stage


def asked(person: Person) -> str:
    """The card that comes for 「统计」."""
    assert person.say("统计") == ""
    return person.tracks("stats:")[-1]


def rows(person: Person, track: str, *names: str) -> list[dict[str, str]]:
    face = person.face(track)
    return [row for name in names for row in json.loads(face[name] or "[]")]


def shown(person: Person, track: str, ask: str) -> tuple[int, list[str]]:
    """What a number opens below the figures: the count in the heading, and every case on its pages."""
    person.tap(track, "show", params={"ask": ask})
    face = person.face(track)
    heading = int(face["list_title"].split("，第")[0].split()[-2].replace(",", "")) if face["list_title"] else 0
    found = [row["no"] for row in person.rows(track)]
    while turn := [row for row in json.loads(face["pages"] or "[]") if row["title"] == "下一页"]:
        person.tap(track, "show", params={"ask": turn[0]["ask"]})
        face = person.face(track)
        found += [row["no"] for row in person.rows(track)]
    return heading, found


def pictures(person: Person) -> list[bytes]:
    """The pictures the robot sent to this person."""
    told = [line["content"]["photoURL"] for line in person.messages() if line["kind"] == "image"]
    return [person.stage.sandbox.http.get(f"/sandbox/media/{media}").content for media in told]


def choose(person: Person, track: str, name: str, title: str) -> None:
    (ask,) = [row["ask"] for row in rows(person, track, name) if row["title"] == title]
    person.tap(track, "show", params={"ask": ask})


@pytest.mark.requirement("R105")
def test_a_units_figures_by_source_nature_and_class_open_their_cases(work: Stage) -> None:
    """办件统计: by the unit's right, in several dimensions, as numbers that open and as a drawn chart."""
    clerk = work[WATER]
    before = len(pictures(clerk))
    track = asked(clerk)
    assert "水务局" in clerk.face(track)["scope"]
    assert clerk.face(track)["as_of"].startswith("截至")
    (drawn,) = pictures(clerk)[before:]
    assert Image.open(BytesIO(drawn)).size[0] > 800
    for title in ("来源", "性质", "分类", "镇街", "单位"):
        choose(clerk, track, "dims", title)
        lines = rows(clerk, track, "lines_a", "lines_b")
        assert lines, title
        if title != "单位":
            assert sum(int(line["tag"]) for line in lines) == 3, title
        for line in lines:
            heading, numbers = shown(clerk, track, line["ask"])
            assert heading == int(line["tag"]) == len(numbers), line
            for no in numbers:
                assert work.core.case_within(work.core.actor_for("dingtalk", WATER), no)
    assert clerk.tap(track, "chart", params={"ask": clerk.face(track)["ask"]}).note == "已发到聊天里"
    assert len(pictures(clerk)) == before + 2


@pytest.mark.requirement("R106")
def test_all_cases_of_the_unit_with_shares_closing_and_overdue_rate(work: Stage) -> None:
    """信息查询: all the unit's cases, their shares, closing rate and overdue rate with numerator and denominator."""
    clerk = work[WATER]
    track = asked(clerk)
    actor = work.core.actor_for("dingtalk", WATER)
    ask = Ask(*period("recent", local_date(work.core.clock.now())))
    head = {cell.measure: cell for cell in work.core.measures.stats(actor, ask).head}
    tiles = {row["title"].split()[0]: row for row in rows(clerk, track, "figures")}
    assert [tiles[name]["tag"] for name in ("承办", "已办结", "超期")] == ["3", "1", "1"]
    assert tiles["办结率"]["title"].endswith("1/2")
    assert tiles["超期率"]["title"].endswith("1/2")
    assert tiles["办结率"]["tag"] == head["closing_rate"].text == "样本不足"
    for name, number in (("承办", 3), ("已办结", 1), ("超期", 1)):
        heading, numbers = shown(clerk, track, tiles[name]["ask"])
        assert heading == number == len(set(numbers)) == len(numbers), name
    choose(clerk, track, "dims", "来源")
    shares = {line["title"].split()[0]: line["title"].split()[1] for line in rows(clerk, track, "lines_a")}
    assert sorted(shares.values()) == ["33.3%"] * 3
    for tally in rows(clerk, track, "tallies"):
        heading, numbers = shown(clerk, track, tally["ask"])
        assert heading == int(tally["tag"]) == len(numbers), tally
    assert clerk.tap(track, "open", params={"no": numbers[0]}).note == "已发到聊天里" if numbers else True


def test_each_reader_counts_what_is_theirs(work: Stage) -> None:
    """The desk counts the district, a street nothing that is not its own."""

    def received(user: str) -> int:
        person = work[user]
        return next(int(row["tag"]) for row in rows(person, asked(person), "figures") if row["title"] == "承办")

    assert (received(DESK), received(WATER), received(STREET)) == (4, 3, 0)


@pytest.mark.parametrize(
    "ask",
    [
        "", "handled", "guessed|recent|channel|1|", "handled|recent|channel|x|", "handled|recent|channel|1|received",
        "handled|recent|channel|1|id:all:", "handled|recent|channel|1|received:unit:abc", "handled|recent|a|1|",
        "handled|recent|channel|1|received:unit:999999", "handled|recent|channel|1|list:everything",
    ],
)  # fmt: skip
def test_an_odd_question_changes_nothing(work: Stage, ask: str) -> None:
    clerk = work[WATER]
    track = asked(clerk)
    before, counts = clerk.face(track), work.counts()
    answer: Any = clerk.tap(track, "show", params={"ask": ask})
    assert answer.note
    assert {**clerk.face(track), "note": "", "has_note": ""} == {**before, "note": "", "has_note": ""}
    assert work.counts() == counts
