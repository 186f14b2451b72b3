"""clicks.*: four hundred thumbs at one instant, and how many clicks a second the bot carries with a real commit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from contextlib import contextmanager
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from tests.bench.crowd import Waiting, waiting
from tests.bench.databases import Databases
from tests.bench.world import World, world
from tests.sandbox.wire import Json

PEOPLE = 400
FAST = {"DINGTALK__CALLS_PER_SECOND": "400"}
"""Hands out the cards of the preparation quickly; the sandbox has no limit on calls a second unless told."""


@dataclass(frozen=True, slots=True)
class Burst:
    """What became of one burst of clicks; latencies in ms from the common instant."""

    people: int
    in_2s: int
    p50: float
    p99: float
    seconds: float

    @property
    def share(self) -> float:
        return self.in_2s / self.people


def prepare(scene: World, prefix: str, people: int) -> list[Waiting]:
    """A case for each clerk, its card on every holder's phone, nothing left in the tray."""
    cases = waiting(scene.core, scene.clerks[:people], prefix)
    scene.settle(180)
    return cases


def burst(scene: World, cases: Sequence[Waiting]) -> Burst:
    """Everybody presses 签收 at the same instant."""
    told = scene.sandbox.post("burst", clicks=[case.click() for case in cases])
    late = [row for row in told["results"] if row["timeout"] or row["refused"]]
    for row in late[:3]:
        print("late", row, file=sys.stderr)
    return Burst(len(cases), len(cases) - len(late), told["p50_ms"] or 0.0, told["p99_ms"] or 0.0, told["seconds"])


def main() -> None:
    from tests.bench.databases import opened

    people = int(sys.argv[2])
    with opened(sys.argv[1]) as databases, world(databases, people, **FAST) as scene:
        scene.processes.start(scene.processes.bot, scene.processes.worker)
        for number in range(int(sys.argv[3])):
            cases = prepare(scene, f"C{number}", people)
            print("prepared", flush=True)
            print(burst(scene, cases), flush=True)


if __name__ == "__main__":
    main()
