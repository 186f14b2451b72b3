"""巡查 by phone: the day's walks on a card, a photo on the way becomes a draft, its yes a case of that patrol."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from core.register import Amend
from tests.builders import fresh_key
from tests.contract.story_rig import CITY, DESK, WATER, Person, Stage
from tests.contract.test_draft_photos import send, shot

pytestmark = pytest.mark.xdist_group("story-patrols")


def plan(stage: Stage, title: str, user: str = CITY) -> int:
    """A plan for the day it is on the stage, of the unit of this person, who walks it."""
    who = stage.core.actor_for("dingtalk", user)
    given = {
        "title": title, "place": "港口路公交站", "look_for": "井盖、占道", "dates": stage.core.today().isoformat(),
        "walkers": str(who.post), "weekdays": "",
    }  # fmt: skip
    return int(stage.core.registers.write(Amend(fresh_key("plan"), "patrol", "add", "", given, who)).no)


def card_of(person: Person, words: str = "巡查") -> str:
    assert person.say(words) == ""
    return person.tracks("patrol:")[-1]


def walk_of(person: Person, track: str, title: str) -> str:
    """The button of a walk on the list of a card."""
    rows = json.loads(person.face(track)["walks"])
    return next(str(row["walk"]) for row in rows if row["title"] == title)


def begun(person: Person, title: str) -> str:
    track = card_of(person)
    answer = person.press(track, "begin", params={"walk": walk_of(person, track, title)})
    assert answer.note == "开始了，发现问题拍照或说一句就行"
    return track


def ended(person: Person, track: str) -> str:
    return person.tap(track, "finish", {"note": "都看过了"}).note


@pytest.mark.requirement("R094")
def test_a_photo_on_a_walk_becomes_a_case_that_remembers_it(stage: Stage) -> None:
    clerk, row = stage[CITY], plan(stage, "港口路沿线")
    track = begun(clerk, "港口路沿线")
    assert clerk.face(track)["subject"] == "正在巡查：港口路沿线"
    before = stage.counts()
    assert send(clerk, shot()) == ""
    draft = clerk.tracks("draft:")[-1]
    assert clerk.face(draft)["subject"] == "港口路公交站巡查发现问题"
    assert clerk.face(draft)["lacks"] == ""
    assert "已附图片 1 张" in clerk.face(draft)["hint"]
    assert {"k": "巡查", "v": "港口路沿线"} in json.loads(clerk.face(draft)["rows"])
    assert stage.counts() == before, "a draft is no case"
    first = clerk.tap(draft, "register", copies=3)
    no = first.note.rpartition(" ")[2]
    case = stage.core.case_of(no)
    assert no.startswith("XYZJ")
    assert len(stage.core.arrivals.photos.of_case(case)) == 1
    assert ended(clerk, track) == "已记下走完，发现问题 1 处"
    actor = stage.core.actor_for("dingtalk", CITY)
    view, (walk,), cases = stage.core.patrols.plan(actor, row)
    assert (view.done, view.missed, view.found, walk.note) == (1, 0, 1, "都看过了")
    assert [one[1] for one in cases[walk.id]] == [no]
    assert stage.warnings() == []


def test_a_few_words_on_the_way_are_a_finding_and_otherwise_a_question(stage: Stage) -> None:
    clerk = stage[CITY]
    before = len(clerk.tracks("draft:"))
    clerk.say("井盖松了")
    assert len(clerk.tracks("draft:")) == before
    plan(stage, "秀华路早市")
    track = begun(clerk, "秀华路早市")
    assert clerk.say("井盖松了") == ""
    draft = clerk.tracks("draft:")[-1]
    assert clerk.face(draft)["subject"] == "井盖松了"
    assert clerk.face(draft)["value_place"] == "港口路公交站"
    clerk.tap(draft, "drop")
    assert clerk.say("待办") == "", "a command stays a command on the way"
    assert len(clerk.tracks("draft:")) == before + 1
    assert ended(clerk, track) == "已记下走完，没有发现问题"


def test_found_on_patrol_is_a_draft_also_without_a_plan(stage: Stage) -> None:
    clerk = stage[WATER]
    assert clerk.say("巡查发现海盛路井盖松动") == ""
    draft = clerk.tracks("draft:")[-1]
    assert clerk.face(draft)["subject"] == "海盛路井盖松动"
    assert not any(row["k"] == "巡查" for row in json.loads(clerk.face(draft)["rows"]))
    clerk.tap(draft, "drop")


def test_the_home_card_counts_what_is_left_and_opens_it(stage: Stage) -> None:
    clerk = stage[CITY]
    plan(stage, "滨海公园夜灯")
    home = clerk.home()
    (tile,) = [one for one in json.loads(clerk.face(home)["tallies"]) if one["key"] == "patrol"]
    assert (tile["title"], tile["tag"]) == ("巡查", "1")
    assert clerk.press(home, "list", params={"key": "patrol"}).note == "已发到聊天里"
    stage.settle()
    assert "滨海公园夜灯" in clerk.face(clerk.tracks("patrol:")[-1])["walks"]
    assert not any(one["key"] == "patrol" for one in json.loads(stage[WATER].face(stage[WATER].home())["tallies"]))


def test_walks_of_others_and_of_yesterday_are_refused_in_one_line(stage: Stage) -> None:
    clerk, other = stage[CITY], stage[WATER]
    plan(stage, "金滩路排水口")
    track = card_of(clerk)
    walk = walk_of(clerk, track, "金滩路排水口")
    theirs = card_of(other)
    assert json.loads(other.face(theirs)["walks"]) == []
    assert other.face(theirs)["empty"].startswith("今天没有要您走的巡查")
    assert other.press(theirs, "begin", params={"walk": walk}).note == "没有找到「这次巡查」，请核对后再试"
    for odd in ("", "x", "-1", "9" * 18):
        assert "没有找到" in (note := other.press(theirs, "begin", params={"walk": odd}).note) or "不对" in note
    stage.clock.advance(days=1)
    note = clerk.press(track, "begin", params={"walk": walk}).note
    assert note == "这次巡查不在今天，请发送「巡查」看今天的安排"
    stage.clock.advance(seconds=-int(timedelta(days=1).total_seconds()))
    assert clerk.press(track, "begin", params={"walk": walk}).note.startswith("开始了")
    assert ended(clerk, track) == "已记下走完，没有发现问题"
    assert clerk.press(track, "begin", params={"walk": walk}).note.startswith("这次巡查已由")


def test_the_desk_has_no_walks_of_its_own(stage: Stage) -> None:
    assert json.loads(stage[DESK].face(card_of(stage[DESK], "今日巡查"))["walks"]) == []
