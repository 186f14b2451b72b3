"""巡查 of the practice ground: what units plan to look at by themselves, four weeks of walks, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from core.models.patrols import patrol_plans
from core.policy import read
from core.ports import Ticket
from core.register import Amend
from core.seeding.draws import Draws, Wish, place_of
from core.seeding.stage import Stage, Steps
from core.seeding.stories import Story
from core.worktime import ONE_DAY, SHANGHAI, local_date

BACK = timedelta(days=28)
MISSED, FINDS = 0.08, 0.3
"""How many walks of the days before nobody made, and on how many something is found."""
OWN_CHANNEL = "ZJ"


def patrols(stage: Stage, seed: int = 2026) -> Steps:
    """Plans made four weeks before the end; every morning the walks are laid out and walkers set off.

    Nothing where plans are known already.
    """
    core = stage.core
    if core._read(lambda tx: tx.execute(select(patrol_plans.c.id).limit(1)).first()):
        return
    told, rng = read("seed/patrols.yaml"), Draws(seed).rng
    yield stage.office(max(stage.end - BACK, stage.now))
    beats = [_Beat(stage, row, told["notes"], rng) for row in told["plans"]]
    day = local_date(stage.now)
    while True:
        for beat in beats:
            stage.begin(beat.walk(day))
        day += ONE_DAY
        yield datetime.combine(day, time(6, 30), SHANGHAI)
        core.patrols.lay_out()


class _Beat:
    """One plan, written down by its unit and walked by its walker."""

    def __init__(self, stage: Stage, row: Mapping[str, Any], notes: list[str], rng: Random) -> None:
        self._stage, self._row, self._notes, self._rng, self._found = stage, row, notes, rng, 0
        self._walker = stage.clerk(row["walker"])
        given = {name: row[name] for name in ("title", "place", "look_for", "weekdays")}
        given |= {"walkers": str(self._walker.post), "valid_from": local_date(stage.now).isoformat()}
        by = stage.clerk(row["unit"]).actor
        amend = Amend(f"practice:patrol:{row['title']}", "patrol", "add", "", given, by, "", source="seed")
        self._plan = int(stage.core.registers.write(amend).no)

    def walk(self, day: date) -> Steps:
        """The walk of a day, where one is due; most are made, some turn something up."""
        rng, core = self._rng, self._stage.core
        sets_off = datetime.combine(day, time(self._row["hour"], rng.randrange(50)), SHANGHAI)
        missed, finds = rng.random() < MISSED and day < local_date(self._stage.end), rng.random() < FINDS
        if missed or str(day.isoweekday()) not in self._row["weekdays"].split(","):
            return
        yield sets_off
        who = self._walker.actor
        walk = next((one for one in core.patrols.today(who).walks if one.plan == self._plan), None)
        if walk is None:  # a day off
            return
        core.patrols.begin(who, walk.id)
        yield self._later(15, 35)
        found = self._next() if finds else None
        if found:
            self._stage.begin(self._finding(found, walk.id))
        yield self._later(15, 40)
        core.patrols.finish(who, walk.id, "" if found else rng.choice(self._notes))

    def _next(self) -> Mapping[str, Any] | None:
        """What is seen this time: one after the other, each once."""
        rows, self._found = self._row["found"], self._found + 1
        return rows[self._found - 1] if self._found <= len(rows) else None

    def _finding(self, row: Mapping[str, Any], walk: int) -> Steps:
        """Registered on the spot as the walk's own; handled by the unit itself, or handed on."""
        stage, who, place = self._stage, self._walker, place_of(self._row["place"])
        yield stage.now
        ticket = Ticket(
            "", 1, OWN_CHANNEL, "help", row["title"], row["content"], place.name, class_code=row["class"] or None,
            town=stage.short(place.town), community=stage.short(place.community), wants_reply=False,
            more={"longitude": place.lon, "latitude": place.lat, "coordinate_system": "WGS84"},
        )  # fmt: skip
        to = row.get("to", "")
        story = Story(stage, Wish(ticket, place.name, to, "", (), "", "", False, row["reply"]), stage.now)
        story.case = stage.register(ticket, who.actor).case
        stage.core.patrols.credit(who.actor, walk, story.case)
        yield stage.after(60, 200)
        if not to:
            stage.act(who, story.case, "close_own", reply=row["reply"])
            return
        stage.act(who, story.case, "pass_on", lead=stage.short(to), opinion="巡查时发现，请按职责处理")
        yield from story.work(to, 400)
        yield from story.finish()

    def _later(self, low: int, high: int) -> datetime:
        return self._stage.now + timedelta(minutes=self._rng.randint(low, high), seconds=self._rng.randrange(60))
