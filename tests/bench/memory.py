"""joint.memory: is the right past ruling, and what is open at the place, among the three that are shown?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median

from core.policy import load_policy, read
from core.recall.meaning import Meanings
from core.recall.places import Gazetteer
from core.recall.policy import load_recall
from core.recall.promises import Promises
from core.recall.rulings import Matter, Rulings
from tests.bench.bm25 import Bm25
from tests.bench.figures import Figure
from tests.bench.recall_set import Ask, Case, promises, rulings

TUNED, JUDGED = 20260301, 20260411
SEVERAL_THOUSAND = 4_000
ANY, MOST = "any", 3


@dataclass(frozen=True, slots=True)
class Marks:
    """Shares of the queries whose answer is among the three; `ms` of one query, the median and the slowest of 20."""

    asked: int
    held: int
    ours: float
    plain: float
    ms: float
    p95: float


def figures() -> Iterator[Figure]:
    """Every figure; the set is made anew from its seed, the weights were chosen on another one with other matters."""
    worst = 1.0
    for name, judge in (("rulings", judge_rulings), ("promises", judge_promises)):
        told, tuned = judge(JUDGED, "judge"), judge(TUNED, "tune")
        how = f"{told.asked} queries, {told.held} held, five near-misses each; {tuned.ours:.3f} on the set tuned on"
        yield Figure(ANY, f"joint.memory_{name}", told.ours, "top 3", how, at_least=0.9)
        worst = min(worst, told.ours)
        plain = f"BM25 over pairs of characters on the same; {tuned.plain:.3f} on the set tuned on"
        yield Figure(ANY, f"joint.memory_{name}_bm25", told.plain, "top 3", plain, at_most=told.ours)
        yield Figure(
            ANY, f"joint.memory_{name}_ms", told.ms, "ms", f"median; 95 of 100 within {told.p95:.1f}", at_most=20
        )
    yield Figure(ANY, "joint.memory", worst, "top 3", "the lower of the two, rulings and promises", at_least=0.9)
    many = crowded()
    yield Figure(
        ANY, "joint.memory_ms", many.ms, "ms", f"among {many.held} rulings; 95 of 100 within {many.p95:.1f}", at_most=20
    )


@cache
def gazetteer() -> Gazetteer:
    """Places and areas of the seed."""
    units = read("seed/units.yaml")
    towns = {row["code"] for row in units if row["kind"] == "town"}
    areas = [(row["short"], row["code"]) for row in units if row["kind"] == "town"]
    areas += [(row["short"], row["parent"]) for row in units if row["kind"] == "community" and row["parent"] in towns]
    return Gazetteer([(row["name"], row["town"]) for row in read("seed/places.yaml")], areas)


@cache
def meanings() -> Meanings:
    """The duty list of the policy."""
    return Meanings(load_policy().duties)


@cache
def _numbers() -> dict[str, tuple[int, int]]:
    """Each unit's number and that of its department."""
    units = read("seed/units.yaml")
    ids = {row["code"]: at for at, row in enumerate(units, 1)}
    centre = {row["code"] for row in units if row["kind"] in ("command_center", "district_leadership")}
    return {
        row["code"]: (
            ids[row["code"]],
            ids[row["code"] if row["parent"] in centre or not row["parent"] else row["parent"]],
        )
        for row in units
    }


def names_in(held: Sequence[Case]) -> list[str]:
    """The names of places and units that may stand in a query and in its answer."""
    units = [row["short"] for row in read("seed/units.yaml")]
    return [*{one.place for one in held}, *(row["name"] for row in read("seed/places.yaml")), *units]


def matter_of(case: Case) -> Matter:
    """A case as the product compares it."""
    unit, family = _numbers()[case.unit]
    town = case.town or gazetteer().town_of(case.place)
    spot = gazetteer().read(case.place, case.town)
    text = gazetteer().without(f"{case.title} {case.matter}", case.place)
    return Matter(text, unit, family, case.kind, case.class_code, town, spot)


def judge_rulings(seed: int, part: str) -> Marks:
    """Our search and the plain one over the same rulings."""
    held, asks = rulings(seed, part)
    return _marks(_filled(held), held, asks)


def crowded() -> Marks:
    """The same queries among several thousand rulings."""
    held, asks = rulings(JUDGED, "judge")
    seed = JUDGED
    while len(held) < SEVERAL_THOUSAND:
        seed += 1
        held = held + rulings(seed, "judge")[0]
    return _marks(_filled(held), held, asks)


def _filled(held: Sequence[Case]) -> Rulings:
    found = Rulings(load_recall(), meanings())
    for at, case in enumerate(held):
        found.take(at, matter_of(case))
    return found


def _marks(index: Rulings, held: Sequence[Case], asks: Sequence[Ask]) -> Marks:
    plain = Bm25([_text(one) for one in held])
    index.nearest(matter_of(held[0]))
    hits, plain_hits, spent = 0, 0, []
    for ask in asks:
        matter = matter_of(ask.query)
        began = time.process_time()
        found = [one for _, one in index.nearest(matter)]
        spent.append(time.process_time() - began)
        hits += ask.right in found
        plain_hits += ask.right in plain.best(_text(ask.query), MOST)
    return _told(asks, held, hits, plain_hits, spent)


def judge_promises(seed: int, part: str) -> Marks:
    """The same for what is open at a place."""
    held, asks = promises(seed, part)
    index, plain = Promises(load_recall()), Bm25([one.place for one in held])
    for at, case in enumerate(held):
        index.take(at, gazetteer().read(case.place))
    hits, plain_hits, spent = 0, 0, []
    for ask in asks:
        began = time.process_time()
        found = [one for _, one in index.near(gazetteer().read(ask.query.place))]
        spent.append(time.process_time() - began)
        hits += ask.right in found
        plain_hits += ask.right in plain.best(ask.query.place, MOST)
    return _told(asks, held, hits, plain_hits, spent)


def _told(asks: Sequence[Ask], held: Sequence[Case], hits: int, plain: int, spent: Sequence[float]) -> Marks:
    slow = sorted(spent)[int(len(spent) * 0.95)] * 1000
    return Marks(len(asks), len(held), hits / len(asks), plain / len(asks), median(spent) * 1000, slow)


def _text(case: Case) -> str:
    """All that the plain way may read: place, unit and town by name, beside what is said."""
    names = {row["code"]: row["short"] for row in read("seed/units.yaml")}
    return " ".join((case.title, case.matter, case.place, names[case.unit], names.get(case.town, "")))
