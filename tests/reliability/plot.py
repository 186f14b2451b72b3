"""The plain story of a case, step by step, and people who tap again when nothing happened."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from core import Core
from core.models.record import events
from tests.builders import ANSWERED
from tests.contract.story_rig import DESK, WATER
from tests.sandbox.rig import Sandbox


@dataclass(frozen=True, slots=True)
class Step:
    """Who presses which button with what, and the event that comes of it."""

    user: str
    action: str
    form: Mapping[str, str]
    event: str


STEPS = (
    Step(DESK, "case_dispatch", {"lead": "water"}, "case.dispatched"),
    Step(WATER, "sign", {}, "case_leg.signed"),
    Step(WATER, "report", {"result": "已抽排，积水退去"}, "case_leg.reported"),
    Step(DESK, "case_confirm", {}, "case.done"),
    Step(DESK, "case_record_call", ANSWERED, "case.closed"),
)
PLAIN_LIFE = Counter(
    ["case.registered", *(step.event for step in STEPS), "case.begun", "case.gathered", "case_leg.settled"]
)
"""Every event of the plain life of a case with one unit, and how often it may stand in the record."""


def told(core: Core, case: int) -> Counter[str]:
    """How often each event stands in the record of a case."""
    query = select(events.c.flow, events.c.name).where(events.c.case_id == case)
    with core.engine.connect().execution_options(readonly=True) as tx:
        return Counter(f"{row.flow}.{row.name}" for row in tx.execute(query))


class Persistent:
    """Somebody who presses until it worked, and never when the button is gone; counts the presses."""

    def __init__(self, core: Core, sandbox: Sandbox, patience_s: float = 60.0) -> None:
        self._core, self._sandbox, self._patience_s = core, sandbox, patience_s
        self.presses = self.unanswered = 0

    def take(self, case: int, no: str, step: Step) -> None:
        """Press until the step stands in the record.

        Raises:
            AssertionError: it did not within the patience of a person.
        """
        ends = time.monotonic() + self._patience_s
        while not told(self._core, case)[step.event]:
            assert time.monotonic() < ends, f"{step} never came about on {no}"
            if self._sees_button(no, step):
                self._press(no, step)
            else:
                time.sleep(0.1)

    def _sees_button(self, no: str, step: Step) -> bool:
        answer = self._sandbox.http.get(f"/sandbox/cards/{no}:1", params={"userId": step.user})
        return answer.status_code == 200 and any(one["action"] == step.action for one in answer.json()["buttons"])

    def _press(self, no: str, step: Step) -> None:
        self.presses += 1
        body = {"userId": step.user, "outTrackId": f"{no}:1", "action": step.action, "form": dict(step.form)}
        answer = self._sandbox.http.post("/sandbox/click", json=body).json()
        if answer.get("timeout", True) or answer.get("code") != 200:
            self.unanswered += 1
            time.sleep(0.5)  # the worker may be bringing the truth by now
