"""The one door: a command becomes state, events, letters and a receipt in one commit, or a refusal that is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from core.applying import apply, follow, own_move
from core.canon import canonical
from core.clocks import pause_is_left
from core.commits import CommitLine, Job
from core.decide import check_text, decide
from core.entries import Entry
from core.errors import BadField, Unknown, before_writing
from core.facts import Leading
from core.freshness import check_fresh
from core.joint.door import JointAct
from core.joint.plans import plan_of_case
from core.joint_work import JointWork, open_orders
from core.merging import know_merges, lock_leading
from core.naming import one_unit, split_names
from core.notices import letters_of
from core.people import Actor
from core.policy.flow import Flow, Move
from core.ports import Clock
from core.receipts import Done, answered, keep_receipt, read_receipts, refuse
from core.rows import read_work, read_works
from core.sm import sm3
from core.timewords import when
from core.work import Work, World

NO_FORM: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody wants: an action on a case (or on one leg of it), with its cause as key.

    `seen` is the seq the button was drawn with; None: the face is not checked. `source`: chat, web, api, clock, feed.
    `flow` says what `case` is the id of: a case, or a joint_order.
    """

    key: str
    case: int
    action: str
    actor: Actor
    form: Mapping[str, str] = field(default_factory=lambda: NO_FORM)
    leg: int | None = None
    seen: int | None = None
    source: str = "chat"
    flow: str = "case"

    def digest(self) -> str:
        actor = [self.actor.person, self.actor.system]
        body = [self.case, self.action, actor, dict(self.form), self.leg, self.seen]
        body += [] if self.flow == "case" else [self.flow]
        return sm3(canonical(body).encode("utf-8", "surrogatepass")).hex()


class Door:
    """Executes commands. `world` gives the tables and directory of the moment."""

    def __init__(self, line: CommitLine, world: Callable[[], World], clock: Clock) -> None:
        self._line, self._world, self._clock = line, world, clock

    def execute(self, command: Command) -> Done:
        """Judge and write; raises the Refusal, which is on record by then. Safe to repeat with the same key."""
        done: Done = self._line.submit(self._job(command))
        return done

    def execute_all(self, commands: Sequence[Command]) -> list[Done | Exception]:
        """The same for several commands at once; a refusal or a fault stands in its command's place."""
        return self._line.submit_all([self._job(command) for command in commands])

    def _job(self, command: Command) -> Job:
        now, digest, what = self._clock.now(), command.digest(), f"{command.flow}:{command.case}"
        return Job(
            command.case,
            lambda tx: self._run(tx, command, digest, now),
            lambda tx, no: refuse(tx, command.key, digest, command.actor, command.action, what, now, no),
            command.key,
            ask_early if command.flow == "case" else ask_orders_early,
            ahead=command.flow == "joint_order",
        )

    def _run(self, tx: Connection, command: Command, digest: str, now: datetime) -> tuple[Done, Sequence[Entry]]:
        with before_writing():
            if earlier := answered(tx, command.key, digest):
                return earlier, ()
            if command.flow == "joint_order":
                act = JointAct.judged(tx, self._world(), command, now, _told_by_joint)
            else:
                work, flow, move, leg = self._judge(tx, command, now)
        if command.flow == "joint_order":
            done = act.done()
            keep_receipt(tx, command.key, digest, done, now)
            return done, act.work.entries
        event_id = apply(work, flow, move, leg)
        follow(work, leg)
        work.flush()
        letters_of(work)
        name, rows = f"{flow.name}.{move.event}", None if work.in_company else (work.case, work.legs)
        done = Done(event_id, work.case["id"], work.case["no"], name, said(work, move, leg), rows=rows)
        keep_receipt(tx, command.key, digest, done, now)
        return done, work.entries

    def _judge(self, tx: Connection, command: Command, now: datetime) -> tuple[Work, Flow, Move, dict[str, Any] | None]:
        """What is meant and whether it may be: nothing is written in here."""
        world = self._world()
        leading = lock_leading(tx, world, command.actor, command.action, command.case, command.form)
        work = open_work(tx, world, command.case, command.actor, now, command.source, command.form)
        leg = self._leg(work, command)
        flow = world.policy.flows["case" if leg is None else "case_leg"]
        check_fresh(work, leg, command.seen)
        self._name_units(work, flow, command)
        if command.action == "record_call":
            work.know_missed_calls()
        know_merges(work, command.action, leading)
        if command.action == "pause":
            self._measure_pauses(work, leg)
        move = decide(world.policy, flow, command.action, command.actor, work.situation(command.leg))
        if command.action == "raise_flag":
            work.plan = plan_of_case(work)  # only of those who may: a form tells nobody else how it reads
        return work, flow, move, leg

    @staticmethod
    def _leg(work: Work, command: Command) -> dict[str, Any] | None:
        if command.leg is None:
            return None
        found = next((leg for leg in work.legs if leg["id"] == command.leg), None)
        if found is None:
            raise Unknown(what="这一份承办")
        return found

    @staticmethod
    def _name_units(work: Work, flow: Flow, command: Command) -> None:
        """The units a form names, found in the directory; an unknown or ambiguous name is refused with a sentence."""
        listed = {name for move in flow.moves if move.action == command.action for name in move.form}
        for name in listed & {"lead", "other_unit", "support"}:
            spec = work.world.policy.field(command.action, name)
            check_text(spec.label, command.form.get(name, ""), spec.limit)
        other = command.form.get("other_unit", "").strip() if "other_unit" in listed else ""
        lead = other or (command.form.get("lead", "").strip() if "lead" in listed else "")
        support = command.form.get("support", "") if "support" in listed else ""
        work.targets = (one_unit(work.world, lead),) if lead else ()
        if work.targets:
            work.form = {**command.form, "lead": work.targets[0].short}  # sentences and record name the unit, no code
        work.support = tuple(one_unit(work.world, name) for name in split_names(support))
        if len({unit.id for unit in (*work.targets, *work.support)}) < len(work.targets) + len(work.support):
            raise BadField(field="协办单位", why="同一单位写了两次")

    @staticmethod
    def _measure_pauses(work: Work, leg: dict[str, Any] | None) -> None:
        if leg is not None:
            leg["pause_left"] = pause_is_left(leg, work.rule(leg), work.world.calendar, work.pauses(leg))


def ask_early(tx: Connection, jobs: Sequence[Job]) -> None:
    """What the commands of one commit ask first: were they answered before, and how their cases stand."""
    read_receipts(tx, (job.key for job in jobs))
    read_works(tx, (job.order for job in jobs))


def ask_orders_early(tx: Connection, jobs: Sequence[Job]) -> None:
    """The same for joint orders."""
    read_receipts(tx, (job.key for job in jobs))
    open_orders(tx, (job.order for job in jobs))


def open_work(
    tx: Connection, world: World, case_id: int, actor: Actor, now: datetime, source: str, form: Mapping[str, str]
) -> Work:
    """The case under its row lock, with its legs. Raises Unknown when there is no such case."""
    case, legs = read_work(tx, case_id)
    in_company = bool(case.pop("led"))
    work = Work(tx, world, now, actor, source, form, case, legs, in_company=in_company)
    work.step = lambda action, leg: own_move(work, action, leg)
    work.elsewhere = lambda case, action, form: _move_elsewhere(work, case, action, form)
    return work


def _told_by_joint(work: JointWork, case_id: int, action: str, form: Mapping[str, str]) -> None:
    """The source case's move that a joint order makes for it (`by: [order]`)."""
    _move_elsewhere(work, case_id, action, form, "order")


def _move_elsewhere(
    work: Work | JointWork, case_id: int, action: str, form: Mapping[str, str], by: str = "case"
) -> None:
    """Another case's move that this one makes for it (`by: [case]`), with its own event and letters, in this commit."""
    other = open_work(work.tx, work.world, case_id, work.actor, work.now, work.source, form)
    flow = work.world.policy.flows["case"]
    move = next((row for row in flow.candidates(action, other.case["state"]) if by in row.by), None)
    if move is None:
        return
    apply(other, flow, move, None)
    other.flush()
    letters_of(other)
    work.entries += other.entries


def said(work: Work, move: Move, leg: dict[str, Any] | None) -> str:
    """What the person reads after the act: what they did, and what is due."""
    if work.answer:
        return work.answer
    target = work.case if leg is None else leg
    due_at = target["due_at"] if leg is not None or work.case["state"] in ("dispatched", "handling") else None
    live = due_at is not None and target["state"] in ("to_sign", "handling", "dispatched")
    if live and due_at:
        return f"已{move.title}，{when(work.now, due_at, closing=True)} 前办结"
    if isinstance(work.leading, Leading):
        return f"已并入尾号 {work.leading.no[-6:]}，随它一起办理"
    flow = work.world.policy.flows["case" if leg is None else "case_leg"]
    if move.to == "same":
        several = len({row.event for row in flow.candidates(move.action, target["state"])}) > 1
        return f"已记录「{work.world.policy.say(move.event)}」" if several else f"已{move.title}"
    return f"已{move.title}，现在是「{flow.states[target['state']].title}」"
