"""What is shown of the library: frozen, in words, and already masked for its reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shown:
    """One field: its key, label and value as this reader may see it; fields they may not see are left out."""

    key: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture of a licence, without its bytes."""

    token: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class LicenceView:
    """A licence for one reader.

    `line` names it through all versions, `token` this version; `number` and `holder` are masked for the reader.
    `days_left`: None for an unlimited one, negative once it has expired. `history`: the versions, newest first, for
    staff on the page of one licence.
    """

    line: str
    token: str
    type: str
    type_name: str
    group: str
    holder_kind: str
    holder: str
    subject: str
    identifier: str
    number_label: str
    number: str
    issuer: str
    case_no: str
    issued_on: date
    valid_from: date
    valid_to: date | None
    days_left: int | None
    state: str
    state_title: str
    tone: str
    verdict: str
    version: int
    newest: bool
    seq: int
    fields: tuple[Shown, ...]
    pictures: tuple[PictureView, ...] = ()
    history: tuple[VersionView, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether somebody may rely on it today."""
        return self.state == "valid" and self.newest

    @property
    def term(self) -> str:
        """From when to when it is valid, in words."""
        first = f"{self.valid_from:%Y-%m-%d}"
        return f"{first} 起长期有效" if self.valid_to is None else f"{first} 至 {self.valid_to:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version in the history of a licence."""

    token: str
    version: int
    identifier: str
    state_title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SubjectView:
    """A company or a person for one reader; `licences` is how many of theirs are not replaced."""

    token: str
    kind: str
    kind_title: str
    name: str
    number_label: str
    number: str
    phone: str
    fields: tuple[Shown, ...]
    licences: int
    added_at: datetime
    changed_at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list: how many there are in all, `more` when there are more than were counted."""

    items: tuple[T, ...]
    total: int
    page: int
    pages: int
    more: bool = False


@dataclass(frozen=True, slots=True)
class LibraryEvent:
    """One act in the history of a subject or a licence."""

    at: datetime
    who: str
    did: str
    fields: tuple[str, ...]
    reason: str
