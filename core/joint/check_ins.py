"""Showing up as it is written: a code read, a place measured, a check-in kept; late ones asked for and answered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, update

from core.crypto import place
from core.joint_facts import Scanned
from core.joint_work import JointWork
from core.models.joint import joint_check_ins
from core.showing import LONGEST, Spot

Leg = dict[str, Any]
SPOTS = select(joint_check_ins.c.id, joint_check_ins.c.leg_id, joint_check_ins.c.spot)


def read_scan(work: JointWork) -> Scanned | None:
    """The code a form brings, measured by the server's clock alone; None when it is none of ours.

    It counts while it is shown and a little longer. From a page that was open before, without network since, it counts
    for as long as a page may keep one: then the code's own time is the time of the check-in, whatever the phone says.
    """
    text = work.form.get("shown_code", "").strip()
    code = work.world.codes.read(text) if len(text) <= LONGEST else None
    if code is None:
        return None
    rules = work.world.policy.joint.showing
    in_time = code.until + rules.grace
    if work.now <= in_time:
        return Scanned(code.order, code.at, code.until, in_time, False)
    opened = work.world.codes.opened(
        work.form.get("open_page", "").strip()[: LONGEST + 1], work.case["id"], work.actor.person or 0
    )
    kept = opened is not None and opened < code.until
    return Scanned(code.order, code.at, code.until, code.until + rules.keep if kept else in_time, kept)


# --- the writes of the flow tables ----------------------------------------------------------------------------------


def keep_check_in(work: JointWork, leg: Leg | None) -> None:
    """Evidence, not proof (§7.3 rule 3): when, where by their own words or the phone's, and how it was obtained."""
    assert leg is not None, "a check-in is of a leg"
    scanned, said, spot = work.scanned, work.form.get("place", "").strip(), work.form.get("spot", "").strip()
    at = scanned.at if scanned and scanned.kept else work.now
    row = {
        **_where(work, leg, spot), "at": at, "sent_at": work.now if at != work.now else None, "note": None,
        "how": "scan" if scanned else "location" if spot else "typed" if said else "button",
        "place": said or work.case["place"], "accepted": True,
    }  # fmt: skip
    work.tx.execute(insert(joint_check_ins), row)
    work.set_leg(leg, checked_in_at=at)


def ask_late_check_in(work: JointWork, leg: Leg | None) -> None:
    assert leg is not None, "a check-in is of a leg"
    row = {
        **_where(work, leg, ""), "at": work.now, "how": "late", "place": work.form["place"].strip(),
        "note": work.form["note"].strip(), "accepted": None,
    }  # fmt: skip
    work.tx.execute(insert(joint_check_ins), row)


def take_late_check_in(work: JointWork, leg: Leg | None) -> None:
    """Approved, and late for ever (§7.3 rule 4)."""
    assert leg is not None, "a check-in is of a leg"
    _answer_late(work, leg, True)
    work.set_leg(leg, checked_in_at=work.now, late=True)


def drop_late_check_in(work: JointWork, leg: Leg | None) -> None:
    assert leg is not None, "a check-in is of a leg"
    _answer_late(work, leg, False)


def keep_point(work: JointWork, _leg: Leg | None) -> None:
    """The meeting is where the sponsor's phone stands: whoever checked in already is measured again."""
    spot = Spot.read(work.form["spot"])
    work.set_case(meet_spot=work.world.cipher.seal(str(spot), place("joint_orders", "meet_spot", work.case["no"])))
    mine = joint_check_ins.c.leg_id.in_([leg["id"] for leg in work.legs]), joint_check_ins.c.spot.is_not(None)
    for row in work.tx.execute(SPOTS.where(*mine)).all():
        told = work.world.cipher.open(row.spot, place("joint_check_ins", "spot", row.leg_id))
        change = update(joint_check_ins).where(joint_check_ins.c.id == row.id)
        work.tx.execute(change.values(distance=spot.metres_to(Spot.read(told))))
    work.answer = "已把您现在的位置定为会场，各单位的距离按它计算"


def _where(work: JointWork, leg: Leg, spot: str) -> dict[str, Any]:
    """Whose check-in it is, and where the phone was: the coordinates sealed, the distance to the meeting in metres."""
    row: dict[str, Any] = {
        "leg_id": leg["id"], "person_id": work.actor.person, "post_id": work.actor.post, "spot": None, "distance": None,
        "sent_at": None,
    }  # fmt: skip
    if spot:
        here = Spot.read(spot)
        row["spot"] = work.world.cipher.seal(str(here), place("joint_check_ins", "spot", leg["id"]))
        if (meeting := meeting_spot(work)) is not None:
            row["distance"] = meeting.metres_to(here)
    return row


def meeting_spot(work: JointWork) -> Spot | None:
    """Where the meeting is, if the sponsor's phone has said so."""
    sealed = work.case["meet_spot"]
    if not sealed:
        return None
    return Spot.read(work.world.cipher.open(sealed, place("joint_orders", "meet_spot", work.case["no"])))


def _answer_late(work: JointWork, leg: Leg, accepted: bool) -> None:
    waiting = (joint_check_ins.c.leg_id == leg["id"], joint_check_ins.c.accepted.is_(None))
    work.tx.execute(update(joint_check_ins).where(*waiting).values(accepted=accepted))
