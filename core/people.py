"""Actor: a person at a post, and the standings that person has towards a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.facts import CaseFacts, LegFacts


@dataclass(frozen=True, slots=True)
class PostView:
    """A post as its holder reads it; `label` is 「水务局 办事员」."""

    id: int
    unit: int
    unit_name: str
    role: str
    title: str
    current: bool = False
    in_charge: frozenset[int] = frozenset()

    @property
    def label(self) -> str:
        return f"{self.unit_name} {self.title}"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person at one post (R102), or a part of the system (`system` set, no person).

    `others` are the same person's further posts: they give no right, only a better refusal.
    """

    person: int | None
    post: int | None
    unit: int | None
    role: str
    name: str
    unit_name: str = ""
    title: str = ""
    in_charge: frozenset[int] = frozenset()
    channel: str = "system"
    address: str = ""
    system: str | None = None
    others: tuple[PostView, ...] = ()

    @property
    def label(self) -> str:
        return f"{self.unit_name} {self.name}".strip()

    def at(self, post: PostView) -> Actor:
        """The same person at another of their posts."""
        return Actor(
            self.person,
            post.id,
            post.unit,
            post.role,
            self.name,
            post.unit_name,
            post.title,
            post.in_charge,
            self.channel,
            self.address,
        )


CLOCK = Actor(None, None, None, "clock", "系统时钟", system="clock")
HOTLINE = Actor(None, None, None, "hotline", "12345 平台", system="hotline", channel="hotline")
LEGS = Actor(None, None, None, "legs", "承办单位", system="legs")
CASE = Actor(None, None, None, "case", "本件", system="case")


@dataclass(frozen=True, slots=True)
class Standing:
    """A role plus a relation to the case; both are data (permissions.yaml)."""

    name: str
    title: str
    roles: frozenset[str]
    relation: str


def standings_of(
    actor: Actor, case: CaseFacts, leg: LegFacts | None, standings: Mapping[str, Standing]
) -> frozenset[str]:
    """The names of every standing `actor` has towards this case (and this leg, when one is in hand)."""
    return frozenset(
        standing.name
        for standing in standings.values()
        if actor.role in standing.roles and RELATIONS[standing.relation](actor, case, leg)
    )


def _holds_leg(actor: Actor, case: CaseFacts, leg: LegFacts | None) -> bool:
    if leg is not None:
        return leg.unit == actor.unit
    return any(one.unit == actor.unit and one.state != "released" for one in case.legs)


def _sent_leg(actor: Actor, case: CaseFacts, leg: LegFacts | None) -> bool:
    upper = case.leg(leg.parent) if leg is not None and leg.parent is not None else None
    return upper is not None and upper.unit == actor.unit


def _centre_sent_leg(_actor: Actor, _case: CaseFacts, leg: LegFacts | None) -> bool:
    return leg is None or leg.parent is None


def _registered_it(actor: Actor, case: CaseFacts, _leg: LegFacts | None) -> bool:
    return actor.unit is not None and case.registered_unit == actor.unit


def _in_charge_of_unit(actor: Actor, case: CaseFacts, leg: LegFacts | None) -> bool:
    units = {leg.unit} if leg is not None else {one.unit for one in case.legs}
    return bool(actor.in_charge & units)


def _anywhere(_actor: Actor, _case: CaseFacts, _leg: LegFacts | None) -> bool:
    return True


RELATIONS = {
    "anywhere": _anywhere,
    "holds_leg": _holds_leg,
    "sent_leg": _sent_leg,
    "centre_sent_leg": _centre_sent_leg,
    "registered_it": _registered_it,
    "in_charge_of_unit": _in_charge_of_unit,
}
