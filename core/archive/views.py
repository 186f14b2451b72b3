"""What is shown of the archive: frozen, in words, and masked for its reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from core.licences.views import Shown


@dataclass(frozen=True, slots=True)
class Category:
    """A category as it is kept now; `open`: offered for new papers."""

    code: str
    title: str
    holder: str
    retention: str
    reuse: bool
    words: tuple[str, ...]
    open: bool

    def takes(self, kind: str) -> bool:
        """Whether it holds papers of companies, or of persons."""
        return self.holder in (kind, "both")


@dataclass(frozen=True, slots=True)
class UseView:
    """One time a filed paper served again."""

    at: datetime
    who: str
    used_for: str
    case_no: str


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version of a paper."""

    token: str
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class DocumentView:
    """A paper for one reader. `line` names it through all versions, `no` is its archive number (档号-件号).

    `usable`: may be offered again today. `text` is what was read of it, on the page of one paper alone.
    """

    line: str
    token: str
    no: str
    volume: str
    volume_no: str
    state: str
    state_title: str
    category: str
    category_title: str
    retention: str
    secrecy: str
    subject: str
    holder_kind: str
    holder: str
    title: str
    case_no: str
    made_on: date | None
    valid_to: date | None
    kind: str
    size: int
    pages: int
    digest: str
    version: int
    newest: bool
    withdrawn: bool
    usable: bool
    expired: bool
    seq: int
    added_at: datetime
    who: str
    fields: tuple[Shown, ...]
    used: int = 0
    read: bool = False
    text: str = ""
    versions: tuple[VersionView, ...] = ()
    uses: tuple[UseView, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a check found: which check, on which running number (0: the volume itself), why."""

    check: str
    place: int
    why: str


@dataclass(frozen=True, slots=True)
class PropertyResult:
    """One of the four properties in a report."""

    title: str
    passed: bool
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckView:
    """A report on one volume at one moment; `lines` are number, check and reason of what was found."""

    token: str
    moment: str
    passed: bool
    documents: int
    at: datetime
    who: str
    volume: str
    volume_no: str
    properties: tuple[PropertyResult, ...]
    lines: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class VolumeView:
    """A volume. `documents`: how many papers it holds today, `checks`: its reports, newest first."""

    token: str
    no: str
    title: str
    category: str
    category_title: str
    year: int
    subject: str
    holder_kind: str
    holder: str
    retention: str
    secrecy: str
    box: str
    shelf: str
    state: str
    state_title: str
    tone: str
    documents: int
    seq: int
    opened_at: datetime
    checked_at: datetime | None
    checks: tuple[CheckView, ...] = ()


@dataclass(frozen=True, slots=True)
class BatchView:
    """A batch as who brought it sees it; `counts` by state of its items, `total` and `settled` for the bar."""

    token: str
    kind: str
    kind_title: str
    state: str
    state_title: str
    total: int
    settled: int
    counts: Mapping[str, int]
    at: datetime


@dataclass(frozen=True, slots=True)
class ItemView:
    """One item, masked: which row, which file, whose, what, and what stands in its way."""

    token: str
    place: int
    row: int | None
    file: str
    state: str
    state_title: str
    tone: str
    why: str
    holder: str
    number: str
    category: str
    has_file: bool
    wanted: bool
    fields: Mapping[str, str]
