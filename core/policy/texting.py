"""What SMS may cost and say, and how their receipts are looked for: sms.yaml as frozen tables (wechat-sms.md §9)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.policy.workdays import check_columns, read_yaml

HERE = Path(__file__).parent
ONE, EACH = 70, 67
"""Characters of a message sent whole, and of each part of a longer one (§9.5)."""
MOST_VALUE, MOST_TEXT = 35, 500
SIGN = range(2, 13)
"""Characters of a signature."""
_HOLE = re.compile(r"\$\{(\w+)\}")
_SPANS = {"seconds": "seconds", "second": "seconds", "minutes": "minutes", "minute": "minutes", "hours": "hours"}


@dataclass(frozen=True, slots=True)
class Template:
    """An approved text with holes; `limits` is the longest value of each, in characters."""

    name: str
    purpose: str
    text: str
    limits: Mapping[str, int]

    def fill(self, values: Mapping[str, str]) -> str:
        """The text as it will be read, without the signature."""
        return _HOLE.sub(lambda hole: values[hole[1]], self.text)

    def longest(self) -> int:
        """Characters of the text when every value is as long as it may be."""
        return len(_HOLE.sub("", self.text)) + sum(self.limits.values())


@dataclass(frozen=True, slots=True)
class Purpose:
    """What messages are for; `reserve`: may use the last messages of a year."""

    name: str
    title: str
    reserve: bool


@dataclass(frozen=True, slots=True)
class SmsPolicy:
    """The whole table; times are real time."""

    a_year: int
    reserve: int
    alarms: tuple[int, ...]
    purposes: Mapping[str, Purpose]
    merge_within: timedelta
    ask_after: tuple[timedelta, ...]
    give_up: timedelta
    absent_after: timedelta
    again: int
    templates: Mapping[str, Template]

    @property
    def a_month(self) -> int:
        return self.a_year // 12

    def left_for(self, purpose: str, spent: int) -> int:
        """How many messages a purpose may still send when so many of the year are spent."""
        kept = 0 if self.purposes[purpose].reserve else self.reserve
        return max(0, self.a_year - kept - spent)


def parts_of(text: str, sign: str) -> int:
    """What a text costs with its signature 【sign】 in front (§9.5)."""
    size = len(text) + len(sign) + 2
    return 1 if size <= ONE else -(-size // EACH)


def read_sms(path: Path = HERE / "sms.yaml") -> SmsPolicy:
    """The SMS table of the product. Raises ValueError naming the place at fault."""
    table, name = read_yaml(path), path.name
    columns = {"budget", "purposes", "merge_within", "receipts", "templates"}
    check_columns(table, columns, columns, name)
    budget, receipts = table["budget"], table["receipts"]
    for part, known in ((budget, {"a_year", "reserve", "alarms"}), (receipts, set(_RECEIPTS))):
        check_columns(part, known, known, name)
    purposes = {key: Purpose(key, row["title"], bool(row["reserve"])) for key, row in table["purposes"].items()}
    if not 0 <= budget["reserve"] <= budget["a_year"]:
        raise ValueError(f"{name} budget: the reserve is larger than the year")
    return SmsPolicy(
        int(budget["a_year"]),
        int(budget["reserve"]),
        tuple(int(one) for one in budget["alarms"]),
        MappingProxyType(purposes),
        read_span(table["merge_within"], name),
        tuple(read_span(one, name) for one in receipts["ask_after"]),
        read_span(receipts["give_up"], name),
        read_span(receipts["absent_after"], name),
        int(receipts["again"]),
        MappingProxyType({key: _template(key, row, purposes, name) for key, row in table["templates"].items()}),
    )


_RECEIPTS = ("ask_after", "give_up", "absent_after", "again")


def read_span(text: object, where: str) -> timedelta:
    """A time like 「10 minutes」. Raises ValueError, which begins with `where`."""
    number, _, unit = str(text).partition(" ")
    if not number.isdecimal() or unit not in _SPANS:
        raise ValueError(f"{where}: expected a time like 10 minutes, not {text!r}")
    return timedelta(**{_SPANS[unit]: int(number)})


def _template(key: str, row: Mapping[str, Any], purposes: Mapping[str, Purpose], where: str) -> Template:
    where = f"{where} templates {key}"
    check_columns(row, {"purpose", "text", "limits"}, {"purpose", "text", "limits"}, where)
    one = Template(key, row["purpose"], row["text"], MappingProxyType(dict(row["limits"])))
    if one.purpose not in purposes:
        raise ValueError(f"{where} column purpose: unknown {one.purpose!r}")
    if wrong := next(_wrong(one), None):
        raise ValueError(f"{where}: {wrong}")
    return one


def _wrong(one: Template) -> Iterator[str]:
    """What the platform would refuse (§9.5)."""
    holes = _HOLE.findall(one.text)
    if sorted(holes) != sorted(one.limits):
        yield f"the text has the variables {holes}, limits {list(one.limits)}; each stands once"
    if any(not 1 <= limit <= MOST_VALUE for limit in one.limits.values()):
        yield f"a limit is not within 1 to {MOST_VALUE}"
    if "}${" in one.text or not _HOLE.sub("", one.text).strip():
        yield "variables touch, or there is nothing but variables"
    if len(one.text) > MOST_TEXT or "【" in one.text or "】" in one.text or "\n" in one.text:
        yield f"longer than {MOST_TEXT}, in several lines, or with 【】"


def sms_faults(policy: SmsPolicy, sign: str, codes: Mapping[str, str]) -> list[str]:
    """What a deployment's signature and template codes lack for this table; empty is proved."""
    found = [f"sms.templates.{name} (no code)" for name in policy.templates if not codes.get(name)]
    found += [f"sms.templates.{name} (unknown)" for name in codes if name not in policy.templates]
    if len(sign) not in SIGN or not sign.isalnum():
        found.append("sms.sign_name (2 to 12 characters, no signs)")
    long = [one.name for one in policy.templates.values() if one.longest() + len(sign) + 2 > ONE]
    return found + [f"sms.sign_name (template {name} would cost two messages)" for name in long]
