"""The rules of the registration form: what a field may say, and that every fault shows at once."""

from __future__ import annotations

import pytest

from core.arrivals.fields import CUT_AT, USUAL, Filled, FormFaulty, Towns, fill
from core.policy import load_policy

POLICY = load_policy()
TOWNS = Towns(frozenset({"海秀街道", "长流镇"}), {"海港社区": "海秀街道"})
GOOD = {
    **USUAL, "title": "港口路积水", "content": "雨停两小时水还没退", "place": "港口路公交站",
    "caller_phone": "19900001234",
}  # fmt: skip


def filled(**changes: str) -> Filled:
    return fill(POLICY, TOWNS, {**GOOD, **changes})


def test_a_good_form_becomes_a_ticket() -> None:
    ticket = filled(class_code="030201 路面积水（供水排水）", community="海港社区", wants_reply="1", hard="是").sure()
    assert (ticket.class_code, ticket.town, ticket.community) == ("030201", "海秀街道", "海港社区")
    assert (ticket.wants_reply, ticket.hard, ticket.sensitive, ticket.keep_secret) == (True, True, False, False)


def test_every_fault_stands_beside_its_field_at_once() -> None:
    found = fill(POLICY, TOWNS, {"channel": "ZZ", "caller_phone": "十二", "class_code": "不存在", "urgency": "normal"})
    assert set(found.faults) == {"channel", "type", "title", "content", "place", "caller_phone", "class_code"}
    assert all(text.endswith("。") and len(text) <= 40 for text in found.faults.values())
    with pytest.raises(FormFaulty, match="有7处"):
        found.sure()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("title", "字" * 101), ("content", "字" * 5001), ("place", "路" * 201), ("title", "港口\0路"),
        ("content", "水\x07声"), ("title", "\ud800"), ("caller_phone", "1234"), ("caller_phone", "1" * 21),
        ("town", "不在本区"), ("community", "不在本区"), ("type", "骂人"), ("urgency", "now"), ("hard", "也许"),
        ("service_type", "没有"), ("class_code", "99"), ("outside_no", "1" * 65), ("title", "字" * 10_000_000),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_with_a_sentence(name: str, text: str) -> None:
    found = filled(**{name: text})
    assert list(found.faults) == [name]
    assert found.ticket is None
    assert len(found.values[name]) <= CUT_AT


def test_words_serve_where_codes_do() -> None:
    said = {
        "channel": "热线电话",
        "type": "投诉",
        "urgency": "紧急",
        "service_type": "设施报修",
        "class_code": "路灯不亮",
    }
    ticket = filled(**said).sure()
    assert (ticket.channel, ticket.type, ticket.urgency) == ("RX", "complain", "urgent")
    assert (ticket.service_type, ticket.class_code) == ("repair_request", "020301")


def test_a_number_is_kept_as_digits_or_nobody_asks() -> None:
    assert filled(caller_phone="０８９８－６６６６ ６６６６").sure().caller_phone == "089866666666"
    assert list(filled(caller_phone="").faults) == ["caller_phone"]
    assert filled(caller_phone="", anonymous="1").sure().more == {"anonymous": True}
