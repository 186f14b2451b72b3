"""Numbers as people read them on a screen: thousands, 万 and 亿, the change since before, the time they are from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from core.policy.topics import Metric
from core.timewords import NEAR, day_words, when
from core.worktime import SHANGHAI, local_date

WAN, YI = 10_000, 100_000_000
DAY_S, MONTH_S, QUARTER_S = 86_400, 27 * 86_400, 80 * 86_400
LONG = 100_000
"""From here on a number is told in 万, and from a hundred million in 亿: at ten metres digits blur."""


def short(value: float | None, decimals: int = 0) -> str:
    """「1,234」, 「12.3万」, 「1.2亿」; a dash for none."""
    return scaled(value, decimals, scale([value]))


def scale(values: Iterable[float | None]) -> int:
    """In what numbers that stand under each other are told: 1, 万 or 亿, or 「1.2万」 looks less than 「9,876」.

    The greatest asks for it; the least that is something must not become nothing by it.
    """
    sizes = [abs(value) for value in values if value]
    most, least = max(sizes, default=0.0), min(sizes, default=0.0)
    if most >= YI and least >= YI / 100:
        return YI
    return WAN if most >= LONG and least >= WAN / 10 else 1


def scaled(value: float | None, decimals: int, by: int) -> str:
    """The number in a scale that was chosen for all beside it."""
    if value is None or by == 1:
        return exact(value, decimals)
    if not value:
        return "0"
    return f"{_trim(f'{value / YI:,.2f}')}亿" if by == YI else f"{_trim(f'{value / WAN:,.1f}')}万"


def column(values: Sequence[float | None], decimals: int) -> list[str]:
    """Numbers that stand under each other, in one scale."""
    by = scale(values)
    return [scaled(value, decimals, by) for value in values]


def aim(value: float | None, decimals: int = 0) -> str:
    """A target as people say it: 「95」 and not 「95.0」; empty for none."""
    told = "" if value is None else short(value, decimals)
    return _trim(told) if "." in told else told


def exact(value: float | None, decimals: int = 0) -> str:
    """Every digit that is told, with thousands."""
    return "—" if value is None else f"{round(value, decimals) + 0:,.{decimals}f}"


def _trim(words: str) -> str:
    return words.rstrip("0").rstrip(".")


def as_of(now: datetime, at: datetime | None, every: int = 0) -> str:
    """「截至 09:40」, 「截至 昨天 17:30」; empty for never.

    What is told of every so many seconds is named by what it is about: 「截至 昨天」 of days, 「截至 10月」 of months,
    「截至 第三季度」 of quarters, and not by the midnight with which that began.
    """
    if at is None:
        return ""
    at = at.astimezone(SHANGHAI)
    day, today = local_date(at), local_date(now)
    year = "" if day.year == today.year else f"{day.year}年"
    if every >= QUARTER_S:
        return f"截至 {year}第{'一二三四'[(day.month - 1) // 3]}季度"
    if every >= MONTH_S:
        return f"截至 {year}{day.month}月"
    if every >= DAY_S:
        return f"截至 {NEAR.get((day - today).days) or day_words(day, today)}"
    return f"截至 {at:%H:%M}" if day == today else f"截至 {when(now, at)}"


def change(metric: Metric, value: float | None, before: float | None, since: str) -> tuple[str, str]:
    """The change in words and its tone, better, worse or nothing: 「较昨日同期 +9%」.

    Two numbers that read alike are 持平: 0.0 beside 「+91%」 would contradict itself.
    """
    if value is None or before is None:
        return "", ""
    value, before = round(value, metric.decimals), round(before, metric.decimals)
    if metric.unit == "%":
        points = round(value - before, 1)
        words = f"{points:+.1f} 个百分点" if points else "持平"
        moved = points
    elif before:
        moved = (value - before) / abs(before) * 100
        words = f"{moved:+.0f}%" if abs(moved) < 1000 else f"{value / before:.0f} 倍"
        words = "持平" if words in ("+0%", "-0%") else words
    elif value:
        return f"{since.removeprefix('较')} 0", ""
    else:
        moved, words = 0.0, "持平"
    if metric.good == "none" or words == "持平" or not moved:
        return f"{since} {words}", ""
    return f"{since} {words}", "better" if (moved > 0) == (metric.good == "up") else "worse"


def moment_label(name: str, by: str) -> str:
    """What stands under a point of a trend: 「14时」, 「3月9日」, 「3月」."""
    if by == "hour":
        return f"{int(name[11:13])}时"
    month = f"{int(name[5:7])}月"
    return month if by == "month" else f"{month}{int(name[8:10])}日"
