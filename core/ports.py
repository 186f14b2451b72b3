"""The outside in domain words: what the core asks of clocks, senders and systems it does not know."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO, Protocol, runtime_checkable

from core.pulled import Untaken


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
    """The far side did not confirm. `fate`: again (try later), throttled (slow the channel), never (dead), unknown (it
    may have been carried out), merged (the same was said a moment ago), withheld (it arrived, but without some words).
    `alone`: what failed lies beside the channel, which may work all the same.
    """

    def __init__(self, fate: str, why: str, *, alone: bool = False) -> None:
        self.fate, self.alone = fate, alone
        super().__init__(why)


class Held(Undelivered):
    """Not now: people are not disturbed before `until`, a moment of business time."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__("held", "夜间不打扰")


class Sender(Protocol):
    """Hands a letter to the far side; returns only when it was confirmed, else raises Undelivered."""

    def send(self, letter: Envelope) -> None: ...


@runtime_checkable
class Speaker(Protocol):
    """A sender that can say in plain words what its own channel cannot carry now (C9)."""

    def words(self, letter: Envelope) -> None: ...


class FileMissing(Exception):
    """Nothing readable lies under this name: it was never kept, is gone, or was changed."""


class FileStore(Protocol):
    """Keeps bytes under names made from their content, sealed; what is there is never written again (D4)."""

    def name_of(self, data: bytes) -> str: ...

    def put(self, data: bytes) -> str:
        """Keep these bytes and return their name; once they lie there, nothing is written."""

    def get(self, name: str) -> bytes:
        """What lies under a name. Raises FileMissing."""

    def open(self, name: str) -> BinaryIO:
        """The same as a stream. Raises FileMissing."""

    def names(self) -> Iterator[str]:
        """Every name something lies under."""

    def remove(self, name: str) -> None: ...

    def renew(self, name: str) -> bool:
        """Seal a file again under the newest key; whether it had to be. Raises FileMissing."""


class ScannerAway(Exception):
    """The scanner gave no verdict: it cannot be reached, took too long, or said something else."""


class Scanner(Protocol):
    """Looks for malware in what was uploaded, a large file where it lies on disk (control D5)."""

    def scan(self, raw: bytes | mmap.mmap) -> str:
        """What was found, in a few words; "" for nothing. Raises ScannerAway."""


class SmsFault(Undelivered):
    """The SMS platform did not take a message; `code` is its own word. `alarm`: somebody must mend the account."""

    def __init__(self, fate: str, code: str, why: str, alarm: bool = False) -> None:
        self.code, self.alarm = code, alarm
        super().__init__(fate, why)


@dataclass(frozen=True, slots=True)
class SmsReport:
    """What the carrier said of one message. `delivered` is None while it is under way, `parts` 0 when not said."""

    out_id: str
    biz_id: str
    delivered: bool | None
    code: str
    parts: int = 0
    phone: str = ""


class SmsGateway(Protocol):
    """The SMS platform. Accepted is not delivered, and nothing it is sent twice is sent once (wechat-sms.md §9.7)."""

    def send(self, phone: str, template: str, values: Mapping[str, str], out_id: str) -> str:
        """Hand one message over; returns the platform's id of it. Raises SmsFault."""

    def ask(self, phone: str, day: date) -> Sequence[SmsReport]:
        """What became of everything sent to a number on a day (Shanghai time). Raises SmsFault."""


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
    """The 12345 platform, read side (pull): tickets since a cursor, oldest first, and those that cannot be read."""

    def since(self, cursor: str) -> tuple[Sequence[Ticket | Untaken], str]: ...


class ResultSink(Protocol):
    """The 12345 platform, write side: a result returned for one of its tickets."""

    def hand_back(self, key: str, outside_no: str, result: Mapping[str, Any]) -> None: ...


@dataclass(frozen=True, slots=True)
class OutsideUnit:
    """A department as an outside directory has it; `parent` is its id there, empty at the top."""

    id: str
    name: str
    parent: str


@dataclass(frozen=True, slots=True)
class OutsidePerson:
    """A person as an outside directory has them. `id` never changes there; `dingtalk` is the userid, where known."""

    id: str
    name: str
    phone: str
    dingtalk: str
    units: tuple[str, ...]
    title: str = ""
    leader: bool = False


@dataclass(frozen=True, slots=True)
class OutsideDirectory:
    """Everybody of one outside directory, read to its end."""

    units: tuple[OutsideUnit, ...]
    people: tuple[OutsidePerson, ...]


class PartRead(Exception):
    """The directory was not read to its end: nothing may be concluded from whom it did not name."""


class DirectorySource(Protocol):
    """An outside directory. `whole` raises PartRead rather than give a part."""

    name: str

    def whole(self) -> OutsideDirectory: ...


@dataclass(frozen=True, slots=True)
class SharedRow:
    """One row for the provincial platform. The same number and revision always carry the same content."""

    number: str
    revision: int
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the platform says of one row. `fate`: taken (now or before), refused, or later (send it again)."""

    number: str
    revision: int
    fate: str
    why: str = ""


class TooBusy(Exception):
    """The far side gave no verdict on a batch: `wait_s` is how long it asked us to wait, 0 when it did not say.

    `unfit`: it will not have this batch as it is, however long one waits; something in it is at fault.
    """

    def __init__(self, why: str, wait_s: int = 0, *, unfit: bool = False) -> None:
        self.wait_s, self.unfit = wait_s, unfit
        super().__init__(why)


class SharePlatform(Protocol):
    """The provincial data-sharing platform: takes a batch of one resource, answers row by row. Raises TooBusy."""

    def push(self, resource: str, rows: Sequence[SharedRow]) -> Sequence[Verdict]: ...


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a source gave at one time: rows by column, in the words of the dataset. `cursor`: from where to go on.

    `mark` tells parcels of one moment apart; `told_at`: when the source made it, None when it does not say.
    `done` is called once its rows are on disk; `more`: the source has more to give at once.
    """

    rows: Sequence[Any]
    source: str
    mark: str
    cursor: str = ""
    told_at: datetime | None = None
    size: int = 0
    more: bool = False
    done: Callable[[], None] = lambda: None


@runtime_checkable
class LicenceSource(Protocol):
    """The 一体化平台 as the keeper of licences (R185)."""

    def since(self, cursor: str, most: int) -> tuple[Sequence[Any], str]:
        """Records after the cursor, oldest first, and the next cursor. Raises SourceAway."""


class SourceAway(Exception):
    """A source gave nothing that can be used; the message is one clause in Chinese. `place`: what else would be asked
    in vain for a while; `status`: its answer over HTTP; `wait_s`: for how many seconds it asked to be left alone."""

    def __init__(self, why: str, place: str = "", status: int = 0, wait_s: int = 0) -> None:
        super().__init__(why)
        self.place, self.status, self.wait_s = place, status, wait_s


@runtime_checkable
class RowSource(Protocol):
    """Where the rows of one dataset are fetched. `every`: seconds between two fetches; `place`: see SourceAway."""

    way: str
    place: str
    every: int
    demo: bool

    def fetch(self, cursor: str) -> Iterator[Parcel]:
        """What is new since the cursor. Raises SourceAway."""
