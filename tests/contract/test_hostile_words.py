"""What citizens, units and platforms write never acts in a chat: no link, picture, mention or tag but our own (E2)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from core.models.record import letters
from tests.builders import LEAD, act, caller, clerk, desk, head, rows
from tests.live import Live
from tests.payloads import BROWSER, CARD
from tests.webapp.machine_room import Platform, a_ticket, machine_app

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile-words")]
ACTS = re.compile(
    r"\]\(\s*(?!http://127\.0\.0\.1)|!\[|<\s*/?\s*[a-zA-Z@!]|://evil|www\.evil|dingtalk://|\]\[1\]|@所有人"
)
"""A link that is not ours, a picture, a tag, a mention, an address that becomes one."""
WORDS = " ".join(CARD)


def told(live: Live) -> list[str]:
    """Everything that reached anybody's phone: lines and the values of cards."""
    core, sandbox = live.core, live.sandbox
    users = {one.dingtalk for held in core.directory().by_person.values() for one in held if one.dingtalk}
    found: list[str] = []
    for user in sorted(users):
        for chat in sandbox.get(f"phone/{user}", limit=200)["chats"]:
            found += [_flat(line["content"]) for line in chat["messages"] if line["from"] == "robot"]
    found += [_flat(sandbox.get(f"cards/{one['outTrackId']}")) for one in sandbox.get("cards")]
    return found


def _flat(value: Any) -> str:
    return json.dumps(_shown(value), ensure_ascii=False)


def _shown(value: Any) -> Any:
    """Without what an input field begins with (`value_…`): that is no markdown, and its own writer's to change."""
    if isinstance(value, dict):
        return {name: _shown(inner) for name, inner in value.items() if not str(name).startswith("value_")}
    return [_shown(inner) for inner in value] if isinstance(value, list) else value


def test_the_search_finds_what_it_looks_for() -> None:
    """The positive control."""
    assert [one for one in CARD if not ACTS.search(one)] == ["# 已办结", "**已办结** ~~未办~~ `代码`"]
    assert not ACTS.search("[查看办理过程](http://127.0.0.1:8000/cases/XYRX20260309000427)")


def test_nothing_that_is_written_acts_on_a_phone(live: Live) -> None:
    core, sandbox = live.core, live.sandbox
    platform = Platform(machine_app(core).test_client())
    for number, payload in enumerate((*CARD, *BROWSER[:6])):
        ticket = a_ticket(
            ticket_no=f"E2-{number}", title=f"{payload}积水"[:100], content=f"{payload} {WORDS}"[:3000],
            place=payload[:80], caller_name=payload[:50], address=payload[:200], community=payload[:60],
            street="海秀街道",
        )  # fmt: skip
        assert platform.push(ticket).json["accepted"], payload
    case = core.case_of(
        platform.push(a_ticket(ticket_no="E2-life", title=WORDS[:100], content=WORDS)).json["accepted"][0]["case_no"]
    )
    act(core, desk(core), case, "dispatch", lead=LEAD, opinion=WORDS[:400])
    act(core, clerk(core), case, "return", LEAD, reason="not_our_duty", basis=WORDS[:250], text=WORDS[:200])
    act(core, desk(core), case, "refuse_return", LEAD, reason=WORDS[:200])
    act(core, clerk(core), case, "progress", LEAD, note=WORDS[:400])
    act(core, head(core), case, "oversee", opinion=WORDS[:400])
    act(core, desk(core), case, "nudge", opinion=WORDS[:400])
    act(core, clerk(core), case, "report", LEAD, result=WORDS[:400])
    act(core, desk(core), case, "confirm", reply=WORDS[:400])
    act(core, caller(core), case, "record_call", connected="no_answer", opinion=WORDS[:200])
    live.settle()
    user = next(holder.dingtalk for holder in core.directory().by_person[desk(core).person or 0])
    for words in ("待办", "全部", "首页", "统计", "积水", "查 积水", f"{CARD[0]}港口路积水三天了没人管，车过不去"):
        sandbox.say(user, words)
    live.settle()
    found = told(live)
    assert sum("积水" in one for one in found) > 20, "the search looks where the words are"
    assert [one for one in found if ACTS.search(one)] == []


def test_an_alarm_shows_a_ticket_number_as_words(live: Live) -> None:
    """A number may hold anything; the line that tells of it goes to a security administrator as markdown."""
    platform = Platform(machine_app(live.core).test_client())
    number = "[核对](https://evil.example)"
    assert platform.push(a_ticket(ticket_no=number)).json["accepted"]
    assert platform.push(a_ticket(ticket_no=number, title="另一件事")).json["refused"]
    alarms = rows(live.core, letters, letters.c.key.like("alarm:different-body%"))
    live.settle()
    assert alarms
    assert any("同一版本两次内容不同" in one for one in told(live))
    assert [one for one in told(live) if ACTS.search(one)] == []
