"""The past rulings nearest to a dispute, told by what is said, what it is about, which unit, which kind, where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from heapq import nlargest
from math import log, sqrt

from core.likeness.grams import normal
from core.recall.meaning import Meaning, Meanings, alike, grams
from core.recall.places import Spot, same_place
from core.recall.policy import RecallPolicy

COMPARED = 120  # those that share the rarest words, of all and of the unit's own, are compared in full
UNKNOWN = 0.5  # what one side does not say may be so or not
CLASS = {6: 1.0, 4: 0.6, 2: 0.2}


@dataclass(frozen=True)
class Matter:
    """A matter and the unit whose duty was, or is, in dispute.

    `text`: what was wanted, in words. `family`: the department the unit belongs to, itself where it has none above.
    `town`: its code, or nothing; `class_code` likewise.
    """

    text: str
    unit: int
    family: int
    kind: str
    class_code: str
    town: str
    spot: Spot

    @cached_property
    def said(self) -> str:
        return normal(self.text)

    @cached_property
    def grams(self) -> frozenset[str]:
        return frozenset(grams(self.said))


@dataclass(slots=True)
class _Past:
    matter: Matter
    meaning: Meaning | None = None


@dataclass(slots=True)
class Rulings:
    """The rulings at hand, in memory: taken in one by one, asked many times. Not thread-safe."""

    policy: RecallPolicy
    meanings: Meanings
    _past: dict[int, _Past] = field(default_factory=dict)
    _held: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _family: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    @property
    def known(self) -> Collection[int]:
        """The ids taken in."""
        return self._past.keys()

    def take(self, ruling: int, matter: Matter) -> None:
        """Take a ruling in."""
        self._past[ruling] = _Past(matter)
        self._family[matter.family].add(ruling)
        for gram in matter.grams:
            self._held[gram].add(ruling)

    def drop(self, ruling: int) -> None:
        """Forget a ruling."""
        matter = self._past.pop(ruling).matter
        self._family[matter.family].discard(ruling)
        for gram in matter.grams:
            self._held[gram].discard(ruling)

    def nearest(self, matter: Matter, without: Collection[int] = ()) -> list[tuple[float, int]]:
        """The nearest rulings with their nearness, the nearest and then the newest first; none too far."""
        rules, meaning = self.policy.rulings, self.meanings.of(matter.said)
        rare = {gram: self._rarity(gram) for gram in matter.grams}
        shared = self._shared(rare)
        own = self._family.get(matter.family, set())
        chosen = {one for _, one in nlargest(COMPARED, ((worth, one) for one, worth in shared.items()))}
        chosen |= {one for _, one in nlargest(COMPARED, ((shared.get(one, 0.0), one) for one in own))}
        length = sqrt(sum(worth * worth for worth in rare.values())) or 1.0
        told = [
            (self._near(matter, meaning, one, shared.get(one, 0.0), length), one)
            for one in chosen
            if one not in without
        ]
        return nlargest(rules.shown, (one for one in told if one[0] >= rules.least))

    def _rarity(self, gram: str) -> float:
        return log(1 + len(self._past) / (1 + len(self._held.get(gram, ()))))

    def _shared(self, rare: Mapping[str, float]) -> dict[int, float]:
        shared: dict[int, float] = defaultdict(float)
        for gram, worth in rare.items():
            for ruling in self._held.get(gram, ()):
                shared[ruling] += worth * worth
        return shared

    def _near(self, matter: Matter, meaning: Meaning, ruling: int, shared: float, length: float) -> float:
        """Each aspect from 0 to 1, weighed by the table."""
        past, weights = self._past[ruling], self.policy.rulings.weights
        theirs = past.matter
        if past.meaning is None:
            past.meaning = self.meanings.of(theirs.said)
        size = sqrt(sum(self._rarity(gram) ** 2 for gram in theirs.grams)) or 1.0
        near = weights["words"] * shared / (length * size) + weights["meaning"] * alike(meaning, past.meaning)
        near += weights["kind"] * (matter.kind == theirs.kind)
        near += weights["class"] * _class(matter.class_code, theirs.class_code)
        if matter.unit == theirs.unit:
            near += weights["unit"]
        elif matter.family == theirs.family:
            near += weights["upper"]
        near += weights["town"] * _same(matter.town, theirs.town)
        return near + weights["place"] * same_place(matter.spot, theirs.spot, self.policy.promises.metres)


def _class(one: str, two: str) -> float:
    """How far down two codes are the same."""
    if not (one and two):
        return UNKNOWN
    return next((worth for size, worth in CLASS.items() if len(one) >= size and one[:size] == two[:size]), 0.0)


def _same(one: str, two: str) -> float:
    return float(one == two) if one and two else UNKNOWN
