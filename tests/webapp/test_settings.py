"""设置: who may open which tab, forms against forgery and repetition, sessions that end with rights."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from bots.clock import Timetable
from core.models.people import people, posts
from core.policy.registers import load_registers
from tests.webapp.town import Town
from tests.webapp.visitor import Visitor, hidden_value

Visit = Callable[..., Visitor]
NEW = {"code": "YJ", "title": "应急值守电话", "short": "应急电话", "place": "13"}
SOURCES = "/settings/source"


def test_each_role_sees_its_own_tabs(visit: Visit) -> None:
    seen = {login: visit(login).get("/settings").text for login in ("system", "security", "head")}
    for register in load_registers().values():
        for login, role in (("system", "system_admin"), ("security", "security_admin"), ("head", "desk_head")):
            assert (f'href="/settings/{register.name}"' in seen[login]) == (
                role in register.opens and not register.apart
            ), register.name


@pytest.mark.parametrize("login", ["desk", "caller", "water", "leader", "audit"])
def test_nobody_else_comes_in(visit: Visit, login: str) -> None:
    visitor = visit(login)
    assert visitor.get(SOURCES).status_code == 403
    page = hidden_value(visitor.get("/flows").text, "csrf_token")
    answer = visitor.client.post(f"{SOURCES}/add", data={"csrf_token": page, "token": "t" * 24, **NEW})
    assert answer.status_code == 403


def test_a_tab_of_others_and_a_register_that_is_none_are_refused(visit: Visit) -> None:
    visitor = visit("security")
    for path in (SOURCES, f"{SOURCES}/history", "/settings/nothing"):
        assert visitor.get(path).status_code == 403
    assert visit("head").post(f"{SOURCES}/add", "/settings/calendar_day", **NEW).status_code == 403
    assert visit("system").post(f"{SOURCES}/burn", SOURCES, **NEW).status_code == 404


def test_without_the_forms_own_tokens_nothing_happens(visit: Visit, town: Town) -> None:
    visitor = visit("system")
    assert visitor.client.post(f"{SOURCES}/add", data={"token": "t" * 24, **NEW}).status_code == 400
    csrf = hidden_value(visitor.get(SOURCES).text, "csrf_token")
    assert visitor.client.post(f"{SOURCES}/add", data={"csrf_token": csrf, **NEW}).status_code == 400
    assert "YJ" not in town.core.policy.sources


def test_a_refused_form_keeps_what_was_written_and_says_one_sentence(visit: Visit) -> None:
    answer = visit("system").post(f"{SOURCES}/add", SOURCES, **{**NEW, "title": "信访"})
    assert answer.status_code == 409
    assert "名称「信访」已经有了，请换一个。" in answer.text
    assert 'value="应急电话"' in answer.text


def test_fields_nobody_declared_are_ignored(visit: Visit, town: Town) -> None:
    assert visit("system").post(f"{SOURCES}/add", SOURCES, **NEW, provisional="yes", key="x").status_code == 303
    assert town.core.policy.sources["YJ"].title == "应急值守电话"


@pytest.mark.parametrize("row", ["", "不存在", "%", "\u202e", "9" * 300])
def test_a_row_that_is_none_is_one_sentence(visit: Visit, row: str) -> None:
    for register in ("source", "unit", "calendar_day", "limit"):
        login = "head" if register in ("limit", "calendar_day") else "system"
        answer = visit(login).post(f"/settings/{register}/change", f"/settings/{register}", row=row, reason="x")
        assert answer.status_code == 404, register
        assert visit(login).get(f"/settings/{register}/history?row={row}").status_code == 200


def test_whoever_loses_the_right_is_out_at_the_next_click(visit: Visit, town: Town) -> None:
    clerk = visit("housing")
    assert clerk.get("/cases").status_code == 200
    with town.core.engine.connect() as tx:
        post = tx.execute(
            select(posts.c.id).join(people, people.c.id == posts.c.person_id).where(people.c.code == "housing")
        )
        key = str(post.scalar_one())
    answer = visit("security").post("/settings/post/retire", "/settings/post", row=key, reason="调离")
    assert answer.status_code == 303
    assert clerk.get("/cases").location.startswith("/sign-in")


def test_a_typhoon_day_entered_on_the_page_at_noon_moves_deadlines_and_is_told(visit: Visit, town: Town) -> None:
    case = town.register(0, urgency="normal")
    town.act("desk", case, "dispatch", lead="housing")
    before = town.core.case_view(town.actor("desk"), case).due_at
    town.clock.set("2026-03-09 12:00")
    given = {"day": "2026-03-10", "kind": "holiday", "name": "台风停工"}
    answer = visit("head").post("/settings/calendar_day/add", "/settings/calendar_day", **given)
    assert answer.status_code == 303
    Timetable(town.core, lambda: True, None).follow_the_calendar()
    after = town.core.case_view(town.actor("desk"), case)
    assert before is not None
    assert after.due_at is not None
    assert (after.due_at - before).days == 1
    page = visit("desk").get(f"/cases/{town.no(case)}").text
    assert "重算时限" in page
    assert "台风停工，不计" in page


def test_the_log_tells_the_change_in_words(visit: Visit) -> None:
    visit("system").post(f"{SOURCES}/add", SOURCES, **NEW)
    page = visit("audit").get("/log").text
    assert "新增问题来源" in page
    assert "问题来源 YJ" in page
