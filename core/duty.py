"""值班: who is on duty at the desk and at one's own unit, today and for the rest of the week."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from core.boards import DutyDay, Turn
from core.facade import Core
from core.models.registers import duty_turns
from core.people import Actor
from core.policy.registers import load_registers
from core.timewords import day_words
from core.worktime import ONE_DAY

DESK = "command_center"
SHIFTS = ("day", "night", "whole")
"""The order of a day."""


class Duty:
    """Reads the register 值班 for one reader."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def week(self, actor: Actor) -> tuple[DutyDay, ...]:
        """Today, even when nobody is named, and the days up to Sunday on which somebody is."""
        today = self._core.today()
        days = [today + ONE_DAY * ahead for ahead in range(7 - today.weekday())]
        turns = self._turns(actor, days[0], days[-1])
        return tuple(
            DutyDay(day_words(day, today), day == today, turns.get(day, ()))
            for day in days
            if day == today or day in turns
        )

    def _turns(self, actor: Actor, first: date, last: date) -> dict[date, tuple[Turn, ...]]:
        query = select(duty_turns).where(duty_turns.c.day.between(first, last)).order_by(duty_turns.c.id)
        rows = self._core._read(lambda tx: tx.execute(query).all())
        directory, words = self._core.directory(), load_registers()["duty_turn"].fields["shift"].chosen
        found: dict[date, list[tuple[tuple[bool, int], Turn]]] = {}
        for row in rows:
            holder = directory.holders.get(row.post_id)
            unit = directory.units.get(holder.unit) if holder else None
            if holder is None or unit is None or (unit.kind != DESK and unit.id != actor.unit):
                continue
            place = (unit.kind != DESK, SHIFTS.index(row.shift))
            turn = Turn(unit.short, words[row.shift], holder.name, holder.title, row.note)
            found.setdefault(row.day, []).append((place, turn))
        return {day: tuple(turn for _, turn in sorted(told, key=lambda one: one[0])) for day, told in found.items()}
