"""What is owed, since when, and how it ended: read off the cards as they lie on the phones of the cast."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..phone import card_for
from ..world import World
from .story import Duty, Event, Json, Part

Key = tuple[str, str, str, str]
"""Person, card, leg, duty."""


@dataclass(slots=True)
class Task:
    """One step that one person owes on one order."""

    part: Part
    duty: Duty
    no: str
    leg: str
    opened: datetime
    ended: datetime | None = None
    how: str = ""  # done by them, or overtaken: somebody else settled it or it fell away
    asked: bool = False  # somebody is pressing for it right now
    not_before: datetime | None = None

    def minutes(self, now: datetime) -> float:
        return ((self.ended or now) - self.opened).total_seconds() / 60

    def is_late(self, now: datetime) -> bool:
        return self.how != "overtaken" and self.minutes(now) > self.duty.within


@dataclass(slots=True)
class Order:
    """An order raised in this training."""

    no: str
    event: Event
    acts: list[Json] = field(default_factory=list)
    state: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty that a card offers somebody now, and which of its buttons are there."""

    key: Key
    part: Part
    duty: Duty
    buttons: tuple[str, ...]


def owed(world: World, part: Part, orders: dict[str, Order], since: dict[Key, datetime]) -> Iterator[Owed]:
    """The steps that the cards on somebody's phone ask of them; `since` keeps when each was first possible."""
    for no, order in orders.items():
        track = f"{no}:1"
        card = world.cards.cards.get(track)
        if card is None or part.user not in world.viewers(card):
            continue
        face = card_for(world, track, part.user)
        values, visible = face["variables"], [str(one["action"]) for one in face["buttons"]]
        states = states_of(values.get("units", ""))
        if part.role == "sponsor":
            order.state = str(values.get("state", ""))
        for duty in part.duties:
            buttons = tuple(action for action in duty.press if action in visible)
            if not buttons:
                continue
            leg = str(values.get("leg", "")) if not buttons[0].startswith("order_") else ""
            key, now = (part.user, track, leg, duty.name), world.clock.now()
            waited = now - since.setdefault(key, now)
            if not states & set(duty.after) or waited > timedelta(minutes=duty.patience):
                yield Owed(key, part, duty, buttons)


def states_of(units: str) -> set[str]:
    """The states of an order's units as its card lists them."""
    try:
        return {str(row["v"]).split(" · ")[0] for row in json.loads(units or "[]")}
    except (ValueError, KeyError, TypeError):
        return set()
