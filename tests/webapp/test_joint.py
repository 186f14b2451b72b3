"""联办 on the console: raised, listed by side and source, opened, moved; masked for others; bad input one sentence."""

from __future__ import annotations

import re

import pytest

from core import Core
from core.models.joint import joint_orders
from tests.builders import act, clerk, rows, signed
from tests.clock import StillClock
from tests.core.joint_room import FED, FIRST, REFUSAL, SECOND, SPONSOR, an_order, closed, head, leg_of, lines, move
from tests.webapp.settled_site import Visit, core, no_of, visit  # noqa: F401  (fixtures)
from tests.webapp.visitor import Visitor

CITY, CITY_HEAD, WATER, WATER_HEAD, LEADER, CENTRE, OTHER, AUDITOR = (
    "p021", "p020", "p023", "p022", "p001", "p009", "p121", "p019",
)  # fmt: skip
"""Who may sign in to the practice console: sponsor, called unit, leader, centre, a street that was not called."""
FORM = {
    "title": "港口路围墙倒塌", "flag_kind": "safety", "flag_reason": "beyond_us", "matter": "查清原因，定下清运办法",
    "units": "水务局", "meet_at": "3月10日 15:00", "place": "港口路公交站旁",
}  # fmt: skip


def told(page: str) -> list[str]:
    """The numbers a list shows, in order."""
    return re.findall(r'<a href="/joint/(XYDQ\d+)">', page)


def said(page: str) -> str:
    found = re.search(r'<p class="said[^"]*"[^>]*>([^<]*)</p>', page)
    return found[1] if found else ""


def take(visitor: Visitor, core: Core, order: int, action: str, unit: str = "", **form: str) -> tuple[int, str]:
    """Press a button of the page: its move with the seq it was drawn with."""
    page = f"/joint/{no_of(core, order)}"
    leg = leg_of(core, order, unit) if unit else None
    hidden = {"seen": str(leg["seq"] if leg else core.joints.sheet(order).order["seq"])}
    hidden |= {"leg": str(leg["id"])} if leg else {}
    answer = visitor.post(f"{page}/moves/{action}", page=page, **hidden, **form)
    if answer.status_code == 303:
        return 303, said(visitor.get(answer.headers["Location"]).text)
    return answer.status_code, said(answer.text)


@pytest.mark.requirement("R109", "R110")
def test_a_flag_is_raised_on_the_page_by_words_and_by_ticks(core: Core, visit: Visit) -> None:
    visitor = visit(CITY)
    form = visitor.get("/joint/new").text
    assert 'name="unit" value="住建局"' in form
    answer = visitor.post("/joint", page="/joint/new", **FORM, unit="住建局")
    assert answer.status_code == 303
    page = visitor.get(answer.headers["Location"]).text
    assert "港口路围墙倒塌" in page
    assert [leg.unit for leg in core.joints.view(clerk(core), rows(core, joint_orders)[0].id).legs] == [
        "水务局",
        "住建局",
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"units": "火星局"}, "火星局"), ({"units": ""}, "联办单位"), ({"title": ""}, "标题"),
        ({"meet_at": "昨天 9:00"}, "报到时间请写成"), ({"flag_kind": "x"}, "请从选项中选择"),
        ({"title": "长" * 101}, "100"),
    ],
)  # fmt: skip
def test_a_wrong_form_comes_back_as_it_was_filled_with_one_sentence(
    core: Core, visit: Visit, changes: dict[str, str], sentence: str
) -> None:
    answer = visit(CITY).post("/joint", page="/joint/new", **{**FORM, **changes})
    assert 400 <= answer.status_code < 500
    assert sentence in said(answer.text)
    assert FORM["matter"] in answer.text
    assert rows(core, joint_orders) == []


@pytest.mark.requirement("R107", "R108")
def test_the_sponsors_list_tells_12345_orders_from_own_ones_and_opens_each(core: Core, visit: Visit) -> None:
    own = an_order(core)
    case = signed(core, title="美俗路围墙倒塌")
    act(core, clerk(core), case, "raise_flag", SPONSOR, flag_kind="safety", flag_reason="beyond_us", units="水务局",
        meet_at="明天 9:30")  # fmt: skip
    from_case = rows(core, joint_orders)[-1].id
    move(core, clerk(core, FIRST), own, "accept", FIRST)
    visitor = visit(CITY)
    page = visitor.get("/joint?list=raised").text
    assert told(page) == [no_of(core, from_case), no_of(core, own)]
    assert "最新进展：3月9日 09:00 水务局 韩德玲 同意报到" in page
    assert told(visitor.get("/joint?list=raised&source=12345").text) == [no_of(core, from_case)]
    assert told(visitor.get("/joint?list=raised&source=own").text) == [no_of(core, own)]
    assert told(visitor.get("/joint?list=raised&q=美俗路").text) == [no_of(core, from_case)]
    one = visitor.get(f"/joint/{no_of(core, from_case)}").text
    assert "12345 工单" in one
    assert f'href="/cases/{core.joints.sheet(from_case).case_no}"' in one


@pytest.mark.requirement("R121", "R122", "R123")
def test_a_finished_order_has_its_list_and_detail_and_starts_another_one(core: Core, visit: Visit) -> None:
    order = closed(core)
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "rate_sponsor", unit, pleased="pleased")
        move(core, clerk(core), order, "rate_unit", unit, pleased="pleased")
    visitor, again = visit(CITY), {"units": "交通局", "meet_at": "3月12日 9:00", "flag_reason": "no_power"}
    assert told(visitor.get("/joint?list=done").text) == [no_of(core, order)]
    assert "积水已退" in visitor.get(f"/joint/{no_of(core, order)}").text
    near = visitor.get(f"/joint/{no_of(core, order)}").text
    assert "此处还有没了的事，再次发起前请先看" in near
    assert "水务局 3月9日 下一步：汛前清掏" in near
    assert 'value="水务局、住建局"' in near, "the same units, to be changed"
    assert take(visitor, core, order, "relaunch", **again) == (200, "这个地点还有 1 件没了的事，请看过再树旗。")
    assert len(rows(core, joint_orders)) == 1
    looked = no_of(core, order)[-6:]
    assert f'name="looked" value="{looked}"' in near
    assert take(visitor, core, order, "relaunch", looked=looked, **again)[0] == 303
    newer = no_of(core, rows(core, joint_orders)[-1].id)
    assert f'href="/joint/{newer}"' in visitor.get(f"/joint/{no_of(core, order)}").text
    assert f'href="/joint/{no_of(core, order)}"' in visitor.get(f"/joint/{newer}").text


@pytest.mark.requirement("R117", "R118")
def test_what_was_refused_has_its_list_and_detail_with_reason_and_basis(core: Core, visit: Visit) -> None:
    order = an_order(core)
    move(core, clerk(core, SECOND), order, "refuse", SECOND, **REFUSAL)
    visitor = visit(CITY)
    assert told(visitor.get("/joint?list=returned").text) == [no_of(core, order)]
    assert "不属本单位职责，依据：三定方案第三条" in visitor.get(f"/joint/{no_of(core, order)}").text
    assert take(visitor, core, order, "contest", SECOND) == (422, "请填写「原因」后再不同意。")
    status, sentence = take(visitor, core, order, "contest", SECOND, reason="属你单位职责")
    assert (status, sentence) == (303, "「不同意」已办好，现在是「待判定」")


@pytest.mark.requirement("R124", "R125", "R126")
def test_a_called_unit_answers_on_its_page_and_reads_no_words_of_the_others(core: Core, visit: Visit) -> None:
    order = an_order(core)
    move(core, clerk(core, SECOND), order, "refuse", SECOND, **REFUSAL)
    visitor = visit(WATER)
    assert told(visitor.get("/joint").text) == [no_of(core, order)]
    page = visitor.get(f"/joint/{no_of(core, order)}").text
    assert "三定方案第三条" not in page
    assert "同意报到" in page
    assert take(visitor, core, order, "accept", FIRST)[0] == 303
    assert take(visitor, core, order, "let_go", SECOND) == (403, "同意移出由发起单位办理，您当前岗位不能操作。")


@pytest.mark.requirement("R137")
def test_the_district_leader_has_what_waits_for_a_ruling_and_rules(core: Core, visit: Visit) -> None:
    order = an_order(core)
    visitor = visit(LEADER)
    assert told(visitor.get("/joint?list=rulings").text) == []
    move(core, clerk(core, SECOND), order, "refuse", SECOND, **REFUSAL)
    move(core, clerk(core), order, "contest", SECOND, reason="属你单位职责")
    assert told(visitor.get("/joint?list=rulings").text) == [no_of(core, order)]
    assert take(visitor, core, order, "rule_out", SECOND)[0] == 303
    assert leg_of(core, order, SECOND)["state"] == "released"


@pytest.mark.requirement("R140", "R141")
def test_the_centre_has_every_running_order_with_its_detail(core: Core, visit: Visit) -> None:
    order = an_order(core)
    for login in (CENTRE, LEADER):
        visitor = visit(login)
        assert told(visitor.get("/joint?list=running").text) == [no_of(core, order)]
        page = visitor.get(f"/joint/{no_of(core, order)}").text
        assert "水务局（待响应）" in page
    assert take(visit(CENTRE), core, order, "urge", opinion="请尽快响应")[0] == 303
    assert take(visit(CENTRE), core, order, "end_meeting")[0] == 409


@pytest.mark.requirement("R142", "R143")
def test_the_centre_has_every_finished_order_with_its_detail(core: Core, visit: Visit) -> None:
    order = closed(core)
    visitor = visit(CENTRE)
    assert told(visitor.get("/joint?list=finished").text) == []
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), order, "rate_sponsor", unit, pleased="pleased")
        assert "满意" not in visitor.get(f"/joint/{no_of(core, order)}").text or unit == SECOND
        move(core, clerk(core), order, "rate_unit", unit, pleased="displeased", displeasure="来得太晚")
    assert told(visitor.get("/joint?list=finished").text) == [no_of(core, order)]
    page = visitor.get(f"/joint/{no_of(core, order)}").text
    assert "积水已退" in page
    assert "发起单位评 不满意：来得太晚" in page


@pytest.mark.requirement("R131", "R116")
def test_leaders_approve_feedback_and_closing_on_their_pages(core: Core, visit: Visit) -> None:
    order = an_order(core, units=FIRST)
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    move(core, clerk(core), order, "start_check_in")
    move(core, clerk(core, FIRST), order, "check_in", FIRST)
    move(core, clerk(core), order, "end_meeting")
    assert take(visit(WATER), core, order, "report", FIRST, **FED)[0] == 303
    assert take(visit(WATER_HEAD), core, order, "approve", FIRST)[0] == 303
    assert take(visit(CITY), core, order, "close")[0] == 303
    assert take(visit(CITY_HEAD), core, order, "approve_close") == (303, "「同意办结」已办好，现在是「待评价」")


def test_a_foreign_order_is_as_good_as_none_and_a_role_without_lists_is_told(core: Core, visit: Visit) -> None:
    order = an_order(core)
    stranger = visit(OTHER)
    for ref in (no_of(core, order), "XYDQ20260309000099", "x" * 200, "%27--"):
        assert stranger.get(f"/joint/{ref}").status_code == 404
    assert told(stranger.get("/joint?list=running&page=99&state=nonsense&source=zz").text) == []
    assert visit(AUDITOR).get("/joint").status_code == 403


def test_a_page_drawn_before_somebody_else_acted_is_told_and_nothing_happens_twice(core: Core, visit: Visit) -> None:
    order = an_order(core)
    page, leg = f"/joint/{no_of(core, order)}", leg_of(core, order, FIRST)
    visitor = visit(WATER)
    fields = {"leg": str(leg["id"]), "seen": str(leg["seq"])}
    move(core, head(core, FIRST), order, "accept", FIRST)
    answer = visitor.post(f"{page}/moves/refuse", page=page, **fields, **REFUSAL)
    assert answer.status_code == 409
    assert said(answer.text).startswith("已由水务局 谢德玲于今天 09:00同意报到")
    assert visitor.post(f"{page}/moves/accept", page=page, leg=fields["leg"]).status_code == 400
    assert visitor.post(f"{page}/moves/dance", page=page, **fields).status_code == 409


@pytest.mark.requirement("R140")
def test_the_list_says_who_is_late_and_reminds_them_with_one_tap(core: Core, visit: Visit, clock: StillClock) -> None:
    order = an_order(core)
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    clock.advance(hours=3)
    no = no_of(core, order)
    for login in (CENTRE, LEADER, CITY):
        page = visit(login).get("/joint?list=" + ("raised" if login == CITY else "running")).text
        assert "住建局待响应 已超期" in page, login
        assert f'action="/joint/{no}/moves/urge"' in page, login
    assert "moves/urge" not in visit(WATER).get("/joint?list=called").text
    centre = visit(CENTRE)
    (seen,) = re.findall(r'name="seen" value="(\d+)"', centre.get("/joint?list=running").text)
    before = lines(core)
    answer = centre.post(f"/joint/{no}/moves/urge", page="/joint?list=running", seen=seen)
    assert (answer.status_code, said(centre.get(answer.headers["Location"]).text)) == (303, "「催办」已办好")
    fresh = lines(core)[len(before) :]
    assert {person for person, _ in fresh} >= {clerk(core, SECOND).person, head(core, SECOND).person}
    assert all(line.startswith("【催办】") for _, line in fresh)
    for action, unit in (("accept", SECOND), ("start_check_in", "")):
        move(core, clerk(core, unit or SPONSOR), order, action, unit)
    assert "moves/urge" not in visit(CENTRE).get("/joint?list=running").text, "no step has a deadline now"
