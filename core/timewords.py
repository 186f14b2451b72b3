"""Moments and durations in the words a colleague would use: 今天 17:30, 周三 17:30, 3 小时 20 分钟."""

from datetime import date, datetime, timedelta

from core.worktime import ONE_DAY, SHANGHAI, closing_date, local_date

WEEKDAYS = "一二三四五六日"
NEAR = {-1: "昨天", 0: "今天", 1: "明天"}
UNDER_A_MINUTE = "不到 1 分钟"


def clock(moment: datetime, *, closing: bool = False) -> str:
    """The local time of day; with `closing`, midnight is the 24:00 of the day before."""
    words = f"{moment.astimezone(SHANGHAI):%H:%M}"
    return "24:00" if closing and closing_date(moment) != local_date(moment) else words


def day_words(day: date, seen_from: date) -> str:
    """A date with its weekday, 3月9日 周一; the year is said only when it is another one."""
    year = "" if day.year == seen_from.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日 周{WEEKDAYS[day.weekday()]}"


def when(now: datetime, at: datetime, *, closing: bool = False) -> str:
    """How a person reads a time: 今天 17:30, 明天 09:00, 周三 17:30 (later this week), 3月9日 周一 17:30.

    Say `closing` for a deadline, so that the end of today is 今天 24:00 and not tomorrow's 00:00.
    """
    today, day = local_date(now), closing_date(at) if closing else local_date(at)
    ahead = (day - today).days
    if ahead in NEAR:
        name = NEAR[ahead]
    elif ahead > 0 and day - ONE_DAY * day.weekday() <= today:
        name = f"周{WEEKDAYS[day.weekday()]}"
    else:
        name = day_words(day, today)
    return f"{name} {clock(at, closing=closing)}"


def amount_words(days: int, rest: timedelta, day_unit: str) -> str:
    """A duration rounded down to two neighbouring parts, such as 1 个工作日 3 小时; empty below a minute."""
    minutes = int(rest.total_seconds() // 60)
    parts = [(days, day_unit), (minutes // 60, "小时"), (minutes % 60, "分钟")]
    first = next((place for place, (number, _) in enumerate(parts) if number), len(parts))
    return " ".join(f"{number:,} {unit}" for number, unit in parts[first : first + 2] if number)


def span_sentence(span: timedelta) -> str:
    """A stretch of natural time as one says it: 2 天 4 小时, 3 小时 20 分钟, 不到 1 分钟."""
    span = max(span, timedelta())
    return amount_words(span.days, span % ONE_DAY, "天") or UNDER_A_MINUTE
