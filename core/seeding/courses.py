"""What happens in two months besides the everyday, and how often."""

from __future__ import annotations

from dataclasses import dataclass

from core.seeding import kinds, plots
from core.seeding.kinds import Fits
from core.seeding.plots import Plot


@dataclass(frozen=True, slots=True)
class Course:
    """A plot, the appeals it may be told of, how often, and how many office days it may take to its end."""

    plot: Plot
    fits: Fits
    times: int
    days: int = 12
    channel: str = ""


COURSES = (
    Course(plots.plain, kinds.is_hard, 4, 18),
    Course(plots.plain, kinds.is_urgent, 10),
    Course(plots.late, kinds.for_unit, 9, 15, "RX"),
    Course(plots.own, kinds.for_unit, 4, channel="ZJ"),
    Course(plots.own_passed_on, kinds.for_unit, 3, channel="ZJ"),
    Course(plots.sent_back_below, kinds.goes_below, 4),
    Course(plots.passed_on, kinds.is_shared, 4),
    Course(plots.astray, kinds.goes_astray, 7),
    Course(plots.return_refused, kinds.for_unit, 4),
    Course(plots.disputed, kinds.goes_astray, 3),
    Course(plots.extended, kinds.for_unit, 5, channel="RX"),
    Course(plots.not_extended, kinds.for_unit, 2, channel="RX"),
    Course(plots.paused, kinds.for_unit, 5, channel="RX"),
    Course(plots.pressed, kinds.for_unit, 4),
    Course(plots.sent_back, kinds.for_unit, 4),
    Course(plots.redone, kinds.for_unit, 6, 14),
    Course(plots.redone_twice, kinds.for_unit, 3, 18),
    Course(plots.unreached, kinds.for_unit, 4, 14),
    Course(plots.repeated, kinds.for_unit, 5, 18, "RX"),
    Course(plots.revised, kinds.for_unit, 4, channel="RX"),
    Course(plots.void, kinds.is_advice, 8, 2),
    Course(plots.restored, kinds.for_unit, 3, 14),
)
"""The times are for 320 cases; fewer cases have fewer, but one of each."""
