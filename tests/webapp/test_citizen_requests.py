"""A holder asks to have their data corrected or erased: a case with deadlines, an answer or a reason (control F6)."""

# ruff: noqa: F811
from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from core import Core, citizens
from core.crypto import place
from core.models.cases import cases
from core.models.record import events, letters
from core.ports import Envelope, Held, Undelivered
from tests.builders import LEAD, a_case, desk, dispatched, rows, the_case
from tests.builders import act as on_case
from tests.clock import StillClock
from tests.core.library_room import NURSE, PERSON, a_person, act
from tests.webapp.test_citizen import citizen, core, licences, sign_in, site  # noqa: F401
from tests.webapp.visitor import Visitor

WORDS = "执业地点写成了旧单位，应为秀英区人民医院。"
PAGE = "/c/mine/requests"


@pytest.fixture
def holder(citizen: Callable[..., Visitor], licences: tuple[str, str]) -> Visitor:
    visitor = citizen()
    sign_in(visitor)
    return visitor


def about(visitor: Visitor, title: str) -> str:
    """The choice of this title in the form."""
    found = re.search(rf'<option value="([^"]+)"[^>]*>{title}', visitor.get(PAGE).text)
    assert found, visitor.get(PAGE).text
    return found[1]


def ask(
    visitor: Visitor, title: str = "护士执业证书", kind: str = "correct", words: str = WORDS, **form: str
) -> TestResponse:
    return visitor.post(PAGE, page=PAGE, **{"about": about(visitor, title), "kind": kind, "words": words, **form})


def the_cases(core: Core) -> list[Any]:
    return rows(core, cases)


def test_the_holder_sees_what_is_registered_and_where_to_ask(holder: Visitor) -> None:
    page = holder.get(PAGE).text
    for shown in (PERSON["name"], PERSON["number"][-4:], PERSON["phone"][-4:], NURSE["number"]):
        assert shown in page
    assert PERSON["number"] not in page
    assert "更正或删除我的信息" in holder.get("/c/mine").text


def test_a_request_is_a_case_of_the_holder_with_what_it_is_about(holder: Visitor, core: Core) -> None:
    answer = ask(holder)
    assert answer.status_code == 303
    (case,) = the_cases(core)
    assert (case.state, case.title, case.channel) == ("pending", "更正信息：护士执业证书", "WX")
    assert WORDS in case.content
    assert NURSE["number"] not in f"{case.title}{case.content}"
    assert core.cipher.open(case.caller_name, place("cases", "caller_name", case.no)) == PERSON["name"]
    assert core.cipher.open(case.caller_phone, place("cases", "caller_phone", case.no)) == PERSON["phone"]
    (event,) = rows(core, events, events.c.case_id == case.id)
    assert (event.name, event.source, event.person_id) == ("registered", "h5", None)
    page = holder.get(answer.location).text
    assert case.no in page
    assert "更正信息 · 护士执业证书" in page
    assert "已收到，正在安排" in page
    assert "待派发" not in page, "our own words for a case are no citizen's"


def test_sent_twice_it_is_one_request(holder: Visitor, core: Core) -> None:
    for _ in range(3):
        assert ask(holder, token="t" * 24).status_code == 303
    assert len(the_cases(core)) == 1


def test_it_gets_a_deadline_and_the_answer_reaches_the_holder(holder: Visitor, core: Core) -> None:
    ask(holder)
    case = the_cases(core)[0].id
    on_case(core, desk(core), case, "dispatch", lead=LEAD)
    assert the_cases(core)[0].due_at is not None
    assert "最迟" in holder.get(PAGE).text
    on_case(core, desk(core), case, "close_directly", reply="已按执业注册信息更正。")
    page = holder.get(PAGE).text
    assert "已答复" in page
    assert "答复：已按执业注册信息更正。" in page
    assert "最迟" not in page


@pytest.mark.parametrize(
    ("action", "form", "says", "why"),
    [
        ("close_directly", {"reply": "依法须保存，不能删除。"}, "已答复", "答复：依法须保存，不能删除。"),
        ("mark_invalid", {"reason": "duplicate"}, "没有同意", "原因：与在办件重复"),
    ],
)  # fmt: skip
def test_a_no_carries_its_reason_to_the_holder(
    holder: Visitor,
    core: Core,
    action: str,
    form: dict[str, Any],
    says: str,
    why: str,
) -> None:
    ask(holder, "登记信息", "erase", "不再从业，请删除。")
    on_case(core, desk(core), the_cases(core)[0].id, action, **form)
    page = holder.get(PAGE).text
    assert "删除信息 · 登记信息" in page
    assert says in page
    assert why in page


@pytest.mark.parametrize(
    ("form", "status", "says"),
    [
        ({"words": "  "}, 422, "说明"), ({"words": "长" * 501}, 422, "500"), ({"words": "a\x07b"}, 422, "说明"),
        ({"kind": "burn"}, 400, "更正还是要删除"), ({"kind": ""}, 400, "更正还是要删除"),
        ({"about": "nobody"}, 404, "登记"), ({"about": ""}, 404, "登记"), ({"token": "short"}, 400, "刷新"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence_and_opens_nothing(
    holder: Visitor,
    core: Core,
    form: dict[str, str],
    status: int,
    says: str,
) -> None:
    answer = ask(holder, **form)
    assert answer.status_code == status, answer.text
    assert says in answer.text
    assert the_cases(core) == []
    if status == 422:
        assert "selected" in answer.text


def test_nobody_asks_for_another_s_and_nobody_sees_another_s_of_the_same_phone(
    holder: Visitor,
    citizen: Callable[..., Visitor],
    core: Core,
    licences: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = a_person(core, name="符小雨", number="110101199003070038")
    line = act(core, "licence", "issue", **{**NURSE, "subject": other, "number": "202546000002"}).no
    mine = about(holder, "登记信息")
    for chosen in (other, f"{mine} {line}", f"{mine} {licences[0]}", f"{mine} nothing"):
        assert ask(holder, about=chosen).status_code == 404
    assert the_cases(core) == []
    assert ask(holder).status_code == 303
    later = datetime.now(UTC) + timedelta(minutes=2)
    monkeypatch.setattr(citizens, "real_now", lambda: later)
    rain = citizen("10.1.0.9")
    sign_in(rain, tail="")
    rain.post("/c/sign-in/tail", page="/c/sign-in/tail", tail="0038")
    page = rain.get(PAGE).text
    assert "符小雨" in page
    assert PERSON["name"] not in page
    assert "我提过的" not in page


def test_the_sixth_of_a_day_waits_and_strangers_are_led_to_the_door(
    holder: Visitor,
    citizen: Callable[..., Visitor],
    core: Core,
) -> None:
    for _ in range(5):
        assert ask(holder).status_code == 303
    over = ask(holder)
    assert over.status_code == 429
    assert "提交得太多" in over.text
    assert int(over.headers["Retry-After"]) > 0
    assert len(the_cases(core)) == 5
    assert citizen().get(PAGE).location == "/c/sign-in"


# --- the holder hears of the answer ---------------------------------------------------------------------------------


def asked(holder: Visitor, core: Core) -> int:
    """The case of one request more."""
    ask(holder)
    return int(the_cases(core)[-1].id)


def envelope(row: Any) -> Envelope:
    """A letter as its sender is handed it."""
    return Envelope(row.id, row.key, row.channel, row.kind, row.lane, row.case_id, row.event_id, row.body, 1)


def texts(core: Core) -> list[Any]:
    """The SMS about cases so far, in order."""
    return rows(core, letters, letters.c.channel == "sms", letters.c.case_id.is_not(None))


@pytest.mark.parametrize(
    ("action", "form"),
    [("close_directly", {"reply": "已更正。"}), ("mark_invalid", {"reason": "duplicate"})],
    ids=["answered", "refused"],
)
def test_the_holder_hears_by_sms_once_it_is_answered_or_refused(
    holder: Visitor,
    core: Core,
    action: str,
    form: dict[str, Any],
) -> None:
    ask(holder)
    case = the_cases(core)[0]
    assert texts(core) == []
    on_case(core, desk(core), case.id, action, **form)
    (row,) = texts(core)
    assert (row.case_id, row.body["template"], row.body["people"]) == (case.id, "request_answered", [])
    assert row.body["values"] == {"tail": case.no[-6:]}
    assert PERSON["phone"] not in str(row.body)
    message = core.sms.message(core.opened(envelope(row)))
    assert (message.phone, message.draft.person, message.draft.purpose) == (PERSON["phone"], None, "answer")
    text = core.policy.sms.templates["request_answered"].fill(message.values)
    assert case.no[-6:] in text
    assert "我的证照" in text
    for private in (PERSON["name"], NURSE["number"], "护士"):
        assert private not in text


def test_what_is_answered_again_is_told_again_and_an_ordinary_case_tells_nobody(holder: Visitor, core: Core) -> None:
    ask(holder)
    case = the_cases(core)[0].id
    on_case(core, desk(core), case, "close_directly", reply="已更正。")
    on_case(core, desk(core), case, "redo", reason="还有一处没有改")
    assert len(texts(core)) == 1
    on_case(core, desk(core), case, "close_directly", reply="两处都改了。")
    assert [row.body["template"] for row in texts(core)] == ["request_answered"] * 2
    joined, leading = asked(holder, core), dispatched(core)
    on_case(core, desk(core), joined, "merge", leading=the_case(core, leading)["no"][-6:])
    assert len(texts(core)) == 2
    on_case(core, desk(core), leading, "close_directly", reply="一并更正。")
    assert [row.case_id for row in texts(core)][2:] == [joined]
    other = a_case(core, channel="WX", caller_phone=PERSON["phone"], outside_no="")
    on_case(core, desk(core), other, "close_directly", reply="已办。")
    assert len(texts(core)) == 3


def test_an_answer_at_night_waits_for_the_morning_and_a_wiped_number_gets_none(
    holder: Visitor,
    core: Core,
    clock: StillClock,
) -> None:
    ask(holder)
    case = the_cases(core)[0].id
    clock.set("2026-03-09 23:00")
    on_case(core, desk(core), case, "close_directly", reply="已更正。")
    (row,) = texts(core)
    assert row.hold_until is not None
    with pytest.raises(Held):
        core.sms.message(core.opened(envelope(row)))
    clock.set("2026-03-10 08:00")
    with core.engine.begin() as tx:
        tx.execute(update(cases).where(cases.c.id == case).values(caller_phone=None))
    with pytest.raises(Undelivered, match="没有登记手机号"):
        core.sms.message(core.opened(envelope(row)))


def test_the_personal_centre_says_what_became_of_the_newest(holder: Visitor, core: Core) -> None:
    assert "更正信息 · " not in holder.get("/c/mine").text
    ask(holder)
    assert "更正信息 · 护士执业证书" in holder.get("/c/mine").text
    assert "已收到，正在安排" in holder.get("/c/mine").text
    on_case(core, desk(core), the_cases(core)[0].id, "close_directly", reply="已更正。")
    assert "已答复" in holder.get("/c/mine").text


# --- a double submit counts once ------------------------------------------------------------------------------------


def test_sent_twice_it_counts_once_and_the_last_of_the_day_may_be_sent_twice_too(holder: Visitor, core: Core) -> None:
    for number in range(5):
        for _ in range(2):
            assert ask(holder, token=f"{number}" * 24).status_code == 303
    assert len(the_cases(core)) == 5
    assert ask(holder, token="9" * 24).status_code == 429
    assert ask(holder, token="4" * 24).status_code == 303
    assert len(the_cases(core)) == 5
