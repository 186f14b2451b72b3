"""证照版面: which face each kind of licence has now, and all it ever had (R188)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, select

from core.errors import Unknown
from core.models.faces import face_templates
from core.people import Actor
from core.policy.faces import Face, Print, told
from core.policy.licences import LicenceType, licence_types
from core.ports import Clock
from core.register import Registers
from core.register.faces import understood
from core.register.pages import ChangeView
from core.worktime import local_date

T = TypeVar("T")
SHIPPED = 0
"""The number of the version that comes with the platform; those of administrators begin at 1."""


class Kept(Protocol):
    """What versions need of the core they hang on."""

    clock: Clock
    registers: Registers

    def _read(self, run: Callable[[Connection], T]) -> T: ...


@dataclass(frozen=True, slots=True)
class KindLine:
    """One kind of licence in the list of faces: `number` of the version in force, `coming` the day of a later one."""

    kind: LicenceType
    number: int
    own: bool
    coming: date | None


@dataclass(frozen=True, slots=True)
class FaceVersion:
    """One version of a kind's face; `state` is past, now or coming; `at`, `who` and `reason` tell of its saving."""

    number: int
    valid_from: date | None
    state: str
    layout: str
    form: str
    at: datetime | None = None
    who: str = ""
    reason: str = ""


class FaceVersions:
    """Reads; saving a version goes through the registers' door (`licence_face`)."""

    def __init__(self, core: Kept) -> None:
        self._core = core

    def kind(self, key: str) -> LicenceType:
        """Raises Unknown."""
        kind = licence_types().get(key)
        if kind is None:
            raise Unknown(what="这种证照")
        return kind

    def listed(self, words: str = "", group: str = "") -> tuple[KindLine, ...]:
        """The kinds whose name contains `words`, of one group or of all."""
        today, rows = self._today(), self._core._read(lambda tx: tx.execute(_ROWS).all())
        now = {row.kind: row.number for row in rows if row.valid_from <= today}
        coming = {row.kind: row.valid_from for row in rows if row.valid_from > today}
        return tuple(
            KindLine(kind, now.get(kind.key, SHIPPED), kind.face is not None, coming.get(kind.key))
            for kind in licence_types().values()
            if words in kind.name and group in ("", kind.group)
        )

    def versions(self, kind: LicenceType) -> tuple[FaceVersion, ...]:
        """Every version of a kind, newest first; the shipped one is the last."""
        today, query = self._today(), select(face_templates).filter_by(kind=kind.key).order_by(face_templates.c.number)
        rows = self._core._read(lambda tx: tx.execute(query).all())
        current = max(((r.valid_from, r.number) for r in rows if r.valid_from <= today), default=(None, SHIPPED))[1]
        made = [FaceVersion(SHIPPED, None, "now" if current == SHIPPED else "past", *_shipped(kind))]
        for row in rows:
            state = "now" if row.number == current else "coming" if row.valid_from > today else "past"
            made.append(FaceVersion(row.number, row.valid_from, state, row.layout, row.form))
        return tuple(reversed(made))

    def told_versions(self, actor: Actor, kind: LicenceType) -> tuple[FaceVersion, ...]:
        """The same with who saved each, when and why. Raises NotYours."""
        changes: dict[int, ChangeView] = {}
        for version in self.versions(kind):
            if version.number:
                found, _ = self._core.registers.history(actor, "licence_face", f"{kind.key}:{version.number}")
                changes |= {version.number: found[0]} if found else {}
        return tuple(
            replace(one, at=changes[one.number].at, who=changes[one.number].who, reason=changes[one.number].reason)
            if one.number in changes
            else one
            for one in self.versions(kind)
        )

    def version(self, kind: LicenceType, number: int | None = None) -> FaceVersion:
        """One version; without a number the one in force today. Raises Unknown."""
        for one in self.versions(kind):
            if one.number == number or (number is None and one.state == "now"):
                return one
        raise Unknown(what="这一版")

    def face(self, kind: LicenceType) -> tuple[Face, Print | None]:
        """What a licence of this kind is drawn with today."""
        one = self.version(kind)
        return understood(kind, one.layout, one.form)

    def _today(self) -> date:
        return local_date(self._core.clock.now())


_ROWS = select(face_templates.c.kind, face_templates.c.number, face_templates.c.valid_from).order_by(
    face_templates.c.valid_from, face_templates.c.number
)


def _shipped(kind: LicenceType) -> tuple[str, str]:
    """The face and the print template that come with the platform, as tables."""
    from core.licence_faces.generic import generic_face

    face, paper = kind.face or generic_face(kind), kind.print
    return _json(told(face)), _json(told(paper)) if paper is not None else ""


def _json(table: Mapping[str, Any]) -> str:
    return json.dumps(table, ensure_ascii=False, separators=(",", ":"))
