"""The process of a joint order taken from its page, and the review there: by right, with a reason, else a sentence."""

from __future__ import annotations

import pytest

from core import Core
from tests.builders import clerk
from tests.clock import StillClock
from tests.core.joint_room import FIRST, SECOND, an_order, move
from tests.core.test_joint_reviews import an_overdue_one, review
from tests.webapp.settled_site import Visit, core, no_of, visit  # noqa: F401  (fixtures)

CITY, WATER, CENTRE, LEADER, OTHER = "p021", "p023", "p009", "p001", "p121"


@pytest.mark.parametrize(
    ("kind", "begins", "mime"),
    [
        ("pdf", b"%PDF-", "application/pdf"),
        ("docx", b"PK", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("csv", b"\xef\xbb\xbf", "text/csv; charset=utf-8"),
    ],
)
def test_each_format_comes_as_a_file(core: Core, visit: Visit, kind: str, begins: bytes, mime: str) -> None:
    no = no_of(core, an_order(core))
    answer = visit(CITY).post(f"/joint/{no}/export", f"/joint/{no}", kind=kind, reason="周例会通报")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == mime
    assert answer.data.startswith(begins)
    assert f".{kind}" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [({"kind": "pdf", "reason": ""}, "导出理由"), ({"kind": "exe", "reason": "核对"}, "格式")],
)
def test_a_refusal_shows_the_order_and_one_sentence(
    core: Core, visit: Visit, form: dict[str, str], sentence: str
) -> None:
    no = no_of(core, an_order(core))
    answer = visit(CITY).post(f"/joint/{no}/export", f"/joint/{no}", **form)
    assert answer.status_code == 422
    page = answer.text
    assert page.count('class="said no"') == 1
    assert sentence in page
    assert no in page


def test_whoever_may_not_read_the_order_gets_no_paper_of_it(core: Core, visit: Visit) -> None:
    no = no_of(core, an_order(core))
    assert visit(OTHER).post(f"/joint/{no}/export", "/joint", kind="csv", reason="核对").status_code == 404


def test_a_unit_takes_its_own_part_and_not_the_words_of_another(core: Core, visit: Visit) -> None:
    order = an_order(core)
    move(core, clerk(core, SECOND), order, "refuse", SECOND, reason="本局无此职责", basis="三定方案")
    no = no_of(core, order)
    body = visit(WATER).post(f"/joint/{no}/export", f"/joint/{no}", kind="csv", reason="核对").data
    assert "本局无此职责" not in body.decode("utf-8-sig")


def test_the_review_stands_on_the_page_with_its_events_and_is_confirmed_there(
    core: Core, visit: Visit, clock: StillClock
) -> None:
    order = an_overdue_one(core, clock)
    no, someone = no_of(core, order), visit(CITY)
    page = someone.get(f"/joint/{no}").text
    assert "待确认" in page
    for text, ids in review(core, order).points:
        assert text in page
        assert any(f'href="#event-{one}"' in page and f'id="event-{one}"' in page for one in ids)
    seq = str(core.joints.sheet(order).order["seq"])
    form = {"seen": seq, "lesson_delay": "响应晚", "lesson_next": "先电话", "review": "<b>改写</b>"}
    assert someone.post(f"/joint/{no}/moves/keep_review", f"/joint/{no}", **form).status_code == 303
    page = someone.get(f"/joint/{no}").text
    assert "已确认" in page
    assert "&lt;b&gt;改写" in page
    assert "先电话" in page
    assert 'id="review"' not in visit(WATER).get(f"/joint/{no}").text
    assert 'id="review"' in visit(CENTRE).get(f"/joint/{no}").text


def test_every_reader_of_an_order_is_offered_the_export(core: Core, visit: Visit) -> None:
    no = no_of(core, an_order(core, units=FIRST))
    for login in (CITY, WATER, CENTRE):
        assert f'action="/joint/{no}/export"' in visit(login).get(f"/joint/{no}").text
