"""Lines of text with their places on a paper, as the engine saw them. Plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of text as the engine saw it: straightened place, words, how sure it was, the four corners it saw."""

    left: float
    top: float
    right: float
    bottom: float
    text: str
    score: float
    box: tuple[Point, ...]

    @property
    def high(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    def beside(self, other: Piece) -> bool:
        """Whether both stand in one row."""
        shared = min(self.bottom, other.bottom) - max(self.top, other.top)
        return shared >= 0.45 * min(self.high, other.high)


def pieces_of(lines: Iterable[Mapping[str, Any]], simplified: Mapping[int, int]) -> list[Piece]:
    """The engine's lines as pieces, in simplified characters; what stands on end is one piece a character."""
    found: list[Piece] = []
    for line in lines:
        xs, ys = [x for x, _ in line["flat"]], [y for _, y in line["flat"]]
        text = str(line["text"]).strip().translate(simplified)
        box = tuple((float(x), float(y)) for x, y in line["box"])
        whole = Piece(min(xs), min(ys), max(xs), max(ys), text, float(line["score"]), box)
        found += _stood(whole) if whole.high > 1.5 * (whole.right - whole.left) and len(text) > 1 else [whole]
    return sorted(found, key=lambda one: (one.middle, one.left))


def _stood(one: Piece) -> list[Piece]:
    step = one.high / len(one.text)
    return [
        Piece(one.left, one.top + at * step, one.right, one.top + (at + 1) * step, letter, one.score, one.box)
        for at, letter in enumerate(one.text)
    ]


def text_in_order(pieces: Sequence[Piece]) -> str:
    """All that was read, row by row."""
    rows: list[list[Piece]] = []
    for piece in pieces:
        if rows and piece.beside(rows[-1][-1]):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return "\n".join(" ".join(one.text for one in sorted(row, key=lambda piece: piece.left)) for row in rows)


def joined(texts: Iterable[str]) -> str:
    """Lines put together as they were written on: a blank only between two Latin words."""
    told = [text.strip() for text in texts if text.strip()]
    out = told[0] if told else ""
    for before, after in pairwise(told):
        gap = " " if before[-1].isascii() and after[0].isascii() and before[-1].isalpha() and after[0].isalpha() else ""
        out += gap + after
    return out
