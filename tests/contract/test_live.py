"""The whole deployment in one test: what the core writes reaches the phone, what the phone says reaches the core."""

from __future__ import annotations

import json

from core.people import HOTLINE
from core.ports import Ticket
from tests.live import Live

DISPATCHER = "xy011"
FLOOD = Ticket(
    outside_no="HK-1", revision=1, channel="RX", type="complain", title="港口路下雨就积水",
    content="雨停两小时水还没退，电动车熄火在路中间。", place="港口路与丘海大道口",
)  # fmt: skip


def phone(live: Live) -> str:
    """Everything on the dispatcher's phone, as text."""
    return json.dumps(live.sandbox.phone(DISPATCHER), ensure_ascii=False)


def test_a_new_case_is_on_the_dispatchers_phone_and_a_restarted_bot_answers(live: Live) -> None:
    live.core.register("hotline:HK-1:1", FLOOD, HOTLINE, "feed")
    live.settle()
    assert FLOOD.title in phone(live)
    live.restart_bot()
    live.sandbox.say(DISPATCHER, "帮助")
    live.settle()
    assert "签收" in phone(live)
