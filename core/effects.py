"""Named writes that accompany a move: flow tables cite them, `execute` runs them inside the same commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import func, insert, select

from core.hearing import put_off, tell_level, tell_rung
from core.joint.effects import JOINT_EFFECTS
from core.joint.plans import raise_order
from core.merging import end_merged, forget_leading, free_merged, join_leading, leave_leading
from core.models.cases import call_backs, revisions
from core.work import Work

Leg = dict[str, Any]
Effect = Callable[[Work, Leg | None], None]


# --- on the case ----------------------------------------------------------------------------------------------------


def send_to_units(work: Work, _leg: Leg | None) -> None:
    """Dispatch: one leg for the lead, one for each supporting unit, each with its own clock."""
    lead = _leg_for(work, work.targets[0].id) or work.add_leg(work.targets[0], "lead", None)
    work.set_leg(lead, part="lead")
    work.set_case(
        lead_unit=lead["unit_id"],
        due_at=lead["due_at"],
        original_due_at=work.case["original_due_at"] or lead["due_at"],
        provisional=lead["provisional"],
        first_dispatched_at=work.case["first_dispatched_at"] or work.now,
        dispatches=work.case["dispatches"] + 1,
    )
    send_to_support(work, None)


def send_to_support(work: Work, _leg: Leg | None) -> None:
    for unit in work.support:
        if _leg_for(work, unit.id) is None:
            work.add_leg(unit, "support", None)


def _leg_for(work: Work, unit: int) -> Leg | None:
    return next((leg for leg in work.legs if leg["unit_id"] == unit and _live(leg)), None)


def _live(leg: Mapping[str, Any]) -> bool:
    return leg["state"] not in ("settled", "released")


def _top(work: Work) -> list[Leg]:
    return [leg for leg in work.legs if leg["parent_id"] is None]


def release_lead(work: Work, _leg: Leg | None) -> None:
    for leg in _top(work):
        if leg["part"] == "lead" and _live(leg):
            _release_tree(work, leg)


def _release_tree(work: Work, leg: Leg) -> None:
    for below in [one for one in work.legs if one["parent_id"] == leg["id"]]:
        _release_tree(work, below)
    if _live(leg):
        work.step("release", leg)


def release_legs(work: Work, _leg: Leg | None) -> None:
    for leg in _top(work):
        _release_tree(work, leg)


def settle_legs(work: Work, _leg: Leg | None) -> None:
    for leg in _top(work):
        if leg["state"] == "reported":
            work.step("settle", leg)
            work.set_leg(leg, settled_at=work.now)


def reopen_legs(work: Work, _leg: Leg | None) -> None:
    """Closing sent back one level: the lead works on under its running clock."""
    for leg in _top(work):
        if leg["part"] == "lead" and leg["state"] == "reported":
            work.step("reopen", leg)
            work.set_leg(leg, settled_at=None)


def redo_legs(work: Work, _leg: Leg | None) -> None:
    """Second handling: the lead again, under the redo limit, counted (domain-rules §9)."""
    work.set_case(redos=work.case["redos"] + 1, finished_at=None, outcome=None)
    for leg in _top(work):
        if leg["part"] == "lead" and leg["state"] == "settled":
            work.step("reopen", leg)
            work.set_leg(leg, settled_at=None)
            work.restart_clock(leg, redo=True, supervised=work.case["supervised"])


def reopen(work: Work, _leg: Leg | None) -> None:
    work.set_case(redos=work.case["redos"] + 1, finished_at=None, outcome=None, lead_unit=None, due_at=None)


def forget_lead(work: Work, _leg: Leg | None) -> None:
    work.set_case(lead_unit=None, due_at=None, provisional=False, finished_at=None, outcome=None)


def finish(work: Work, _leg: Leg | None) -> None:
    lead = next((leg for leg in _top(work) if leg["part"] == "lead" and leg["result"]), None)
    reply = work.form.get("reply", "").strip() or (lead["result"] if lead else work.case["reply"])
    work.set_case(finished_at=work.now, reply=reply, outcome="done")


def supervise(work: Work, _leg: Leg | None) -> None:
    work.set_case(supervised=True)


def tighten_legs(work: Work, _leg: Leg | None) -> None:
    """Supervision may bring a deadline nearer, never push it out."""
    for leg in _top(work):
        if _live(leg):
            before = {name: leg[name] for name in ("rule", "clock_from", "granted_days", "due_at", "original_due_at")}
            work.restart_clock(leg, supervised=True)
            if leg["due_at"] >= before["due_at"]:
                work.set_leg(leg, **before)
                if leg["part"] == "lead":
                    work.set_case(due_at=before["due_at"])


def count_nudge(work: Work, _leg: Leg | None) -> None:
    for leg in work.legs:
        if _live(leg):
            work.set_leg(leg, nudges=leg["nudges"] + 1)


def keep_call(work: Work, _leg: Leg | None) -> None:
    """One call-back attempt with its three answers; first and final stay apart by their order."""
    form, case = work.form, work.case
    connected = form.get("connected") == "connected"
    answers = {name: (form.get(name) or None) if connected else None for name in ("contacted", "solved", "satisfied")}
    row = {
        "case_id": case["id"], "at": work.now, "post_id": work.actor.post, "round": case["redos"] + 1,
        "connected": connected, "opinion": form.get("opinion") or None, **answers,
    }  # fmt: skip
    work.tx.execute(insert(call_backs), row)


def end_unreached(work: Work, _leg: Leg | None) -> None:
    work.set_case(outcome="unreached")


def end_answered(work: Work, _leg: Leg | None) -> None:
    """The wish was met, or as far as the caller says; an unsatisfied answer never ends here."""
    work.set_case(outcome=work.form.get("satisfied", "satisfied"))


def keep_revision(work: Work, _leg: Leg | None) -> None:
    """Changed text from outside: the old text becomes history, the new one is current (feed, R084)."""
    case = work.case
    earlier = (revisions.c.case_id == case["id"], revisions.c.revision == case["revision"])
    known = work.tx.execute(select(func.count()).select_from(revisions).where(*earlier)).scalar_one()
    if not known:
        row = {"case_id": case["id"], "revision": case["revision"], "title": case["title"], "content": case["content"]}
        work.tx.execute(insert(revisions), {**row, "at": work.now})
    work.set_case(revision=int(work.form["revision"]), title=work.form["title"], content=work.form["content"])


def raise_joint(work: Work, _leg: Leg | None) -> None:
    """The flag raised from this case: a joint order of its own, in this commit; the case goes on with its clock."""
    assert work.plan is not None, "a raised flag is judged with its plan"
    order = raise_order(work.tx, work.world, work.plan, work.actor, work.now, work.source)
    work.entries += order.entries
    work.answer = order.answer


# --- on a leg -------------------------------------------------------------------------------------------------------


def _held(leg: Leg | None) -> Leg:
    assert leg is not None, "a leg's effect runs with a leg in hand"
    return leg


def stamp_signed(work: Work, leg: Leg | None) -> None:
    if _held(leg)["signed_at"] is None:
        work.set_leg(_held(leg), signed_at=work.now)


def stamp_contacted(work: Work, leg: Leg | None) -> None:
    if _held(leg)["contacted_at"] is None:
        work.set_leg(_held(leg), contacted_at=work.now)


def keep_result(work: Work, leg: Leg | None) -> None:
    work.set_leg(_held(leg), result=work.form["result"].strip())


def take_result_from_below(work: Work, leg: Leg | None) -> None:
    below = [one["result"] for one in work.legs if one["parent_id"] == _held(leg)["id"] and one["state"] == "settled"]
    work.set_leg(_held(leg), result="；".join(text for text in below if text) or None)


def send_below(work: Work, leg: Leg | None) -> None:
    for unit in work.targets:
        work.add_leg(unit, "below", _held(leg)["id"])


def count_return(work: Work, leg: Leg | None) -> None:
    work.set_leg(_held(leg), returns=_held(leg)["returns"] + 1)
    work.set_case(returns=work.case["returns"] + 1)


def bar_return(work: Work, leg: Leg | None) -> None:
    work.set_leg(_held(leg), return_refused=True)


def settle_leg(work: Work, leg: Leg | None) -> None:
    """The leg is done or gone; whatever it had sent further down goes with it."""
    held = _held(leg)
    for below in [one for one in work.legs if one["parent_id"] == held["id"]]:
        _release_tree(work, below)
    work.set_leg(held, settled_at=work.now)


def ask_days(work: Work, leg: Leg | None) -> None:
    work.set_leg(_held(leg), extension="asked", asked_days=int(work.form["days"]))


def grant_days(work: Work, leg: Leg | None) -> None:
    """Original and extended deadline are kept apart; statistics show both (domain-rules §4)."""
    held = _held(leg)
    work.set_leg(
        held,
        extension="granted",
        extensions=held["extensions"] + 1,
        granted_days=held["granted_days"] + held["asked_days"],
    )
    work.refresh_deadline(held)


def deny_days(work: Work, leg: Leg | None) -> None:
    work.set_leg(_held(leg), extension="refused")


def refresh_clock(work: Work, leg: Leg | None) -> None:
    """The calendar changed (a typhoon closure, a year published): every clock of the leg is counted anew."""
    work.recount(_held(leg))


def start_pause(work: Work, leg: Leg | None) -> None:
    work.set_leg(_held(leg), paused_at=work.now)


def end_pause(work: Work, leg: Leg | None) -> None:
    """The deadline is re-derived from the events, this resumption among them."""
    held = _held(leg)
    work.pauses(held)[-1:] = [_closed(pause, work) for pause in work.pauses(held)[-1:]]
    work.set_leg(held, paused_at=None)
    work.refresh_deadline(held)


def _closed(pause: Any, work: Work) -> Any:
    return type(pause)(pause.start, pause.end or work.now, pause.reason)


CASE_EFFECTS: Mapping[str, Effect] = {
    effect.__name__: effect
    for effect in (
        send_to_units, send_to_support, release_lead, release_legs, settle_legs, reopen_legs, redo_legs, reopen,
        forget_lead, finish, supervise, tighten_legs, count_nudge, keep_call, end_unreached, end_answered,
        keep_revision, stamp_signed, stamp_contacted, keep_result, take_result_from_below, send_below, count_return,
        bar_return, settle_leg, ask_days, grant_days, deny_days, refresh_clock, start_pause, end_pause, tell_level,
        tell_rung, put_off,
        bar_return, settle_leg, ask_days, grant_days, deny_days, refresh_clock, start_pause, end_pause,
        join_leading, leave_leading, end_merged, free_merged, forget_leading, raise_joint,
    )
}  # fmt: skip
EFFECTS: Mapping[str, Callable[[Any, Any], None]] = {**CASE_EFFECTS, **JOINT_EFFECTS}
