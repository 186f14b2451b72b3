"""The rules of the licence library: library.yaml as frozen values (R163–R179, domain-rules §13)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from core.policy import read
from core.policy.archive import archive_rules
from core.policy.arrivals import MEGA, SheetRules, sheet_rules
from core.policy.licences import CHECKS, FULL, MASKED, NONE, LicenceField

NEW = "new"
SUBJECT, LICENCE = "subject", "licence"
CODE, BATCH = "code", "code_batch"


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """What a company or a person is registered with: the fields of its form, `name` and `number` among them."""

    key: str
    title: str
    fields: tuple[LicenceField, ...]

    def field(self, key: str) -> LicenceField:
        """Raises KeyError for a field this kind does not have."""
        return next((one for one in self.fields if one.key == key), None) or self._missing(key)

    def _missing(self, key: str) -> LicenceField:
        raise KeyError(f"{self.key}.{key}")


@dataclass(frozen=True, slots=True)
class StateRule:
    """A state of a licence in words: on a list, and as the verdict a stranger reads."""

    key: str
    title: str
    tone: str
    verdict: str


@dataclass(frozen=True, slots=True)
class ActRule:
    """Something that may be done: from which states, whether with a reason, and the event that records it."""

    key: str
    title: str
    event: str
    begins: frozenset[str]
    reason: bool


@dataclass(frozen=True, slots=True)
class LibraryLimits:
    """Characters of a reason and of a case number, pictures of a licence, rows of a page and of one export."""

    reason: int
    case_no: int
    pictures: int
    page: int
    export: int
    public_words: int


@dataclass(frozen=True, slots=True)
class PictureSetRules:
    """How large a set of pictures may be (control D2), how long it waits, and how like a name must be to be offered."""

    bytes: int
    zipped: int
    entries: int
    unpacked: int
    ratio: int
    keep: timedelta
    near: int


@dataclass(frozen=True, slots=True)
class LibraryRules:
    """All of library.yaml. `acts` by what they are done to: subject or licence."""

    kinds: Mapping[str, SubjectKind]
    states: Mapping[str, StateRule]
    acts: Mapping[str, Mapping[str, ActRule]]
    limits: LibraryLimits
    sheet: SheetRules
    code_states: Mapping[str, StateRule]
    picture_set: PictureSetRules


@cache
def library_rules() -> LibraryRules:
    """The rules as printed. Raises ValueError naming the first thing wrong."""
    table = read("library.yaml")
    kinds = {key: _kind(key, row) for key, row in table["subjects"].items()}
    states = {key: StateRule(key, **row) for key, row in table["states"].items()}
    codes = {key: StateRule(key, **row) for key, row in table["code_states"].items()}
    known = {NEW, *states, *codes, *archive_rules().states}
    acts = {
        book: MappingProxyType({key: _act(f"{book}.{key}", key, row, known) for key, row in rows.items()})
        for book, rows in table["acts"].items()
    }
    return LibraryRules(
        MappingProxyType(kinds),
        MappingProxyType(states),
        MappingProxyType(acts),
        LibraryLimits(**table["limits"]),
        sheet_rules(table["sheet"]),
        MappingProxyType(codes),
        _pictures(table["pictures"]),
    )


def _pictures(row: Mapping[str, int]) -> PictureSetRules:
    return PictureSetRules(
        row["megabytes"] * MEGA, row["zip_megabytes"] * MEGA, row["entries"], row["unpacked_megabytes"] * MEGA,
        row["ratio"], timedelta(hours=row["keep_hours"]), row["near"],
    )  # fmt: skip


def _kind(key: str, row: Mapping[str, Any]) -> SubjectKind:
    fields = tuple(LicenceField(**{**one, "choices": tuple(one.get("choices", ()))}) for one in row["fields"])
    for one in fields:
        if one.check not in CHECKS or one.public not in (FULL, MASKED, NONE):
            raise ValueError(f"library.yaml {key}.{one.key}: unknown check or visibility")
    if [one.key for one in fields[:2]] != ["name", "number"]:
        raise ValueError(f"library.yaml {key}: a subject begins with its name and its number")
    return SubjectKind(key, row["title"], fields)


def _act(where: str, key: str, row: Mapping[str, Any], states: set[str]) -> ActRule:
    begins = frozenset(row.get("from", ()))
    if begins - states:
        raise ValueError(f"library.yaml {where}: unknown state {', '.join(sorted(begins - states))}")
    return ActRule(key, row["title"], row["event"], begins, bool(row.get("reason", False)))
