"""What the judgement knows of a case: plain values, read under the lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.errors import Refusal


@dataclass(frozen=True, slots=True)
class LegFacts:
    """One unit's part of a case; moments are aware UTC, ids are database ids."""

    id: int
    unit: int
    parent: int | None
    part: str
    state: str
    seq: int
    rule: str
    hours: str
    sent_at: datetime
    due_at: datetime
    original_due_at: datetime
    return_until: datetime
    signed_at: datetime | None
    contacted_at: datetime | None
    paused_at: datetime | None
    returns: int
    return_refused: bool
    extension: str
    asked_days: int
    extensions: int
    extensions_allowed: int
    days_allowed: int
    pause_left: bool
    result: str | None

    @property
    def live(self) -> bool:
        return self.state not in ("settled", "released")


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A case with its legs, as the flow tables see it."""

    id: int
    no: str
    state: str
    seq: int
    channel: str
    type: str
    urgency: str
    hard: bool
    supervised: bool
    registered_unit: int | None
    lead_unit: int | None
    returns: int
    redos: int
    due_at: datetime | None
    missed_calls: tuple[datetime, ...]
    legs: tuple[LegFacts, ...]

    def leg(self, leg_id: int) -> LegFacts | None:
        return next((leg for leg in self.legs if leg.id == leg_id), None)

    def below(self, parent: int | None) -> tuple[LegFacts, ...]:
        """The legs one level under `parent`; None means those the centre sent."""
        return tuple(leg for leg in self.legs if leg.parent == parent)


@dataclass(frozen=True, slots=True)
class Leading:
    """The case another one is to be merged into, or was."""

    id: int
    no: str
    state: str


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything a guard may look at: the case, the leg in hand, the form, the moment."""

    case: CaseFacts
    leg: LegFacts | None
    form: Mapping[str, str]
    now: datetime
    targets: tuple[int, ...] = ()  # unit ids the form names
    parents: Mapping[int, int | None] | None = None  # unit id -> parent unit id
    window_open: bool = True  # three missed calls lie within the window
    leading: Leading | Refusal | None = None  # the case a merge names, or why it names none
    led: int = 0  # how many cases are merged into this one
