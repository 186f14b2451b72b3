"""The kinds of licence a district handles: one YAML file a type, read, proved, frozen (R163–R190, domain-rules §13)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

from core.policy import HERE, read
from core.policy.faces import Face, Print, read_face, read_print

COMPANY, PERSON = "company", "person"
CHECKS = frozenset({"text", "date", "uscc", "id_number", "phone", "integer", "decimal", "choice"})
FULL, MASKED, NONE = "full", "masked", "none"
LONGEST = 120
"""Characters of a text whose field names no other limit."""
COMMON = frozenset({"number", "holder", "holder_code", "issuer", "issued_on", "valid_from", "valid_to"})
"""What every licence has beyond the fields of its type."""
TYPE_CODE = re.compile(r"[0-9A-HJ-NP-RTUWXY]{18}\d{3}")
CREDIT_CODE = re.compile(r"[0-9A-HJ-NP-RTUWXY]{18}")


@dataclass(frozen=True, slots=True)
class LicenceField:
    """One thing a licence says. `public`: full, masked or none, for whoever scans its code without being its holder."""

    key: str
    label: str
    check: str = "text"
    required: bool = False
    public: str = FULL
    max: int = LONGEST
    choices: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Issuer:
    """The body that issues here, with its 18-character credit code (part of the licence's identifier)."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Number:
    """What the licence calls its number, and how one is written; None where any writing occurs."""

    label: str
    pattern: re.Pattern[str] | None = None

    def fits(self, text: str) -> bool:
        return self.pattern is None or self.pattern.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class LicenceType:
    """One kind of licence. `code` is its type code by GB/T 36904; `years` how long one lasts, None for unlimited."""

    key: str
    code: str
    name: str
    group: str
    holder: str
    issuer: Issuer
    number: Number
    fields: tuple[LicenceField, ...]
    years: int | None
    face: Face | None
    print: Print | None

    @property
    def columns(self) -> tuple[LicenceField, ...]:
        """The columns of its Excel sheet, in order: what every licence has, then the fields of the type."""
        return (*self.common, *self.fields)

    @property
    def common(self) -> tuple[LicenceField, ...]:
        """What every licence has, in the words of this type. A person is shown masked, a company in full (§13)."""
        company = self.holder == COMPANY
        shown = FULL if company else MASKED
        code = ("统一社会信用代码", "uscc") if company else ("身份证件号码", "id_number")
        return (
            LicenceField("number", self.number.label, "text", True, shown, 60),
            LicenceField("holder", "持证单位" if company else "姓名", "text", True, shown),
            LicenceField("holder_code", code[0], code[1], True, shown, 18),
            LicenceField("issuer", "发证机关", "text", False, FULL, 60, hint=f"不填时为{self.issuer.name}"),
            LicenceField("issued_on", "发证日期", "date", True),
            LicenceField("valid_from", "有效期起", "date", hint="不填时为发证日期"),
            LicenceField("valid_to", "有效期止", "date", hint=self._until()),
        )

    def field(self, key: str) -> LicenceField | None:
        """The column of that key; None when the type has none."""
        return next((one for one in self.columns if one.key == key), None)

    def last_day(self, first: date) -> date | None:
        """The last day a licence beginning on `first` is valid; None for an unlimited one."""
        if self.years is None:
            return None
        try:
            end = first.replace(year=first.year + self.years)
        except ValueError:
            return first.replace(year=first.year + self.years, day=28)
        return date.fromordinal(end.toordinal() - 1)

    def _until(self) -> str:
        return "长期有效的留空" if self.years is None else f"不填时为起始日后 {self.years} 年"


@cache
def licence_types() -> Mapping[str, LicenceType]:
    """Every type by its key, which is the name of its file, in order of group and name. Raises ValueError."""
    found = [
        read_type(path.stem, read(f"licence_types/{path.name}"))
        for path in sorted((HERE / "licence_types").glob("*.yaml"))
    ]
    for what in ("name", "code"):
        seen: set[str] = set()
        for one in found:
            if getattr(one, what) in seen:
                raise ValueError(f"licence_types/{one.key}.yaml: {what} {getattr(one, what)} is another type's")
            seen.add(getattr(one, what))
    return MappingProxyType({one.key: one for one in sorted(found, key=lambda one: (one.group, one.name))})


def read_type(key: str, row: Mapping[str, Any]) -> LicenceType:
    """One file understood. Raises ValueError naming the file and the first thing wrong."""
    where = f"licence_types/{key}.yaml"
    known = {"code", "name", "group", "holder", "issuer", "number", "fields", "validity", "face", "print"}
    _refuse(set(row) - known, f"{where}: unknown keys")
    if not TYPE_CODE.fullmatch(row["code"]) or not CREDIT_CODE.fullmatch(row["issuer"]["code"]):
        raise ValueError(f"{where}: a code is not written as GB 32100 and GB/T 36904 have it")
    if row["holder"] not in (COMPANY, PERSON):
        raise ValueError(f"{where}: holder is neither company nor person")
    number, years = row["number"], row["validity"].get("years")
    pattern = re.compile(number["pattern"]) if "pattern" in number else None
    fields = tuple(_field(where, one) for one in row["fields"])
    keys = [one.key for one in fields]
    _refuse({one for one in keys if one in COMMON or keys.count(one) > 1}, f"{where}: fields told twice")
    made = LicenceType(
        key, row["code"], row["name"], row["group"], row["holder"], Issuer(**row["issuer"]),
        Number(number["label"], pattern), fields, years, None, None,
    )  # fmt: skip
    names = frozenset(one.key for one in made.columns)
    face = read_face(row["face"], names, where) if "face" in row else None
    paper = read_print(row["print"], names, where) if "print" in row else None
    return LicenceType(
        made.key, made.code, made.name, made.group, made.holder, made.issuer, made.number, fields, years, face, paper
    )


def _field(where: str, row: Mapping[str, Any]) -> LicenceField:
    one = LicenceField(**{**row, "choices": tuple(row.get("choices", ()))})
    if one.check not in CHECKS or one.public not in (FULL, MASKED, NONE) or not re.fullmatch(r"[a-z][a-z_]*", one.key):
        raise ValueError(f"{where}: field {one.key} has an unknown check, visibility or key")
    if (one.check == "choice") != bool(one.choices):
        raise ValueError(f"{where}: field {one.key} and its choices do not go together")
    return one


def _refuse(wrong: set[str], why: str) -> None:
    if wrong:
        raise ValueError(f"{why} {', '.join(sorted(wrong))}")
