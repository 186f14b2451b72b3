"""Before a flag goes up, on the console: what is open at the place is read first, and units are kept as a group."""

from __future__ import annotations

from core import Core
from core.models.joint import joint_orders
from tests.builders import rows
from tests.core.joint_room import an_order
from tests.webapp.settled_site import Visit, core, visit
from tests.webapp.test_joint import CITY, FORM, OTHER, said

__all__ = ["core", "visit"]


def test_what_is_open_at_the_place_is_read_before_the_flag_goes_up(core: Core, visit: Visit) -> None:
    assert visit(CITY).post("/joint", page="/joint/new", **FORM).status_code == 303
    visitor, form = visit(OTHER), {**FORM, "title": "护栏倒了", "place": "港口路", "units": "住建局"}
    answer = visitor.post("/joint", page="/joint/new", **form)
    assert answer.status_code == 200
    assert said(answer.text) == "这个地点还有 1 件没了的事，请看过再树旗。"
    assert "港口路围墙倒塌" in answer.text
    assert FORM["matter"] in answer.text
    assert len(rows(core, joint_orders)) == 1
    tail = rows(core, joint_orders)[0].no[-6:]
    assert visitor.post("/joint", page="/joint/new", **form, looked=tail).status_code == 303
    fragment = visitor.post(
        "/joint/look", page="/joint/new", title="路面积水", matter="雨水井堵了", place="港口路"
    ).text
    assert "港口路围墙倒塌" in fragment
    assert 'name="unit" value="水务局"' in fragment


def test_the_sentence_counts_all_that_is_open_there_though_the_page_lists_three(core: Core, visit: Visit) -> None:
    an_order(core, place="港口路", title="围墙倒塌")
    for number in range(4):
        an_order(core, place="港口路", title=f"第{number}处积水")
    answer = visit(OTHER).post("/joint", page="/joint/new", **{**FORM, "title": "护栏倒了", "units": "住建局"})
    assert said(answer.text) == "这个地点还有 5 件没了的事，请看过再树旗。"
    assert "此处共 5 件没了的事，这里列出 3 件。" in answer.text
    assert answer.text.count("promise-step") == 0
    assert answer.text.count("尾号 ") == 3


def test_units_are_kept_as_a_group_and_called_by_it(core: Core, visit: Visit) -> None:
    visitor = visit(CITY)
    assert visitor.post("/joint/groups", page="/joint/new", title="", unit="水务局").status_code == 422
    groups = {"title": "防汛组", "unit": ["水务局", "应急局"]}
    assert visitor.post("/joint/groups", page="/joint/new", **groups).status_code == 303  # type: ignore[arg-type]
    assert 'data-members="水务局、应急局"' in visitor.get("/joint/new").text
    answer = visitor.post("/joint", page="/joint/new", **{**FORM, "units": "", "group": "防汛组"})
    assert answer.status_code == 303
    page = visitor.get(answer.headers["Location"]).text
    assert "应急局" in page
