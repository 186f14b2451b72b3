"""Which limits hold for a case: policy/limits.yaml as a frozen table chosen by channel, type and urgency."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import combinations, pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from core.deadlines import Limit
from core.policy.workdays import a_date, check_columns, read_yaml
from core.worktime import ONE_DAY, local_date

LIMITS_FILE = Path(__file__).with_name("limits.yaml")
TYPES = frozenset({"ask", "help", "complain", "report", "suggest", "praise", "other"})
URGENCIES = frozenset({"normal", "urgent", "critical"})
# The weightier column first: a row that matches on it beats every row that does not.
WEIGHTS = ("urgency", "supervised", "redo", "channel", "hard", "type")
FLAGS = frozenset({"supervised", "redo", "hard"})
NEEDED = ("receive", "contact", "close", "return_window", "pause_cap")
STEPS = {"receive": "签收", "contact": "首次联系", "on_site": "到场", "close": "办结"}
COLUMNS = {"id", "title", "from", "until", "match", "extend", "on_site", *NEEDED}


@dataclass(frozen=True, slots=True)
class LimitRule:
    """One row of the table: how long a case may take at each step, and what may stretch it (domain-rules §4)."""

    id: str
    title: str
    valid_from: date
    valid_until: date | None
    receive: Limit
    contact: Limit
    close: Limit
    on_site: Limit | None
    return_window: Limit
    pause_cap: Limit
    extend_times: int = 0
    extend_limit: Limit | None = None
    approver: str = ""

    def cite(self, step: str) -> str:
        """How an explanation names this row for one of the STEPS: 紧急 · 办结时限 1 个工作日（2020年1月1日起施行）."""
        begun = f"{self.valid_from.year}年{self.valid_from.month}月{self.valid_from.day}日"
        return f"{self.title} · {STEPS[step]}时限 {getattr(self, step)}（{begun}起施行）"

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A rule with the values it asks for, column by column; a column that is absent fits anything."""

    rule: LimitRule
    match: Mapping[str, frozenset[str | bool]]

    @property
    def weight(self) -> tuple[bool, ...]:
        return tuple(column in self.match for column in WEIGHTS)

    def fits(self, facts: Mapping[str, str | bool]) -> bool:
        return all(facts[column] in wanted for column, wanted in self.match.items())

    def ties_with(self, other: "LimitRow") -> bool:
        """Could both hold for one case on one day with neither weightier?"""
        apart = any(
            until is not None and until < begin
            for until, begin in (
                (self.rule.valid_until, other.rule.valid_from),
                (other.rule.valid_until, self.rule.valid_from),
            )
        )
        return (
            not apart
            and self.match.keys() == other.match.keys()
            and all(self.match[column] & other.match[column] for column in self.match)
        )


@dataclass(frozen=True, slots=True)
class LimitPolicy:
    """All rows, weightiest first, and the limits that do not depend on the case."""

    rows: tuple[LimitRow, ...]
    review_return: Limit
    adjudicate: Limit
    callback_attempts: int
    callback_within: Limit
    archive_after: Limit
    rules: Mapping[str, LimitRule] = field(default_factory=dict, compare=False)  # every row by its id

    def rule_for(
        self,
        channel: str,
        type: str,
        urgency: str,
        *,
        hard: bool = False,
        redo: bool = False,
        supervised: bool = False,
        on: datetime | date,
    ) -> LimitRule:
        """The row in force on the local day of dispatch, `on`; before the table begins, that of its first day."""
        facts: dict[str, str | bool] = {
            "channel": channel, "type": type, "urgency": urgency, "hard": hard, "redo": redo, "supervised": supervised,
        }  # fmt: skip
        day = max(local_date(on), min(row.rule.valid_from for row in self.rows))
        return next(row.rule for row in self.rows if row.rule.holds_on(day) and row.fits(facts))


def read_limits(path: Path = LIMITS_FILE) -> LimitPolicy:
    """The limit table of the product."""
    return load_limits(read_yaml(path), path.name)


def load_limits(table: Mapping[str, Any], source: str = "limits.yaml") -> LimitPolicy:
    """Check and freeze a limit table; ValueError names file, row and column of the first thing wrong."""
    single = ("review_return", "adjudicate", "archive_after")
    needed = {"rows", "callback", *single}
    check_columns(table, needed | {"defaults"}, needed, source)
    check_columns(table["callback"], {"attempts", "within"}, {"attempts", "within"}, f"{source} callback")
    rows = _read_rows(table["rows"], table.get("defaults") or {}, source)
    _refuse_ties(rows, source)
    _refuse_gaps(rows, source)
    review_return, adjudicate, archive_after = (_limit(table[name], f"{source} {name}") for name in single)
    return LimitPolicy(
        rows=tuple(sorted(rows, key=lambda row: row.weight, reverse=True)),
        review_return=review_return,
        adjudicate=adjudicate,
        callback_attempts=_count(table["callback"]["attempts"], f"{source} callback column attempts", least=1),
        callback_within=_limit(table["callback"]["within"], f"{source} callback column within"),
        archive_after=archive_after,
        rules=MappingProxyType({row.rule.id: row.rule for row in rows}),
    )


def _read_rows(values: Any, defaults: Mapping[str, Any], source: str) -> list[LimitRow]:
    if not isinstance(values, list):
        raise ValueError(f"{source} rows: expected a list")
    check_columns(defaults, COLUMNS - {"id", "title", "from", "until", "match"}, set(), f"{source} defaults")
    rows: list[LimitRow] = []
    for number, value in enumerate(values, 1):
        name = value.get("id", "?") if isinstance(value, Mapping) else "?"
        where = f"{source} row {number} ({name})"
        check_columns(value, COLUMNS, {"id", "title", "from", "match"}, where)
        full = {**defaults, **value}
        check_columns(full, COLUMNS, set(NEEDED), where)
        if any(row.rule.id == name for row in rows):
            raise ValueError(f"{where} column id: used twice")
        rows.append(LimitRow(_rule(full, where), dict(_match(full["match"], where))))
    return rows


def _rule(row: Mapping[str, Any], where: str) -> LimitRule:
    limits = {column: _limit(row[column], f"{where} column {column}") for column in NEEDED}
    begin = a_date(row["from"], f"{where} column from")
    until = None if row.get("until") is None else a_date(row["until"], f"{where} column until")
    if until is not None and until < begin:
        raise ValueError(f"{where} column until: {until} is before {begin}")
    times, by, approver = _extension(row.get("extend"), f"{where} column extend")
    return LimitRule(
        id=str(row["id"]),
        title=str(row["title"]),
        valid_from=begin,
        valid_until=until,
        on_site=_limit(row["on_site"], f"{where} column on_site") if "on_site" in row else None,
        extend_times=times,
        extend_limit=by,
        approver=approver,
        **limits,
    )


def _extension(value: Any, where: str) -> tuple[int, Limit | None, str]:
    if value is None:
        return 0, None, ""
    check_columns(value, {"times", "by", "approver"}, {"times", "by", "approver"}, where)
    return (
        _count(value["times"], f"{where}.times", least=1),
        _limit(value["by"], f"{where}.by"),
        str(value["approver"]),
    )


def _match(wanted: Any, where: str) -> Iterator[tuple[str, frozenset[str | bool]]]:
    check_columns(wanted, set(WEIGHTS), set(), f"{where} match")
    known = {"type": TYPES, "urgency": URGENCIES}
    for column, value in wanted.items():
        here = f"{where} match column {column}"
        if column in FLAGS:
            if not isinstance(value, bool):
                raise ValueError(f"{here}: expected true or false, not {value!r}")
            yield column, frozenset({value})
            continue
        if not isinstance(value, list) or not value:
            raise ValueError(f"{here}: expected a list, not {value!r}")
        for item in value:
            fine = item in known[column] if column in known else re.fullmatch("[A-Z]{2}", str(item))
            if not fine:
                raise ValueError(f"{here}: unknown value {item!r}")
        yield column, frozenset(value)


def _limit(value: Any, where: str) -> Limit:
    try:
        return Limit.parse(value)
    except ValueError as fault:
        raise ValueError(f"{where}: {fault}") from None


def _count(value: Any, where: str, *, least: int) -> int:
    if type(value) is not int or value < least:
        raise ValueError(f"{where}: expected a number from {least} up, not {value!r}")
    return value


def _refuse_ties(rows: list[LimitRow], source: str) -> None:
    for one, other in combinations(rows, 2):
        if one.ties_with(other):
            raise ValueError(f"{source} rows {one.rule.id} and {other.rule.id}: both could hold for the same case")


def _refuse_gaps(rows: list[LimitRow], source: str) -> None:
    """Rows with an empty `match` must follow each other without a gap and never end: every case finds a row."""
    plain = sorted((row.rule for row in rows if not row.match), key=lambda rule: rule.valid_from)
    if not plain:
        raise ValueError(f"{source} rows: one row with an empty match must hold for every other case")
    if plain[0].valid_from > min(row.rule.valid_from for row in rows):
        raise ValueError(f"{source} row {plain[0].id} column from: begins later than other rows")
    if plain[-1].valid_until is not None:
        raise ValueError(f"{source} row {plain[-1].id} column until: no row with an empty match follows it")
    for earlier, later in pairwise(plain):
        if earlier.valid_until is None or earlier.valid_until + ONE_DAY != later.valid_from:
            raise ValueError(f"{source} row {later.id} column from: leaves a gap after {earlier.id}")
