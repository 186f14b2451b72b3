"""What stands behind each label: right of it in its row, and on the lines below that begin where the value begins."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.policy.reading import flat
from core.reading.labels import LEAD, Label
from core.reading.pieces import Piece, Point, joined

ONLY_A_DAY = re.compile(r"\D{0,2}(19|20)\d\d\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日?")


@dataclass(frozen=True, slots=True)
class Value:
    """What stands behind a label: the text, how sure the engine was at worst, and the places it was read from."""

    text: str
    score: float
    boxes: tuple[tuple[Point, ...], ...]


def values_of(pieces: Sequence[Piece], labels: Sequence[Label], boilerplate: Sequence[str]) -> dict[str, Value]:
    """What stands behind each label."""
    used = {id(part) for label in labels for part in label.pieces}
    free = [one for one in pieces if id(one) not in used and not any(plain in flat(one.text) for plain in boilerplate)]
    claimed: set[int] = set()
    for label in labels:
        _take_row(label, free, labels, claimed)
    for label in labels:
        if not label.rest and not label.value:
            _take_below(label, free, claimed)
    for label in labels:
        _take_lines(label, free, labels, claimed)
    return {label.field.key: _value(label) for label in labels if label.rest or label.value}


def _take_row(label: Label, free: Sequence[Piece], labels: Sequence[Label], claimed: set[int]) -> None:
    """The pieces right of a label in its row, as far as the next label."""
    ends = [
        other.left for other in labels if other.left > label.left + 1 and other is not label and _near(other, label)
    ]
    limit = min([*ends, *_columns(labels, label)], default=float("inf"))
    reach, room = label.row.right, 10 * label.row.high
    for piece in sorted(free, key=lambda one: one.left):
        if id(piece) in claimed or piece.left < label.right - label.row.high or piece.left >= limit - 1:
            continue
        if not piece.beside(label.row) or piece.high > 2 * label.row.high or piece.left - reach > room:
            continue
        if label.rest and piece.left < label.row.right - label.row.high:
            continue
        label.value.append(piece)
        claimed.add(id(piece))
        reach, room = max(reach, piece.right), 3 * piece.high


def _columns(labels: Sequence[Label], label: Label) -> list[float]:
    """Where a column of labels right of this one begins: two of them stand one above the other."""
    high = label.row.high
    lefts = [other.left for other in labels if other.left > label.right]
    return [
        one - high / 2 for at, one in enumerate(lefts) if any(abs(one - x) < high for x in lefts[:at] + lefts[at + 1 :])
    ]


def _near(other: Label, label: Label) -> bool:
    return any(part.beside(label.row) for part in other.pieces)


def _take_below(label: Label, free: Sequence[Piece], claimed: set[int]) -> None:
    """A value written under its label, as codes often are."""
    row, high = label.row, label.row.high
    under = [one for one in free if id(one) not in claimed and 0 < one.middle - row.middle < 2.4 * high]
    under = [one for one in under if abs(one.left - label.left) < 2 * high]
    if under:
        label.value.append(min(under, key=lambda one: one.middle))
        claimed.add(id(label.value[0]))


def _take_lines(label: Label, free: Sequence[Piece], labels: Sequence[Label], claimed: set[int]) -> None:
    """The lines that go on below the value and begin where it begins."""
    if (not label.rest and not label.value) or label.field.person or label.field.kind not in ("text", "term"):
        return
    first = label.row if label.rest else label.value[0]
    start = label.right if label.rest else first.left
    last = max([first, *label.value], key=lambda one: one.bottom)
    floor = _floor(label, labels)
    while True:
        slack = (2.2 if label.rest else 1.3) * max(first.high, last.high)
        begin = min(label.right, start) - slack
        going = [
            one for one in free
            if id(one) not in claimed and begin < one.left < start + slack and not ONLY_A_DAY.fullmatch(one.text)
            and last.middle + 0.3 * last.high < one.middle < floor - 0.2 * one.high
            and one.top - last.bottom < 1.4 * max(one.high, last.high)
            and 0.45 * first.high < one.high < 1.6 * first.high
        ]  # fmt: skip
        if not going:
            return
        row = min(going, key=lambda one: one.middle)
        line = [row]
        for one in sorted(free, key=lambda one: one.left):
            beside = one.beside(row) and line[-1].left < one.left < line[-1].right + 2.5 * row.high
            if beside and id(one) not in claimed:
                line.append(one)
        label.value += line
        claimed |= {id(one) for one in line}
        last = row


def _floor(label: Label, labels: Sequence[Label]) -> float:
    """Where the next label of the same column stands: nothing below it belongs to this one."""
    row = label.row
    below = [one for one in labels if one.row.top > row.middle and abs(one.left - label.left) < 3 * row.high]
    return min((one.row.middle for one in below), default=float("inf"))


def _value(label: Label) -> Value:
    parts = _ordered(label.value)
    texts = [label.rest, *(one.text for one in parts)] if label.rest else [one.text for one in parts]
    read = [label.row, *parts] if label.rest else parts
    score = min(one.score for one in read) * label.sure
    return Value(LEAD.sub("", joined(texts)), score, tuple(dict.fromkeys(one.box for one in read)))


def _ordered(parts: Sequence[Piece]) -> list[Piece]:
    """Row by row, each from left to right."""
    rows: list[list[Piece]] = []
    for one in sorted(parts, key=lambda piece: piece.middle):
        row = next((row for row in rows if abs(row[0].middle - one.middle) < 0.45 * min(row[0].high, one.high)), None)
        if row is None:
            rows.append([one])
        else:
            row.append(one)
    return [one for row in rows for one in sorted(row, key=lambda piece: piece.left)]
