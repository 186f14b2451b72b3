"""What is written into the library, checked by its declaration: texts in, tidy texts out, one sentence for each fault.

A form shows the first fault as a refusal, a sheet all of them: both come from `tidy`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache

from core.crypto import normalise
from core.decide import check_text
from core.errors import BadField, FieldMissing, Refusal, TooLong
from core.licences.numbers import is_credit_code, is_id_number
from core.policy.licences import LicenceField, LicenceType, licence_types

FIRST_YEAR, LAST_YEAR = 1949, 2150
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: 00:00(?::00)?)?")
OPEN_ENDED = frozenset({"长期", "长期有效", "永久", "无固定期限"})
MOBILE = re.compile(r"1[3-9]\d{9}")
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?")
MOST_SEEN = 200
"""Different cells of a column that are remembered."""
LOST_DIGITS = "\0"
"""What the reader of sheets puts before a number whose last digits the spreadsheet has already lost."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field; `missing` and `limit` say which refusal tells a person so."""

    label: str
    why: str
    missing: bool = False
    limit: int = 0

    def refusal(self, act: str) -> Refusal:
        """The same as one sentence in front of a form."""
        if self.missing:
            return FieldMissing(field=self.label, action=act)
        return TooLong(field=self.label, limit=self.limit) if self.limit else BadField(field=self.label, why=self.why)


class Seen:
    """Cells of one sheet that were looked at already: most of its columns say the same few things row after row."""

    def __init__(self) -> None:
        self._columns: dict[int, dict[str, str | Fault]] = {}

    def tidy(self, field: LicenceField, raw: str) -> str | Fault:
        """The cell as it is kept, or what is wrong with it."""
        cells = self._columns.get(id(field))
        if cells is None:
            cells = self._columns[id(field)] = {}
        told = cells.get(raw)
        if told is None:
            told = _tidy(field, raw)
            if len(cells) < MOST_SEEN:
                cells[raw] = told
        return told


def tidy(
    fields: Iterable[LicenceField], given: Mapping[str, str], seen: Seen | None = None
) -> tuple[dict[str, str], list[Fault]]:
    """Every field as it is kept, empty ones as empty texts, and what is wrong with any of them."""
    clean, faults, look = dict[str, str](), list[Fault](), seen.tidy if seen is not None else _tidy
    for field in fields:
        raw = given.get(field.key, "")
        told = look(field, raw) if raw or field.required else ""
        if isinstance(told, Fault):
            faults.append(told)
            told = ""
        clean[field.key] = told
    return clean, faults


def _tidy(field: LicenceField, raw: str) -> str | Fault:
    if raw.isprintable() and (text := " ".join(raw.split()) if " " in raw else raw) and len(text) <= field.max:
        return _of_kind(field, text)  # nearly every cell there is: what is looked for below is not printable
    if raw.startswith(LOST_DIGITS):
        return Fault(field.label, "单元格是数字格式，末几位已丢失，请改为文本格式重填")
    text = raw.strip()
    if not text:
        return Fault(field.label, "没有填写", missing=True) if field.required else ""
    try:
        check_text(field.label, text, field.max)
    except TooLong:
        return Fault(field.label, f"超过 {field.max} 字", limit=field.max)
    except BadField:
        return Fault(field.label, "含有不能显示的字符")
    if "\n" in text or "\r" in text:
        return Fault(field.label, "请写在一行里")
    return _of_kind(field, text)


def _of_kind(field: LicenceField, text: str) -> str | Fault:
    match field.check:
        case "text":
            return text
        case "date":
            day = read_day(text)
            return day.isoformat() if day else Fault(field.label, "应是日期，形如 2026-03-09")
        case "uscc":
            code = normalise(text).upper()
            return code if is_credit_code(code) else Fault(field.label, "应是 18 位代码，校验位不对，请核对")
        case "id_number":
            number = normalise(text)
            return number if is_id_number(number) else Fault(field.label, "应是 18 位号码，校验位不对，请核对")
        case "phone":
            phone = normalise(text)
            return phone if MOBILE.fullmatch(phone) else Fault(field.label, "应是十一位手机号")
        case "integer":
            return text if text.isascii() and text.isdecimal() else Fault(field.label, "应是整数")
        case "decimal":
            return _decimal(field, text)
        case "choice":
            return text if text in field.choices else Fault(field.label, f"应是{'、'.join(field.choices)}中的一个")
    return text


def _decimal(field: LicenceField, text: str) -> str | Fault:
    plain = text.replace(",", "")
    try:
        Decimal(plain)
    except InvalidOperation:
        return Fault(field.label, "应是数")
    return plain if NUMBER.fullmatch(plain) else Fault(field.label, "应是数，小数最多六位")


def read_day(text: str) -> date | None:
    """A day as people and spreadsheets write it; None for anything else."""
    found = DAY.fullmatch(text)
    try:
        day = date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None
    return day if day and FIRST_YEAR <= day.year <= LAST_YEAR else None


@dataclass(frozen=True, slots=True)
class Terms:
    """What every licence says beyond the fields of its type, checked: its number, its issuer and its days."""

    number: str
    issuer: str
    issued_on: date
    valid_from: date
    valid_to: date | None


def common_of(kind: LicenceType) -> tuple[LicenceField, ...]:
    """What every licence of a type says, put together once for all the rows of a sheet."""
    return _common(kind.key) if licence_types().get(kind.key) is kind else kind.common


def own_of(kind: LicenceType) -> tuple[LicenceField, ...]:
    """The same without its holder."""
    return _own(kind.key) if licence_types().get(kind.key) is kind else _without_holder(kind.common)


def label_of(kind: LicenceType, key: str) -> str:
    """What a type calls something that every licence says."""
    return next(one.label for one in common_of(kind) if one.key == key)


@cache
def _common(key: str) -> tuple[LicenceField, ...]:
    return licence_types()[key].common


@cache
def _own(key: str) -> tuple[LicenceField, ...]:
    return _without_holder(licence_types()[key].common)


def _without_holder(common: Iterable[LicenceField]) -> tuple[LicenceField, ...]:
    return tuple(one for one in common if one.key not in ("holder", "holder_code"))


def tidy_licence(
    kind: LicenceType, given: Mapping[str, str], today: date, seen: Seen | None = None
) -> tuple[Terms | None, dict[str, str], list[Fault]]:
    """The terms and the type's own fields of a licence without its holder; terms are None where any is at fault.

    An empty first day is the day of issue, an empty last day follows from the type; 「长期」 is a last day that never
    comes.
    """
    open_ended = given.get("valid_to", "").strip() in OPEN_ENDED
    given = {**given, "valid_to": ""} if open_ended else given
    said, wrong = tidy(own_of(kind), given, seen)
    fields, more = tidy(kind.fields, given, seen)
    faults = [*wrong, *more]
    if not any(fault.label == kind.number.label for fault in wrong) and not kind.number.fits(said["number"]):
        wrong.append(Fault(kind.number.label, "写法不对，请按证上原样填写"))
        faults.append(wrong[-1])
    if wrong:
        return None, fields, faults
    issued = date.fromisoformat(said["issued_on"])
    first = date.fromisoformat(said["valid_from"]) if said["valid_from"] else issued
    last = date.fromisoformat(said["valid_to"]) if said["valid_to"] else None
    if last is None and not open_ended:
        last = kind.last_day(first)
    if issued > today:
        faults.append(Fault(label_of(kind, "issued_on"), "不能晚于今天"))
    if last is not None and last < first:
        faults.append(Fault(label_of(kind, "valid_to"), "不能早于有效期起"))
    terms = Terms(said["number"], said["issuer"] or kind.issuer.name, issued, first, last)
    return terms, fields, faults
