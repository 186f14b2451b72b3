"""Deadlines in words: what a person reads about a moment, a span and the time left."""

from datetime import timedelta

import pytest

from core.deadlines import DUTY, Limit, left_sentence, pace, remaining, span_sentence, when
from core.policy.workdays import read_calendar
from tests.core.moments import at

CALENDAR = read_calendar()


@pytest.mark.parametrize(
    ("now", "moment", "words"),
    [
        ("2026-03-10 14:30", "2026-03-11 17:30", "还剩 1 个工作日 3 小时（明天 17:30 前）"),
        ("2026-03-09 16:30", "2026-03-11 17:30", "还剩 2 个工作日 1 小时（周三 17:30 前）"),
        ("2026-03-09 17:05", "2026-03-09 17:30", "还剩 25 分钟（今天 17:30 前）"),
        ("2026-03-09 17:29:30", "2026-03-09 17:30", "还剩不到 1 分钟（今天 17:30 前）"),
        ("2026-03-09 11:30", "2026-03-09 15:00", "还剩 1 小时（今天 15:00 前）"),
        ("2026-03-06 16:30", "2026-03-16 17:30", "还剩 6 个工作日 1 小时（3月16日 周一 17:30 前）"),
        ("2026-12-31 16:30", "2027-01-04 17:30", "还剩 2 个工作日 1 小时（2027年1月4日 周一 17:30 前）"),
        ("2026-03-11 17:30", "2026-03-09 17:30", "已超期 2 个工作日（原定 3月9日 周一 17:30）"),
        ("2026-03-10 09:10", "2026-03-09 17:30", "已超期 40 分钟（原定 昨天 17:30）"),
        ("2026-03-09 20:00", "2026-03-09 17:30", "已超期（原定 今天 17:30）"),
    ],
)
def test_time_left_reads_as_a_person_says_it(now: str, moment: str, words: str) -> None:
    assert left_sentence(at(now), at(moment), CALENDAR) == words


def test_natural_limits_are_told_in_natural_time() -> None:
    now, hours = at("2026-03-07 18:00"), pace(Limit(2, "hours"))
    assert hours == DUTY
    assert left_sentence(now, at("2026-03-08 00:00"), CALENDAR, hours) == "还剩 6 小时（今天 24:00 前）"
    assert left_sentence(now, at("2026-03-09 20:00"), CALENDAR) == "还剩 2 天 2 小时（3月9日 周一 20:00 前）"
    assert remaining(now, at("2026-03-07 16:00"), CALENDAR, hours).overdue


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-03-10 17:30", "今天 17:30"),
        ("2026-03-11 09:00", "明天 09:00"),
        ("2026-03-09 09:00", "昨天 09:00"),
        ("2026-03-12 17:30", "周四 17:30"),
        ("2026-03-16 17:30", "3月16日 周一 17:30"),
        ("2026-03-08 17:30", "3月8日 周日 17:30"),
        ("2025-12-31 17:30", "2025年12月31日 周三 17:30"),
    ],
)
def test_a_moment_reads_as_a_person_says_it(moment: str, words: str) -> None:
    assert when(at("2026-03-10 10:00"), at(moment)) == words


def test_spans_and_limits_have_words() -> None:
    assert span_sentence(timedelta(hours=3, minutes=20)) == "3 小时 20 分钟"
    assert span_sentence(timedelta(days=2, minutes=20)) == "2 天"
    assert span_sentence(timedelta(seconds=-5)) == "不到 1 分钟"
    assert [str(Limit.parse(text)) for text in ("5 workdays", "60 work-minutes", "1 hour")] == [
        "5 个工作日",
        "60 个工作分钟",
        "1 小时",
    ]
