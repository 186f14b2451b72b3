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
        """Tells two faces apart; the private note is left out, because it is said once and to one person."""
        lasting = {name: value for name, value in self.private.items() if name not in NOTES}
        told = json.dumps([self.template, dict(self.public), lasting], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()[:32]

    def with_note(self, note: str) -> Face:
        """The same face with one private line for its reader; an empty note takes the line away."""
        return replace(self, private={**self.private, **note_values(note)})


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
    for key in shrink:
        longest = max((len(row.get(key, "")) for row in kept), default=0)
        while _size(kept) > limit and longest > 4:
            longest -= 1
            kept = [{**row, key: cut(row[key], longest)} if key in row else row for row in kept]
    while _size(kept) > limit:
        kept.pop()
    return _wire(kept)


def _wire(rows: Sequence[Row]) -> str:
    return json.dumps(list(rows), ensure_ascii=False, separators=(",", ":"))


def _size(rows: Sequence[Row]) -> int:
    return len(_wire(rows).encode())
