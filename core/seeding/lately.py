"""The last fortnight, busier than the weeks before: what a believable day brings beside the stories told on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from core.seeding import kinds, plots
from core.seeding.kinds import Fits
from core.seeding.plots import Plot
from core.seeding.scenes import SCENES
from core.seeding.stage import Stage
from core.seeding.stories import Story
from core.worktime import ONE_DAY, SHANGHAI, local_date

BY_HOUR = (2, 1, 1, 1, 1, 2, 4, 9, 22, 26, 25, 20, 12, 10, 16, 22, 21, 17, 11, 10, 9, 7, 5, 3)
"""How many calls come in each hour of the day, in relation: the hotline never sleeps."""

DAILY = (30, 23, 22, 20, 18, 15, 13, 11, 10, 8, 7, 6, 6, 5)
"""Cases of a whole office day, today's first."""

WEEKEND = 0.45
"""How many come on a day off, in relation to an office day."""

USUAL: tuple[tuple[Fits, Plot, int], ...] = (
    (kinds.is_advice, plots.advice, 54),
    (kinds.for_unit, plots.plain, 30),
    (kinds.is_urgent, plots.plain, 6),
    (kinds.is_idea, plots.plain, 6),
    (kinds.is_praise, plots.advice, 4),
)
"""What people call about, what becomes of it, and how often."""


def lately(stage: Stage) -> Iterator[tuple[Story, Plot]]:
    """The cases of these days up to now, each with the moment it begins."""
    for at in sorted(_moments(stage)):
        fits, plot, _ = stage.rng.choices(USUAL, [row[-1] for row in USUAL])[0]
        yield Story(stage, stage.draws.wish(fits, at), at), plot


def _moments(stage: Stage) -> Iterator[datetime]:
    today = local_date(stage.end)
    for back, many in enumerate(DAILY):
        day = today - back * ONE_DAY
        for _ in range(round(many * (WEEKEND if day.weekday() >= 5 else 1))):
            if stage.clock.now() <= (at := moment(stage, day)) < stage.end:
                yield at
    # Scenes let some calls come in just now; as many came yesterday by then, or this hour would read as a flood.
    for minutes in (one for scene in SCENES for one in scene.ago if one < 0):
        yield stage.end - ONE_DAY + timedelta(minutes=minutes, seconds=stage.rng.randrange(300))


def moment(stage: Stage, day: date) -> datetime:
    """A moment of the day, by its rhythm."""
    rng = stage.rng
    hour = rng.choices(range(24), BY_HOUR)[0]
    return datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60)), SHANGHAI)
