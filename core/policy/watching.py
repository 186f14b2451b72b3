"""When people hear of a case that slips: warnings.yaml, ladder.yaml and digests.yaml as frozen tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.deadlines import Limit
from core.policy.workdays import check_columns, read_yaml

HERE = Path(__file__).parent
LEVELS = ("yellow", "orange", "red")
HOURS = ("work", "day")
CLOCKS = ("receive", "contact", "close")
TELL = ("person", "post", "unit_head", "desk", "desk_head", "deputy_leader")
TRIGGER = {"used", "left", "contact", "returns", "redos", "sensitive", "overdue", "why"}
TEXTED = ("contact", *TELL)
RUNG = {"key", "clock", "at", "after", "every", "most", "tell", "hours", "sms", "why"}


@dataclass(frozen=True, slots=True)
class Trigger:
    """One line that makes a level: everything it names must hold. `used` is a share, 0.5 for half."""

    why: str
    used: float | None = None
    left: Limit | None = None
    no_contact: bool = False
    returns: int = 0
    redos: int = 0
    sensitive: bool = False
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """A warning level: its word and sign, whom it is told to, in which hours, and what makes it."""

    name: str
    title: str
    sign: str
    hours: str
    tell: tuple[str, ...]
    triggers: tuple[Trigger, ...]

    @property
    def label(self) -> str:
        """Word and shape, never colour alone: △ 黄色预警."""
        return f"{self.sign} {self.title}预警"


@dataclass(frozen=True, slots=True)
class UnitLevel:
    """What makes a level of a whole unit; percentages, 0 for a line that is not drawn."""

    name: str
    on_time_below: int
    satisfied_below: int
    overdue_at_once: int
    tell: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Warnings:
    """Both warnings: `levels` of a case, mildest first, and `unit_levels` of a unit over `days`."""

    levels: tuple[Level, ...]
    again_after: Limit
    days: int
    least: int
    least_calls: int
    unit_levels: tuple[UnitLevel, ...]


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of the ladder: at a share of a clock, or a time behind its deadline; told `most` times at most.

    `sms` names who gets an SMS besides.
    """

    key: str
    clock: str
    at: float | None
    after: Limit | None
    every: Limit | None
    most: int
    tell: tuple[str, ...]
    hours: str
    why: str
    sms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs in order, how their people are named, and how long before closing 「今天下班前」 is."""

    rungs: tuple[Rung, ...]
    who: Mapping[str, str]
    closing_before: Limit

    def named(self, tell: tuple[str, ...]) -> str:
        """「经办人、单位负责人」."""
        return "、".join(self.who[one] for one in tell)


@dataclass(frozen=True, slots=True)
class DigestRow:
    """One digest of the day: from when until when, for which roles, how many cases it names."""

    at: time
    until: time
    roles: frozenset[str]
    opt_out: bool
    items: int


@dataclass(frozen=True, slots=True)
class Digests:
    """Morning and evening, and how many people a minute are looked after."""

    morning: DigestRow
    evening: DigestRow
    a_minute: int


def read_warnings(path: Path = HERE / "warnings.yaml") -> Warnings:
    """The warnings of the product. Raises ValueError naming the row at fault."""
    table, name = read_yaml(path), path.name
    check_columns(table, {"levels", "again_after", "case", "unit"}, {"levels", "again_after", "case", "unit"}, name)
    unit = table["unit"]
    return Warnings(
        tuple(_level(one, table["levels"][one], table["case"][one], f"{name} {one}") for one in LEVELS),
        Limit.parse(table["again_after"]),
        int(unit["days"]),
        int(unit["least"]),
        int(unit["least_calls"]),
        tuple(_unit_level(one, unit[one], f"{name} unit {one}") for one in LEVELS),
    )


def read_ladder(path: Path = HERE / "ladder.yaml") -> Ladder:
    """The ladder of the product. Raises ValueError naming the row at fault."""
    table, name = read_yaml(path), path.name
    check_columns(table, {"rungs", "who", "snooze"}, {"rungs", "who", "snooze"}, name)
    rungs = tuple(_rung(row, f"{name} row {number}") for number, row in enumerate(table["rungs"], 1))
    if len({rung.key for rung in rungs}) < len(rungs):
        raise ValueError(f"{name} rungs: a key stands twice")
    return Ladder(rungs, MappingProxyType(dict(table["who"])), Limit.parse(table["snooze"]["closing_before"]))


def read_digests(path: Path = HERE / "digests.yaml") -> Digests:
    """The digests of the product."""
    table = read_yaml(path)
    check_columns(table, {"morning", "evening", "a_minute"}, {"morning", "evening", "a_minute"}, path.name)
    return Digests(_digest(table["morning"]), _digest(table["evening"]), int(table["a_minute"]))


def _level(name: str, row: Mapping[str, Any], lines: list[Mapping[str, Any]], where: str) -> Level:
    check_columns(row, {"title", "sign", "hours", "tell"}, {"title", "sign", "hours", "tell"}, where)
    triggers = tuple(_trigger(line, where) for line in lines)
    return Level(name, row["title"], row["sign"], _hours(row, where), _tell(row, where), triggers)


def _trigger(row: Mapping[str, Any], where: str) -> Trigger:
    check_columns(row, TRIGGER, {"why"}, where)
    return Trigger(
        row["why"],
        _share(row["used"], where) if "used" in row else None,
        Limit.parse(row["left"]) if "left" in row else None,
        row.get("contact") == "none",
        int(row.get("returns", 0)),
        int(row.get("redos", 0)),
        bool(row.get("sensitive", False)),
        bool(row.get("overdue", False)),
    )


def _unit_level(name: str, row: Mapping[str, Any], where: str) -> UnitLevel:
    check_columns(row, {"on_time_below", "satisfied_below", "overdue_at_once", "tell"}, {"tell"}, where)
    on_time, satisfied, overdue = (
        int(row.get(one, 0)) for one in ("on_time_below", "satisfied_below", "overdue_at_once")
    )
    return UnitLevel(name, on_time, satisfied, overdue, _tell(row, where))


def _rung(row: Mapping[str, Any], where: str) -> Rung:
    check_columns(row, RUNG, {"key", "clock", "tell", "hours", "why"}, where)
    if ("at" in row) == ("after" in row):
        raise ValueError(f"{where}: either at or after, not both and not neither")
    if row["clock"] not in CLOCKS or ("every" in row) != ("most" in row):
        raise ValueError(f"{where}: unknown clock, or a repetition without its maximum")
    return Rung(
        row["key"],
        row["clock"],
        _share(row["at"], where) if "at" in row else None,
        Limit.parse(row["after"]) if "after" in row else None,
        Limit.parse(row["every"]) if "every" in row else None,
        int(row.get("most", 1)),
        _tell(row, where),
        _hours(row, where),
        row["why"],
        _tell({"tell": row.get("sms", ())}, where, TEXTED),
    )


def _digest(row: Mapping[str, Any]) -> DigestRow:
    begins, ends = (time.fromisoformat(row[name]) for name in ("at", "until"))
    return DigestRow(begins, ends, frozenset(row["roles"]), bool(row["opt_out"]), int(row["items"]))


def _share(text: object, where: str) -> float:
    share = str(text).removesuffix("%")
    if not share.isdecimal() or int(share) <= 0:
        raise ValueError(f"{where}: expected a share like 80%, not {text!r}")
    return int(share) / 100


def _hours(row: Mapping[str, Any], where: str) -> str:
    if row["hours"] not in HOURS:
        raise ValueError(f"{where} column hours: expected work or day, not {row['hours']!r}")
    return str(row["hours"])


def _tell(row: Mapping[str, Any], where: str, words: tuple[str, ...] = TELL) -> tuple[str, ...]:
    if unknown := [one for one in row["tell"] if one not in words]:
        raise ValueError(f"{where} column tell or sms: unknown {unknown}; known: {', '.join(words)}")
    return tuple(row["tell"])
