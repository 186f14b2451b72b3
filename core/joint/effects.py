"""Named writes that accompany a move of a joint order or of one of its legs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import delete, insert, select, update

from core.joint.check_ins import (
    ask_late_check_in,
    drop_late_check_in,
    keep_check_in,
    keep_point,
    take_late_check_in,
)
from core.joint.plans import raise_order
from core.joint.reviews import draft_review, keep_review
from core.joint_work import PROMISED, JointWork
from core.models.arrivals import attachments
from core.models.joint import joint_feedbacks, joint_ratings, joint_rulings
from core.worktime import local_date

Leg = dict[str, Any]
Effect = Callable[[JointWork, Leg | None], None]


def _held(leg: Leg | None) -> Leg:
    assert leg is not None, "a leg's effect runs with a leg in hand"
    return leg


def _by(work: JointWork) -> dict[str, int | None]:
    return {"person_id": work.actor.person, "post_id": work.actor.post}


def _said(work: JointWork, name: str) -> str | None:
    return work.form.get(name, "").strip() or None


# --- on the order ---------------------------------------------------------------------------------------------------


def open_check_in(work: JointWork, _leg: Leg | None) -> None:
    work.set_case(check_in_from=work.now)


def move_meeting(work: JointWork, _leg: Leg | None) -> None:
    """Another time or place; only another day asks those who had agreed once more (§7.3 rule 1)."""
    was, at = work.case["meet_at"], work.meet_at or work.case["meet_at"]
    work.set_case(meet_at=at, place=_said(work, "place") or work.case["place"])
    if local_date(was) != local_date(at):
        for leg in work.legs:
            if leg["state"] == "coming" and not leg["barred"]:
                work.step("ask_again", leg)


def send_to_work(work: JointWork, _leg: Leg | None) -> None:
    work.set_case(met_at=work.now)
    for leg in work.legs:
        work.step("begin_work", leg)


def redo_everybody(work: JointWork, _leg: Leg | None) -> None:
    for leg in work.legs:
        work.step("redo_too", leg)


def close_order(work: JointWork, _leg: Leg | None) -> None:
    """Closed: who has not fed back is marked so for ever, the others rate each other until the limit is over."""
    for leg in work.remaining:
        if leg["state"] != "fed_back":
            work.step("mark_unfed", leg)
    work.set_case(closed_at=work.now, rate_until=work.limit_ends("rate"))


def show_what_there_is(work: JointWork, _leg: Leg | None) -> None:
    for leg in work.legs:
        if leg["state"] == "fed_back" and leg["shown_at"] is None:
            _show(work, leg)


def finish_order(work: JointWork, _leg: Leg | None) -> None:
    """Over; the case it was raised from hears what came of it, and its reply may begin with that."""
    work.set_case(finished_at=work.now, closed_at=work.case["closed_at"] or work.now)
    if work.case["case_id"] is not None:
        work.tell_case(work.case["case_id"], "hear_joint", {"text": _outcome(work)})


def _outcome(work: JointWork) -> str:
    """「水务局：已抽排；城管局：未反馈」, after the order's tail."""
    told = []
    for leg in work.legs:
        if leg["state"] in ("fed_back", "no_feedback"):
            rows = joint_feedbacks.c.leg_id == leg["id"]
            latest = select(joint_feedbacks.c.result).where(rows).order_by(joint_feedbacks.c.id.desc()).limit(1)
            result = work.tx.execute(latest).scalar_one_or_none() if leg["state"] == "fed_back" else None
            told.append(f"{work.world.directory.unit_name(leg['unit_id'])}：{result or '未反馈'}")
    return f"联办 {work.case['no'][-6:]} 已完成。" + "；".join(told)


def raise_again(work: JointWork, _leg: Leg | None) -> None:
    assert work.plan is not None, "a relaunch is judged with its plan"
    other = raise_order(work.tx, work.world, work.plan, work.actor, work.now, work.source)
    work.entries += other.entries
    work.answer = other.answer


# --- on a leg -------------------------------------------------------------------------------------------------------


def stop_clock(work: JointWork, leg: Leg | None) -> None:
    work.set_leg(_held(leg), due_at=None, look_at=None)


def time_response(work: JointWork, leg: Leg | None) -> None:
    work.time(_held(leg), "respond")


def time_review(work: JointWork, leg: Leg | None) -> None:
    work.time(_held(leg), "review", work.case["sponsor_unit"])


def time_ruling(work: JointWork, leg: Leg | None) -> None:
    work.time(_held(leg), "rule")


def time_feedback(work: JointWork, leg: Leg | None) -> None:
    work.time(_held(leg), "feedback")


def keep_refusal(work: JointWork, leg: Leg | None) -> None:
    work.set_leg(_held(leg), reason=_said(work, "reason"), basis=_said(work, "basis"), answer=None)


def drop_basis(work: JointWork, leg: Leg | None) -> None:
    """A file brought by mistake goes from the part; its event and the log keep its hash."""
    mine = (attachments.c.joint_leg_id == _held(leg)["id"], attachments.c.basis_digest.is_not(None))
    work.tx.execute(delete(attachments).where(*mine, attachments.c.token == work.form["basis_file"].strip()))


def keep_answer(work: JointWork, leg: Leg | None) -> None:
    work.set_leg(_held(leg), answer=_said(work, "reason") or _said(work, "opinion"))


def keep_ruling(work: JointWork, leg: Leg | None) -> None:
    """A ruling becomes knowledge (§7.6); the contact person rules on behalf of the leader, and it says so."""
    held, order = _held(leg), work.case
    row = {
        "leg_id": held["id"], "unit_id": held["unit_id"], "kind": order["kind"], "class_code": order["class_code"],
        "town": order["town"], "words": f"{order['title']} {order['matter']}", "stays": held["state"] == "coming",
        "basis": _said(work, "basis"), "on_behalf": work.actor.role == "contact_person", "at": work.now, **_by(work),
    }  # fmt: skip
    work.tx.execute(insert(joint_rulings), row)


def bar_refusal(work: JointWork, leg: Leg | None) -> None:
    work.set_leg(_held(leg), barred=True)


def keep_feedback(work: JointWork, leg: Leg | None) -> None:
    """Each round and each correction is a row of its own: earlier feedback stays readable (R115)."""
    held = _held(leg)
    row = {
        "leg_id": held["id"], "round": held["round"], "at": work.now, "measures": work.form["measures"].strip(),
        "result": work.form["result"].strip(), "next_step": _said(work, "next_step"), **_by(work),
    }  # fmt: skip
    work.tx.execute(insert(joint_feedbacks), row)


def keep_promise(work: JointWork, leg: Leg | None) -> None:
    """The next step of the last feedback is done: nothing is open of it at its place any more."""
    mine = joint_feedbacks.c.leg_id == _held(leg)["id"]
    last = work.tx.execute(select(joint_feedbacks.c.id).where(mine, PROMISED)).scalar_one()
    done = update(joint_feedbacks).where(joint_feedbacks.c.id == last)
    work.tx.execute(done.values(kept_at=work.now, kept_note=work.form["note"].strip()))


def next_round(work: JointWork, leg: Leg | None) -> None:
    work.set_leg(_held(leg), round=_held(leg)["round"] + 1)


def hand_to(work: JointWork, leg: Leg | None) -> None:
    work.set_leg(_held(leg), person_id=work.next_person)


def keep_rating_of_unit(work: JointWork, leg: Leg | None) -> None:
    _rate(work, _held(leg), "sponsor")


def keep_rating_of_sponsor(work: JointWork, leg: Leg | None) -> None:
    _rate(work, _held(leg), "unit")


def _rate(work: JointWork, leg: Leg, side: str) -> None:
    """One side's word, apart and unshown; the second one shows both (§7.3 rule 9)."""
    row = {
        "leg_id": leg["id"], "side": side, "satisfied": work.form["pleased"], "reason": _said(work, "displeasure"),
        "at": work.now, **_by(work),
    }  # fmt: skip
    work.tx.execute(insert(joint_ratings), row)
    work.ratings.append(row)
    if len([one for one in work.ratings if one["leg_id"] == leg["id"]]) == 2:
        _show(work, leg)


def _show(work: JointWork, leg: Leg) -> None:
    work.set_leg(leg, shown_at=work.now)
    work.step("show_ratings", leg)


def count_overdue(work: JointWork, leg: Leg | None) -> None:
    work.set_leg(_held(leg), overdue=_held(leg)["overdue"] + 1, look_at=None)


JOINT_EFFECTS: Mapping[str, Effect] = {
    effect.__name__: effect
    for effect in (
        open_check_in, keep_point, move_meeting, send_to_work, redo_everybody, close_order, show_what_there_is,
        finish_order, raise_again, stop_clock, time_response, time_review, time_ruling, time_feedback, keep_refusal,
        drop_basis, keep_answer, keep_ruling, bar_refusal, keep_check_in, ask_late_check_in,
        take_late_check_in, drop_late_check_in, keep_feedback, keep_promise, next_round, hand_to, keep_rating_of_unit,
        keep_rating_of_sponsor, count_overdue, draft_review, keep_review,
    )
}  # fmt: skip
