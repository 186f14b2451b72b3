"""One move made: state, seq, event, effects; and what follows from it by itself. The same for every flow."""

from __future__ import annotations

from typing import Any

from core.casefacts import facts_of_form
from core.effects import EFFECTS
from core.guards import CHOICES
from core.joint_work import RESTS_ON_FILES, JointWork
from core.policy.flow import Flow, Move
from core.queries.suggestions import heeded
from core.work import Work

DISPATCHES = frozenset({"dispatched", "reassigned"})


def apply(work: Work | JointWork, flow: Flow, move: Move, leg: dict[str, Any] | None) -> int:
    """Make one move: state, seq, effects, event. Returns the event's id."""
    target = work.case if leg is None else leg
    came = target["state"]
    went = came if move.to == "same" else move.to
    if leg is None:
        work.set_case(state=went, seq=target["seq"] + (not move.aside))
    else:
        work.set_leg(leg, state=went, seq=target["seq"] + (not move.aside))
    facts: dict[str, Any] = dict(facts_of_form(move, work.form))
    if isinstance(work, Work):
        if move.form and (units := (*work.targets, *work.support)):
            facts["units"] = [unit.id for unit in units]
        if leg is None and move.event in DISPATCHES:
            facts |= heeded(work.tx, work.case["id"], work.targets)
    elif work.basis and move.action in RESTS_ON_FILES:
        facts["basis_files"] = list(work.basis)
    event_id = work.record(flow.name, move.event, leg, came, went, facts)
    for name in move.do:  # after the event, so that what follows from it stands after it in the timeline
        EFFECTS[name](work, leg)
    return event_id


def own_move(work: Work | JointWork, action: str, leg: dict[str, Any]) -> None:
    """A leg's move made for it from above (`by: [case]`, `by: [order]`); nothing when its state has no such row."""
    flow, above = work.world.policy.flows[work.leg_flow], "case" if isinstance(work, Work) else "order"
    move = next((row for row in flow.candidates(action, leg["state"]) if above in row.by), None)
    if move is not None:
        apply(work, flow, move, leg)


def follow(work: Work | JointWork, leg: dict[str, Any] | None) -> None:
    """What follows by itself: the leg above, then the case or order, take the moves that are `by: [legs]`."""
    while isinstance(work, Work) and leg is not None and leg["parent_id"] is not None:
        leg = work.leg(leg["parent_id"])
        _follow_one(work, work.leg_flow, leg)
    while _follow_one(work, work.flow, None):
        pass


def _follow_one(work: Work | JointWork, flow_name: str, leg: dict[str, Any] | None) -> bool:
    flow = work.world.policy.flows[flow_name]
    state = work.case["state"] if leg is None else leg["state"]
    for move in flow.moves:
        if "legs" in move.by and state in move.sources:
            now = work.situation(None if leg is None else leg["id"])
            if all(CHOICES[name](now) for name in move.only_if):
                apply(work, flow, move, leg)
                return True
    return False
