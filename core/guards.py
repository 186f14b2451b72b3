"""Named conditions that flow tables cite: some pick between rows, some refuse with a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import (
    AlreadyAbove,
    AlreadyOverseen,
    BadField,
    CallUnanswered,
    ExtensionNotAllowed,
    ExtensionUsed,
    FieldMissing,
    LeadingMerged,
    LeadingOver,
    LeadsOthers,
    MergeItself,
    NotBelow,
    NothingAsked,
    PastDeadline,
    PauseUsedUp,
    Refusal,
    ReturnBarred,
    ReturnWindowClosed,
    UnitsAtWork,
)
from core.facts import LegFacts, Situation
from core.joint_guards import JOINT_CHOICES, JOINT_GUARDS, JOINT_ON_FORM

_LOCAL = ZoneInfo("Asia/Shanghai")


def _moment(at: datetime) -> str:
    local = at.astimezone(_LOCAL)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def _leg(now: Situation) -> LegFacts:
    assert now.leg is not None, "a leg's guard is judged with a leg in hand"
    return now.leg


# --- conditions that pick a row -------------------------------------------------------------------------------------


def some_leg_begun(now: Situation) -> bool:
    return any(leg.state not in ("to_sign", "released") for leg in now.case.below(None))


def every_leg_settled(now: Situation) -> bool:
    """The centre's own legs are all done, the lead's among them (supporting units never vanish, domain-rules §3)."""
    top = [leg for leg in now.case.below(None) if leg.state != "released"]
    return bool(top) and all(leg.state in ("reported", "settled") for leg in top) and _has_lead(top)


def no_lead_left(now: Situation) -> bool:
    return not _has_lead([leg for leg in now.case.below(None) if leg.state != "released"])


def _has_lead(legs: list[LegFacts]) -> bool:
    return any(leg.part == "lead" for leg in legs)


def needs_no_call(now: Situation) -> bool:
    """Advice closed at the desk skips call-back."""
    return now.case.type in ("ask", "suggest", "praise") and not now.case.legs


def not_connected(now: Situation) -> bool:
    return now.form.get("connected") != "connected"


def attempts_used_up(now: Situation) -> bool:
    """Three failed calls in three working days, this one among them (policy: callback)."""
    return now.window_open and len(now.case.missed_calls) >= 2


def not_satisfied(now: Situation) -> bool:
    return now.form.get("satisfied") == "unsatisfied" or now.form.get("solved") == "not"


def not_redone_yet(now: Situation) -> bool:
    return now.case.redos == 0


def handled_by_unit(now: Situation) -> bool:
    return any(leg.part == "lead" and leg.state == "settled" for leg in now.case.below(None))


def every_leg_below_settled(now: Situation) -> bool:
    below = [leg for leg in now.case.below(_leg(now).id) if leg.state != "released"]
    return bool(below) and all(leg.state == "settled" for leg in below)


def every_leg_below_released(now: Situation) -> bool:
    below = now.case.below(_leg(now).id)
    return bool(below) and all(leg.state == "released" for leg in below)


def returned_before(now: Situation) -> bool:
    """A second return of one order, by this unit or another, goes to adjudication (domain-rules §6)."""
    return now.case.returns >= 1


# --- conditions that refuse -------------------------------------------------------------------------------------------


def return_window_open(now: Situation) -> None:
    if now.now > _leg(now).return_until:
        raise ReturnWindowClosed(until=_moment(_leg(now).return_until))


def may_return_again(now: Situation) -> None:
    if _leg(now).return_refused and not now.form.get("text", "").strip():
        raise ReturnBarred()


def extension_allowed(now: Situation) -> None:
    leg = _leg(now)
    if leg.extensions_allowed == 0:
        raise ExtensionNotAllowed(until=_moment(leg.due_at))
    if leg.extension == "asked" or leg.extensions >= leg.extensions_allowed:
        raise ExtensionUsed(until=_moment(leg.due_at))


def before_deadline(now: Situation) -> None:
    if now.now > _leg(now).due_at:
        raise PastDeadline(until=_moment(_leg(now).due_at))


def days_within_limit(now: Situation) -> None:
    allowed = _leg(now).days_allowed
    text = now.form.get("days", "").strip()
    if not text.isdecimal() or not 1 <= int(text) <= allowed:
        raise BadField(field="延期天数", why=f"请写1到{allowed}的整数")


def extension_asked(now: Situation) -> None:
    if _leg(now).extension != "asked":
        raise NothingAsked()


def pause_left(now: Situation) -> None:
    if not _leg(now).pause_left:
        raise PauseUsedUp()


def call_is_answered(now: Situation) -> None:
    if not all(now.form.get(question) for question in ("contacted", "solved", "satisfied")):
        raise CallUnanswered()


def not_overseen_yet(now: Situation) -> None:
    if now.case.supervised:
        raise AlreadyOverseen()


def _named(now: Situation) -> str:
    return now.form.get("other_unit") or now.form.get("lead", "")


def unit_is_named(now: Situation) -> None:
    if not now.targets:
        raise FieldMissing(field="单位", action="提交")


def is_sub_unit(now: Situation) -> None:
    parents = now.parents or {}
    for unit in now.targets:
        if parents.get(unit) != _leg(now).unit:
            raise NotBelow(unit=_named(now))


def not_already_above(now: Situation) -> None:
    live = {leg.unit for leg in now.case.legs if leg.live}
    if live & set(now.targets):
        raise AlreadyAbove(unit=_named(now))


def may_lead(now: Situation) -> None:
    """The case named to lead is another one, still being handled, and led by nobody itself."""
    leading = now.leading
    if leading is None:
        raise FieldMissing(field="并入哪一件", action="合并")
    if isinstance(leading, Refusal):
        raise leading
    if leading.id == now.case.id:
        raise MergeItself()
    if leading.state == "merged":
        raise LeadingMerged(tail=leading.no[-6:])
    if leading.state not in ("pending", "dispatched", "handling", "closing"):
        raise LeadingOver(tail=leading.no[-6:])


def leads_nobody(now: Situation) -> None:
    if now.led:
        raise LeadsOthers(count=now.led)


def nobody_at_work(now: Situation) -> None:
    if any(leg.live and leg.state != "to_sign" for leg in now.case.legs):
        raise UnitsAtWork()


CHOICES: Mapping[str, Callable[[Any], bool]] = {
    **JOINT_CHOICES,
    **{
        guard.__name__: guard
        for guard in (
            some_leg_begun,
            every_leg_settled,
            no_lead_left,
            needs_no_call,
            not_connected,
            attempts_used_up,
            not_satisfied,
            not_redone_yet,
            handled_by_unit,
            every_leg_below_settled,
            every_leg_below_released,
            returned_before,
        )
    },
}
GUARDS: Mapping[str, Callable[[Any], None]] = {
    **JOINT_GUARDS,
    **{
        guard.__name__: guard
        for guard in (
            return_window_open,
            may_return_again,
            extension_allowed,
            before_deadline,
            days_within_limit,
            extension_asked,
            pause_left,
            call_is_answered,
            not_overseen_yet,
            unit_is_named,
            is_sub_unit,
            not_already_above,
            may_lead,
            leads_nobody,
            nobody_at_work,
        )
    },
}
# These read the form, so they cannot hide a button before it is filled in.
ON_FORM = frozenset(
    {
        "may_return_again", "days_within_limit", "call_is_answered", "is_sub_unit", "not_already_above",
        "unit_is_named", "may_lead", *JOINT_ON_FORM,
    }
)  # fmt: skip
