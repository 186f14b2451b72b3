"""A worker's clock under a test's hand: it looks as often as told, and every line that leaves is counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from core import Core
from core.chores import due_commands, look_later, looks, recounts
from core.execute import Command
from core.models.cases import case_legs
from core.models.record import letters
from core.moved import tell_of_moved
from tests.builders import rows
from tests.clock import StillClock
from tests.core.moments import local

HEARD = ("预警", "提醒")


@dataclass(frozen=True, slots=True)
class Line:
    """One line to one person: when it was written, its head, the words after the case."""

    at: str
    head: str
    text: str
    person: int


def tick(core: Core) -> list[Command]:
    """What the leader does every five seconds, until nothing is left; returns what was executed."""
    done = list[Command]()
    while True:
        with core.engine.connect() as tx:
            commands, silent = looks(tx, core.world(), core.clock.now())
            commands += due_commands(tx, core.world(), core.clock.now())
        with core.engine.begin() as tx:
            look_later(tx, silent)
        for command in commands:
            core.execute(command)
        done += commands
        if not commands:
            return done


def live_until(core: Core, clock: StillClock, until: str) -> None:
    """Let time pass, the clock at work at every moment it has set itself."""
    end = StillClock()
    end.set(until)
    while (at := next_look(core)) is not None and at < end.now():
        clock.set(max(at, clock.now()))
        if not tick(core):
            clock.advance(seconds=1)  # a level begins just after its moment
            tick(core)
    clock.set(end.now())
    tick(core)


def next_look(core: Core) -> datetime | None:
    with core.engine.connect() as tx:
        at: datetime | None = tx.execute(select(func.min(case_legs.c.look_at))).scalar_one()
    return at


def lines(core: Core, case: int | None = None) -> list[Line]:
    """Every warning and reminder written so far, one a person."""
    where = [letters.c.kind == "say"] + ([letters.c.case_id == case] if case is not None else [])
    told = [row for row in rows(core, letters, *where) if "【" in row.body.get("text", "")]
    return [
        Line(local(row.written_at)[5:16], head, row.body["text"].partition("：")[2], person)
        for row in told
        if (head := row.body["text"].partition("】")[0][1:]) in HEARD
        for person in row.body["people"]
    ]


def heard(core: Core, case: int | None = None) -> list[tuple[str, str, int]]:
    """When, which head, and how many people, one entry a moment and head."""
    found: dict[tuple[str, str], int] = {}
    for line in lines(core, case):
        found[line.at, line.head] = found.get((line.at, line.head), 0) + 1
    return [(at, head, count) for (at, head), count in found.items()]


def recount(core: Core) -> int:
    """What the leader does after a change of the calendar; returns how many people it tells."""
    with core.engine.connect() as tx:
        commands = list(recounts(tx, core.world()))
    return tell_of_moved(core, [(command, core.execute(command)) for command in commands])
