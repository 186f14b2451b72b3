"""分析研判 and 绩效考核 as pages: the second writer's words come back, files open, bad input gets one sentence."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import date

import pytest

from core.figures import REGISTERED, Ask, Pick
from tests.webapp.town import Town
from tests.webapp.visitor import Visitor, hidden_value

Visit = Callable[..., Visitor]
MONDAY = date(2026, 3, 9)
WORDS = {"summary": "平稳。", "analysis": "", "advice": ""}


@pytest.fixture
def draft(town: Town) -> str:
    town.core.measures.fold()
    return f"/m/briefings/drafts/{town.core.briefings.begin(town.actor('desk'), 'day', MONDAY)}"


def seq(page: str) -> str:
    return hidden_value(page, "seq")


def was(page: str) -> dict[str, str]:
    return {f"was_{name}": hidden_value(page, f"was_{name}") for name in WORDS}


def submitted(town: Town, draft: int) -> int:
    head = town.actor("head")
    return town.core.briefings.submit(head, draft, town.core.briefings.draft(head, draft).seq, WORDS)


def field(page: str, name: str) -> str:
    found = re.search(rf'<textarea id="{name}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found
    return found[1]


def test_the_second_writer_finds_both_texts_and_saves_knowingly(visit: Visit, draft: str) -> None:
    desk, head = visit("desk"), visit("head")
    page = head.get(draft).text
    theirs = {"summary": "平稳。", "analysis": "甲的分析", "advice": "甲的建议"}
    assert desk.post(draft, draft, seq=seq(page), **theirs).status_code == 303
    mine = {"summary": field(page, "summary"), "analysis": "", "advice": "乙的建议"}
    late = head.post(draft, draft, seq=seq(page), **was(page), **mine)
    assert late.status_code == 409
    assert "陈文兰 今天 09:00刚改过这份报告，您写的还在下面，核对后再保存。" in late.text
    assert (field(late.text, "advice"), field(late.text, "analysis")) == ("乙的建议", "甲的分析")
    assert field(late.text, "summary") == "平稳。"
    assert re.findall(r"现在保存的是</p><p>(.*?)</p>", late.text) == ["甲的建议"]
    again = head.post(draft, draft, seq=seq(late.text), **{**WORDS, "advice": "甲乙的建议"})
    assert again.status_code == 303
    assert field(desk.get(draft).text, "advice") == "甲乙的建议"
    filed = head.post(f"{draft}/submit", draft, seq=seq(head.get(draft).text), **WORDS)
    assert filed.status_code == 303
    gone = desk.post(draft, filed.location, seq="3", **{**WORDS, "advice": "又写了一段"})
    assert gone.status_code == 410
    assert "这份草稿已经提交或删除" in gone.text
    assert "又写了一段" in gone.text


def test_a_second_press_of_submit_ends_where_the_first_did(visit: Visit, draft: str) -> None:
    """The first answer was lost on the way: whoever presses again reads their briefing, not that the draft is gone."""
    head = visit("head")
    sent = {"seq": seq(head.get(draft).text), **WORDS}
    first, again = (head.post(f"{draft}/submit", draft, **sent) for _ in range(2))
    assert (first.status_code, again.status_code, again.location) == (303, 303, first.location)
    for more in ({"advice": "还有一句"}, {"seq": str(int(sent["seq"]) + 1)}):
        assert head.post(f"{draft}/submit", first.location, **{**sent, **more}).status_code == 410, more


def test_a_submitted_briefing_is_taken_out_as_word(visit: Visit, town: Town, draft: str) -> None:
    number = submitted(town, int(draft.rpartition("/")[2]))
    page, water = f"/m/briefings/{number}", visit("water")
    taken = water.post(f"{page}/export", page, kind="docx", reason="周例会")
    assert (taken.status_code, taken.data[:2]) == (200, b"PK")
    for form in ({"kind": "docx", "reason": " "}, {"kind": "exe", "reason": "试"}):
        refused = water.post(f"{page}/export", page, **form)
        assert refused.status_code == 422
        assert refused.text.count('role="alert"') == 1


def test_a_figure_of_a_briefing_opens_its_cases_to_whom_may_see_them(visit: Visit, town: Town) -> None:
    town.register(1)
    town.core.measures.fold()
    draft = town.core.briefings.begin(town.actor("desk"), "day", MONDAY)
    number = submitted(town, draft)
    page, head = f"/m/briefings/{number}", visit("head")
    links = [html.unescape(one) for one in re.findall(r'href="(/stats/cases[^"]*)"', head.get(page).text)]
    asked = next(one for one in links if "kind=registered" in one and "amount=received" in one)
    assert "since=2026-03-09&until=2026-03-09" in asked
    row = town.core.briefings.one(town.actor("head"), number).figures.row("registered.registered")
    behind = town.core.measures.opened(town.actor("head"), Ask(MONDAY, MONDAY, REGISTERED), Pick("received"))
    assert row.now.number
    assert behind.total == row.now.number
    assert all(head.get(one).status_code == 200 for one in links)
    within = town.core.measures.opened(town.actor("water"), Ask(MONDAY, MONDAY, REGISTERED), Pick("received"))
    assert within.total == 0, "a unit finds its own behind the same number"


@pytest.mark.parametrize(
    ("path", "form", "status", "sentence"),
    [
        ("/m/briefings", {"kind": "day", "day": "明天"}, 422, "请从日历中选择"),
        ("/m/briefings", {"kind": "day", "day": "2026-03-10"}, 422, "请选今天或以前的日子"),
        ("/m/briefings", {"kind": "year", "day": "2026-03-09"}, 422, "请从日报、周报、月报中选择"),
        ("{draft}", {"summary": "x" * 2001, "seq": "1"}, 422, "情况综述"),
        ("{draft}", {"summary": "x"}, 400, "请刷新页面再试"),
        ("{draft}/submit", {"summary": "", "seq": "1"}, 422, "请填写「情况综述」后再提交。"),
    ],
)
def test_bad_input_gets_one_sentence_and_changes_nothing(
    visit: Visit, town: Town, draft: str, path: str, form: dict[str, str], status: int, sentence: str
) -> None:
    number = int(draft.rpartition("/")[2])
    before = town.core.briefings.draft(town.actor("head"), number)
    answer = visit("head").post(path.format(draft=draft), draft, **form)
    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert town.core.briefings.draft(town.actor("head"), number) == before
    assert len(town.core.briefings.shelf(town.actor("head")).drafts) == 1


def test_addresses_that_mean_nothing_are_not_there(visit: Visit) -> None:
    head = visit("head")
    huge = "9" * 30
    for path in ("/m/briefings/77", f"/m/briefings/{huge}", f"/m/briefings/drafts/{huge}", "/m/assessment?unit=x"):
        assert head.get(path).status_code == 404, path
    assert head.get("/m/assessment?month=2026-13").status_code == 422
    assert head.get("/m/assessment?part=nothing&month=").status_code == 200
