"""A licence as the 一体化平台 tells it → the acts of our library that make ours say the same (R185)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.errors import Refusal
from core.licences.checks import read_day
from core.plain import clean
from core.policy.licence_feed import LicenceMap
from core.policy.licences import LicenceType
from core.worktime import local_date

ID, LONGEST = 64, 2000
MOST_ITEMS = 60
FRAME = ("type", "status", "number", "holder", "holder_code", "issuer", "issued_on", "valid_from", "valid_to")
DAYS = frozenset({"issued_on", "valid_from", "valid_to"})


class NotReadable(Refusal):
    """A record of theirs says something that cannot be taken in."""

    text = "{why}。"
    status = 422


@dataclass(frozen=True, slots=True)
class Told:
    """One licence as it was told: its id and revision there, the frame every licence has, and the items of its type."""

    id: str
    revision: int
    frame: Mapping[str, str]
    items: Mapping[str, str]

    @property
    def body(self) -> dict[str, Any]:
        return {"id": self.id, "revision": self.revision, **self.frame, "items": dict(self.items)}


@dataclass(frozen=True, slots=True)
class Meant:
    """The same in our words. `strange`: their items for which the type has no field."""

    kind: LicenceType
    state: str
    values: Mapping[str, str]
    strange: tuple[str, ...]


def read_told(raw: Any) -> Told:
    """The shape of a record. Raises NotReadable in one sentence."""
    if not isinstance(raw, Mapping):
        raise NotReadable(why="每一份证照应是一个对象")
    number = raw.get("id")
    if (
        not isinstance(number, str)
        or not 1 <= len(number) <= ID
        or not number.isprintable()
        or number != number.strip()
    ):
        raise NotReadable(why=f"id 应是 1 至 {ID} 个字的编号")
    revision = raw.get("revision")
    if type(revision) is not int or not 1 <= revision < 2**31:
        raise NotReadable(why="revision 应是从 1 起的整数")
    if strange := set(raw) - {"id", "revision", "items", *FRAME}:
        raise NotReadable(why=f"不认识「{clean(str(sorted(strange, key=str)[0]), 20)}」")
    items = raw.get("items") or {}
    if not isinstance(items, Mapping) or len(items) > MOST_ITEMS:
        raise NotReadable(why=f"items 应是「栏目: 内容」，最多 {MOST_ITEMS} 项")
    told = {str(name): value for name, value in items.items()}
    frame = {name: _text(name, raw.get(name)) for name in FRAME}
    return Told(
        number, revision, frame, {clean(name, 40): _text(clean(name, 20), value) for name, value in told.items()}
    )


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or len(str(value)) > LONGEST:
        raise NotReadable(why=f"「{name}」应是不超过 {LONGEST} 字的文字")
    return clean(str(value))


def meant(told: Told, book: LicenceMap) -> Meant:
    """Their words in ours. Raises NotReadable for a type or a state we know nothing of."""
    frame = told.frame
    kind = book.kind(frame["type"])
    if kind is None:
        raise NotReadable(why=f"没有与「{clean(frame['type'], 30)}」对应的证照种类，请系统管理员补上对应关系")
    state = book.states.get(frame["status"] or "有效")
    if state is None:
        raise NotReadable(why=f"不认识证照状态「{clean(frame['status'], 20)}」")
    values = {name: frame[name] for name in FRAME[2:] if frame[name]}
    strange = []
    for name, value in told.items.items():
        key = book.field(kind, name)
        if key is None:
            strange.append(name)
        elif value and not values.get(key):
            values[key] = value
    days = DAYS | {one.key for one in kind.fields if one.check == "date"}
    for key in days & set(values):
        if (day := _day(values[key])) is not None:
            values[key] = day.isoformat()
    return Meant(kind, state, values, tuple(strange))


def _day(text: str) -> date | None:
    """A day, or the day of a moment here: 2025-11-30T16:00:00Z is 1 December."""
    if (day := read_day(text)) is not None:
        return day
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read_day((local_date(at) if at.tzinfo else at.date()).isoformat())
