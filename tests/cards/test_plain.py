"""Citizen text on a card can neither act nor mislead (security-reliability E2)."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards import case_face
from cards.card import array, fit
from cards.plain import clean, cut, plain, scrub
from tests.cards.builders import a_case

CORPUS = (
    "[点我](https://evil.example)",
    "![图](https://evil.example/a.png)",
    "<a href='https://evil.example'>领奖</a>",
    "<font color=red>已办结</font>",
    "<@manager123> 请转账",
    "@所有人 开会",
    "https://evil.example/pay",
    "www.evil.example",
    "dingtalk://dingtalkclient/page/link?url=evil",
    "[点我][1]\n\n[1]: https://evil.example",
    "# 一级标题",
    "## 已办结",
    "- 列表\n- 列表",
    "1. 列表",
    "> 引用",
    "| 表 | 头 |\n|---|---|",
    "```\ncode\n```",
    "**粗体** _斜体_ ~~删除~~ `代码`",
    "---",
    "===",
    "$$x^2$$",
    "&lt;script&gt;",
    "正常\u202e倒写\u2066隔离\u200b零宽\ufeff",
    "换行\r\n\u2028\u2029\x0b\x0c\x85换行",
    "\x00\x07\x1b[31m红字",
    "\\[转义\\]",
    "a@b.example",
)
SIGNS = set("\\`*_{}[]()<>#!|~@&$^")


@pytest.mark.parametrize("words", CORPUS)
def test_nothing_of_it_is_markup_any_more(words: str) -> None:
    told = plain(words)
    assert not SIGNS & set(told)
    assert "://" not in told
    assert "www." not in told
    assert told.isprintable()
    assert not re.match(r"(\d+\.|[-+=])", told)


@pytest.mark.parametrize("words", CORPUS)
def test_the_card_has_only_our_own_link(words: str) -> None:
    face = case_face(a_case(content=words, title=words, result=words, last=words), base="https://console.example")
    told = json.dumps([dict(face.public), dict(face.private)], ensure_ascii=False)
    assert re.findall(r"\w+://[^\"]*", told) == ["https://console.example/cases/XYRX20260309004213"]
    assert "www." not in told
    assert not SIGNS & set(face.public["body"])


@given(st.text())
def test_whatever_is_typed_comes_out_as_one_harmless_line(words: str) -> None:
    told = plain(words)
    assert not SIGNS & set(told)
    assert "\n" not in told
    assert told.isprintable()
    assert plain(told) == told


@given(st.text(), st.integers(1, 60))
def test_a_limit_is_a_limit(words: str, limit: int) -> None:
    assert len(plain(words, limit)) <= limit
    assert len(clean(words, limit)) <= limit


def test_ordinary_words_stay_as_they_are() -> None:
    words = "3月9日 17:30，港口路积水约 30 厘米，「请尽快处理」。"
    assert plain(words) == words == clean(words) == scrub(words)


def test_what_is_cut_says_so() -> None:
    assert cut("港口路积水严重", 5) == "港口路积…"
    assert cut("港口路", 3) == "港口路"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("电话13812345678。", "电话138****5678。"),
        ("138 1234 5678", "138****5678"),
        ("138-1234-5678", "138****5678"),
        ("138\u200b12345678", "138****5678"),
        ("1\u202e3812345678", "138****5678"),
        ("+86 13812345678", "138****5678"),
        ("座机0898-68651234", "座机0898****34"),
        ("68651234", "68****4"),
        ("身份证46010019900101123X", "身份证460****X"),
        ("12345 热线", "12345 热线"),
        ("2026-03-09 09:05", "2026-03-09 09:05"),
        ("XYRX20260309004213", "XYRX20260309004213"),
        ("港口路12号3栋2单元502室", "港口路*号*栋*单元*室"),
        ("12月5号", "12月5号"),
    ],
)
def test_numbers_that_belong_to_a_person_are_hidden(words: str, told: str) -> None:
    assert scrub(words) == told


@given(st.text(max_size=2000), st.integers(10, 200))
def test_text_is_cut_between_two_characters(words: str, limit: int) -> None:
    told = fit(words, limit)
    assert len(told.encode()) <= limit
    assert told == words or told.endswith("…") or len(told) < len(words)


def test_half_a_character_goes_and_the_rest_stays() -> None:
    assert fit("积\ud800水") == "积水"
    assert fit("积水" * 300).endswith("…")


def test_an_array_shrinks_before_it_loses_rows() -> None:
    rows = [{"no": f"{n}", "sub": "长" * 100} for n in range(8)]
    told = array(rows, shrink=("sub",))
    assert len(told.encode()) <= 1024
    assert len(json.loads(told)) == 8
    assert len(json.loads(array(rows))) == 3
