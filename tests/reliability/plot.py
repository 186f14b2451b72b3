"""The plain stories of a case and of a joint order, step by step, and people who tap again when nothing happened."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core import Core
from core.models.joint import joint_legs
from core.models.people import units
from core.models.record import events
from tests.builders import ANSWERED
from tests.contract.story_rig import CITY, DESK, HOUSING, LEADER, WATER, Stage
from tests.contract.test_story_joint import CITY_HEAD, FED, HOUSING_HEAD, WATER_HEAD, raised
from tests.sandbox.rig import Sandbox

HAPPENED = (
    select(events.c.flow, events.c.name, units.c.code)
    .outerjoin(joint_legs, joint_legs.c.id == events.c.joint_leg_id)
    .outerjoin(units, units.c.id == joint_legs.c.unit_id)
)


@dataclass(frozen=True, slots=True)
class Step:
    """Who presses which button with what, and the event that comes of it; one on a unit's part names the unit."""

    user: str
    action: str
    form: Mapping[str, str]
    event: str


@dataclass(frozen=True, slots=True)
class Play:
    """One run of a story: the case or order with its number."""

    id: int
    no: str

    @property
    def track(self) -> str:
        """The card everybody shares."""
        return f"{self.no}:1"


@dataclass(frozen=True, slots=True)
class Plot:
    """A story: how it begins, its steps, and every event of it with how often it may stand in the record."""

    flow: str
    begin: Callable[[Stage, str], Play]
    steps: tuple[Step, ...]
    life: Counter[str]

    def told(self, core: Core, target: int) -> Counter[str]:
        """How often each event stands in the record of a case or of an order."""
        whose = events.c.case_id if self.flow == "case" else events.c.joint_id
        with core.engine.connect().execution_options(readonly=True) as tx:
            rows = tx.execute(HAPPENED.where(whose == target)).all()
        return Counter(f"{row.flow}.{row.name}" + (f"@{row.code}" if row.code else "") for row in rows)


def _a_case(stage: Stage, title: str) -> Play:
    done = stage.case(title)
    return Play(done.case, done.no)


CASE_STEPS = (
    Step(DESK, "case_dispatch", {"lead": "water"}, "case.dispatched"),
    Step(WATER, "sign", {}, "case_leg.signed"),
    Step(WATER, "report", {"result": "已抽排，积水退去"}, "case_leg.reported"),
    Step(DESK, "case_confirm", {}, "case.done"),
    Step(DESK, "case_record_call", ANSWERED, "case.closed"),
)
CASE = Plot(
    "case", _a_case, CASE_STEPS,
    Counter(["case.registered", *(one.event for one in CASE_STEPS), "case.begun", "case.gathered", "case_leg.settled"]),
)  # fmt: skip


PLACES = ("丘海大道口", "滨海大道口", "长流路口", "永万路口", "石山镇口", "东山镇口")
"""A place for each of several orders: where one is under way already the card asks to read it over first."""


def an_order(core: Core, no: str) -> Play:
    return Play(core.joints.numbered(no), no)


def _a_flag(stage: Stage, title: str) -> Play:
    return an_order(stage.core, raised(stage, title=title))


def _on(unit: str, user: str, action: str, event: str, **form: str) -> Step:
    return Step(user, action, form, f"joint_leg.{event}@{unit}")


def _order(user: str, action: str, event: str, **form: str) -> Step:
    return Step(user, f"order_{action}", form, f"joint_order.{event}")


JOINT_STEPS = (
    _on("water", WATER, "accept", "accepted"),
    _on("housing", HOUSING, "refuse", "refused", reason="不属本单位职责", basis="三定方案"),
    _on("housing", CITY, "contest", "contested", reason="属你单位职责"),
    _on("housing", LEADER, "rule_in", "ruled_in", basis="权责清单"),
    _order(CITY, "adjust", "adjusted", place="海秀路口"),
    _order(CITY, "start_check_in", "check_in_started"),
    _on("water", WATER, "check_in", "checked_in"),
    _on("housing", HOUSING, "check_in_late", "late_asked", place="海秀路口", note="堵在路上"),
    _on("housing", CITY, "approve_late", "late_approved"),
    _order(CITY, "end_meeting", "meeting_ended"),
    _on("water", WATER, "report", "reported", **FED),
    _on("water", WATER_HEAD, "approve", "approved"),
    _on("housing", HOUSING, "report", "reported", **FED),
    _on("housing", HOUSING_HEAD, "approve", "approved"),
    _order(CITY, "close", "closing_asked"),
    _order(CITY_HEAD, "approve_close", "closed"),
    _on("water", WATER, "rate_sponsor", "sponsor_rated", pleased="pleased"),
    _on("water", CITY, "rate_unit", "unit_rated", pleased="pleased"),
    _on("housing", CITY, "rate_unit", "unit_rated", pleased="displeased", displeasure="来得太晚"),
    _on("housing", HOUSING, "rate_sponsor", "sponsor_rated", pleased="pleased"),
    _on("water", WATER, "keep_promise", "promise_kept", note="已换管"),
)
JOINT = Plot(
    "joint_order", _a_flag, JOINT_STEPS,
    Counter(
        [
            "joint_order.raised", *(one.event for one in JOINT_STEPS), "joint_order.rated",
            *(f"joint_leg.{name}@{unit}" for name in ("work_begun", "ratings_shown") for unit in ("water", "housing")),
        ]
    ),
)  # fmt: skip
PLOTS = (CASE, JOINT)


def name_of(plot: Plot) -> str:
    return plot.flow


class Persistent:
    """Somebody who presses until it worked, and never when the button is gone; counts the presses."""

    def __init__(self, core: Core, sandbox: Sandbox, patience_s: float = 180.0) -> None:
        self._core, self._sandbox, self._patience_s = core, sandbox, patience_s
        self.presses = self.unanswered = 0

    def take(self, plot: Plot, play: Play, step: Step) -> None:
        """Press until the step stands in the record.

        Raises:
            AssertionError: it did not within the patience of a person.
        """
        ends = time.monotonic() + self._patience_s
        while not plot.told(self._core, play.id)[step.event]:
            assert time.monotonic() < ends, f"{step} never came about on {play.no}"
            if sees_button(self._sandbox, play.track, step):
                self._press(play.track, step.user, step.action, step.form)
            else:
                time.sleep(0.1)

    def raise_flag(self, track: str, form: Mapping[str, str]) -> str:
        """Press 树旗 on this card until it says under which number; returns the number."""
        ends = time.monotonic() + self._patience_s
        while time.monotonic() < ends:
            answer = self._press(track, CITY, "raise", form)
            note = answer["response"]["userPrivateData"]["cardParamMap"]["note"] if answer.get("code") == 200 else ""
            if note:
                assert note.startswith("已树旗，编号 "), note
                return str(note.removeprefix("已树旗，编号 ")[:18])
        raise AssertionError(f"no flag came of {track}")

    def _press(self, track: str, user: str, action: str, form: Mapping[str, str]) -> dict[str, Any]:
        self.presses += 1
        body = {"userId": user, "outTrackId": track, "action": action, "form": dict(form)}
        answer: dict[str, Any] = self._sandbox.http.post("/sandbox/click", json=body).json()
        if answer.get("timeout", True) or answer.get("code") != 200:
            self.unanswered += 1
            time.sleep(0.5)  # the worker may be bringing the truth by now
        return answer


def sees_button(sandbox: Sandbox, track: str, step: Step) -> bool:
    """Whether the button of a step is on this person's card now."""
    answer = sandbox.http.get(f"/sandbox/cards/{track}", params={"userId": step.user})
    return answer.status_code == 200 and any(one["action"] == step.action for one in answer.json()["buttons"])
