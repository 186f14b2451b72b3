"""What an entry of the record is, and the arithmetic that ties it to the one before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from core.canon import canonical
from core.sm import hmac_sm3, sm3

GENESIS = "0" * 64
"""The mac before the first entry."""

EVENT_COLUMNS = (
    "id", "case_id", "leg_id", "flow", "name", "at", "person_id", "post_id", "unit_id",
    "from_state", "to_state", "seq", "source", "facts",
)  # fmt: skip
"""What the hash of an event always covers. A column added later stays out, or old hashes would break."""

LATER_COLUMNS = ("joint_id", "joint_leg_id")
"""Columns added later: the hash covers them where they are filled, so nobody can fill or empty them afterwards."""


_BEFORE_ID = tuple(name for name in EVENT_COLUMNS if "at" < name < "id")
_AFTER_ID = tuple(name for name in EVENT_COLUMNS if name > "id")


@dataclass(frozen=True, slots=True)
class Entry:
    """One act or refusal, in ids and field names, never values (controls G1, G2; §5.6)."""

    at: datetime
    actor_person: int | None
    actor_post: int | None
    channel: str
    address: str
    action: str
    object: str
    result: str
    reason: str = ""
    reference: str = ""
    event_id: int | None = None
    event_hash: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of the log: how many there are, and the mac that stands for all of them."""

    seq: int
    mac: str


def event_hash(event: Mapping[str, Any]) -> str:
    """SM3 over an event row, in hex; `facts` as the stored text or as the value that is stored as that text.

    Columns that are left out count as empty, as they do in an insert.
    """
    values = {name: event.get(name) for name in EVENT_COLUMNS}
    values |= {name: event[name] for name in LATER_COLUMNS if event.get(name) is not None}
    values["at"] = moment_text(event["at"])
    if not isinstance(values["facts"], str):
        values["facts"] = canonical(values["facts"], repr)
    return sm3(canonical(values, repr).encode()).hex()


@dataclass(frozen=True, slots=True)
class EventForm:
    """Events alike but for their moment, id and facts: the text their hash covers, as it stands around these three."""

    before: str
    between: str
    after: str

    def hash(self, at: datetime, id_: int, facts: str) -> str:
        """The same as `event_hash` of the whole row; `facts` as the text it is stored as."""
        text = f'{{"at":"{moment_text(at)}",{self.before}{canonical(facts)}{self.between},"id":{id_},{self.after}'
        return sm3(text.encode()).hex()


def event_form(event: Mapping[str, Any]) -> EventForm:
    """Of a row without `at`, `id` and `facts`. `canonical` sorts by name, so these stand first and among the others."""
    later = {name: event[name] for name in LATER_COLUMNS if event.get(name) is not None}
    told = canonical({name: event.get(name) for name in _BEFORE_ID} | {"facts": ""}, repr)
    before, _, between = told[1:-1].partition('"facts":""')
    after = canonical({name: event.get(name) for name in _AFTER_ID} | later, repr)
    return EventForm(f'{before}"facts":', between, after[1:])


def entry_values(seq: int, entry: Entry) -> dict[str, Any]:
    """The columns the mac covers: all but the mac itself, the moment as its text."""
    return {
        "seq": seq,
        "at": moment_text(entry.at),
        "actor_person": entry.actor_person,
        "actor_post": entry.actor_post,
        "channel": entry.channel,
        "address": entry.address,
        "action": entry.action,
        "object": entry.object,
        "result": entry.result,
        "reason": entry.reason,
        "reference": entry.reference,
        "event_id": entry.event_id,
        "event_hash": entry.event_hash,
    }


def entry_mac(key: bytes, before: str, values: Mapping[str, Any]) -> str:
    """HMAC-SM3 over the mac before and the canonical row, in hex."""
    return hmac_sm3(key, (before + canonical(values, repr)).encode()).hex()


def moment_text(at: object) -> str:
    """UTC to the microsecond: the one spelling of a moment that is hashed; text is taken as it lies in the database."""
    return _spelt(at) if isinstance(at, datetime) else str(at)


@lru_cache(maxsize=64)
def _spelt(at: datetime) -> str:
    """Many rows of one commit have one moment."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
