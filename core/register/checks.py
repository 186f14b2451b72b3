"""A form of a register, checked by its declaration: texts in, typed values out, one sentence for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from core.deadlines import UNITS, Limit
from core.decide import check_text
from core.errors import BadField, FieldMissing, TooLong
from core.policy.registers import ACTS, Column, Register

LONGEST_REASON = 100
LIMIT = re.compile(r"\s*(\d{1,4})\s*(\D+?)\s*")
LIMIT_UNITS = {word.removeprefix("个"): unit for unit, word in UNITS.items()}
YES_NO = {"yes": True, "no": False}

Choices = Mapping[str, Mapping[str, str]]
"""Field name → code → title, for every field that is chosen."""


def checked_reason(register: Register, act: str, reason: str) -> str:
    """The reason, tidied. Raises FieldMissing where the act needs one, TooLong, BadField."""
    told = reason.strip()
    if not told and act in register.reason:
        raise FieldMissing(field="原因", action=ACTS[act])
    check_text("原因", told, LONGEST_REASON)
    return told


def checked(
    register: Register, act: str, given: Mapping[str, str], old: Mapping[str, Any] | None, choices: Choices, today: date
) -> dict[str, Any]:
    """The whole row as it would be. A field that is not given keeps its value; a fixed one always does."""
    row = dict(old or {})
    for name, column in register.fields.items():
        if old is not None and (column.fixed or name not in given):
            continue
        row[name] = _value(column, given.get(name, "").strip(), ACTS[act], choices.get(name, {}), today)
    return row


def _value(column: Column, text: str, act: str, choices: Mapping[str, str], today: date) -> Any:
    if not text:
        if column.now:
            return today
        if column.kind == "flag":
            return True
        if column.required:
            raise FieldMissing(field=column.label, action=act)
        return {"date": None, "choice": None, "choices": [], "words": []}.get(column.kind, "")
    match column.kind:
        case "text" | "words":
            check_text(column.label, text, column.most)
            if "\n" in text:
                raise BadField(field=column.label, why="请写在一行里")
            return text if column.kind == "text" else [word for word in re.split(r"[、，,；;\s]+", text) if word]
        case "code":
            if not re.fullmatch(column.form, text):
                raise BadField(field=column.label, why=column.hint or "写法不对")
            return text
        case "phone":
            if not re.fullmatch(r"1\d{10}", text):
                raise BadField(field=column.label, why="应是十一位手机号")
            return text
        case "number":
            return _number(column, text)
        case "date":
            return _date(column, text)
        case "limit":
            return _limit(column, text)
        case "flag":
            if text not in YES_NO:
                raise BadField(field=column.label, why="请选是或否")
            return YES_NO[text]
    return _chosen(column, text, choices)


def _number(column: Column, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and column.least <= int(text) <= column.most):
        raise BadField(field=column.label, why=f"应是{column.least}到{column.most}的整数")
    return int(text)


def _date(column: Column, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadField(field=column.label, why="应形如 2026-03-09") from None
    if len(text) != 10 or not 2000 <= day.year <= 2100:
        raise BadField(field=column.label, why="应在 2000 年到 2100 年之间")
    return day


def _limit(column: Column, text: str) -> str:
    """「5 个工作日」 as the tables keep it: 5 workdays."""
    found = LIMIT.fullmatch(text)
    unit = LIMIT_UNITS.get(found[2].removeprefix("个")) if found else None
    if found is None or unit is None or not int(found[1]):
        raise BadField(field=column.label, why="应形如「5 个工作日」「2 小时」")
    return f"{int(found[1])} {unit}"


def _chosen(column: Column, text: str, choices: Mapping[str, str]) -> Any:
    codes = [text] if column.kind == "choice" else [code for code in text.split(",") if code]
    if len(codes) > 200:
        raise TooLong(field=column.label, limit=200)
    if any(code not in choices for code in codes):
        raise BadField(field=column.label, why="请从列表中选择")
    keys = [int(code) if column.source in ("units", "people", "posts") else code for code in codes]
    return keys[0] if column.kind == "choice" else keys


def in_words(column: Column, value: Any, choices: Mapping[str, str]) -> str:
    """A value as a person reads it; a dash for none."""
    if value in (None, "", []):
        return "—"
    match column.kind:
        case "flag":
            return "是" if value else "否"
        case "date":
            day = value if isinstance(value, date) else date.fromisoformat(str(value))
            return f"{day.year}年{day.month}月{day.day}日"
        case "limit":
            return str(Limit.parse(value))
        case "choice":
            return choices.get(str(value), str(value))
        case "choices":
            return "、".join(choices.get(str(one), str(one)) for one in value)
        case "words":
            return "、".join(value)
    return str(value)


def in_form(column: Column, value: Any) -> str:
    """A value as its form field holds it."""
    if value is None:
        return ""
    match column.kind:
        case "flag":
            return "yes" if value else "no"
        case "date":
            return value.isoformat() if isinstance(value, date) else str(value)
        case "limit":
            return str(Limit.parse(value)) if value else ""
        case "choices":
            return ",".join(str(one) for one in value)
        case "words":
            return "、".join(value)
    return str(value)


def stored(value: Any) -> Any:
    """A value as an event keeps it."""
    return value.isoformat() if isinstance(value, date) else value
