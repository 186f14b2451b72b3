"""The outside in domain words: what the core asks of clocks, senders and systems it does not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable


class Clock(Protocol):
    """Business time. Tokens, signatures and leases never ask it: they keep real time."""

    def now(self) -> datetime:
        """The present moment, aware UTC."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A letter on its way: `kind` says what it is, `lane` keeps its order, `key` makes a repeat harmless."""

    id: int
    key: str
    channel: str
    kind: str
    lane: str
    case: int | None
    event: int | None
    body: Mapping[str, Any]
    tries: int


class Undelivered(Exception):
    """The far side did not confirm. `fate`: again (try later), throttled (slow the channel), never (dead), unknown."""

    def __init__(self, fate: str, why: str) -> None:
        self.fate = fate
        super().__init__(why)


class Sender(Protocol):
    """Hands a letter to the far side; returns only when it was confirmed, else raises Undelivered."""

    def send(self, letter: Envelope) -> None: ...


@runtime_checkable
class Speaker(Protocol):
    """A sender that can say in plain words what its own channel cannot carry now (C9)."""

    def words(self, letter: Envelope) -> None: ...


@dataclass(frozen=True, slots=True)
class Ticket:
    """A 12345 ticket in our words: the union of fields of domain-rules §2.1."""

    outside_no: str
    revision: int
    channel: str
    type: str
    title: str
    content: str
    place: str
    urgency: str = "normal"
    service_type: str | None = None
    class_code: str | None = None
    town: str | None = None
    community: str | None = None
    caller_name: str | None = None
    caller_phone: str | None = None
    address: str | None = None
    keep_secret: bool = False
    wants_reply: bool = True
    hard: bool = False
    sensitive: bool = False
    parent_no: str | None = None
    more: Mapping[str, Any] | None = None


class TicketSource(Protocol):
    """The 12345 platform, read side (pull): tickets since a cursor, oldest first."""

    def since(self, cursor: str) -> tuple[Sequence[Ticket], str]: ...


class ResultSink(Protocol):
    """The 12345 platform, write side: a result returned for one of its tickets."""

    def hand_back(self, key: str, outside_no: str, result: Mapping[str, Any]) -> None: ...
