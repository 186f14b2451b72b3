"""Lists, counts and search: every number equals its list, every reader sees their own and nothing else."""

from __future__ import annotations

import pytest

from core import Actor, Core
from core.errors import Ambiguous, Unknown
from core.queries.asked import Asked
from core.queries.filters import CaseFilter
from core.queries.lists import stands
from core.queries.terms import at, settled
from tests.builders import (
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
from tests.builders import the_case as case_of
from tests.clock import StillClock

KEYS = ("today", "todo", "done", "all", "overdue")
READERS = ("dispatcher", "desk_head", "caller", "unit_clerk", "unit_head", "contact_person", "district_leader", "other")


def reader(core: Core, role: str) -> Actor:
    match role:
        case "unit_clerk" | "unit_head":
            return person(core, role, LEAD)
        case "other":
            return clerk(core, "education")
    return person(core, role)


@pytest.fixture
def busy(core: Core, clock: StillClock) -> Core:
    """A desk with something in every list: two weeks of cases in all states and several channels."""
    signed(core, channel="SZ")
    dispatched(core, OTHER, channel="WX")
    clock.set("2026-03-25 09:00")
    a_case(core)
    a_case(core, channel="WX")
    dispatched(core, LEAD, [OTHER])
    signed(core)
    reported(core)
    confirmed(core)
    closed(core)
    returning = dispatched(core, channel="SZ")
    act(core, clerk(core), returning, "return", LEAD, reason="other", basis="清单")
    disputed = dispatched(core)
    for _ in range(2):
        act(core, clerk(core), disputed, "return", LEAD, reason="other", basis="清单", text="新情况")
        if case_of(core, disputed)["returns"] == 1:
            act(core, clerk(core), disputed, "withdraw_return", LEAD)
    asked = signed(core)
    act(core, clerk(core), asked, "ask_extension", LEAD, days="2", reason="施工", basis="合同")
    down = signed(core)
    act(core, clerk(core), down, "pass_down", LEAD, lead="sanitation")
    act(core, clerk(core, "sanitation"), down, "sign", "sanitation")
    act(core, clerk(core, "sanitation"), down, "report", "sanitation", result="已办")
    a_case(core, by=clerk(core), source="web", channel="ZJ")
    return core


@pytest.mark.parametrize("role", READERS)
def test_the_five_numbers_equal_their_lists(busy: Core, role: str) -> None:
    who = reader(busy, role)
    home = busy.home(who)
    assert [tally.key for tally in home.tallies] == list(KEYS)
    for tally in home.tallies:
        page = busy.work(who, tally.key, size=100)
        assert (tally.count, tally.title) == (page.total, page.title)
        assert len({item.id for item in page.items}) == page.total


@pytest.mark.parametrize("role", READERS)
def test_the_twelve_sources_add_up_to_the_work_that_waits(busy: Core, role: str) -> None:
    who = reader(busy, role)
    home = busy.home(who)
    assert len(home.sources) == 12
    assert sum(source.count for source in home.sources) == busy.work(who, "todo").total
    for source in home.sources:
        assert source.count == busy.work(who, "todo", channel=source.key).total


@pytest.mark.parametrize("role", READERS)
def test_the_numbers_follow_the_clock_and_the_board_says_the_same(busy: Core, clock: StillClock, role: str) -> None:
    who = reader(busy, role)
    for moment in ("2026-03-25 09:05", "2026-04-01 09:00", "2026-05-20 09:00"):
        clock.set(moment)
        told = {key: busy.work(who, key).total for key in KEYS}
        assert {tally.key: tally.count for tally in busy.home(who).tallies} == told
        board = busy.board(who)
        assert all(tally.count == busy.work(who, tally.key).total for tally in board.lists)
        late = [busy.work(who, "overdue", wanted=CaseFilter(band=tally.key)).total for tally in board.bands]
        assert [tally.count for tally in board.bands] == late


@pytest.mark.parametrize("role", ["dispatcher", "desk_head", "caller", "unit_clerk", "unit_head"])
def test_the_groups_of_the_work_that_waits_count_all_of_it(busy: Core, role: str) -> None:
    who = reader(busy, role)
    whole, short = busy.work(who, "todo", size=100), busy.work(who, "todo", size=2)
    assert sum(count for _, count in whole.groups) == whole.total
    assert short.groups == whole.groups


def test_pages_cut_the_list_and_lose_nothing(busy: Core) -> None:
    whole = [item.id for item in busy.work(desk(busy), "all", size=100).items]
    pages = [busy.work(desk(busy), "all", page=number, size=4) for number in range(1, 6)]
    assert [item.id for page in pages[: pages[0].pages] for item in page.items] == whole
    assert busy.work(desk(busy), "all", page=99, size=4).page == pages[0].pages
    assert busy.work(desk(busy), "all", page=-1, size=4).page == 1


def test_the_least_time_left_comes_first(core: Core, clock: StillClock) -> None:
    later = signed(core)
    sooner = signed(core, urgency="urgent")
    assert [item.id for item in core.work(clerk(core), "todo").items] == [sooner, later]


def test_overdue_is_counted_from_the_clock(core: Core, clock: StillClock) -> None:
    case = signed(core)
    assert core.work(clerk(core), "overdue").total == 0
    clock.set("2026-03-16 17:30:01")
    assert [item.id for item in core.work(clerk(core), "overdue").items] == [case]
    assert [item.id for item in core.work(desk(core), "overdue").items] == [case]


def test_another_unit_sees_nothing_at_all(core: Core) -> None:
    case = signed(core, outside_no="HK9", caller_phone="13800138000")
    stranger, no = clerk(core, OTHER), case_of(core, case)["no"]
    assert [core.work(stranger, key).total for key in KEYS] == [0] * 5
    for words in (no, no[-6:], "HK9", "13800138000", "港口路积水", "积水"):
        assert core.find(stranger, words).total == 0
        with pytest.raises(Unknown):
            core.case_id(stranger, words)
    with pytest.raises(Unknown) as theirs:
        core.case_view(stranger, case)
    with pytest.raises(Unknown) as missing:
        core.case_view(stranger, 999_999)
    assert str(theirs.value) == str(missing.value), "not yours and not there look alike"


def test_administrators_of_the_system_read_no_case(core: Core) -> None:
    case = signed(core)
    for role in ("system_admin", "security_admin", "audit_admin"):
        assert core.work(person(core, role), "all").total == 0
        with pytest.raises(Unknown):
            core.case_view(person(core, role), case)


def test_leaders_see_the_cases_of_the_units_in_their_charge(core: Core) -> None:
    case = signed(core)
    leaders = [holder.actor for holder in core.directory().by_role["district_leader"]]
    sees = {leader.name: core.work(leader, "all").total for leader in leaders}
    mine = next(one for one in leaders if core.directory().by_word[LEAD] in one.in_charge)
    assert sees == {leader.name: int(leader is mine) for leader in leaders}
    assert core.case_view(mine, case).id == case


def test_a_unit_sees_what_its_sub_units_have(core: Core) -> None:
    case = dispatched(core, "sanitation")
    assert core.case_id(clerk(core, LEAD), case_of(core, case)["no"]) == case


# --- search ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def wanted(core: Core) -> int:
    """One case among others, with everything one may search by."""
    dispatched(core, title="夜间施工噪音", content="工地凌晨作业", place="丘海大道")
    case = a_case(
        core, title="水头村100%缺水_停水", content="整村三天没有自来水", place="海秀镇水头村", outside_no="HK-2026-77",
        caller_phone="138 0013 8000", caller_name="吴小姐", address="水头村 12 号",
    )  # fmt: skip
    a_case(core, title="路灯不亮", content="村口 100 米内全黑", place="长流镇")
    return case


@pytest.mark.parametrize(
    "words", ["{no}", " {no} ", "{tail6}", "尾号 {tail6}", "尾号：{tail6}", "{a} {b}", "编号{tail6}"]
)
def test_a_number_or_its_tail_finds_the_case(core: Core, wanted: int, words: str) -> None:
    no = case_of(core, wanted)["no"]
    said = words.format(no=no, tail6=no[-6:], a=no[-6:-3], b=no[-3:])
    assert core.case_id(desk(core), said) == wanted


@pytest.mark.parametrize("words", ["HK-2026-77", "13800138000", "138 0013 8000", "138-0013-8000"])
def test_an_outside_number_or_a_phone_finds_the_case(core: Core, wanted: int, words: str) -> None:
    assert core.case_id(desk(core), words) == wanted


@pytest.mark.parametrize("words", ["缺水", "水头村", "自来水", "海秀镇", "100%", "缺水_停"])
def test_words_of_two_characters_or_more_find_the_case(core: Core, wanted: int, words: str) -> None:
    assert [item.id for item in core.find(desk(core), words).items] == [wanted]


@pytest.mark.parametrize("words", ["%%", "__", "_%", "\\", "'; DROP TABLE cases; --", "吴小姐", "12 号"])
def test_signs_mean_themselves_and_people_are_not_found_by_name(core: Core, wanted: int, words: str) -> None:
    assert core.find(desk(core), words).total == 0


@pytest.mark.parametrize("words", ["", " ", "-", "　\n", "水头村\0", "\ud83d", "水" * 100_000])
def test_what_asks_for_nothing_finds_nothing(core: Core, wanted: int, words: str) -> None:
    assert core.find(desk(core), words).total == 0
    with pytest.raises(Unknown):
        core.case_id(desk(core), words)


def test_a_tail_that_fits_two_cases_asks_which(core: Core, clock: StillClock) -> None:
    first = a_case(core)
    tail = case_of(core, first)["no"][-6:-1]
    with pytest.raises(Unknown):
        core.case_id(desk(core), f"9{tail}9")
    second = a_case(core, title="同名积水")
    with pytest.raises(Ambiguous) as caught:
        core.case_id(desk(core), "积水")
    assert case_of(core, first)["no"] in str(caught.value)
    assert case_of(core, second)["no"] in str(caught.value)


def test_an_unknown_list_is_refused(core: Core) -> None:
    with pytest.raises(Unknown):
        core.work(desk(core), "everything")


def test_the_callers_list_is_the_calls_to_make(core: Core) -> None:
    case = confirmed(core)
    page = core.work(caller(core), "todo")
    assert [item.id for item in page.items] == [case]
    assert page.groups == (("回访", 1),)
    assert core.work(head(core), "todo").total == 0


def test_what_is_overdue_stands_above_what_waits_to_be_signed(core: Core, clock: StillClock) -> None:
    """Overdue first, the longest overdue at the top; then the groups, each by the nearest deadline (C13)."""
    late = [signed(core, urgency=urgency) for urgency in ("normal", "urgent")]
    clock.set("2026-03-20 09:00")
    fresh = [dispatched(core), dispatched(core, urgency="urgent")]
    page = core.work(clerk(core), "todo")
    assert [item.id for item in page.items] == [late[1], late[0], fresh[1], fresh[0]]
    assert [(item.overdue, item.todo) for item in page.items] == [
        (True, "办理"), (True, "办理"), (False, "签收"), (False, "签收"),
    ]  # fmt: skip
    assert page.groups == (("签收", 2), ("办理", 2))


def test_the_desk_sees_overdue_returns_above_new_cases(core: Core, clock: StillClock) -> None:
    returned = signed(core)
    act(core, clerk(core), returned, "return", "city_management", reason="not_our_duty", basis="三定方案")
    clock.set("2026-03-20 09:00")
    second = signed(core)
    act(core, clerk(core), second, "return", "city_management", reason="not_our_duty", basis="三定方案")
    new = a_case(core)
    for actor in (desk(core), head(core)):
        items = core.work(actor, "todo").items
        assert [(item.id, item.overdue) for item in items] == [(returned, True), (second, False), (new, False)]


@pytest.mark.parametrize("role", ["dispatcher", "desk_head", "unit_clerk"])
def test_the_order_of_the_work_that_waits_reads_no_whole_table(core: Core, role: str) -> None:
    if core.engine.dialect.name != "sqlite":
        pytest.skip("a plan over a handful of rows says nothing on this database")
    found = stands(Asked("todo"), at(reader(core, role), core.world(), core.clock.now()))
    with core.engine.connect() as tx:
        told = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {settled(found.ids).compile(core.engine)}")
        plan = [row.detail for row in told]
    assert any(step.startswith("SEARCH cases") for step in plan), plan
    assert not [step for step in plan if step.startswith(("SCAN cases", "SCAN case_legs"))], plan
