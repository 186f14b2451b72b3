"""clicks.*: four hundred thumbs at one instant, and how many clicks a second the bot carries with a real commit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bots.dingtalk.answers import Answers
from tests.bench.commands import THREADS, core_on
from tests.bench.crowd import Waiting, crowd, waiting
from tests.bench.databases import Databases
from tests.bench.load import in_threads
from tests.bench.recording import Recorder
from tests.bench.replay import replay
from tests.bench.world import World, world
from tests.reliability.processes import Process
from tests.sandbox.wire import Json
from tests.town import settled

PEOPLE, OPEN, WARM = 400, 64, 100
PREPARING = {"DINGTALK__CALLS_PER_SECOND": "400"}
"""The worker that hands out the cards beforehand is quicker than the one at work while people click."""


@dataclass(frozen=True, slots=True)
class Burst:
    """What became of a crowd's clicks; latencies in ms, of a burst from the common instant."""

    clicks: int
    in_2s: int
    p50: float
    p99: float
    seconds: float

    @property
    def share(self) -> float:
        return self.in_2s / self.clicks

    @property
    def per_second(self) -> float:
        return self.clicks / self.seconds


class Rush:
    """A deployment whose clerks are made to click; the worker is at work, at its usual pace, while they do."""

    def __init__(self, scene: World, bots: Sequence[Process], quick: Process) -> None:
        self._scene, self._bots, self._quick = scene, bots, quick
        self._rounds = 0

    def start(self) -> None:
        """Start the bots and let them answer some clicks, as any bot has by nine in the morning."""
        self._scene.processes.start(*self._bots)
        self.sustained(WARM * len(self._bots))
        self.sustained(WARM * len(self._bots))

    def burst(self) -> Burst:
        """Everybody presses 签收 at the same instant."""
        return self._click(self._prepared(PEOPLE))

    def sustained(self, clicks: int = PEOPLE // 2) -> Burst:
        """Clicks in a closed loop: a new one as soon as one of the open ones is answered."""
        return self._click(self._prepared(clicks), in_flight=OPEN)

    def idle(self, clicks: int = PEOPLE // 2) -> Burst:
        """The same loop answered by a handler that does nothing."""
        cases = self._prepared(clicks)
        for bot in self._bots:
            bot.stop()
        idle = self._scene.processes.another("bot", "tests.bench.idle_bot")
        self._scene.processes.start(idle)
        told = self._click(cases, in_flight=OPEN)
        idle.stop()
        self._scene.processes.start(*self._bots)
        return told

    def _prepared(self, people: int) -> list[Waiting]:
        """A case for each clerk, its card on every holder's phone, the usual worker at work."""
        self._rounds += 1
        self._scene.processes.worker.stop()
        self._scene.processes.start(self._quick)
        cases = waiting(self._scene.core, self._scene.clerks[:people], f"C{self._rounds}")
        self._scene.settle(180)
        self._quick.stop()
        self._scene.processes.start(self._scene.processes.worker)
        return cases

    def _click(self, cases: Sequence[Waiting], **more: int) -> Burst:
        told = self._scene.sandbox.post("burst", clicks=[case.click() for case in cases], **more)
        good = sum(not row["timeout"] and not row["refused"] for row in told["results"])
        return Burst(len(cases), good, told["p50_ms"] or 0.0, told["p99_ms"] or 0.0, told["seconds"])


@dataclass(frozen=True, slots=True)
class Told:
    """All rounds of one kind of database."""

    bursts: Sequence[Burst]
    sustained: Sequence[Burst]
    idle: Sequence[Burst]
    raw_per_second: Sequence[float]


def measure(databases: Databases, runs: int) -> Told:
    """Bursts, closed loops with the real and the idle handler in turn, and the bare driver."""
    with world(databases, PEOPLE) as scene:
        bots = [scene.processes.bot]
        if databases.kind == "postgresql":  # two bots may run there, and in service do (Procfile)
            bots.append(scene.processes.another("bot", "bots.dingtalk"))
        rush = Rush(scene, bots, scene.processes.another("worker", "bots.worker", **PREPARING))
        rush.start()
        rounds = [(rush.burst(), rush.sustained(), rush.idle()) for _ in range(runs)]
    raw = [raw_clicks(databases) for _ in range(runs)]
    return Told([r[0] for r in rounds], [r[1] for r in rounds], [r[2] for r in rounds], raw)


def raw_clicks(databases: Databases, clicks: int = PEOPLE // 2) -> float:
    """Clicks a second when the bare driver tells the database what answering them told it, with the same threads."""
    with databases.fresh() as origin:
        settled(origin)
        with core_on(origin) as core:
            cases = waiting(core, crowd(core, PEOPLE)[:clicks], "R")
        with databases.twins(origin, 2) as (ours, theirs):
            with core_on(ours) as core:
                recorder, answers = Recorder(), Answers(core)
                frames = [(f"raw-{number}", frame(case)) for number, case in enumerate(cases)]
                acts = [lambda told=told: answers.answer(*told) for told in frames]
                with recorder.listening(core.engine):
                    in_threads([acts[n::THREADS] for n in range(THREADS)])
            return clicks / replay(theirs, recorder.transactions)


def frame(case: Waiting) -> Json:
    """The callback data of a clerk who presses 签收."""
    params = {"seq": "1", "leg": str(case.life.leg)}
    content = json.dumps({"cardPrivateData": {"actionIds": ["sign"], "params": params}})
    return {"userId": case.clerk.user, "userIdType": 1, "outTrackId": case.track, "content": content}
