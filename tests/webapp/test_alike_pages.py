"""可能重复, 合并 and 热点 on the console: what they show, whom they refuse, what a bad form is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.webapp.town import PHONE, Town
from tests.webapp.visitor import Visitor

Visit = Callable[..., Visitor]


def a_hot_spot(town: Town) -> int:
    """Ten appeals about the standing water of one road, four of them with the water bureau."""
    said = "港口路下雨就积水"
    titles = [f"{said}，第二次反映" if number % 2 else said for number in range(10)]
    made = [
        town.register(100 + number, title=title, content="雨停两小时水还没退", place="港口路口", channel="RX")
        for number, title in enumerate(titles)
    ]
    for case in made[:4]:
        town.act("desk", case, "dispatch", lead="water")
    town.core.hotspots.refresh()
    return town.core.hotspots.listed(town.actor("desk")).spots[0].id


def with_csrf(one: Visitor, path: str, page: str, **form: str) -> Any:
    return one.post(path, page=page, **form)


def test_a_draft_asks_what_it_repeats(visit: Visit, town: Town) -> None:
    case = town.register(0)
    page = f"/cases/{town.no(case)}"
    desk = visit("desk")
    found = with_csrf(desk, "/cases/near", page, title="港口路积水没人管", content="水没退", place="港口路口")
    assert found.status_code == 200
    assert f"尾号 {town.no(case)[-6:]}" in found.text
    assert "待派发" in found.text
    assert PHONE not in found.text
    none = with_csrf(desk, "/cases/near", page, title="海盛路路灯不亮", content="", place="海盛路")
    assert none.text.strip() == ""


def test_a_unit_is_not_told_of_cases_that_are_not_its_own(visit: Visit, town: Town) -> None:
    case = town.register(0)
    own = town.register(5)
    town.act("desk", own, "dispatch", lead="water")
    water, page = visit("water"), f"/cases/{town.no(own)}"
    asked = {"title": "港口路积水没人管", "content": "水没退", "place": "港口路口"}
    assert with_csrf(water, "/cases/near", page, **asked).text.strip() == ""
    town.act("desk", case, "dispatch", lead="water")
    assert "港口路下雨就积水" in with_csrf(water, "/cases/near", page, **asked).text


@pytest.mark.parametrize("form", [{"title": "长" * 101}, {"content": "长" * 5001}, {"place": "a\x1bb"}])
def test_a_draft_beyond_its_limits_is_refused_in_one_sentence(visit: Visit, town: Town, form: dict[str, str]) -> None:
    page = f"/cases/{town.no(town.register(0))}"
    answer = with_csrf(visit("desk"), "/cases/near", page, **form)
    assert answer.status_code in (400, 422)


def test_a_repeat_is_merged_from_its_page_and_taken_out_again(visit: Visit, town: Town) -> None:
    first, second = town.register(0), town.register(10)
    desk, page = visit("desk"), f"/cases/{town.no(second)}"
    text = desk.get(page).text
    assert "可能重复" in text
    assert "并入这件" in text
    seen = str(town.core.case_view(town.actor("desk"), second).seq)
    done = desk.post(f"{page}/moves/merge", page=page, seen=seen, leading=town.no(first))
    assert done.status_code == 303
    text = desk.get(page).text
    assert f"随主件尾号 {town.no(first)[-6:]} 一并办理" in text
    assert "并入的主件" in text
    assert "并入此件的" in desk.get(f"/cases/{town.no(first)}").text
    seen = str(town.core.case_view(town.actor("desk"), second).seq)
    no = desk.post(f"{page}/moves/unmerge", page=page, seen=seen, reason=" ")
    assert no.status_code == 422
    assert "请填写「原因」" in no.text
    assert desk.post(f"{page}/moves/unmerge", page=page, seen=seen, reason="不是同一件事").status_code == 303
    assert "待派发" in desk.get(page).text


def test_a_merge_into_itself_is_told_so(visit: Visit, town: Town) -> None:
    case = town.register(0)
    desk, page = visit("desk"), f"/cases/{town.no(case)}"
    seen = str(town.core.case_view(town.actor("desk"), case).seq)
    answer = desk.post(f"{page}/moves/merge", page=page, seen=seen, leading=town.no(case))
    assert answer.status_code == 422
    assert "不能并入它自己" in answer.text


def test_hot_spots_are_listed_and_opened_to_their_cases(visit: Visit, town: Town) -> None:
    spot = a_hot_spot(town)
    desk = visit("desk")
    listed, one = desk.get("/hotspots"), desk.get(f"/hotspots/{spot}")
    for text in (listed.text, one.text):
        assert "橙色预警" in text
        assert "近 7 天 10 件" in text
        assert "<svg" in text
        assert "采纳预警" in text
    assert one.text.count("尾号 ") == 10


def test_nobody_sees_more_of_a_hot_spot_than_is_theirs(visit: Visit, town: Town) -> None:
    spot = a_hot_spot(town)
    leader = visit("leader").get(f"/hotspots/{spot}")
    assert leader.text.count("尾号 ") == 4
    assert "采纳预警" not in leader.text
    assert "近 7 天 4 件" in leader.text
    assert visit("water").get("/hotspots").status_code == 403
    assert visit("caller").get(f"/hotspots/{spot}").status_code == 403


def test_a_warning_is_accepted_once(visit: Visit, town: Town) -> None:
    spot = a_hot_spot(town)
    desk, head = visit("desk"), visit("head")
    page = f"/hotspots/{spot}"
    done = desk.post(f"{page}/accept", page=page)
    assert done.status_code == 303
    assert "已采纳，已通知" in desk.get(done.location).text
    again = head.post(f"{page}/accept", page="/hotspots")
    assert again.status_code in (400, 409)
    assert "采纳预警" not in head.get(page).text


def test_a_warning_is_set_aside_with_a_reason_or_not_at_all(visit: Visit, town: Town) -> None:
    spot = a_hot_spot(town)
    desk, page = visit("desk"), f"/hotspots/{spot}"
    for reason, told in (("", "请填写「原因」"), ("长" * 201, "请控制在200字以内")):
        no = desk.post(f"{page}/dismiss", page=page, reason=reason)
        assert no.status_code == 422
        assert told in no.text
    assert desk.post(f"{page}/dismiss", page=page, reason="<script>计划停水</script>").status_code == 303
    text = desk.get(page).text
    assert "&lt;script&gt;计划停水" in text
    assert "<script>计划" not in text


def test_only_those_who_decide_may_decide(visit: Visit, town: Town) -> None:
    spot = a_hot_spot(town)
    leader = visit("leader")
    answer = leader.post(f"/hotspots/{spot}/accept", page=f"/hotspots/{spot}")
    assert answer.status_code == 403
    assert "指挥中心" in answer.text


@pytest.mark.parametrize("path", ["/hotspots/0", "/hotspots/999", "/hotspots/99999999999999999999", "/hotspots/abc"])
def test_a_hot_spot_nobody_knows_is_not_there(visit: Visit, path: str) -> None:
    assert visit("desk").get(path).status_code == 404


def test_a_page_without_hot_spots_says_what_would_fill_it(visit: Visit, town: Town) -> None:
    assert "后台每 15 分钟查找一次" in visit("desk").get("/hotspots").text
    town.core.hotspots.refresh()
    assert "现在没有热点" in visit("desk").get("/hotspots").text
