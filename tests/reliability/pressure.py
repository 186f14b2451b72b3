"""Work that goes on whatever is killed: pushes and taps repeated until they are answered, and what was answered."""

from __future__ import annotations

import itertools
import json
import queue
import secrets
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import select

from core import Core
from core.adapters.signatures import sign
from core.models.record import letters
from tests.contract.story_rig import DESK
from tests.reliability.plot import CASE, Play, Plot, Step, sees_button
from tests.sandbox.rig import Sandbox
from tests.webapp.machine_room import PATH, a_ticket

HANDS, PUSHERS = 4, 2
IN_HAND = 12
"""Cases that wait for a hand; while there are so many the platform only repeats what it pushed before."""
PAUSE_S = 0.15
DONE, UNDONE = ("已", "「"), ("已由", "已经")
"""How the line begins that says that something was done, and the like of it that says it was not."""
PATIENCE_S = 300.0

Answered = tuple[str, str]
"""The number of a case or order, and an event that somebody was told has happened."""


@dataclass(slots=True)
class Acks:
    """What the product said was done. Written after the answer, so every line in it must be in the record."""

    pushed: dict[str, str] = field(default_factory=dict)
    """Ticket → case number, or the card on which a flag was raised → the order's."""
    clicks: dict[str, Answered] = field(default_factory=dict)
    """The cause of a click → what it did."""
    attempts: Counter[str] = field(default_factory=Counter)


class Platform:
    """12345 pushing to a real port under its signature."""

    def __init__(self, *bases: str) -> None:
        self._clients = [httpx.Client(base_url=base, timeout=30, trust_env=False) for base in bases]

    def push(self, *numbers: str) -> dict[str, str] | None:
        """Push a plain ticket under each number, to one server or another; number → case, or None without an answer."""
        tickets = [a_ticket(ticket_no=number, title="港口路下雨就积水", urgency="normal") for number in numbers]
        body = json.dumps({"tickets": tickets}).encode()
        at, nonce = str(int(time.time())), secrets.token_hex(16)
        signature = sign("practice", "POST", PATH, body, at, nonce)
        headers = {"X-App-Id": "hotline", "X-Timestamp": at, "X-Nonce": nonce, "X-Signature": signature}
        try:
            client = secrets.choice(self._clients)
            answer = client.post(PATH, content=body, headers={**headers, "Content-Type": "application/json"})
        except httpx.TransportError:
            return None
        if answer.status_code != 200:
            return None
        told_back = answer.json()
        assert not told_back["refused"], told_back
        return {row["ticket_no"]: row["case_no"] for row in told_back["accepted"]}

    def close(self) -> None:
        for client in self._clients:
            client.close()


class Pressure(ABC):
    """Stories are begun, people press the buttons they see; ends with every begun story told to its end."""

    plot: Plot

    def __init__(self, core: Core, sandbox: Sandbox) -> None:
        self.core, self.sandbox, self.acks = core, sandbox, Acks()
        self._numbers = itertools.count(1)
        self._begun: queue.Queue[str] = queue.Queue()  # SimpleQueue.get may forget its time-out when several wait
        self._ending, self._hopeless = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(HANDS + PUSHERS, thread_name_prefix="pressure")
        self._jobs: list[Future[None]] = []

    def __enter__(self) -> Pressure:
        self._jobs = [self._pool.submit(self._begin) for _ in range(PUSHERS)]
        self._jobs += [self._pool.submit(self._handle) for _ in range(HANDS)]
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """No new work; what was begun is brought to its end, unless the test has failed already."""
        self._ending.set()
        if kind is not None:
            self._hopeless.set()
        self._pool.shutdown()
        for job in self._jobs if kind is None else ():
            job.result()

    @abstractmethod
    def play(self, no: str) -> Play:
        """The case or order with this number."""

    @abstractmethod
    def _begin_one(self, *, fresh: bool) -> None:
        """Begin stories; unless `fresh`, only repeat what was begun before, where there is such a thing."""

    def _begin(self) -> None:
        while not self._ending.is_set():
            self._begin_one(fresh=self._begun.qsize() < IN_HAND)
            time.sleep(PAUSE_S)

    def _note(self, taken: dict[str, str]) -> None:
        known = self.acks.pushed.copy()
        for number, no in taken.items():
            if self.acks.pushed.setdefault(number, no) != no:
                raise AssertionError(f"{number} was {self.acks.pushed[number]}, now {no}")
            if number not in known:
                self._begun.put(no)

    def _handle(self) -> None:
        while not self._ending.is_set():
            try:
                no = self._begun.get(timeout=0.2)
            except queue.Empty:
                continue
            for step in self.plot.steps:
                self._take(self.play(no), step)

    def _take(self, play: Play, step: Step) -> None:
        """Press until the step stands in the record, whoever is dead meanwhile."""
        ends = time.monotonic() + PATIENCE_S
        while not self._hopeless.is_set() and not self.plot.told(self.core, play.id)[step.event]:
            assert time.monotonic() < ends, f"{step.action} never came about on {play.no}: {self._why(play)}"
            if sees_button(self.sandbox, play.track, step):
                self._press(play, step)
            else:
                time.sleep(0.1)

    def _why(self, play: Play) -> str:
        """The card letters of a case or order and who holds its card, for whoever must find out."""
        lane = f"{'card' if self.plot is CASE else 'joint'}:{play.id}"
        query = select(letters).where(letters.c.lane == lane).order_by(letters.c.id)
        with self.core.engine.connect().execution_options(readonly=True) as tx:
            found = tx.execute(query).all()
        rows = [f"{row.kind} {row.state} {row.tries} {row.due_at:%T} {row.error or ''}" for row in found]
        viewers = [card["viewers"] for card in self.sandbox.get("cards") if card["outTrackId"] == play.track]
        return "; ".join([*rows, f"held by {viewers}"])

    def _press(self, play: Play, step: Step) -> None:
        name, note = self._tap(step.user, play.track, step.action, step.form)
        if not name:
            return
        if note.startswith(DONE) and not note.startswith(UNDONE):
            self.acks.clicks[name] = (play.no, step.event)
        else:
            self.acks.attempts["taps refused"] += 1

    def _tap(self, user: str, track: str, action: str, form: Mapping[str, str]) -> tuple[str, str]:
        """The cause's name and what was said to it; both empty when no answer came."""
        self.acks.attempts["taps"] += 1
        body = {"userId": user, "outTrackId": track, "action": action, "form": dict(form)}
        answer: dict[str, Any] = self.sandbox.http.post("/sandbox/click", json=body).json()
        if answer.get("code") != 200:
            self.acks.attempts["taps failed" if answer.get("code") else "taps unanswered"] += 1
            time.sleep(0.1)
            return "", ""
        note = str(answer["response"]["userPrivateData"]["cardParamMap"]["note"])
        return f"dingtalk:{answer['messageId']}", note


class CasePressure(Pressure):
    """The 12345 platform pushes tickets, and pushes them again."""

    plot = CASE

    def __init__(self, core: Core, sandbox: Sandbox, platform: Platform) -> None:
        super().__init__(core, sandbox)
        self.platform = platform

    def play(self, no: str) -> Play:
        return Play(self.core.case_id(self.core.actor_for("dingtalk", DESK), no), no)

    def _begin_one(self, *, fresh: bool) -> None:
        known = list(itertools.islice(reversed(self.acks.pushed.copy()), 2))
        numbers = [f"K{next(self._numbers):05}" for _ in range(2)] if fresh or not known else known
        taken: dict[str, str] | None = None
        while taken is None and not self._hopeless.is_set():
            self.acks.attempts["pushes"] += 1
            taken = self.platform.push(*numbers)
            if taken is None:
                self.acks.attempts["pushes unanswered"] += 1
                time.sleep(PAUSE_S)
        self._note(taken or {})
