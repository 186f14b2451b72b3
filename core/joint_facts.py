"""What the judgement knows of a joint order: plain values, read under the lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

GONE = ("released", "no_feedback")
LESSONS = ("lesson_delay", "lesson_next", "lesson_ask")
"""The three questions of a review (C18), in the order they are asked."""
BLIND = frozenset({"unit_rated", "sponsor_rated"})
"""Events that say only that somebody rated; told to nobody, for their moment would tell something (§7.3 rule 9)."""
OWN_ONLY = frozenset({"basis_dropped"})
"""Events told to their own unit alone: what it thought of refusing with is nobody else's (R126)."""
HUSHED = BLIND | OWN_ONLY


@dataclass(frozen=True, slots=True)
class Plan:
    """A joint order about to be raised, read and checked: what for, whom, where and when (R109, R110)."""

    kind: str
    reason: str
    title: str
    matter: str
    place: str
    meet_at: datetime
    units: tuple[int, ...]
    town: str | None = None
    class_code: str | None = None
    urgency: str = "normal"
    case: int | None = None
    earlier: int | None = None


@dataclass(frozen=True, slots=True)
class JointLegFacts:
    """One unit's part of a joint order.

    `above`: the unit and every unit over it. `head_unit`: where its leader sits, itself or the nearest above.
    `person`: to whom it was handed on. `rated`: the sides (sponsor, unit) that have given their rating.
    `promised`: its feedback names a next step that it has not told done yet.
    """

    id: int
    unit: int
    state: str
    seq: int
    above: frozenset[int]
    head_unit: int
    person: int | None
    barred: bool
    rated: frozenset[str]
    shown: bool
    promised: bool = False


@dataclass(frozen=True, slots=True)
class JointFacts:
    """A joint order with its legs, as the flow tables see it. `review`: draft, kept, or none."""

    id: int
    no: str
    state: str
    seq: int
    sponsor_unit: int
    meet_at: datetime
    place: str
    check_in_from: datetime | None
    met_at: datetime | None
    legs: tuple[JointLegFacts, ...]
    review: str = ""

    def leg(self, leg_id: int) -> JointLegFacts | None:
        return next((leg for leg in self.legs if leg.id == leg_id), None)

    @property
    def remaining(self) -> tuple[JointLegFacts, ...]:
        """The legs that are still in."""
        return tuple(leg for leg in self.legs if leg.state not in GONE)

    @property
    def unfed(self) -> tuple[JointLegFacts, ...]:
        """Those that have not fed back."""
        return tuple(leg for leg in self.remaining if leg.state != "fed_back")


@dataclass(frozen=True, slots=True)
class Scanned:
    """A code somebody scanned: whose order it is, from when until when it was shown, until when it counts.

    `kept`: it reached us after its time, from a page that was open before and had no network.
    """

    order: int
    at: datetime
    until: datetime
    counts_until: datetime
    kept: bool


@dataclass(frozen=True, slots=True)
class JointSituation:
    """Everything a guard may look at: the order, the leg in hand, the form, the moment.

    `names`: leg id → unit in words. `approval`: closing asks the sponsor's own leader (joint.yaml).
    `meet_at`: the meeting time the form names, None when it names none.
    `knows_next`: the person a leg is handed to works there. `scanned`: the code the form brings, if it is one of ours.
    `has_basis`: a file lies with the leg on which its refusal may rest.
    """

    case: JointFacts
    leg: JointLegFacts | None
    form: Mapping[str, str]
    now: datetime
    names: Mapping[int, str]
    approval: bool
    meet_at: datetime | None = None
    knows_next: bool = False
    scanned: Scanned | None = None
    has_basis: bool = False
