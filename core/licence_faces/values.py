"""What a face shows: one licence in plain words, whole for its holder and staff, masked for the public."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from core.licences.masks import PUBLIC, TAIL, mask_middle, shown, shown_name, shown_number
from core.licences.views import LicenceView
from core.policy.faces import SLOT
from core.policy.licences import COMPANY, FULL, LicenceField, LicenceType, licence_types

HIDDEN = "＊＊＊"
"""What stands where the public is shown nothing."""
UNLIMITED = "长期"


@dataclass(frozen=True, slots=True)
class FaceValues:
    """One licence as a face shows it: type, values by column, identifier (GB/T 36904) and state in words."""

    type: LicenceType
    values: Mapping[str, str | date | None] = field(default_factory=lambda: MappingProxyType({}))
    identifier: str = ""
    state: str = ""

    def word(self, name: str) -> str:
        """One value as it is printed; empty for what the licence does not say."""
        match name:
            case "type_name":
                return self.type.name
            case "identifier":
                return self.identifier
            case "state":
                return self.state
            case "validity":
                return self._validity()
            case "issuer":
                return str(self.values.get("issuer") or self.type.issuer.name)
        return printed(self.values.get(name))

    def say(self, text: str) -> str:
        """A text with its slots filled; empty when it has slots and none of them says anything."""
        names = SLOT.findall(text)
        words = {name: self.word(name) for name in names}
        if names and not any(words.values()):
            return ""
        return SLOT.sub(lambda slot: words[slot[1]], text)

    def _validity(self) -> str:
        first = printed(self.values.get("valid_from")) or printed(self.values.get("issued_on"))
        last = printed(self.values.get("valid_to"))
        if not first and not last:
            return ""
        return f"{first}至{last}" if last and first else f"至{last}" if last else UNLIMITED


def printed(value: str | date | None) -> str:
    """A value as a licence prints it: a date in words, whether it comes as one or as 2026-03-09."""
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        try:
            value = date.fromisoformat(value)
        except ValueError:
            return str(value)
    if isinstance(value, date):
        return f"{value.year}年{value.month:02d}月{value.day:02d}日"
    return " ".join(str(value or "").split())


def masked(seen: FaceValues) -> FaceValues:
    """What whoever scans the code may see (§13), by the masks of the library; what is kept back is starred."""
    values = {one.key: _public(one, seen.type, seen.values.get(one.key)) for one in seen.type.columns}
    company = seen.type.holder == COMPANY
    identifier = seen.identifier if company else mask_middle(seen.identifier, 0, TAIL)
    return replace(seen, values=MappingProxyType(values), identifier=identifier)


def _public(column: LicenceField, kind: LicenceType, value: str | date | None) -> str | date | None:
    if value in (None, "") or (column.public == FULL and column.check == "date"):
        return value
    if column.check == "date":
        return HIDDEN
    match column.key:
        case "number":
            return shown_number(str(value), kind.holder, PUBLIC)
        case "holder":
            return shown_name(str(value), kind.holder, PUBLIC)
    return shown(column, str(value), PUBLIC) or HIDDEN


def of_licence(view: LicenceView, holder_code: str = "") -> FaceValues:
    """A licence of the library as its face shows it: the face tells its reader what the view tells them."""
    kind = licence_types()[view.type]
    values: dict[str, str | date | None] = {one.key: one.value for one in view.fields}
    values |= {
        "number": view.number, "holder": view.holder, "holder_code": holder_code, "issuer": view.issuer,
        "issued_on": view.issued_on, "valid_from": view.valid_from, "valid_to": view.valid_to,
    }  # fmt: skip
    return FaceValues(kind, MappingProxyType(values), view.identifier, view.state_title)
