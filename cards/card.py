"""A face: what one card shows one person, in the strings that DingTalk carries."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cards.plain import cut

VALUE_BYTES = 1024  # of one variable (dingtalk.md §9)
ELLIPSIS = "…"
NOTES = frozenset({"note", "has_note"})

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Face:
    """One card for one reader: `public` is the same for everybody who holds it, `private` is this reader's own.

    `alert` is the line on the lock screen (C21). Every value is a string of at most `VALUE_BYTES` UTF-8 bytes.
    """

    template: str
    public: Mapping[str, str]
    private: Mapping[str, str]
    alert: str

    def fingerprint(self) -> str:
        """Tells two faces apart; the private note is left out, because it is said once and to one person.

        Its first half is that of the common part, see `common`.
        """
        lasting = {name: value for name, value in self.private.items() if name not in NOTES}
        return self.common() + _half([self.template, lasting])

    def common(self) -> str:
        """Tells apart what everybody holds of two faces."""
        return _half([self.template, dict(self.public)])

    def with_note(self, note: str) -> Face:
        """The same face with one private line for its reader; an empty note takes the line away."""
        return replace(self, private={**self.private, **note_values(note)})


def _half(told: list[object]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def note_values(note: str) -> dict[str, str]:
    """The two variables of the private line."""
    return {"note": fit(note), "has_note": flag(bool(note))}


def flag(value: bool) -> str:
    """A boolean as DingTalk wants it."""
    return "true" if value else "false"


def fit(text: str, limit: int = VALUE_BYTES) -> str:
    """The text in at most `limit` UTF-8 bytes, cut between two characters and ended with 「…」; half characters go."""
    raw = text.encode(errors="ignore")
    if len(raw) <= limit:
        return raw.decode()
    return raw[: limit - len(ELLIPSIS.encode())].decode(errors="ignore").rstrip() + ELLIPSIS


def array(rows: Sequence[Row], shrink: Sequence[str] = (), limit: int = VALUE_BYTES) -> str:
    """The rows as compact JSON text in at most `limit` bytes.

    First the keys named in `shrink` are shortened, character by character and in every row alike; only when they
    are down to four characters do rows at the end go.
    """
    kept = [dict(row) for row in rows]
    text = _wire(kept)
    for key in shrink:
        longest = max((len(row.get(key, "")) for row in kept), default=0)
        while len(text.encode()) > limit and longest > 4:
            longest -= 1
            kept = [{**row, key: cut(row[key], longest)} if key in row else row for row in kept]
            text = _wire(kept)
    while len(text.encode()) > limit:
        kept.pop()
        text = _wire(kept)
    return text


_wire = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
