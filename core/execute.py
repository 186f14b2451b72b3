"""The one door: a command becomes state, events, letters and a receipt in one commit, or a refusal that is recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from core import errors
from core.clocks import pause_is_left
from core.commits import CommitLine, Job
from core.db import canonical
from core.decide import check_text, decide
from core.effects import EFFECTS
from core.entries import Entry
from core.errors import BadField, Unknown, UnknownUnit, before_writing
from core.facts import Leading
from core.freshness import check_fresh
from core.guards import CHOICES
from core.merging import know_merges, lock_leading
from core.notices import letters_of
from core.people import Actor
from core.policy.flow import Flow, Move
from core.ports import Clock
from core.queries.people import Unit
from core.queries.suggestions import heeded
from core.receipts import Done, answered, keep_receipt, refuse
from core.sm import sm3
from core.timewords import when
from core.work import CASE, LEGS, Work, World, facts_of_form

NO_FORM: Mapping[str, str] = MappingProxyType({})
DISPATCHES = frozenset({"dispatched", "reassigned"})
LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody wants: an action on a case (or on one leg of it), with its cause as key.

    `seen` is the seq the button was drawn with; None: the face is not checked. `source`: chat, web, api, clock, feed.
    """

    key: str
    case: int
    action: str
    actor: Actor
    form: Mapping[str, str] = field(default_factory=lambda: NO_FORM)
    leg: int | None = None
    seen: int | None = None
    source: str = "chat"

    def digest(self) -> str:
        actor = [self.actor.person, self.actor.system]
        body = [self.case, self.action, actor, dict(self.form), self.leg, self.seen]
        return sm3(canonical(body).encode("utf-8", "surrogatepass")).hex()


class Door:
    """Executes commands. `world` gives the tables and directory of the moment."""

    def __init__(self, line: CommitLine, world: Callable[[], World], clock: Clock) -> None:
        self._line, self._world, self._clock = line, world, clock

    def execute(self, command: Command) -> Done:
        """Judge and write; raises the Refusal, which is on record by then. Safe to repeat with the same key."""
        now, digest, what = self._clock.now(), command.digest(), f"case:{command.case}"
        job = Job(
            command.case,
            lambda tx: self._run(tx, command, digest, now),
            lambda tx, no: refuse(tx, command.key, digest, command.actor, command.action, what, now, no),
        )
        done: Done = self._line.submit(job)
        return done

    def _run(self, tx: Connection, command: Command, digest: str, now: datetime) -> tuple[Done, Sequence[Entry]]:
        with before_writing():
            if earlier := answered(tx, command.key, digest):
                return earlier, ()
            work, flow, move, leg = self._judge(tx, command, now)
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
        names = [name for name in _split(support) if name]
        work.support = tuple(one_unit(work.world, name) for name in names)
        if len({unit.id for unit in (*work.targets, *work.support)}) < len(work.targets) + len(work.support):
            raise BadField(field="协办单位", why="同一单位写了两次")

    @staticmethod
    def _measure_pauses(work: Work, leg: dict[str, Any] | None) -> None:
        if leg is not None:
            leg["pause_left"] = pause_is_left(leg, work.rule(leg), work.world.calendar, work.pauses(leg))


def open_work(
    tx: Connection, world: World, case_id: int, actor: Actor, now: datetime, source: str, form: Mapping[str, str]
) -> Work:
    """The case under its row lock, with its legs. Raises Unknown when there is no such case."""
    row = tx.execute(CASE, {"case": case_id}).mappings().first() if abs(case_id) <= LARGEST_ID else None
    if row is None:
        raise Unknown(what="办件")
    legs = [dict(leg) for leg in tx.execute(LEGS, {"case": case_id}).mappings()]
    case = dict(row)
    in_company = bool(case.pop("led"))
    work = Work(tx, world, now, actor, source, form, case, legs, in_company=in_company)
    work.step = lambda action, leg: _own_move(work, action, leg)
    work.elsewhere = lambda case, action, form: _move_elsewhere(work, case, action, form)
    return work


def apply(work: Work, flow: Flow, move: Move, leg: dict[str, Any] | None) -> int:
    """Make one move: state, seq, effects, event. Returns the event's id."""
    target = work.case if leg is None else leg
    came = target["state"]
    went = came if move.to == "same" else move.to
    if leg is None:
        work.set_case(state=went, seq=target["seq"] + (not move.aside))
    else:
        work.set_leg(leg, state=went, seq=target["seq"] + (not move.aside))
    facts: dict[str, Any] = dict(facts_of_form(move, work.form))
    if move.form and (units := (*work.targets, *work.support)):
        facts["units"] = [unit.id for unit in units]
    if leg is None and move.event in DISPATCHES:
        facts |= heeded(work.tx, work.case["id"], work.targets)
    event_id = work.record(flow.name, move.event, leg, came, went, facts)
    for name in move.do:  # after the event, so that what follows from it stands after it in the timeline
        EFFECTS[name](work, leg)
    return event_id


def _own_move(work: Work, action: str, leg: dict[str, Any]) -> None:
    """A leg's move that the case makes for it (`by: [case]`); silently nothing when the leg's state has no such row."""
    flow = work.world.policy.flows["case_leg"]
    move = next((row for row in flow.candidates(action, leg["state"]) if "case" in row.by), None)
    if move is not None:
        apply(work, flow, move, leg)


def _move_elsewhere(work: Work, case_id: int, action: str, form: Mapping[str, str]) -> None:
    """Another case's move that this one makes for it (`by: [case]`), with its own event and letters, in this commit."""
    other = open_work(work.tx, work.world, case_id, work.actor, work.now, work.source, form)
    flow = work.world.policy.flows["case"]
    move = next((row for row in flow.candidates(action, other.case["state"]) if "case" in row.by), None)
    if move is None:
        return
    apply(other, flow, move, None)
    other.flush()
    letters_of(other)
    work.entries += other.entries


def follow(work: Work, leg: dict[str, Any] | None) -> None:
    """What follows by itself: the leg above, then the case, take the moves that are `by: [legs]`."""
    while leg is not None and leg["parent_id"] is not None:
        leg = work.leg(leg["parent_id"])
        _follow_one(work, "case_leg", leg)
    while _follow_one(work, "case", None):
        pass


def _follow_one(work: Work, flow_name: str, leg: dict[str, Any] | None) -> bool:
    flow = work.world.policy.flows[flow_name]
    state = work.case["state"] if leg is None else leg["state"]
    for move in flow.moves:
        if "legs" in move.by and state in move.sources:
            now = work.situation(None if leg is None else leg["id"])
            if all(CHOICES[name](now) for name in move.only_if):
                apply(work, flow, move, leg)
                return True
    return False


def one_unit(world: World, words: str) -> Unit:
    """The unit meant by `words`; UnknownUnit or Ambiguous otherwise."""
    found = world.directory.find_units(words)
    if not found:
        raise UnknownUnit(what=words[:20])
    if len(found) > 1:
        raise errors.Ambiguous(what=words[:20], choices="、".join(unit.short for unit in found[:4]))
    return found[0]


def _split(names: str) -> list[str]:
    return [name.strip() for name in re.split("[，,；;/ \n、]", names)]


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
