"""Words where no card can be: the same facts, harmless, with a way on."""

from dataclasses import dataclass, replace

import pytest

from cards.text import fallback, guess_lines, help_lines, said, until
from core.views import Option
from tests.cards.builders import LEFT, a_case, moves


@dataclass(frozen=True, slots=True)
class Told:
    sentence: str


def test_the_plain_message_has_the_facts_of_the_card_and_a_link() -> None:
    title, body = fallback(a_case(moves=moves("case_leg", "sign")), "https://console.example")
    assert title == "【待签收】XYRX…4213 港口路积水"
    for fact in ("港口路积水", "12345 热线电话", "现在该谁：水务局", LEFT, "您可以：签收。"):
        assert fact in body
    assert body.endswith("[查看办理过程](https://console.example/cases/XYRX20260309004213)")


def test_without_an_address_it_says_how_to_open_the_card() -> None:
    assert fallback(a_case())[1].endswith("发送「004213」打开卡片。")


def test_an_ended_case_asks_for_nothing() -> None:
    _, body = fallback(a_case("closed", result="已抽排", moves=moves("case", "redo")))
    assert "您可以" not in body
    assert "办理结果：已抽排" in body


def test_citizen_text_is_escaped_and_numbers_are_hidden() -> None:
    words = "[点我](https://evil.example) **13812345678**"
    title, body = fallback(a_case(title=words, content=words, place=words, result=words), "https://console.example")
    assert "https://evil" not in title + body
    assert "13812345678" not in title + body
    assert body.count("](") == 1


def test_what_was_done_names_the_case() -> None:
    told = Told("已签收，周三 17:30 前办结")
    assert said(told) == told.sentence
    assert said(told, a_case()) == "尾号 004213 港口路积水：已签收，周三 17:30 前办结"


def test_help_names_every_command() -> None:
    told = "\n".join(help_lines())
    for word in ("待办", "超期", "查", "派", "签收", "进展", "办结", "退回", "岗位", "首页"):
        assert f"「{word}" in told


def test_guesses_are_at_most_three_and_harmless() -> None:
    lines = guess_lines("<b>代办</b>", [Option(f"词{n}", f"读法{n}") for n in range(5)])
    assert len(lines) == 4
    assert lines[0] == "没有听明白「＜b＞代办＜/b＞」，您是想说："
    assert guess_lines("啊", ()) == ("没有听明白「啊」。发送「帮助」看看能做什么。",)


@pytest.mark.parametrize(
    ("left", "short"),
    [
        (LEFT, "周三 17:30 前"),
        ("已超期 2 小时（原定 今天 17:30）", "已超期 2 小时"),
        ("暂停计时中，恢复后顺延", "暂停计时中，恢复后顺延"),
        ("", ""),
    ],
)
def test_time_left_in_a_few_words(left: str, short: str) -> None:
    assert until(left) == short
    assert said(Told("好"), replace(a_case(), left=left)).endswith("好")
