"""R102, R103, R104 on the phone: posts switched, numbers that equal their lists, and the twelve sources."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.story_rig import CALLER, DESK, HEAD, WATER, Person, Stage, shown

pytestmark = pytest.mark.xdist_group("story-phone")

RIVER = "河湖站 河长制联络员（兼）"
AT_WATER = "水务局 热线专办员"


def tallies(person: Person, track: str) -> dict[str, int]:
    """The five numbers of a home card, by what they open."""
    return {row["key"]: int(row["tag"]) for row in json.loads(person.face(track)["tallies"])}


def sources(person: Person, track: str) -> dict[str, int]:
    """Pending cases by source, as the home card counts them."""
    return {row["code"]: int(row["tag"]) for row in json.loads(person.face(track)["sources"])}


def listed(person: Person, track: str, action: str, **params: str) -> tuple[int, list[str]]:
    """What opens below the numbers, in place: the count in its heading, and every case on its pages."""
    answer = person.tap(track, action, params=params)
    numbers = [row["no"] for row in person.rows(track)]
    heading, face = answer.face["list_title"], answer.face
    while turn := [row for row in json.loads(face["pages"] or "[]") if row["title"] == "下一页"]:
        sent = {name: turn[0][name] for name in ("key", "code", "words", "page")}
        face = person.tap(track, "page", params=sent).face
        numbers += [row["no"] for row in person.rows(track)]
    return int(heading.split("，第")[0].split()[-2].replace(",", "")), numbers


def switch(person: Person, track: str, post: str) -> None:
    """Take another post with the button of the home card."""
    (choice,) = [row for row in json.loads(person.face(track)["post_options"]) if row["text"] == post]
    note = person.tap(track, "switch_post", {"post": choice["value"]}).note
    assert note == f"已切换到「{post}」"


@pytest.fixture
def at_water(stage: Stage) -> Any:
    """The clerk with two posts, at the water bureau before and after."""
    person = stage[WATER]
    person.say("岗位 水务局")
    yield person
    person.say("岗位 水务局")


@pytest.mark.requirement("R102")
def test_each_post_has_its_own_pending_work_and_signs_as_itself(stage: Stage, at_water: Person) -> None:
    """岗位切换: by the button of the home card and by the word, each post with its own cases."""
    clerk = at_water
    ours, theirs = stage.sent_to("water"), stage.sent_to("water", title="水库边有人倾倒垃圾")
    clerk.tap(clerk.card(theirs.no), "pass_down", {"lead": "river_station"})
    home = clerk.home()
    assert AT_WATER in clerk.face(home)["greeting"]
    assert listed(clerk, home, "list", key="todo")[1] == [ours.no]
    switch(clerk, home, RIVER)
    assert RIVER in clerk.face(home)["greeting"]
    assert listed(clerk, home, "list", key="todo")[1] == [theirs.no]
    clerk.tap(clerk.card(theirs.no), "sign")
    signed = [fact for fact in stage.facts(theirs.case) if fact.name == "case_leg.signed"]
    assert [(fact.person, fact.post) for fact in signed] == [("韩德玲", RIVER)]
    assert "已切换到" in clerk.say("岗位 水务局")
    clerk.tap(clerk.card(ours.no), "sign")
    signed = [fact for fact in stage.facts(ours.case) if fact.name == "case_leg.signed"]
    assert [(fact.person, fact.post) for fact in signed] == [("韩德玲", AT_WATER)]


@pytest.mark.requirement("R102")
def test_a_tap_under_the_wrong_post_is_refused_with_the_name_of_the_right_one(stage: Stage, at_water: Person) -> None:
    clerk = at_water
    ours = stage.sent_to("water")
    track = clerk.card(ours.no)
    assert "（当前）" in clerk.say("岗位")
    assert "已切换到" in clerk.say("岗位 河湖站")
    before = stage.counts()
    answer = clerk.tap(track, "sign")
    assert answer.note == f"此件属您的「{AT_WATER}」岗位，请先发送「岗位」切换"
    assert stage.counts() == before
    assert stage.differing(ours.no) == []
    assert "已切换到" in clerk.say("岗位 水务局")
    assert clerk.tap(track, "sign").note.startswith("已签收")


@pytest.mark.requirement("R102")
def test_the_words_of_one_post_do_not_reach_the_work_of_another(stage: Stage, at_water: Person) -> None:
    ours = stage.sent_to("water")
    at_water.say("岗位 河湖站")
    assert at_water.say(f"签收 {ours.no}") == f"此件属您的「{AT_WATER}」岗位，请先发送「岗位」切换"


@pytest.fixture(scope="module")
def overdue(stage: Stage) -> str:
    """The number of an overdue case, among new ones, finished ones and some that wait on the desk."""
    clerk, desk = stage[WATER], stage[DESK]
    clerk.say("岗位 水务局")
    late = stage.sent_to("water", title="管道渗漏")
    stage.clock.advance(days=14)
    stage.sent_to("water")
    finished = stage.sent_to("water")
    clerk.tap(clerk.card(finished.no), "sign")
    clerk.tap(clerk.card(finished.no), "report", {"result": "已疏通"})
    desk.tap(desk.card(finished.no), "case_confirm")
    stage.case("路灯不亮")
    return late.no


@pytest.mark.requirement("R103")
@pytest.mark.parametrize("user", [WATER, DESK, HEAD, CALLER])
def test_every_number_of_the_home_card_equals_the_list_it_opens(stage: Stage, overdue: str, user: str) -> None:
    """今日、待办、已办、全部、超期, each opened in place without a call to the card API."""
    person = stage[user]
    home = person.home()
    counted, calls = tallies(person, home), stage.sandbox.get("meter")["counted"]
    assert list(counted) == ["today", "todo", "done", "all", "overdue"]
    for key, number in counted.items():
        heading, numbers = listed(person, home, "list", key=key)
        assert heading == number == len(set(numbers)) == len(numbers), key
    assert stage.sandbox.get("meter")["counted"] == calls
    assert counted["all"] >= counted["today"]
    if user != CALLER:
        assert overdue in listed(person, home, "list", key="overdue")[1]
    for word, key in (("今日", "today"), ("待办", "todo"), ("已办", "done"), ("全部", "all"), ("超期", "overdue")):
        assert person.say(word) == ""
        face = person.face(person.tracks("work:")[-1])
        told = int(face["list_title"].split("，第")[0].split()[-2]) if face["list_title"] else 0
        assert told == counted[key], word


@pytest.mark.requirement("R104")
def test_a_source_opens_its_pending_cases_and_handling_one_lowers_its_count(stage: Stage) -> None:
    """Twelve sources with their numbers; tap one, open a case of its list, handle it on the card that comes."""
    person = stage[DESK]
    new = {code: stage.case(f"来自 {code}", channel=code) for code in stage.core.policy.sources}
    home = person.home()
    counted = sources(person, home)
    assert len(counted) == 12
    assert sum(counted.values()) == tallies(person, home)["todo"]
    for code, number in counted.items():
        heading, numbers = listed(person, home, "source", code=code)
        assert heading == number == len(numbers), code
        assert new[code].no in numbers
    shown_rows = person.tap(home, "source", params={"code": "WX"}).face
    assert shown_rows["show_list"] == "true"
    assert person.tap(home, "open", params={"no": new["WX"].no}).note == "已发到聊天里"
    card = person.tracks(new["WX"].no)[-1]
    assert card.startswith(f"{new['WX'].no}:p")
    assert person.tap(card, "case_dispatch", {"lead": "water"}).note.startswith("已派发")
    person.tap(home, "source", params={"code": "WX"})
    assert sources(person, home)["WX"] == counted["WX"] - 1
    assert new["WX"].no not in [row["no"] for row in person.rows(home)]
    assert {code: number for code, number in sources(person, home).items() if code != "WX"} == {
        code: number for code, number in counted.items() if code != "WX"
    }


@pytest.mark.requirement("R104")
def test_a_clerk_handles_what_a_source_sent_from_its_list(stage: Stage, at_water: Person) -> None:
    done = stage.sent_to("water", channel="LY", title="留言反映河道淤积")
    home = at_water.home()
    before = sources(at_water, home)["LY"]
    assert listed(at_water, home, "source", code="LY")[1].count(done.no) == 1
    at_water.tap(home, "open", params={"no": done.no})
    card = at_water.tracks(done.no)[-1]
    at_water.tap(card, "sign")
    at_water.tap(card, "report", {"result": "已清淤，河道恢复畅通"})
    at_water.tap(home, "source", params={"code": "LY"})
    assert sources(at_water, home)["LY"] == before - 1
    assert stage.facts(done.case)[-1].name == "case.gathered"


def test_a_button_of_a_home_card_says_which_of_two_posts_it_means(stage: Stage, at_water: Person) -> None:
    """Somebody with two posts on one case is shown the part whose turn it is."""
    done = stage.sent_to("water")
    track = at_water.card(done.no)
    at_water.tap(track, "pass_down", {"lead": "river_station"})
    assert "sign" in at_water.buttons(track)
    before = stage.counts()
    assert at_water.tap(track, "sign").note == f"此件属您的「{RIVER}」岗位，请先发送「岗位」切换"
    assert stage.counts() == before
    assert shown(at_water.face(track), "sign")["leg"]
    assert stage.differing(done.no) == []
    at_water.say("岗位 河湖站")
    assert at_water.tap(track, "sign").note.startswith("已签收")
