"""登记 without a browser: faults beside their fields, nothing kept twice, nothing kept of a refused form."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from core.models.cases import cases
from tests.webapp.town import Town
from tests.webapp.visitor import Visitor, hidden_value

Visit = Callable[..., Visitor]
FORM = {
    "channel": "RX", "type": "complain", "urgency": "urgent", "title": "港口路下雨就积水", "place": "港口路公交站",
    "content": "雨停两小时水还没退。", "caller_phone": "199 0000 1234", "caller_name": "吴海生", "wants_reply": "1",
}  # fmt: skip


def count(town: Town) -> int:
    with town.core.engine.connect() as tx:
        return int(tx.execute(select(func.count()).select_from(cases)).scalar_one())


def test_a_form_sent_twice_is_one_case(visit: Visit, town: Town) -> None:
    desk = visit("desk")
    sent = {"csrf_token": hidden_value(desk.get("/intake").text, "csrf_token"), "token": "t" * 24, **FORM}
    first, second = (desk.client.post("/intake", data=sent) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert count(town) == 1


def test_a_refused_form_comes_back_as_it_was_filled(visit: Visit, town: Town) -> None:
    answer = visit("desk").post("/intake", "/intake", **{**FORM, "title": "", "caller_phone": "无", "town": "火星"})
    assert answer.status_code == 422
    assert "有3处没有填好" in answer.text
    for name in ("title", "caller_phone", "town"):
        assert f'id="fault-{name}"' in answer.text
    assert "雨停两小时水还没退。" in answer.text
    assert 'value="吴海生"' in answer.text
    assert count(town) == 0


@pytest.mark.parametrize(
    "changes",
    [{"title": "字" * 200_000}, {"content": "<script>" * 900}, {"type": "x' or 1=1"}, {"place": "\u202e" * 50}],
)
def test_bad_input_changes_nothing(visit: Visit, town: Town, changes: dict[str, str]) -> None:
    answer = visit("desk").post("/intake", "/intake", **{**FORM, **changes})
    assert 400 <= answer.status_code < 500
    assert "<script><script>" not in answer.text
    assert count(town) == 0


def test_a_nul_and_a_body_too_large_are_turned_away(visit: Visit, town: Town) -> None:
    desk = visit("desk")
    assert desk.post("/intake", "/intake", **{**FORM, "title": "a\0b"}).status_code == 400
    assert desk.post("/intake", "/intake", **{**FORM, "content": "水" * 500_000}).status_code == 413
    assert count(town) == 0


def test_without_its_tokens_a_form_is_nothing(visit: Visit, town: Town) -> None:
    desk = visit("desk")
    assert desk.client.post("/intake", data={**FORM, "token": "t" * 24}).status_code == 400
    csrf = hidden_value(desk.get("/intake").text, "csrf_token")
    assert desk.client.post("/intake", data={**FORM, "csrf_token": csrf}).status_code == 400
    assert count(town) == 0


def test_leaders_and_administrators_register_nothing(visit: Visit, town: Town) -> None:
    for login in ("leader", "system", "audit"):
        assert visit(login).get("/intake").status_code == 403
    assert count(town) == 0
