"""Which labels stand on a paper, and where. Plain values.

Labels on Chinese papers are spread wide (名　　称), cut by the engine into pieces or glued to their value; a label is
therefore followed from piece to piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as made

from core.policy.reading import ReadField, flat
from core.reading.mending import day_of
from core.reading.pieces import Piece

TAIL = re.compile(r"^([\u4e00-\u9fa5]{1,3})\s*[:：]")
LEAD = re.compile(r"^[\s:：;；.·\-_—]+")


@dataclass(slots=True)
class Label:
    """A label found: its field, the pieces it runs through, where it ends in the last of them."""

    field: ReadField
    pieces: list[Piece]
    rest: str
    sure: float
    value: list[Piece] = made(default_factory=list)

    @property
    def left(self) -> float:
        return self.pieces[0].left

    @property
    def right(self) -> float:
        """Where the label ends, estimated inside a piece that holds label and value."""
        last = self.pieces[-1]
        share = 1 - len(self.rest) / max(len(last.text), 1)
        return last.left + share * (last.right - last.left)

    @property
    def row(self) -> Piece:
        return self.pieces[-1]


def labels_of(pieces: Sequence[Piece], fields: Iterable[ReadField]) -> list[Label]:
    """Every label found, the longest name first where several begin alike, each field once."""
    names = sorted(((name, one) for one in fields for name in one.labels), key=lambda pair: -len(pair[0]))
    taken: set[int] = set()
    found: dict[str, Label] = {}
    for exact in (True, False):
        for name, one in names:
            for piece in pieces:
                if id(piece) in taken or one.key in found:
                    continue
                if label := _followed(piece, name, one, pieces, taken, exact):
                    found[one.key] = label
                    taken |= {id(part) for part in label.pieces}
    for one in (one for _, one in names if one.kind == "date" and one.key not in found):
        if label := _announced(one, [piece for piece in pieces if id(piece) not in taken], names, found):
            found[one.key] = label
            taken |= {id(part) for part in label.pieces}
    for one in (one for _, one in names if one.key not in found):
        if label := _tailed(one, [piece for piece in pieces if id(piece) not in taken], names, found):
            found[one.key] = label
            taken |= {id(part) for part in label.pieces}
    return sorted(found.values(), key=lambda label: (label.row.middle, label.left))


def _announced(
    one: ReadField, free: Sequence[Piece], names: Sequence[tuple[str, ReadField]], found: Mapping[str, Label]
) -> Label | None:
    """A label of which only its first character is left, with a day in its row: 成…2009年10月12日."""
    for piece in free:
        said = flat(piece.text)
        others = {other.key for name, other in names if len(name) >= 4 and name.startswith(said)} - set(found)
        if not said or len(said) > 2 or others != {one.key}:
            continue
        row = [other for other in free if other.left > piece.left and other.beside(piece)]
        if any(day_of(other.text) for other in row):
            return Label(one, [piece], "", 0.8)
    return None


def _tailed(
    one: ReadField, free: Sequence[Piece], names: Sequence[tuple[str, ReadField]], found: Mapping[str, Label]
) -> Label | None:
    """A label of which only its end is left, before a colon: …态：餐饮服务经营者; no other label missing ends so."""
    for piece in free:
        end = TAIL.match(piece.text)
        said = flat(end[1]) if end is not None else ""
        if end is None or not said:
            continue
        others = {other.key for name, other in names if len(name) >= 4 and name.endswith(said)} - set(found)
        if others == {one.key}:
            return Label(one, [piece], LEAD.sub("", piece.text[end.end() :]), 0.8)
    return None


def _followed(
    piece: Piece, name: str, one: ReadField, pieces: Sequence[Piece], taken: set[int], exact: bool
) -> Label | None:
    """The label that begins in this piece, through its neighbours to the right as far as it needs."""
    parts, said = [piece], flat(piece.text)
    while said and (said[0] == name[0] or not exact):
        before = len(said) - len(flat(parts[-1].text))
        used, sure = _begins(said, name, exact)
        if used > before:
            return Label(one, parts, _behind(parts[-1].text, used - before), sure)
        if len(said) >= len(name) or (exact and not name.startswith(said)) or said[0] != name[0]:
            return None
        here = parts[-1]
        following = [
            other for other in pieces
            if other.left > here.left and other is not here and id(other) not in taken and other.beside(here)
            and other.left - here.right < 8 * max(here.high, other.high)
        ]  # fmt: skip
        if not following:
            return None
        nearest = sorted(following, key=lambda other: other.left)[:2]  # the first may be a speck read as a letter
        parts.append(next((other for other in nearest if flat(other.text)[:1] == name[len(said)]), nearest[0]))
        said += flat(parts[-1].text)
    return None


def _begins(said: str, wanted: str, exact: bool) -> tuple[int, float]:
    """How many characters of the line the name takes, and how sure that is; 0 where the line does not begin so.

    A name of four or more may have one character wrong or missing, as under a mark drawn across it.
    """
    if said.startswith(wanted):
        return len(wanted), 1.0
    size = len(wanted)
    if not exact and size >= 4 and len(said) >= size - 1:
        if sum(one != other for one, other in zip(said, wanted, strict=False)) == 1 and len(said) >= size:
            return size, 0.8
        for gap in range(1, size - 1):
            if said.startswith(wanted[:gap] + wanted[gap + 1 :]):
                return size - 1, 0.8
    return 0, 0.0


def _behind(text: str, used: int) -> str:
    """What is left of a line once so many of its letters and digits are taken."""
    count = 0
    for at, letter in enumerate(text):
        if count == used:
            return _opened_again(text[at:])
        count += len(flat(letter))
    return ""


def _opened_again(rest: str) -> str:
    """Without the colon, and without a bracket that was opened in the label."""
    if rest[:1] in ")）":
        rest = rest[1:]
    return LEAD.sub("", rest)
