"""The door's part for joint orders: what is meant, whether it may be, what is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from core.applying import apply, follow, own_move
from core.decide import check_text, decide, rows_for
from core.errors import Unknown
from core.freshness import check_fresh
from core.joint.check_ins import read_scan
from core.joint.moments import meeting_time
from core.joint.notices import letters_of_joint
from core.joint.plans import plan_again
from core.joint_work import RESTS_ON_FILES, JointWork, open_order, read_basis, read_promises, read_ratings, read_review
from core.people import Actor
from core.policy.flow import Flow, Move
from core.receipts import Done
from core.work import World

RATES = ("to_rate", "completed")
TOKEN, LONGEST_ID = 40, 18
TellCase = Callable[[JointWork, int, str, Mapping[str, str]], None]


class Asked(Protocol):
    """What this part reads of a command."""

    @property
    def case(self) -> int: ...
    @property
    def leg(self) -> int | None: ...
    @property
    def action(self) -> str: ...
    @property
    def actor(self) -> Actor: ...
    @property
    def form(self) -> Mapping[str, str]: ...
    @property
    def seen(self) -> int | None: ...
    @property
    def source(self) -> str: ...


@dataclass(frozen=True, slots=True)
class JointAct:
    """A move of a joint order that may be made."""

    work: JointWork
    flow: Flow
    move: Move
    leg: dict[str, Any] | None

    @classmethod
    def judged(cls, tx: Connection, world: World, asked: Asked, now: datetime, tell_case: TellCase) -> JointAct:
        """Read under the lock and judged; nothing is written in here. Raises Refusal."""
        order, legs = open_order(tx, asked.case)
        work = JointWork(tx, world, now, asked.actor, asked.source, asked.form, order, legs)
        work.step = lambda action, leg: own_move(work, action, leg)
        work.tell_case = lambda case, action, form: tell_case(work, case, action, form)
        if order["state"] in RATES:
            work.ratings = read_ratings(tx, asked.case)
        if order["state"] == "completed":
            work.review = read_review(tx, asked.case)
        if asked.action == "keep_promise":
            work.promised = read_promises(tx, asked.case)
        leg = next((one for one in legs if one["id"] == asked.leg), None)
        if asked.action in RESTS_ON_FILES and leg is not None:
            token = asked.form.get("basis_file", "").strip()[:TOKEN] if asked.action == "drop_basis" else None
            work.basis = read_basis(tx, leg["id"], token)
        if asked.leg is not None and leg is None:
            raise Unknown(what="这一份联办")
        check_fresh(work, leg, asked.seen)
        flow = world.policy.flows["joint_order" if leg is None else "joint_leg"]
        rows_for(world.policy, flow, asked.action, asked.actor, work.situation(asked.leg))
        _read_form(work, asked.action, leg)
        move = decide(world.policy, flow, asked.action, asked.actor, work.situation(asked.leg))
        if asked.action == "relaunch":
            work.plan = plan_again(work)
        return cls(work, flow, move, leg)

    def done(self) -> Done:
        """Made: state, effects, events and letters written."""
        work, move = self.work, self.move
        event_id = apply(work, self.flow, move, self.leg)
        follow(work, self.leg)
        work.flush()
        letters_of_joint(work)
        return Done(event_id, work.case["id"], work.case["no"], f"{self.flow.name}.{move.event}", self._said())

    def _said(self) -> str:
        """What the person reads after the act."""
        if self.work.answer:
            return self.work.answer
        if self.move.to == "same":
            return f"「{self.move.title}」已办好"
        target = self.work.case if self.leg is None else self.leg
        return f"「{self.move.title}」已办好，现在是「{self.flow.states[target['state']].title}」"


def _read_form(work: JointWork, action: str, leg: dict[str, Any] | None) -> None:
    """What the words of a form mean: a time of meeting, a colleague."""
    if action == "adjust" and (text := work.form.get("meet_at", "").strip()):
        spec = work.world.policy.field(action, "meet_at")
        check_text(spec.label, text, spec.limit)
        work.meet_at = meeting_time(text, work.now)
    if action == "scan_in":
        work.scanned = read_scan(work)
    if action == "hand_on" and leg is not None:
        work.next_person = _next_person(work, leg["unit_id"])


def _next_person(work: JointWork, unit_id: int) -> int | None:
    """Whom the form names, by id or else by name, of the unit and those below it; None for nobody, or not for sure."""
    directory, found = work.world.directory, work.world.directory.within(unit_id)
    if name := "".join(work.form.get("other_person", "").split()):
        held = [one for unit in found for one in directory.by_unit.get(unit, ())]
        named = {one.person for one in held if name in (one.name, f"{directory.unit_name(one.unit)}{one.name}")}
        return named.pop() if len(named) == 1 else None
    text = work.form.get("next_person", "").strip()
    known = directory.by_person.get(int(text), ()) if text.isdecimal() and len(text) < LONGEST_ID else ()
    return next((one.person for one in known if one.unit in found), None)
