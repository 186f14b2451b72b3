"""Control F4: what people search for stands in no address, no log and no answer's header, and opens for them alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

import pytest
from sqlalchemy import select

from core.models.record import audit_log
from tests.webapp.town import PHONE, Town
from tests.webapp.visitor import Visitor

Visit = Callable[..., Visitor]
NAME = "吴海生"


def addresses_of(page: str) -> list[str]:
    """Every address a page leads to, as a log or a history would keep it."""
    return [unquote(found) for found in re.findall(r'(?:href|action|src)="([^"]*)"', page)]


@pytest.mark.parametrize("words", [PHONE, NAME, "积水", f"{NAME} {PHONE}"])
def test_words_stand_in_no_address_and_no_log(
    visit: Visit, town: Town, words: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        town.register(0, outside_no=f"HK{number}")
    desk = visit("desk")
    answer = desk.post("/search", page="/cases", to="/cases", q=words)
    assert answer.status_code == 303
    page = desk.get(answer.location).text
    assert f'value="{words}"' in page, "the box still shows what was typed"
    told = [unquote(answer.location), str(answer.headers), *addresses_of(page)]
    first = next(one for one in addresses_of(page) if one.startswith("/cases/XY")) if "积水" in words else ""
    told += addresses_of(desk.get(first.replace("&amp;", "&")).text) if first else []
    assert [one for one in told if any(word in one for word in words.split())] == []
    with town.core.engine.connect() as tx:
        entries = "\n".join(str(tuple(row)) for row in tx.execute(select(audit_log)))
    out = capfd.readouterr()
    logs = "\n".join([caplog.text, out.out, out.err, entries])
    assert [word for word in words.split() if word in logs] == []


def test_a_number_and_a_word_still_find_their_case(visit: Visit, town: Town) -> None:
    town.register(0)
    town.register(3, caller_phone="19900007777")
    desk = visit("desk")
    for words in (PHONE, "积水", "  积水  "):
        assert "共 1 件" in desk.search(words).text
    assert desk.post("/search", page="/cases", to="/cases", q="   ").location == "/cases"


def test_the_way_on_keeps_the_words_and_one_step_back_too(visit: Visit, town: Town) -> None:
    for number in range(60):
        town.register(0, outside_no=f"HK{number}")
    desk = visit("desk")
    page = desk.search("积水").text
    second = next(one for one in addresses_of(page) if "page=2" in one).replace("&amp;", "&")
    assert "共 60 件" in desk.get(second).text


def test_the_words_open_for_who_sought_them_alone(visit: Visit, town: Town) -> None:
    town.register(0)
    desk = visit("desk")
    location = desk.post("/search", page="/cases", to="/cases", q=NAME).location
    other = visit("housing").get(location).text
    assert NAME not in other
    assert "「搜索词」填得不对" in other


@pytest.mark.parametrize("typed", [PHONE, "data_1.x", "x" * 5000, "%E7%A7%AF", "data_9.AAAA", "index_1.AAAA", "...."])
def test_what_was_not_sealed_here_is_ignored_in_one_sentence(visit: Visit, typed: str) -> None:
    answer = visit("desk").get(f"/cases?q={typed}")
    assert answer.status_code == 200
    assert "「搜索词」填得不对，已忽略这项条件。" in answer.text


@pytest.mark.parametrize(
    "where", ["", "https://evil.example/", "//evil.example", "/cases/../sign-out", "/cases?q=1", "/stats"]
)
def test_a_search_leads_nowhere_else(visit: Visit, where: str) -> None:
    answer = visit("desk").post("/search", page="/cases", to=where, q="积水")
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_the_log_and_the_registers_are_searched_the_same_way(visit: Visit, town: Town) -> None:
    for login, place, words in (("audit", "/log", "韩德玲"), ("security", "/settings/person", "韩德玲")):
        visitor = visit(login)
        answer = visitor.post("/search", page=place, to=place, q=words)
        assert words not in unquote(answer.location)
        page = visitor.get(answer.location).text
        assert f'value="{words}"' in page
        assert [one for one in addresses_of(page) if words in one] == []


def test_no_search_box_sends_its_words_in_an_address(visit: Visit, town: Town) -> None:
    pages = {"desk": ("/cases", "/hotspots", "/stats", "/intake"), "audit": ("/log",), "system": ("/settings", "/tray")}
    for login, places in pages.items():
        for place in places:
            for form in re.findall(r"<form[^>]*>.*?</form>", visit(login).get(place).text, re.DOTALL):
                if 'type="search"' in form or 'name="q" ' in form.replace('type="hidden" name="q"', ""):
                    assert 'method="post"' in form, place
