"""Explain this deadline: every line a person may ask about is there, and nothing else."""

from core.deadlines import Limit, Pause
from core.explain import explain
from core.policy.workdays import read_calendar
from tests.core.moments import at

CALENDAR = read_calendar()


def test_every_day_that_differs_is_named_with_its_reason() -> None:
    pause = Pause(at("2026-09-22 10:00"), at("2026-09-23 10:00"), "补充材料")
    assert explain(at("2026-09-18 16:20"), Limit(15, "workdays"), CALENDAR, pauses=[pause], rule="某某规定") == (
        "依据：某某规定",
        "收到：2026年9月18日 周五 16:20",
        "期限：15 个工作日，从收到次日起算，到最后一个工作日下班为止",
        "9月19日 周六：周末，不计",
        "9月20日 周日：国庆节调休上班，计为工作日",
        "9月25日 周五 至 9月27日 周日（3 天）：中秋节，不计",
        "10月1日 周四 至 10月7日 周三（7 天）：国庆节，不计",
        "10月10日 周六：国庆节调休上班，计为工作日",
        "10月11日 周日：周末，不计",
        "暂停（补充材料）：2026年9月22日 周二 10:00 至 2026年9月23日 周三 10:00，其中办公时间 6 小时 30 分钟不计",
        "未暂停时应于 2026年10月15日 周四 17:30 截止",
        "截止：2026年10月16日 周五 17:30",
    )


def test_an_unknown_year_is_marked_on_the_last_line() -> None:
    assert explain(at("2026-12-29 23:59:59"), Limit(5, "workdays"), CALENDAR)[-2:] == (
        "截止：2027年1月5日 周二 17:30",
        "提示：2027 年放假安排尚未公布，按周一至周五估算，公布后重新计算",
    )


def test_an_hour_limit_received_at_night_says_when_counting_begins() -> None:
    assert explain(at("2026-03-06 22:00"), Limit(30, "work_minutes"), CALENDAR) == (
        "收到：2026年3月6日 周五 22:00",
        "期限：30 个工作分钟，从收到时起算，只计机关办公时间（08:30–12:00、14:30–17:30）",
        "起算：收到时不在办公时间，从3月9日 周一 08:30 起",
        "3月7日 周六、3月8日 周日：周末，不计",
        "截止：2026年3月9日 周一 09:00",
    )


def test_natural_limits_need_no_calendar() -> None:
    assert explain(at("2026-03-06 22:00"), Limit(2, "hours"), CALENDAR)[1:] == (
        "期限：2 小时，从收到时起连续计算",
        "截止：2026年3月6日 周五 24:00",
    )
    assert explain(at("2026-03-06 22:00"), Limit(2, "days"), CALENDAR)[-1] == "截止：2026年3月8日 周日 24:00"


def test_an_open_pause_is_told_as_open() -> None:
    lines = explain(at("2026-03-09 09:30"), Limit(3, "workdays"), CALENDAR, pauses=[Pause(at("2026-03-10 09:30"))])
    assert lines[-2:] == (
        "暂停：2026年3月10日 周二 09:30 起，尚未恢复",
        "截止：2026年3月12日 周四 17:30（暂停中，恢复后顺延）",
    )


def test_an_extension_is_told_with_both_deadlines() -> None:
    lines = explain(at("2026-03-09 09:30"), Limit(3, "workdays"), CALENDAR, extensions=[Limit(2, "workdays")])
    assert lines[-2:] == (
        "延期：2 个工作日，由 2026年3月12日 周四 17:30 延至 2026年3月16日 周一 17:30",
        "截止：2026年3月16日 周一 17:30",
    )
