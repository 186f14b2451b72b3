"""How alike two appeals are, from plain values: what is said, where, by whom, how long apart."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from functools import cached_property

from rapidfuzz import fuzz

from core.likeness.grams import HEAD, grams_of, matters_in, name_of, normal, pairs
from core.likeness.policy import LikenessPolicy


@dataclass(frozen=True)
class Told:
    """An appeal as it is compared: a draft, or a case; `phone` is the blind index of the caller's number."""

    title: str
    content: str
    place: str
    town: str = ""
    phone: str = ""
    at: datetime | None = None

    @cached_property
    def grams(self) -> frozenset[int]:
        return grams_of(self.title, self.place, self.content)

    @cached_property
    def subject(self) -> str:
        return normal(self.title)

    @cached_property
    def where(self) -> str:
        return normal(self.place)

    @cached_property
    def name(self) -> str:
        return name_of(self.place)

    @cached_property
    def matters(self) -> frozenset[str]:
        """What it is about, by its title, or failing that by its text."""
        own = pairs(self.where)
        return matters_in(_without(self.subject, own)) or matters_in(_without(self.body, own))

    @cached_property
    def body(self) -> str:
        return normal(self.title + self.content[:HEAD])


@dataclass(frozen=True, slots=True)
class Likeness:
    """A score from 0 to 1 and the words that speak for it."""

    score: float
    why: tuple[str, ...]


def likeness(draft: Told, known: Told, policy: LikenessPolicy) -> Likeness:
    """Both what is said and where must agree; the same caller counts, time takes off."""
    near, same_caller = place_alike(draft, known), bool(draft.phone) and draft.phone == known.phone
    if near < policy.nearby and not same_caller:
        return Likeness(0.0, ())
    said = said_alike(draft, known, policy.one_matter)
    score = (said * max(near, policy.nearby)) ** 0.5 + (policy.same_caller if same_caller else 0.0)
    if draft.at and known.at:
        apart = abs((draft.at - known.at).total_seconds()) / 86400
        score -= policy.fades * min(apart / policy.days, 1.0)
    why = ["同一电话"] if same_caller else []
    why += ["地点相同" if near >= 1 else "地点相近"] if near >= policy.nearby else []
    why += ["说法相近"] if said >= 0.5 else []
    return Likeness(max(0.0, min(1.0, score)), tuple(why))


def said_alike(one: Told, two: Told, one_matter: float) -> float:
    """The likest of three readings, the places taken out: title and title, a title within the other text, all pairs."""
    places = pairs(one.where) | pairs(two.where)
    subjects = [_without(told.subject, places) for told in (one, two)]
    bodies = [pairs(_without(told.body, places)) for told in (one, two)]
    titles = fuzz.ratio(*subjects) / 100
    within = max(_within(subjects[0], bodies[1]), _within(subjects[1], bodies[0]))
    shared = len(bodies[0] & bodies[1]) / (min(len(bodies[0]), len(bodies[1])) or 1)
    alike = min(1.0, max(titles, 0.9 * within, 2.0 * shared))
    if one.matters and two.matters:
        shared_matters = len(one.matters & two.matters) / len(one.matters | two.matters)
        if shared_matters >= 0.5:  # noise of a building site and wages of a building site are two matters
            return max(alike, one_matter)
        return alike if shared_matters else alike * one_matter
    return alike


def _without(text: str, places: frozenset[int]) -> str:
    """What a text says apart from where."""
    gone = set[int]()
    for at, (one, two) in enumerate(itertools.pairwise(text)):
        if ord(one) << 21 | ord(two) in places:
            gone |= {at, at + 1}
    return "".join(sign for at, sign in enumerate(text) if at not in gone)


def _within(subject: str, body: frozenset[int]) -> float:
    """How much of a title stands in a text, pair by pair: word order may differ."""
    wanted = pairs(subject)
    return len(wanted & body) / len(wanted) if wanted else 0.0


def place_alike(one: Told, two: Told) -> float:
    """How alike two places are; another town is another place, an unnamed one is taken on trust in part."""
    if one.town and two.town and one.town != two.town:
        return 0.0
    if not one.name or not two.name:
        return 0.5
    if one.where == two.where:
        return 1.0
    same = SequenceMatcher(None, one.name, two.name, autojunk=False).find_longest_match().size
    return 0.95 * same / min(len(one.name), len(two.name)) if same >= 2 or one.name == two.name else 0.0
