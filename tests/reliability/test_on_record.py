"""Control G1 and its neighbours: every no is on record wherever it was said, and nothing on record is a value."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from bots.dingtalk.answers import Answers
from bots.dingtalk.chat import Chat
from core import Core
from core.commits import Job
from core.entries import Entry
from core.logs import redact
from core.models.record import audit_log, events, letters
from core.policy.rates import Rate
from tests.builders import OTHER, a_case, clerk, desk, dispatched, fresh_key, last_entry, rows, sizes, the_case
from tests.webapp.machine_room import Platform, a_ticket, machine_app


def a_press(core: Core, case: int, user: str, action: str = "sign", **params: Any) -> dict[str, Any]:
    """The data of a card callback."""
    content = {"cardPrivateData": {"actionIds": [action], "params": params}}
    return {"outTrackId": f"{the_case(core, case)['no']}:1", "userId": user, "content": json.dumps(content)}


def name_of(core: Core, person: int | None) -> str:
    return core.directory().by_person[person or 0][0].dingtalk


def told(entry: Any) -> tuple[Any, ...]:
    return entry.actor_person, entry.channel, entry.action, entry.object, entry.result, entry.reason


@pytest.fixture
def platform(core: Core) -> Platform:
    return Platform(machine_app(core).test_client())


def test_a_stranger_pressing_a_button_is_on_record(core: Core) -> None:
    case = dispatched(core)
    press = a_press(core, case, "nobody-here")
    Answers(core).answer(fresh_key("m"), press)
    card = f"card:{press['outTrackId']}"
    assert told(last_entry(core)) == (None, "dingtalk", "click", card, "refused", "NotKnownHere")


def test_a_press_on_a_case_of_others_is_on_record_with_who_it_was(core: Core) -> None:
    case, other = dispatched(core), clerk(core, OTHER)
    Answers(core).answer(fresh_key("m"), a_press(core, case, name_of(core, other.person)))
    entry = last_entry(core)
    assert (entry.actor_person, entry.result, entry.reason) == (other.person, "refused", "Unknown")
    assert core.verify_log().ok


def test_what_a_door_refused_is_on_record_once(core: Core) -> None:
    case = a_case(core)
    (before,) = sizes(core, audit_log)
    user, form = name_of(core, desk(core).person), {"reason": "缺材料"}
    press = a_press(core, case, user, "case_send_back", case_seq="1", form=form)
    Answers(core).answer(fresh_key("m"), press)
    assert last_entry(core).reason == "MoveNotOpen"
    assert sizes(core, audit_log) == (before + 1,)


def test_words_from_outside_the_organisation_are_on_record(core: Core) -> None:
    data = {
        "msgId": fresh_key("m"), "senderStaffId": "spy", "senderCorpId": "elsewhere", "conversationType": "1",
        "msgtype": "text", "text": {"content": "待办"}, "sessionWebhook": "http://127.0.0.1:9/robot",
    }  # fmt: skip
    assert Chat(core).hear("f-1", data) is not None
    assert told(last_entry(core)) == (None, "dingtalk", "chat", "stranger:spy", "refused", "NotKnownHere")


def test_a_ticket_refused_before_the_door_is_on_record_by_its_number(core: Core, platform: Platform) -> None:
    platform.push(a_ticket(ticket_no="BAD-1", longitude="east"))
    entry = last_entry(core)
    assert (entry.action, entry.object, entry.reason) == ("case.registered", "outside:BAD-1", "BadField")
    assert entry.address == "127.0.0.1"


def test_one_number_with_two_bodies_alarms_the_security_administrator_once(core: Core, platform: Platform) -> None:
    for content in ("第一种说法。", "第二种说法。", "第三种说法。"):
        platform.push(a_ticket(ticket_no="TWICE", content=content))
    alarms = rows(core, letters, letters.c.key.like("alarm:different-body:%"))
    assert len(alarms) == len(core.directory().by_role["security_admin"]) > 0
    assert len(rows(core, audit_log, audit_log.c.reason == "DifferentBody")) == 2


def test_changed_text_is_kept_beside_the_record_not_in_it(core: Core, platform: Platform) -> None:
    platform.push(a_ticket())
    platform.push(a_ticket(revision=2, title="第二版标题", content="第二版内容"))
    revised = rows(core, events, events.c.name == "revised")
    assert [row.facts for row in revised] == [{"revision": "2"}]


def test_an_address_never_becomes_a_place_in_plain(core: Core, platform: Platform) -> None:
    only = {"place": "", "street": "", "address": "港口路 18 号 502"}
    open_, secret = (
        platform.push(a_ticket(ticket_no=f"ROAD-{flag}", keep_secret=flag, **only)).json["accepted"][0]["case_no"]
        for flag in ("否", "是")
    )
    assert core.machine_case(open_).place.strip() == "港口路 ****"
    assert core.machine_case(secret).place == "地点不详"
    assert (core.machine_case(secret).caller, core.machine_case(secret).phone) == ("保密", "保密")


def test_one_faulty_job_does_not_take_its_neighbours_with_it(core: Core) -> None:
    entry = Entry(core.clock.now(), None, None, "web", "", "test", "neighbour", "done")
    broken = Entry(core.clock.now(), None, None, "web", "", "\ud800", "broken", "done")

    def job(one: Entry) -> Job:
        nothing: Sequence[Entry] = ()
        return Job(0, lambda _tx: ("kept", (one,)), lambda _tx, _no: nothing)

    good, bad, other = job(entry), job(broken), job(entry)
    core._line._commit([good, bad, other])
    assert (good.answer, good.error, other.error) == ("kept", None, None)
    assert isinstance(bad.error, UnicodeEncodeError)
    assert all(one.done.is_set() for one in (good, bad, other))
    assert len(rows(core, audit_log, audit_log.c.object == "neighbour")) == 2
    assert core.verify_log().ok


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("GET /x?access_token=abc&n=1", "GET /x?access_token=***&n=1"),
        ('{\\"appSecret\\": \\"abc\\"}', '{\\"appSecret\\": \\"***\\"}'),
        ("Authorization: Bearer abc", "Authorization: Bearer ***"),
        ("x-acs-dingtalk-access-token: abc", "x-acs-dingtalk-access-token: ***"),
        ("caller 13800138000 away", "caller 138****8000 away"),
        ("ticket_no=250912101108115409", "ticket_no=250912101108115409"),
    ],
)
def test_a_log_line_shows_neither_secrets_nor_numbers(line: str, shown: str) -> None:
    assert redact(line) == shown


def test_two_bots_count_one_persons_words_together(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.rates, "_now", lambda: 1_800_000_030.0)
    monkeypatch.setattr("core.rates.load_rates", lambda: {"chat": Rate("chat", "发消息", "person", 3)})
    bots, user = (Chat(core), Chat(core)), someone_with_a_phone(core)
    corp = core.settings.dingtalk.corp_id
    for turn in range(6):
        said = {
            "msgId": fresh_key("m"), "senderStaffId": user, "senderCorpId": corp, "chatbotCorpId": corp,
            "conversationType": "1", "text": {"content": "待办"},
        }  # fmt: skip
        bots[turn % 2].hear(f"f-{turn}", said)
    answers = rows(core, letters, letters.c.lane.like("person:%"))
    assert [row.kind for row in answers] == ["work", "work", "work", "say"], "too fast is said once"
    assert [row.reason for row in rows(core, audit_log, audit_log.c.action == "chat")] == ["TooMany"]


def someone_with_a_phone(core: Core) -> str:
    return next(holder.dingtalk for holder in core.directory().by_role["unit_clerk"] if holder.dingtalk)
