"""The page of one's own digest, the warnings a page shows, and a reminder put off from it."""

from __future__ import annotations

from collections.abc import Callable

from tests.webapp.town import Town
from tests.webapp.visitor import Visitor

Visit = Callable[..., Visitor]


def to_water(town: Town) -> int:
    case = town.register(0)
    town.act("desk", case, "dispatch", lead="水务局")
    return case


def test_the_digest_is_shown_refused_and_wanted_again(visit: Visit, town: Town) -> None:
    to_water(town)
    browser = visit("water")
    page = browser.get("/digest").text
    assert "等您处理" in page
    assert "退订早报" in page
    for wanted, said, offered in (("no", "已退订早报", "订阅早报"), ("yes", "已订阅早报", "退订早报")):
        assert browser.post("/digest", page="/digest", wanted=wanted).status_code == 303
        page = browser.get("/digest").text
        assert said in page
        assert f">{offered}</button>" in page


def test_an_empty_digest_says_so_and_a_wrong_choice_changes_nothing(visit: Visit, town: Town) -> None:
    browser = visit("water")
    assert "早报不会发" in browser.get("/digest").text
    answer = browser.post("/digest", page="/digest", wanted="perhaps")
    assert answer.status_code == 400
    assert "请选择订阅或退订" in answer.text
    assert ">退订早报</button>" in browser.get("/digest").text


def test_pages_show_the_warning_in_sign_and_word_and_the_next_rung(visit: Visit, town: Town) -> None:
    case = to_water(town)
    browser = visit("water")
    page = browser.get(f"/cases/{town.no(case)}").text
    assert "下一步提醒：今天" in page
    assert "告知承办岗位" in page
    town.clock.advance(days=20)
    assert "■ 红色预警" in browser.get("/cases").text
    assert page != (late := browser.get(f"/cases/{town.no(case)}").text)
    assert late.count("■ 红色预警") >= 2


def test_a_reminder_is_put_off_from_the_page(visit: Visit, town: Town) -> None:
    case = to_water(town)
    browser, leg = visit("water"), town.leg("water", case)
    place = f"/cases/{town.no(case)}"
    form = {"leg": str(leg), "seen": "1", "wait": "hour"}
    assert browser.post(f"{place}/moves/snooze", page=place, **form).status_code == 303
    assert "再提醒您" in browser.get(place).text
