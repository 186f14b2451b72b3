"""The arithmetic of a hot spot: per day, this week against the usual, and what level that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.hotspots.policy import HotspotPolicy
from core.worktime import local_date


@dataclass(frozen=True, slots=True)
class Trend:
    """Appeals a day over the window, oldest first; those of the recent days; the usual in as many days; the level."""

    days: tuple[int, ...]
    week: int
    usual: float
    level: str

    @property
    def growth(self) -> float:
        return self.week / self.usual


def trend_of(moments: Iterable[datetime], now: datetime, policy: HotspotPolicy) -> Trend:
    """The trend of appeals registered at these moments.

    The usual is what came in as many days on average before the recent ones, never less than policy's least.
    """
    today = local_date(now)
    counted = Counter((today - local_date(at)).days for at in moments)
    days = tuple(counted.get(back, 0) for back in range(policy.window_days - 1, -1, -1))
    week = sum(days[-policy.recent_days :])
    before = days[: -policy.recent_days]
    usual = max(sum(before) / len(before) * policy.recent_days, policy.usual_at_least) if before else 1.0
    return Trend(days, week, usual, level_of(week, week / usual, policy))


def level_of(week: int, growth: float, policy: HotspotPolicy) -> str:
    """The gravest level whose conditions both hold; empty for none."""
    held = (one.level for one in policy.levels if growth >= one.growth and week >= one.at_least)
    return next(held, "")


def since(now: datetime, policy: HotspotPolicy) -> datetime:
    """From when on appeals are looked at."""
    return now - timedelta(days=policy.window_days)
