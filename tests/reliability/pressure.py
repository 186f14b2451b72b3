"""Work that goes on whatever is killed: pushes and taps repeated until they are answered, and what was answered."""

from __future__ import annotations

import itertools
import json
import queue
import secrets
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import select

from core import Core
from core.adapters.signatures import sign
from core.models.record import letters
from tests.contract.story_rig import DESK
from tests.reliability.plot import STEPS, Step, told
from tests.sandbox.rig import Sandbox
from tests.webapp.machine_room import PATH, a_ticket

HANDS, PUSHERS = 4, 2
IN_HAND = 12
"""Cases that wait for a hand; while there are so many the platform only repeats what it pushed before."""
PAUSE_S = 0.15
PATIENCE_S = 40.0

Answered = tuple[str, str]
"""A case number and an event that somebody was told has happened."""


@dataclass(slots=True)
class Acks:
    """What the product said was done. Written after the answer, so every line in it must be in the record."""

    pushed: dict[str, str] = field(default_factory=dict)
    """Ticket → case number."""
    clicks: dict[str, Answered] = field(default_factory=dict)
    """The cause of a click → what it did."""
    attempts: Counter[str] = field(default_factory=Counter)


class Platform:
    """12345 pushing to a real port under its signature."""

    def __init__(self, *bases: str) -> None:
        self._clients = [httpx.Client(base_url=base, timeout=5, trust_env=False) for base in bases]

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


class Pressure:
    """The platform pushes, people press the buttons they see; ends with every begun story told to its end."""

    def __init__(self, core: Core, sandbox: Sandbox, platform: Platform) -> None:
        self.core, self.sandbox, self.platform, self.acks = core, sandbox, platform, Acks()
        self._numbers = itertools.count(1)
        self._cases: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._ending, self._hopeless = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(HANDS + PUSHERS, thread_name_prefix="pressure")
        self._jobs: list[Future[None]] = []

    def __enter__(self) -> Pressure:
        self._jobs = [self._pool.submit(self._push) for _ in range(PUSHERS)]
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

    def case_id(self, no: str) -> int:
        return self.core.case_id(self.core.actor_for("dingtalk", DESK), no)

    def _push(self) -> None:
        while not self._ending.is_set():
            fresh = self._cases.qsize() < IN_HAND
            known = list(itertools.islice(reversed(self.acks.pushed.copy()), 2))
            numbers = [f"K{next(self._numbers):05}" for _ in range(2)] if fresh or not known else known
            self._push_until_heard(numbers)
            time.sleep(PAUSE_S)

    def _push_until_heard(self, numbers: list[str]) -> None:
        taken: dict[str, str] | None = None
        while taken is None and not self._hopeless.is_set():
            self.acks.attempts["pushes"] += 1
            taken = self.platform.push(*numbers)
            if taken is None:
                self.acks.attempts["pushes unanswered"] += 1
                time.sleep(PAUSE_S)
        self._note(taken or {})

    def _note(self, taken: dict[str, str]) -> None:
        known = self.acks.pushed.copy()
        for number, no in taken.items():
            if self.acks.pushed.setdefault(number, no) != no:
                raise AssertionError(f"{number} was {self.acks.pushed[number]}, now {no}")
            if number not in known:
                self._cases.put(no)

    def _handle(self) -> None:
        while not self._ending.is_set():
            try:
                no = self._cases.get(timeout=0.2)
            except queue.Empty:
                continue
            for step in STEPS:
                self._take(no, self.case_id(no), step)

    def _take(self, no: str, case: int, step: Step) -> None:
        """Press until the step stands in the record, whoever is dead meanwhile."""
        ends = time.monotonic() + PATIENCE_S
        while not self._hopeless.is_set() and not told(self.core, case)[step.event]:
            assert time.monotonic() < ends, f"{step.action} never came about on {no}: {self._why(no, case)}"
            if self._sees_button(no, step):
                self._press(no, step)
            else:
                time.sleep(0.1)

    def _why(self, no: str, case: int) -> str:
        """The letters of a case and who holds its card, for whoever must find out."""
        query = select(letters).where(letters.c.case_id == case).order_by(letters.c.id)
        with self.core.engine.connect().execution_options(readonly=True) as tx:
            found = tx.execute(query).all()
        rows = [f"{row.kind} {row.state} {row.tries} {row.due_at:%T} {row.error or ''}" for row in found]
        viewers = [card["viewers"] for card in self.sandbox.get("cards") if card["outTrackId"] == f"{no}:1"]
        return "; ".join([*rows, f"held by {viewers}"])

    def _sees_button(self, no: str, step: Step) -> bool:
        answer = self.sandbox.http.get(f"/sandbox/cards/{no}:1", params={"userId": step.user})
        return answer.status_code == 200 and any(one["action"] == step.action for one in answer.json()["buttons"])

    def _press(self, no: str, step: Step) -> None:
        self.acks.attempts["taps"] += 1
        body = {"userId": step.user, "outTrackId": f"{no}:1", "action": step.action, "form": dict(step.form)}
        answer: dict[str, Any] = self.sandbox.http.post("/sandbox/click", json=body).json()
        if answer.get("code") != 200:
            self.acks.attempts["taps failed" if answer.get("code") else "taps unanswered"] += 1
            time.sleep(0.1)
            return
        note = str(answer["response"]["userPrivateData"]["cardParamMap"]["note"])
        if note.startswith("已") and not note.startswith("已由"):
            self.acks.clicks[f"dingtalk:{answer['messageId']}"] = (no, step.event)
        else:
            self.acks.attempts["taps refused"] += 1
