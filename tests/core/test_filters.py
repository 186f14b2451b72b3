"""The lists of the desk by name, and filters: each number equals its list, each condition means what it says."""

from __future__ import annotations

from datetime import date

import pytest

from core import Actor, Core
from core.errors import Unknown
from core.queries.filters import CaseFilter
from tests.builders import (
    BELOW,
    LEAD,
    OTHER,
    a_case,
    act,
    caller,
    clerk,
    closed,
    confirmed,
    desk,
    dispatched,
    head,
    person,
    reported,
    signed,
)
from tests.clock import StillClock

READERS = ("dispatcher", "desk_head", "caller", "unit_clerk", "unit_head", "contact_person", "district_leader")
UNIT_LISTS = ["待办", "今日", "已办", "已派发", "待办结", "超期", "办件查询"]


def reader(core: Core, role: str) -> Actor:
    return person(core, role, LEAD) if role.startswith("unit_") else person(core, role)


@pytest.fixture
def busy(core: Core, clock: StillClock) -> Core:
    """Cases in every list of the desk and of a unit, registered on two days."""
    signed(core, channel="SZ", service_type="repair_request")
    dispatched(core, OTHER, channel="WX", type="ask")
    void = a_case(core)
    act(
        core, desk(core), void, "mark_invalid", reason="no_facts" if "no_facts" in _reasons(core) else _reasons(core)[0]
    )
    clock.set("2026-03-25 09:00")
    a_case(core, urgency="urgent")
    reported(core)
    confirmed(core)
    closed(core)
    down = signed(core)
    act(core, clerk(core), down, "pass_down", LEAD, lead=BELOW)
    act(core, clerk(core, BELOW), down, "sign", BELOW)
    further = signed(core)
    act(core, clerk(core), further, "pass_down", LEAD, lead=BELOW)
    act(core, clerk(core, BELOW), further, "sign", BELOW)
    act(core, clerk(core, BELOW), further, "report", BELOW, result="已清运")
    own = a_case(core, by=clerk(core), source="web", channel="ZJ")
    act(core, clerk(core), own, "pass_on", lead=OTHER)
    return core


def _reasons(core: Core) -> list[str]:
    return list(core.policy.field("mark_invalid", "reason").options)


def ids(core: Core, who: Actor, key: str = "all", **wanted: object) -> set[int]:
    page = core.work(who, key, size=100, wanted=CaseFilter(**wanted))  # type: ignore[arg-type]
    assert len(page.items) == page.total
    return {item.id for item in page.items}


@pytest.mark.parametrize("role", READERS)
def test_every_number_of_the_board_equals_the_list_it_opens(busy: Core, role: str) -> None:
    who = reader(busy, role)
    board = busy.board(who)
    assert [tally.key for tally in board.lists] == [one.key for one in busy.policy.desk.board(role)]
    for tally in board.lists:
        assert busy.work(who, tally.key, size=100).total == tally.count, tally.title
    for tally in board.bands:
        assert len(ids(busy, who, "overdue", band=tally.key)) == tally.count, tally.title
    assert sum(tally.count for tally in board.bands) == busy.work(who, "overdue").total


def test_the_same_numbers_stand_in_chat_page_and_interface(busy: Core) -> None:
    who = desk(busy)
    chat = {tally.key: tally.count for tally in busy.home(who).tallies}
    page = {tally.key: tally.count for tally in busy.board(who).lists}
    assert {key: page[key] for key in chat} == chat
    states = {"to_dispatch": ["pending"], "sent": ["dispatched", "handling"], "to_close": ["closing"],
              "done": ["follow_up", "closed", "archived"], "void": ["invalid"]}  # fmt: skip
    for key, names in states.items():
        assert sum(busy.machine_cases(state=name).total for name in names) == page[key], key
    assert busy.machine_cases().total == page["all"]


def test_the_centre_has_the_lists_the_papers_name(busy: Core) -> None:
    numbers = {tally.title: tally.count for tally in busy.board(desk(busy)).lists}
    assert list(numbers) == ["待办", "今日", "待派发", "已派发", "待办结", "已办结", "无效", "超期", "办件查询"]
    assert (numbers["待派发"], numbers["已派发"], numbers["待办结"]) == (1, 5, 1)
    assert (numbers["已办结"], numbers["无效"], numbers["超期"], numbers["办件查询"]) == (2, 1, 2, 10)


def test_a_unit_has_the_lists_the_papers_name(busy: Core) -> None:
    numbers = {tally.title: tally.count for tally in busy.board(clerk(busy)).lists}
    assert [title for title in numbers if title != "待签收"] == UNIT_LISTS
    assert (numbers["已派发"], numbers["待办结"], numbers["已办"]) == (3, 1, 3)
    assert busy.work(clerk(busy, BELOW), "to_confirm").total == 0


def test_a_unit_only_finds_its_own_whatever_it_filters_by(busy: Core) -> None:
    other, everything = ids(busy, clerk(busy, "education")), ids(busy, desk(busy))
    assert other == set()
    assert ids(busy, clerk(busy, OTHER)) < everything
    assert ids(busy, clerk(busy, OTHER), unit=LEAD) <= ids(busy, clerk(busy, OTHER))
    with pytest.raises(Unknown):
        busy.work(clerk(busy), "to_dispatch")


def test_each_condition_finds_what_it_says(busy: Core) -> None:
    who, everything = desk(busy), ids(busy, desk(busy))
    assert len(ids(busy, who, channel="SZ")) == 1
    assert ids(busy, who, service="repair_request") == ids(busy, who, channel="SZ")
    assert ids(busy, who, type="ask") == ids(busy, who, channel="WX")
    assert ids(busy, who, urgency="urgent") == ids(busy, who, "to_dispatch")
    assert ids(busy, who, state="invalid") == ids(busy, who, "void")
    assert len(ids(busy, who, unit=BELOW)) == 2
    assert ids(busy, who, unit=BELOW) < ids(busy, who, unit=LEAD)
    old, new = ids(busy, who, until=date(2026, 3, 24)), ids(busy, who, since=date(2026, 3, 25))
    assert (len(old), len(new), old | new) == (3, 7, everything)
    assert ids(busy, who, since=date(2026, 3, 9), until=date(2026, 3, 9)) == old
    assert ids(busy, who, words="积水", channel="ZJ") == ids(busy, who, channel="ZJ")


@pytest.mark.parametrize("field", ["state", "channel", "service", "type", "urgency", "unit", "band"])
def test_a_value_nobody_knows_finds_nothing(busy: Core, field: str) -> None:
    assert ids(busy, desk(busy), **{field: "' OR 1=1 --"}) == set()


def test_a_unit_filters_by_the_state_of_its_own_part(busy: Core) -> None:
    who = clerk(busy)
    assert "delegated" in busy.states(who)
    assert ids(busy, who, state="delegated") == {item.id for item in busy.work(who, "all", size=50).items
                                                 if item.state_title == "已转办"}  # fmt: skip
    assert "pending" in busy.states(desk(busy))


def test_lateness_falls_into_one_band_as_the_days_pass(core: Core, clock: StillClock) -> None:
    case = signed(core)  # due on 2026-03-16 17:30
    for moment, band in [
        ("03-17 09:00", "day"),
        ("03-18 18:00", "three"),
        ("03-20 09:00", "week"),
        ("04-09 09:00", "long"),
    ]:
        clock.set(f"2026-{moment}")
        for who in (desk(core), clerk(core)):
            found = {one: ids(core, who, "overdue", band=one) for one in core.policy.desk.bands}
            assert found == {one: {case} if one == band else set() for one in core.policy.desk.bands}, moment


def test_the_head_and_the_caller_read_the_same_cases(busy: Core) -> None:
    assert ids(busy, head(busy)) == ids(busy, caller(busy)) == ids(busy, desk(busy))
