"""The plain life of a case as commands, and threads that carry many cases through it at once."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core import Actor, Command, Core
from core.models.cases import case_legs
from core.people import HOTLINE
from core.ports import Ticket

DESK, CALLER = "xy011", "xy015"
UNITS = (
    ("city_management", "xy021"), ("water", "xy023"), ("housing", "xy025"), ("transport", "xy027"), ("market", "xy029"),
    ("health", "xy031"), ("education", "xy033"), ("labour", "xy035"), ("civil_affairs", "xy037"), ("ecology", "xy039"),
)  # fmt: skip
SATISFIED = {"connected": "connected", "contacted": "yes", "solved": "solved", "satisfied": "satisfied"}

Act = Callable[[], object]


@dataclass(slots=True)
class Life:
    """One case on its way: who handles it, and its ids as far as they are known."""

    number: int
    unit: str
    clerk: Actor
    case: int = 0
    leg: int = 0


class Lives:
    """Cases of one run, `prefix` keeping their keys apart from those of other runs."""

    def __init__(self, core: Core, prefix: str) -> None:
        self.core, self._prefix = core, prefix
        self._desk, self._caller = core.actor_for("dingtalk", DESK), core.actor_for("dingtalk", CALLER)
        self._clerks = [(unit, core.actor_for("dingtalk", user)) for unit, user in UNITS]

    def begin(self, count: int, first: int = 0) -> list[Life]:
        """New lives, not yet registered."""
        rows = [(number, *self._clerks[number % len(self._clerks)]) for number in range(first, first + count)]
        return [Life(number, unit, clerk) for number, unit, clerk in rows]

    def early(self, life: Life) -> list[Act]:
        """Registered as a 12345 ticket, then dispatched to the unit."""
        return [lambda: self._register(life), lambda: self._act(life, "dispatch", self._desk, {"lead": life.unit})]

    def late(self, life: Life) -> list[Act]:
        """Signed, reported, confirmed, called back; `learn_legs` must have been asked before."""
        return [
            lambda: self._act(life, "sign", life.clerk, {}, life.leg),
            lambda: self._act(life, "report", life.clerk, {"result": "已现场处置并回复群众"}, life.leg),
            lambda: self._act(life, "confirm", self._desk, {}),
            lambda: self._act(life, "record_call", self._caller, SATISFIED),
        ]

    def learn_legs(self, lives: Sequence[Life]) -> None:
        """Look up the leg of each dispatched case; not part of what is measured."""
        with self.core.engine.connect().execution_options(readonly=True) as tx:
            theirs = case_legs.c.case_id.in_([life.case for life in lives])
            found = {
                row.case_id: row.id for row in tx.execute(select(case_legs.c.case_id, case_legs.c.id).where(theirs))
            }
        for life in lives:
            life.leg = found[life.case]

    def _register(self, life: Life) -> None:
        ticket = Ticket(
            f"{self._prefix}-{life.number}", 1, "RX", "complain", "港口路雨后积水", "每逢下雨路口积水，行人无法通过。",
            "港口路与海盛路口", caller_name="陈某某", caller_phone=f"1990{life.number % 10_000_000:07d}",
            address="港口路 12 号",
        )  # fmt: skip
        life.case = self.core.register(f"hotline:{ticket.outside_no}:1", ticket, HOTLINE, "feed").case

    def _act(self, life: Life, action: str, actor: Actor, form: dict[str, str], leg: int | None = None) -> None:
        key = f"bench:{self._prefix}:{life.number}:{action}"
        self.core.execute(Command(key, life.case, action, actor, form, leg))


def mixed(chains: Sequence[Sequence[Act]], seed: int) -> list[Act]:
    """The acts of several chains in one list, at random, each chain in its own order."""
    dice = random.Random(seed)
    waiting = [list(chain) for chain in chains]
    told: list[Act] = []
    while waiting:
        chosen = dice.randrange(len(waiting))
        told.append(waiting[chosen].pop(0))
        if not waiting[chosen]:
            waiting[chosen] = waiting[-1]
            waiting.pop()
    return told


def in_threads(shares: Sequence[Sequence[Act]]) -> float:
    """Run each share in a thread of its own, all starting together; seconds until the last is done."""
    start = threading.Barrier(len(shares) + 1)
    faults: list[BaseException] = []

    def run(share: Sequence[Act]) -> None:
        start.wait()
        try:
            for act in share:
                act()
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(share,), name=f"load-{n}") for n, share in enumerate(shares)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    if faults:
        raise faults[0]
    return took
