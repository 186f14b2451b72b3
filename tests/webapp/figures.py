"""A month of work in the small town, enough for rates: what the statistics tests count."""

from __future__ import annotations

from datetime import datetime

from tests.clock import SHANGHAI
from tests.webapp.town import Town

HANDLED = 12  # by the water bureau; one of them late, one still open
DONE, LATE = 11, 1


def a_month_of_work(town: Town) -> None:
    """Twelve cases at the water bureau, two at another, two registered by units themselves; folded."""
    clock = town.clock
    clock.set(datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI))
    for number in range(HANDLED):
        case = town.register(number)
        town.act("desk", case, "dispatch", lead="water")
        clock.advance(minutes=20)
        town.act("water", case, "sign", town.leg("water", case))
        town.act("water", case, "contact", town.leg("water", case), note="已电话联系")
        if number == 0:
            clock.advance(days=21)
        if number < DONE:
            town.act("water", case, "report", town.leg("water", case), result="已疏通雨水口")
            town.act("desk", case, "confirm")
    for number in (20, 21):
        case = town.register(number)
        town.act("desk", case, "dispatch", lead="housing")
    for login, title in (("water", "=1+1 河道有漂浮物"), ("housing", "小区道闸损坏")):
        town.own(login, title)
    town.core.measures.fold()
