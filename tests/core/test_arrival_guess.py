"""A sentence guessed into a form: what is taken from it, what is not, and what is no matter at all."""

from __future__ import annotations

import pytest

from core.arrivals.classes import likely_classes, sure_class
from core.arrivals.guess import Spot, guess, is_story, place_of, title_of
from core.policy.arrivals import arrival_rules

RULES = arrival_rules()
SPOTS = (
    Spot("港口路", "海秀街道", "海港社区"),
    Spot("秀华路", "秀英街道", "秀华社区"),
    Spot("海港社区", "海秀街道", "海港社区"),
)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("秀华路21号门前的路灯坏了", "秀华路21号门前"), ("在港口路公交站旁边积水", "港口路公交站旁边"),
        ("港口路积水", "港口路"), ("海港路路灯坏了好几天", "海港路"), ("金鼎路路口积水", "金鼎路路口"),
        ("道堂村村民反映停水", "道堂村"), ("长怡村村道破损", "长怡村"),
        ("我家住在幸福小区3栋，电梯坏了", "幸福小区3栋"), ("丁村南路口有人倒垃圾", "丁村南路口"),
        ("老旧小区怎么加装电梯", ""),
        ("自来水发黄", ""), ("", ""),
    ],
)  # fmt: skip
def test_the_place_is_what_the_words_name(text: str, place: str) -> None:
    assert place_of(text, SPOTS, RULES)[0] == place


@pytest.mark.parametrize(
    ("text", "phone", "name"),
    [
        ("路灯坏了，我叫陈月兰，电话199 0000 1234", "19900001234", "陈月兰"),
        ("路灯坏了。联系人：吴海生 0898-66668888", "089866668888", "吴海生"),
        ("路灯坏了（19900001234）", "19900001234", ""),
        ("身份证 460100199001011234 的人", "", ""), ("路灯坏了", "", ""),
    ],
)  # fmt: skip
def test_the_caller_goes_to_the_sealed_fields_and_out_of_the_text(text: str, phone: str, name: str) -> None:
    found = guess(text, SPOTS, RULES)
    assert (found["caller_phone"], found["caller_name"]) == (phone, name)
    assert not phone or phone[-4:] not in found["content"]
    assert not name or name not in found["content"]


@pytest.mark.parametrize(
    ("text", "kind", "urgency"),
    [
        ("请问老旧小区加装电梯怎么申请", "ask", "normal"), ("举报港口路有人偷倒垃圾", "report", "normal"),
        ("工地夜里扰民，投诉", "complain", "normal"), ("港口路水管爆裂", "help", "urgent"),
        ("秀华路店铺着火", "help", "critical"), ("建议滨海公园延长夜灯", "suggest", "normal"),
    ],
)  # fmt: skip
def test_kind_and_urgency_follow_the_words_of_the_table(text: str, kind: str, urgency: str) -> None:
    found = guess(text, SPOTS, RULES)
    assert (found["type"], found["urgency"]) == (kind, urgency)


def test_a_title_is_the_first_thing_said_without_the_politeness() -> None:
    assert title_of("您好，我要反映秀华路的路灯坏了。晚上很黑", RULES) == "秀华路的路灯坏了"
    assert len(title_of("字" * 4000, RULES)) <= 24
    assert title_of("", RULES) == ""


def test_a_class_is_named_only_when_the_words_are_sure() -> None:
    assert sure_class("有流动摊贩占道经营，早高峰堵") == "010401"
    assert sure_class("自来水发黄三天了不敢喝") == "030103"
    assert sure_class("有件事想说一下") == ""
    assert sure_class("小区电梯坏了三天没人修") == ""
    assert [code for code, _ in likely_classes("小区电梯坏了三天没人修")][:1] != []


@pytest.mark.parametrize(
    "text", ["港口路的水退了吗", "签收", "帮我看看港口路那个件办结没有", "今天天气真好大家都很开心呀"]
)
def test_talk_about_work_is_no_story(text: str) -> None:
    assert not is_story(text, SPOTS, RULES)


@pytest.mark.parametrize(
    "text", ["\0" * 50, "\u202e港口路积水好几天了车过不去", "港" * 2000, "😀" * 500, "]]>{{7*7}}港口路积水好几天了"]
)
def test_odd_characters_break_nothing(text: str) -> None:
    is_story(text, SPOTS, RULES)
    assert len(guess(text, SPOTS, RULES)["title"]) <= 24
