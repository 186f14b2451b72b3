"""What a daily, weekly or monthly briefing holds and who may do what with it; and the targets of the KPI board."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

from core.policy.measures import read_measures
from core.policy.scoring import read_scoring
from core.policy.workdays import load_yaml, read_yaml
from core.scoring import AMOUNTS

HERE = Path(__file__).parent
GOOD = frozenset({"up", "down", "none"})
HANDLED, REGISTERED, JOINT, JOINT_RATES = "handled", "registered", "joint", "joint_rates"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of briefing: day, week or month; `before` and `year` name what it is compared with."""

    name: str
    title: str
    before: str
    year: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """One figure that is asked for, by its name in its own table, and in which direction it is good."""

    name: str
    good: str


@dataclass(frozen=True, slots=True)
class Text:
    """One part that a person writes."""

    name: str
    title: str
    most: int
    hint: str
    required: bool = False
    drafted: bool = False


@dataclass(frozen=True, slots=True)
class Hearers:
    """People a briefing may be sent to, by their roles."""

    name: str
    title: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class BriefingPolicy:
    """briefings.yaml, proved and frozen."""

    writes: frozenset[str]
    submits: frozenset[str]
    sends: frozenset[str]
    kinds: Mapping[str, Kind]
    wanted: Mapping[str, tuple[Wanted, ...]]
    topics: int
    worst: int
    red: int
    texts: tuple[Text, ...]
    hears: tuple[Hearers, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """What a measure should come to."""

    measure: str
    target: float
    good: str


@dataclass(frozen=True, slots=True)
class Targets:
    """One dated version of the targets."""

    begins: date
    title: str
    rows: tuple[Target, ...]


@cache
def read_briefings() -> BriefingPolicy:
    """The table. Raises ValueError naming what in it is unknown."""
    raw = read_yaml(HERE / "briefings.yaml")
    keys = {HANDLED: "measure", REGISTERED: "measure", JOINT: "amount", JOINT_RATES: "indicator"}
    policy = BriefingPolicy(
        frozenset(raw["writes"]), frozenset(raw["submits"]), frozenset(raw["sends"]),
        MappingProxyType({name: Kind(name, **row) for name, row in raw["kinds"].items()}),
        MappingProxyType(
            {part: tuple(Wanted(row[key], row["good"]) for row in raw[part]) for part, key in keys.items()}
        ),
        raw["topics"], raw["worst"], raw["red"], tuple(Text(**row) for row in raw["texts"]),
        tuple(Hearers(name, row["title"], frozenset(row["roles"])) for name, row in raw["hears"].items()),
    )  # fmt: skip
    if found := [*_faults(policy)]:
        raise ValueError("briefings.yaml: " + "; ".join(found))
    return policy


def _faults(policy: BriefingPolicy) -> Iterator[str]:
    book = read_measures()
    known: Mapping[str, set[str]] = {
        HANDLED: {one.name for one in book.of_kind(HANDLED)},
        REGISTERED: {one.name for one in book.of_kind(REGISTERED)},
        JOINT: set(AMOUNTS),
        JOINT_RATES: {one.name for rule in read_scoring().rules for one in rule.indicators},
    }
    for part, rows in policy.wanted.items():
        yield from (f"{part} has no {row.name}" for row in rows if row.name not in known[part])
        yield from (f"{part}.{row.name}: good is {row.good}" for row in rows if row.good not in GOOD)
    if set(policy.kinds) != {"day", "week", "month"}:
        yield "kinds are day, week and month"
    if not policy.submits <= policy.writes:
        yield "whoever submits also writes"


@cache
def read_targets() -> tuple[Targets, ...]:
    """Every version of the targets, the oldest first. Raises ValueError naming what is unknown."""
    raw = load_yaml(HERE / "targets.yaml")
    found = tuple(
        Targets(one["from"], one["title"], tuple(Target(**row) for row in one["rows"]))
        for one in sorted(raw, key=lambda one: str(one["from"]))
    )
    known = {one.name for one in read_measures().of_kind(HANDLED)}
    wrong = [row.measure for one in found for row in one.rows if row.measure not in known or row.good not in GOOD]
    if wrong or not found:
        raise ValueError(f"targets.yaml: {', '.join(wrong) or 'nothing in it'}")
    return found


def targets_on(versions: Sequence[Targets], day: date) -> Targets:
    """The version in force on a day; before the first one, the first."""
    return next((one for one in reversed(versions) if one.begins <= day), versions[0])
