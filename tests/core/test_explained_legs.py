"""Explain this deadline, for the legs of real cases: the rule cited, every day that differs, pause and extension."""

from __future__ import annotations

from core import Core
from tests.builders import LEAD, act, clerk, desk, dispatched, signed
from tests.clock import StillClock


def lines(core: Core, case: int) -> tuple[str, ...]:
    return core.case_view(clerk(core), case).legs[0].explained


def test_a_plain_leg_is_explained_from_rule_to_deadline(core: Core) -> None:
    told = lines(core, dispatched(core))
    assert told[0].startswith("依据：")
    assert "求助、投诉、举报" in told[0]
    assert told[1:] == (
        "收到：2026年3月9日 周一 09:00",
        "期限：5 个工作日，从收到次日起算，到最后一个工作日下班为止",
        "3月14日 周六、3月15日 周日：周末，不计",
        "截止：2026年3月16日 周一 17:30",
    )


def test_a_spring_festival_is_told_day_by_day(core: Core, clock: StillClock) -> None:
    clock.set("2026-02-13 10:00")
    told = lines(core, dispatched(core))
    assert any("2月14日 周六" in line and "调休上班" in line for line in told)
    assert any("春节" in line and "不计" in line for line in told)
    assert told[-1] == "截止：2026年2月27日 周五 17:30"


def test_an_extension_and_a_pause_are_told_with_both_deadlines(core: Core, clock: StillClock) -> None:
    case = signed(core)
    act(core, clerk(core), case, "ask_extension", LEAD, days="2", reason="施工", basis="合同")
    act(core, desk(core), case, "grant_extension", LEAD)
    act(core, clerk(core), case, "pause", LEAD, reason="awaiting_citizen")
    clock.advance(days=1)
    act(core, clerk(core), case, "resume", LEAD)
    told = lines(core, case)
    assert any(line.startswith("暂停") for line in told)
    assert any(line.startswith("延期：2 个工作日") for line in told)
    assert told[-1] == "截止：2026年3月19日 周四 17:30"


def test_an_unpublished_year_is_marked_as_an_estimate(core: Core, clock: StillClock) -> None:
    clock.set("2026-12-30 10:00")
    case = dispatched(core)
    assert "提示：2027 年放假安排尚未公布" in lines(core, case)[-1]
    assert core.case_view(desk(core), case).provisional


def test_an_urgent_leg_of_the_city_grid_counts_urgent_hours(core: Core, clock: StillClock) -> None:
    clock.set("2026-03-14 20:00")  # a Saturday evening
    told = lines(core, dispatched(core, channel="SZ", urgency="urgent"))
    assert "数字城管" in told[0]
    assert told[-1] == "截止：2026年3月15日 周日 14:00"


def test_who_reads_the_case_reads_the_same_lines(core: Core) -> None:
    case = signed(core)
    assert core.case_view(desk(core), case).rules == lines(core, case)
