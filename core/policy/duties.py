"""Who is responsible for what: policy/duties.yaml as a frozen, proved list that dispatch suggestions start from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from core.policy.workdays import a_date, check_columns

TOWN = "@town"
"""The unit of a duty that belongs to the town or street where the matter lies."""
COLUMNS = {"id", "unit", "duty", "words", "like", "class", "from", "until"}
NEEDED = {"id", "unit", "duty", "words", "like"}
SURE = ("least", "model", "least_cases", "known_words")


@dataclass(frozen=True, slots=True)
class Duty:
    """One line of the list. `words` carry their weight; `classes` are the codes that mean this duty."""

    id: str
    unit: str
    duty: str
    words: Mapping[str, float]
    like: tuple[str, ...]
    classes: tuple[str, ...]
    valid_from: date
    valid_until: date | None

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Sure:
    """When a suggestion counts as sure, and how much the text model has to say."""

    least: float
    model: float
    least_cases: int
    known_words: float


@dataclass(frozen=True, slots=True)
class DutyList:
    """All duties, the policy of being sure, and which units a label of public training data stands for."""

    version: int
    duties: tuple[Duty, ...]
    sure: Sure
    labels: Mapping[str, tuple[str, ...]]


def load_duties(table: Mapping[str, Any], source: str = "duties.yaml") -> DutyList:
    """Check and freeze a duty list; ValueError names file, line and column of the first thing wrong."""
    needed = {"version", "valid_from", "sure", "labels", "duties"}
    check_columns(table, needed, needed, source)
    check_columns(table["sure"], set(SURE), set(SURE), f"{source} sure")
    sure = Sure(**{name: table["sure"][name] for name in SURE})
    if not (0 <= sure.least <= 1 and 0 <= sure.model <= 1 and 0 <= sure.known_words <= 1 and sure.least_cases >= 2):
        raise ValueError(f"{source} sure: shares lie between 0 and 1, least_cases is at least 2")
    begins = a_date(table["valid_from"], f"{source} valid_from")
    duties = tuple(_duty(row, begins, f"{source} duty {number}") for number, row in enumerate(table["duties"], 1))
    labels = {str(label): tuple(str(code) for code in units) for label, units in table["labels"].items()}
    return DutyList(int(table["version"]), duties, sure, MappingProxyType(labels))


def _duty(row: Any, begins: date, where: str) -> Duty:
    check_columns(row, COLUMNS, NEEDED, where)
    where = f"{where} ({row['id']})"
    classes = row.get("class", ())
    words = dict(_weighed(str(word), where) for word in row["words"])
    if len(words) < len(row["words"]) or not words:
        raise ValueError(f"{where} column words: empty, or a word stands twice")
    if not 1 <= len(row["like"]) <= 3 or not str(row["duty"]).strip():
        raise ValueError(f"{where}: a duty is a sentence with one to three examples")
    return Duty(
        id=str(row["id"]),
        unit=str(row["unit"]),
        duty=str(row["duty"]),
        words=MappingProxyType(words),
        like=tuple(str(line) for line in row["like"]),
        classes=(classes,) if isinstance(classes, str) else tuple(classes),
        valid_from=a_date(row["from"], f"{where} column from") if "from" in row else begins,
        valid_until=a_date(row["until"], f"{where} column until") if "until" in row else None,
    )


def _weighed(word: str, where: str) -> tuple[str, float]:
    """「垃圾:0.6」 → 垃圾 and 0.6; a word without a weight counts in full."""
    name, colon, share = word.partition(":")
    try:
        weight = float(share) if colon else 1.0
    except ValueError:
        weight = 0.0
    if not name.strip() or not 0 < weight <= 1:
        raise ValueError(f"{where} column words: {word} has no weight between 0 and 1")
    return name.strip(), weight


def duty_faults(listed: DutyList, units: frozenset[str], classes: frozenset[str]) -> Iterator[str]:
    """What the list says wrongly: units and classes that do not exist, an id used twice, a word that means two units.

    A word may stand under several units only where each of them gives it a weight below one.
    """
    seen: set[str] = set()
    owners: dict[str, dict[str, float]] = defaultdict(dict)
    for duty in listed.duties:
        if duty.id in seen:
            yield f"duties: {duty.id} is used twice"
        seen.add(duty.id)
        if duty.unit != TOWN and duty.unit not in units:
            yield f"duties: {duty.id} names no unit: {duty.unit}"
        yield from (f"duties: {duty.id} names no class: {code}" for code in duty.classes if code not in classes)
        for word, weight in duty.words.items():
            owners[word][duty.unit] = max(weight, owners[word].get(duty.unit, 0.0))
    for word, held in owners.items():
        if len(held) > 1 and max(held.values()) >= 1:
            yield f"duties: {word} means {', '.join(sorted(held))} alike; give each a weight"
    for label, codes in listed.labels.items():
        yield from (f"duties: label {label} names no unit: {code}" for code in codes if code not in units)
