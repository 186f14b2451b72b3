"""The nearest question of the table by character n-grams: TF-IDF, cosine, and silence below a likeness."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.answers import Heard
from core.policy.answers import Answer, AnswerBook
from core.suggest.grams import Keys, grams
from core.suggest.model import Floats

SIZES = (1, 2)  # questions are short: longer runs hardly ever meet again
BEST = 0.6
"""How much the nearest of an answer's own questions counts; the middle of them all counts the rest."""
STRANGE = 0.5
"""How heavy an n-gram is that no question holds, as a share of the rarest one's weight."""


class Matcher:
    """All questions of the table as weighed n-grams; asking costs a fraction of a millisecond."""

    def __init__(self, book: AnswerBook) -> None:
        self._book = book
        asked = [(number, _grams(book.spelt(text))) for number, one in enumerate(book.answers)
                 for text in (*one.ask, one.title)]  # fmt: skip
        self._of = np.array([number for number, _ in asked])
        self._keys: Keys = np.unique(np.concatenate([found for _, found in asked]))
        held = np.zeros(len(self._keys), np.float32)  # by how many answers: what all of them hold says nothing
        for number in range(len(book.answers)):
            mine = np.unique(np.concatenate([found for other, found in asked if other == number]))
            held[np.searchsorted(self._keys, mine)] += 1
        self._rarity: Floats = (np.log((1 + len(book.answers)) / (1 + held)) + 1).astype(np.float32)
        self._rows = np.stack([self._vector(found) for _, found in asked])
        middle = np.stack([self._rows[self._of == number].mean(axis=0) for number in range(len(book.answers))])
        self._middle: Floats = middle / np.linalg.norm(middle, axis=1, keepdims=True)

    def _vector(self, found: Keys) -> Floats:
        """A text of length one; n-grams that no question holds make it longer, so that it is less like any."""
        keys, counts = np.unique(found, return_counts=True)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        hit = self._keys[at] == keys
        vector = np.zeros(len(self._keys), np.float32)
        vector[at[hit]] = (1 + np.log(counts[hit])) * self._rarity[at[hit]]
        strange = float((~hit).sum()) * (STRANGE * float(self._rarity.max())) ** 2
        return vector / np.float32(np.sqrt(float(vector @ vector) + strange) or 1.0)

    def ranked(self, text: str) -> list[tuple[float, Answer]]:
        """Every answer with its likeness from 0 to 1, the nearest first; none for a text without a word."""
        found = _grams(self._book.spelt(text))
        if not len(found):
            return []
        vector = self._vector(found)
        each: npt.NDArray[np.float32] = self._rows @ vector
        best = np.array([each[self._of == number].max() for number in range(len(self._book.answers))])
        marks = BEST * best + (1 - BEST) * (self._middle @ vector)
        return [(float(marks[at]), self._book.answers[at]) for at in np.argsort(-marks, kind="stable")]

    def heard(self, text: str) -> Heard:
        """The answer; or, where it is not sure, two to choose from; or nothing."""
        ranked = self.ranked(text)
        return _judged(ranked[:2], self._book) if ranked else Heard(None)


def _judged(first: Sequence[tuple[float, Answer]], book: AnswerBook) -> Heard:
    mark, ahead = first[0][0], first[0][0] - first[1][0]
    if mark >= book.least and ahead >= book.ahead:
        return Heard(first[0][1])
    return Heard(None, tuple(answer for _, answer in first)) if mark >= book.unsure else Heard(None)


def _grams(text: str) -> Keys:
    return np.concatenate([grams(text, size) for size in SIZES])
