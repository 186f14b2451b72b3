"""Named conditions that the flow tables of 树党旗 cite: some pick between rows, some refuse with a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.errors import FieldMissing, NothingChanged
from core.joint_errors import (
    BasisGone,
    BasisMissing,
    CheckInNotStarted,
    CheckInOver,
    CodeElsewhere,
    CodeOver,
    CodeUnread,
    MeetingNotOver,
    NobodyComes,
    NobodyFedBack,
    NoPromiseOpen,
    NoReviewWaits,
    NotColleague,
    NotOnSite,
    OrderNotWorking,
    RatedAlready,
    RatingNotOpen,
    RefusalBarred,
    ReviewDrafted,
    UnfedChanged,
    UnitsUnfed,
)
from core.joint_facts import JointLegFacts, JointSituation
from core.showing import Spot

COMING = ("coming", "late_asked", "on_site", "reporting", "in_review", "fed_back")
ANSWERED = ("in_review", "fed_back")


def _leg(now: JointSituation) -> JointLegFacts:
    assert now.leg is not None, "a leg's guard is judged with a leg in hand"
    return now.leg


# --- conditions that pick a row -------------------------------------------------------------------------------------


def approval_needed(now: JointSituation) -> bool:
    return now.approval


def somebody_fed_back(now: JointSituation) -> bool:
    return any(leg.state == "fed_back" for leg in now.case.legs)


def meeting_is_over(now: JointSituation) -> bool:
    return now.case.met_at is not None


def check_in_began(now: JointSituation) -> bool:
    return now.case.check_in_from is not None


def every_rating_shown(now: JointSituation) -> bool:
    return all(leg.shown for leg in now.case.legs if leg.state == "fed_back")


# --- conditions that refuse -------------------------------------------------------------------------------------------


def somebody_comes(now: JointSituation) -> None:
    if not any(leg.state in COMING for leg in now.case.legs):
        raise NobodyComes()


def meeting_changes(now: JointSituation) -> None:
    place = now.form.get("place", "").strip()
    if now.meet_at in (None, now.case.meet_at) and place in ("", now.case.place):
        raise NothingChanged()


def nobody_is_left(now: JointSituation) -> None:
    if now.case.remaining:
        raise UnitsUnfed(units=unfed_names(now))


def everybody_fed_back(now: JointSituation) -> None:
    if now.case.unfed:
        raise UnitsUnfed(units=unfed_names(now))


def unfed_names(now: JointSituation) -> str:
    """「水务局、城管局」, three at the most."""
    names = [now.names[leg.id] for leg in now.case.unfed]
    return "、".join(names[:3]) + (f"等 {len(names)} 个单位" if len(names) > 3 else "")


def unfed_word(now: JointSituation) -> str:
    """What a second confirmation carries: exactly the legs it listed, so that it holds for these alone."""
    return ",".join(str(leg.id) for leg in now.case.unfed)


def unfed_are_named(now: JointSituation) -> None:
    if not now.case.unfed or now.form.get("unfed", "").strip() != unfed_word(now):
        raise UnfedChanged()


def somebody_answered(now: JointSituation) -> None:
    if not any(leg.state in ANSWERED for leg in now.case.legs):
        raise NobodyFedBack()


def may_refuse(now: JointSituation) -> None:
    if _leg(now).barred:
        raise RefusalBarred()


def basis_is_given(now: JointSituation) -> None:
    """In words, or as a file that lies with the part already (R126)."""
    if not now.form.get("basis", "").strip() and not now.has_basis:
        raise BasisMissing()


def basis_lies_here(now: JointSituation) -> None:
    """There is a file to take back; once one is named, that very file."""
    if not now.has_basis:
        raise BasisGone()


def check_in_is_open(now: JointSituation) -> None:
    if now.case.met_at is not None:
        raise CheckInOver()
    if now.case.check_in_from is None:
        raise CheckInNotStarted()


def check_in_was_started(now: JointSituation) -> None:
    if now.case.check_in_from is None:
        raise CheckInNotStarted()


def code_counts(now: JointSituation) -> None:
    """A code of this order, shown while check-in was open, in time or kept by a page without network."""
    scanned = now.scanned
    if scanned is None:
        raise CodeUnread()
    if scanned.order != now.case.id:
        raise CodeElsewhere()
    if now.case.check_in_from is None or scanned.until <= now.case.check_in_from:
        raise CheckInNotStarted()
    if now.case.met_at is not None and scanned.at >= now.case.met_at:
        raise CheckInOver()
    if not scanned.at <= now.now <= scanned.counts_until:
        raise CodeOver()


def spot_reads(now: JointSituation) -> None:
    if spot := now.form.get("spot", "").strip():
        Spot.read(spot)


def was_on_site(now: JointSituation) -> None:
    if _leg(now).state in ("coming", "late_asked"):
        raise NotOnSite(action="报进展")


def meeting_has_ended(now: JointSituation) -> None:
    if now.case.met_at is None:
        raise MeetingNotOver()


def order_is_working(now: JointSituation) -> None:
    if now.case.state != "working":
        raise OrderNotWorking()


def next_person_known(now: JointSituation) -> None:
    if not now.knows_next:
        raise NotColleague()


def rating_is_open(now: JointSituation) -> None:
    if now.case.state != "to_rate":
        raise RatingNotOpen()


def unit_not_rated(now: JointSituation) -> None:
    if "sponsor" in _leg(now).rated or _leg(now).shown:
        raise RatedAlready()


def sponsor_not_rated(now: JointSituation) -> None:
    if "unit" in _leg(now).rated or _leg(now).shown:
        raise RatedAlready()


def reason_if_displeased(now: JointSituation) -> None:
    if now.form.get("pleased") == "displeased" and not now.form.get("displeasure", "").strip():
        raise FieldMissing(field="不满意的原因", action="评价")


def promise_is_open(now: JointSituation) -> None:
    if not _leg(now).promised:
        raise NoPromiseOpen()


def review_waits(now: JointSituation) -> None:
    if now.case.review != "draft":
        raise NoReviewWaits()


def no_review_yet(now: JointSituation) -> None:
    if now.case.review:
        raise ReviewDrafted()


JOINT_CHOICES: Mapping[str, Callable[[JointSituation], bool]] = {
    guard.__name__: guard
    for guard in (
        approval_needed, somebody_fed_back, meeting_is_over, check_in_began, every_rating_shown,
    )
}  # fmt: skip
JOINT_GUARDS: Mapping[str, Callable[[JointSituation], None]] = {
    guard.__name__: guard
    for guard in (
        somebody_comes, meeting_changes, everybody_fed_back, nobody_is_left, unfed_are_named, somebody_answered,
        may_refuse, basis_is_given, basis_lies_here,
        check_in_is_open, check_in_was_started, code_counts, spot_reads, was_on_site, meeting_has_ended,
        order_is_working, next_person_known, rating_is_open, unit_not_rated, sponsor_not_rated, reason_if_displeased,
        promise_is_open, review_waits, no_review_yet,
    )
}  # fmt: skip
# These read the form, so they cannot hide a button before it is filled in.
JOINT_ON_FORM = frozenset(
    {
        "code_counts",
        "spot_reads",
        "meeting_changes",
        "unfed_are_named",
        "next_person_known",
        "reason_if_displeased",
        "basis_is_given",
    }
)
