"""Actor: a person at a post, and the standings that person has towards a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.facts import CaseFacts, LegFacts
from core.joint_facts import JointFacts, JointLegFacts


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
HOLDER = Actor(None, None, None, "holder", "持证人", system="holder", channel="h5")
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
    actor: Actor, case: CaseFacts | JointFacts, leg: LegFacts | JointLegFacts | None, standings: Mapping[str, Standing]
) -> frozenset[str]:
    """The names of every standing `actor` has towards this case or joint order (and this leg, when one is in hand)."""
    relations = JOINT_RELATIONS if isinstance(case, JointFacts) else CASE_RELATIONS
    return frozenset(
        standing.name
        for standing in standings.values()
        if actor.role in standing.roles
        and (relation := relations.get(standing.relation)) is not None
        and relation(actor, case, leg)
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


def _anywhere(_actor: Actor, _case: object, _leg: object) -> bool:
    return True


def _raised_it(actor: Actor, case: JointFacts, _leg: JointLegFacts | None) -> bool:
    return actor.unit == case.sponsor_unit


def _was_called(actor: Actor, case: JointFacts, leg: JointLegFacts | None) -> bool:
    """Of the unit that was called, or the very person its part was handed to."""
    legs = (leg,) if leg is not None else case.remaining
    return any(one.unit == actor.unit or (one.person is not None and one.person == actor.person) for one in legs)


def _heads_called_unit(actor: Actor, _case: JointFacts, leg: JointLegFacts | None) -> bool:
    return leg is not None and leg.head_unit == actor.unit


def _in_charge_above(actor: Actor, case: JointFacts, leg: JointLegFacts | None) -> bool:
    """A district leader is in charge of a unit and of all that lie under it."""
    return any(actor.in_charge & one.above for one in ((leg,) if leg is not None else case.legs))


CASE_RELATIONS: Mapping[str, Callable[[Actor, Any, Any], bool]] = {
    "anywhere": _anywhere,
    "holds_leg": _holds_leg,
    "sent_leg": _sent_leg,
    "centre_sent_leg": _centre_sent_leg,
    "registered_it": _registered_it,
    "in_charge_of_unit": _in_charge_of_unit,
}
JOINT_RELATIONS: Mapping[str, Callable[[Actor, Any, Any], bool]] = {
    "anywhere": _anywhere,
    "raised_it": _raised_it,
    "was_called": _was_called,
    "heads_called_unit": _heads_called_unit,
    "in_charge_above": _in_charge_above,
}
RELATIONS = frozenset((*CASE_RELATIONS, *JOINT_RELATIONS))
