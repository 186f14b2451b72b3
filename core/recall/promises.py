"""What is still open at a place: found again by coordinates or by the names in its words, the surest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from math import cos, floor, radians

from core.recall.places import Point, Spot, same_place
from core.recall.policy import RecallPolicy

DEGREE = 111_320.0  # metres of one degree of latitude
MIDDLE = cos(radians(20.0))  # how much shorter a degree of longitude is where the district lies


@dataclass(slots=True)
class Promises:
    """The places of what is open, in memory: taken in one by one, asked many times. Not thread-safe."""

    policy: RecallPolicy
    _spots: dict[int, Spot] = field(default_factory=dict)
    _named: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _square: dict[tuple[int, int], set[int]] = field(default_factory=lambda: defaultdict(set))

    @property
    def known(self) -> Collection[int]:
        """The ids taken in."""
        return self._spots.keys()

    def take(self, promise: int, spot: Spot) -> None:
        """Take in what is open at a place; what was known of it is forgotten."""
        self.drop(promise)
        self._spots[promise] = spot
        for own, *_ in spot.names:
            self._named[own].add(promise)
        if spot.at:
            self._square[self._cell(spot.at)].add(promise)

    def drop(self, promise: int) -> None:
        """Forget one, if it is known."""
        spot = self._spots.pop(promise, None)
        for own, *_ in spot.names if spot else ():
            self._named[own].discard(promise)
        if spot and spot.at:
            self._square[self._cell(spot.at)].discard(promise)

    def near(self, spot: Spot) -> list[tuple[float, int]]:
        """Those to show of this place with how sure that is: as many as policy shows of `here`."""
        return self.here(spot)[: self.policy.promises.shown]

    def here(self, spot: Spot) -> list[tuple[float, int]]:
        """All at this place with how sure that is, the surest and then the newest first."""
        rules = self.policy.promises
        found = {one for own, *_ in spot.names for one in self._named.get(own, ())}
        if spot.at:
            east, north = self._cell(spot.at)
            around = ((east + x, north + y) for x in (-1, 0, 1) for y in (-1, 0, 1))
            found |= {one for cell in around for one in self._square.get(cell, ())}
        told = ((same_place(spot, self._spots[one], rules.metres), one) for one in found)
        return sorted(((round(sure, 2), one) for sure, one in told if sure >= rules.near), reverse=True)

    def _cell(self, at: Point) -> tuple[int, int]:
        """Squares as wide as the radius, so that whatever is within it lies in one of nine."""
        metres = self.policy.promises.metres
        return floor(at[0] * DEGREE * MIDDLE / metres), floor(at[1] * DEGREE / metres)
