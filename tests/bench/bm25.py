"""The plain way to find a text again: BM25 over pairs of characters, as a baseline."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from math import log

K1, B = 1.2, 0.75


class Bm25:
    """Texts in, the best places of a query out."""

    def __init__(self, texts: Sequence[str]) -> None:
        told = [Counter(pairs(text)) for text in texts]
        self._sizes = [sum(one.values()) for one in told]
        self._mean = sum(self._sizes) / len(told)
        self._held: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for at, one in enumerate(told):
            for pair, count in one.items():
                self._held[pair].append((at, count))

    def best(self, query: str, most: int) -> list[int]:
        """The places of the texts that score highest, the best first."""
        score: dict[int, float] = defaultdict(float)
        for pair in set(pairs(query)):
            held = self._held.get(pair, [])
            rare = log(1 + (len(self._sizes) - len(held) + 0.5) / (len(held) + 0.5))
            for at, count in held:
                length = 1 - B + B * self._sizes[at] / self._mean
                score[at] += rare * count * (K1 + 1) / (count + K1 * length)
        return sorted(score, key=lambda at: (-score[at], -at))[:most]


def pairs(text: str) -> list[str]:
    """Every two neighbouring letters, digits or characters."""
    return [one + two for one, two in pairwise(text) if one.isalnum() and two.isalnum()]
