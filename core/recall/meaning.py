"""What a text is about, as the lines of the duty list it resembles: two wordings of one matter meet in one line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from math import log, sqrt

from core.likeness.grams import normal
from core.policy.duties import DutyList

KEPT = 8  # lines a text is remembered by
COMMON = 30  # a pair of characters in more lines than that says nothing
NAMED = 0.35  # what a word of the list adds to its line, beside the likeness of the whole
Meaning = Mapping[int, float]
"""Line of the duty list → how much the text is about it; the squares add up to one."""


def grams(normal_text: str) -> set[str]:
    """Each character and each two neighbours of a normal text: other words for one thing often share a character."""
    kept = normal_text.replace(" ", "")
    return {*kept, *(first + second for first, second in pairwise(normal_text))}


class Meanings:
    """The duty list as a space to compare texts in. Read once for each list."""

    def __init__(self, listed: DutyList) -> None:
        self._words: list[tuple[str, int, float]] = []
        told: list[set[str]] = []
        for at, duty in enumerate(listed.duties):
            told.append({gram for text in (duty.duty, *duty.like, *duty.words) for gram in grams(normal(text))})
            self._words += [(normal(word), at, weight) for word, weight in duty.words.items() if len(normal(word)) > 1]
        held: dict[str, list[int]] = defaultdict(list)
        for at, one in enumerate(told):
            for gram in one:
                held[gram].append(at)
        self._rare = {gram: log(1 + len(told) / len(lines)) for gram, lines in held.items() if len(lines) <= COMMON}
        self._lines = {gram: lines for gram, lines in held.items() if gram in self._rare}
        self._size = [sqrt(sum(self._rare.get(gram, 0.0) ** 2 for gram in one)) or 1.0 for one in told]

    def of(self, normal_text: str) -> Meaning:
        """What a normal text is about."""
        best = self._best(normal_text)
        length = sqrt(sum(worth * worth for _, worth in best)) or 1.0
        return {at: worth / length for at, worth in best}

    def about(self, text: str) -> Meaning:
        """How sure it is that a text as it was written is about each line; these do not add up to one."""
        return dict(self._best(normal(text)))

    def _best(self, normal_text: str) -> list[tuple[int, float]]:
        near: dict[int, float] = defaultdict(float)
        mine = grams(normal_text) & self._rare.keys()
        length = sqrt(sum(self._rare[gram] ** 2 for gram in mine)) or 1.0
        for gram in mine:
            for at in self._lines[gram]:
                near[at] += self._rare[gram] ** 2 / (self._size[at] * length)
        for word, at, weight in self._words:
            if word in normal_text:
                near[at] += NAMED * weight
        return sorted(near.items(), key=lambda one: (-one[1], one[0]))[:KEPT]


def meanings_of(listed: DutyList) -> Meanings:
    """The list read once, and again when it is another."""
    if not _read or _read[0][0] is not listed:
        _read[:] = [(listed, Meanings(listed))]
    return _read[0][1]


_read: list[tuple[DutyList, Meanings]] = []


def alike(one: Meaning, two: Meaning) -> float:
    """How much two texts are about the same, 0 to 1."""
    return sum(worth * two.get(at, 0.0) for at, worth in one.items())
