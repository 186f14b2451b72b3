"""Labelled sets of the memory of 树党旗, made from a seed: disputes with the ruling that answers them, places with what
is open there, each beside five that only look right.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from core.policy import read

TOWNS_ASKED = 6  # of eight: the others keep rulings on the same matter that are not meant
FILE = Path(__file__).with_name("rulings.yaml")


@dataclass(frozen=True, slots=True)
class Case:
    """A dispute as it stands in an order: `town` and `class_code` are empty where somebody raised it on their own."""

    title: str
    matter: str
    place: str
    unit: str
    kind: str
    town: str = ""
    class_code: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """A query and the place of its answer among the documents."""

    query: Case
    right: int


@dataclass(frozen=True, slots=True)
class Told:
    """One row of rulings.yaml: a matter in the words of then and of now."""

    unit: str
    kind: str
    class_code: str
    then: tuple[str, str]
    now: tuple[str, str]
    basis: str


@cache
def matters(part: str) -> tuple[Told, ...]:
    """The matters of a part, `tune` or `judge`."""
    rows = [[cell.strip() for cell in row.split("|")] for row in yaml.safe_load(FILE.read_text("utf-8"))[part]]
    return tuple(Told(r[0], r[1], r[2], (r[3], r[4]), (r[5], r[6]), r[7]) for r in rows)


@cache
def places() -> dict[str, list[str]]:
    """The known places of each town."""
    found: dict[str, list[str]] = {}
    for row in read("seed/places.yaml"):
        found.setdefault(row["town"], []).append(row["name"])
    return found


# --- rulings --------------------------------------------------------------------------------------------------------


def rulings(seed: int, part: str) -> tuple[list[Case], list[Ask]]:
    """Past rulings and disputes, one right answer each, every answer beside five near-misses.

    No two rulings are on the same matter of the same unit in the same town where that is asked for.
    """
    made = random.Random(seed)
    held: list[Case] = []
    asks: list[Ask] = []
    told = matters(part)
    towns = {one: made.sample(sorted(places()), len(places())) for one in told}
    spare = {one: tuple(order[TOWNS_ASKED:]) for one, order in towns.items()}
    for one in told:
        for town in towns[one][:TOWNS_ASKED]:
            place = made.choice(places()[town])
            asks.append(Ask(_case(made, one, one.now, one.unit, town, _other_words(made, town, place)), len(held)))
            held.append(_case(made, one, one.then, one.unit, town, place))
            held += _near_misses(made, spare, one, town, place)
    return held, asks


def _near_misses(
    made: random.Random, spare: Mapping[Told, Sequence[str]], one: Told, town: str, place: str
) -> Iterator[Case]:
    """Another unit of that very order; another matter and unit in which this one is mentioned in the words of now; the
    same unit and place but another matter; the same matter in another town; the same place, another unit and matter.
    """
    strangers = [other for other in spare if other.unit != one.unit]
    first, second, third, fourth = (made.choice(strangers) for _ in range(4))
    yield _case(made, one, one.then, first.unit, town, place)
    elsewhere = made.choice(spare[second])
    aside = (second.then[0], f"{second.then[1]}，另有人反映{one.now[0]}")
    yield _case(made, second, aside, second.unit, elsewhere, made.choice(places()[elsewhere]))
    siblings = [other for other in spare if other is not one and other.unit == one.unit and town in spare[other]]
    sibling = made.choice(siblings or [third])
    yield _case(made, sibling, sibling.then, one.unit, town, place)
    away = made.choice(spare[one])
    yield _case(made, one, one.then, one.unit, away, made.choice(places()[away]))
    others = [other for other in strangers if town in spare[other]]
    other = made.choice(others or [fourth])
    yield _case(made, other, other.then, other.unit if others else third.unit, town, place)


def _case(made: random.Random, one: Told, words: tuple[str, str], unit: str, town: str, place: str) -> Case:
    from_case = made.random() < 0.5
    title, matter = words
    named = town if from_case else ""
    return Case(f"{place}{title}", matter, place, unit, one.kind, named, one.class_code if from_case else "")


def _other_words(made: random.Random, town: str, place: str) -> str:
    """The same place written otherwise, or another place of the town."""
    if made.random() < 0.5:
        return made.choice(places()[town])
    return made.choice(("{}旁", "{}附近", "{}东侧", "靠近{}")).format(place)


# --- promises -------------------------------------------------------------------------------------------------------

STEMS = {
    "tune": "文昌 望江 新安 青年 海德 福安 龙泉 白云 宏远 金鹿 椰风 翠竹 兴海 明珠 银湾 春华",
    "judge": "向阳 海兴 金垦 昌茂 凤翔 滨涯 南沙 美舍 龙华 丘海 学苑 琼山 新埠 万福 东湖 西沙 永昌 秀沿 丽晶 侨中",
}
ROADS, LANDMARKS = ("路", "街", "大道"), ("小区", "花园", "农贸市场", "小学", "村", "广场")
CROSSED = (
    "{a}与{b}交叉口", "{b}口（{a}）", "{a}{b}口", "{a}、{b}十字路口", "{b}与{a}交界处东南角", "{a}（近{b}）",
    "海口市秀英区{town}{b}{a}交汇处", "{a}靠近{b}一侧", "{b}/{a}转角",
)  # fmt: skip
STANDING = ("{a}东门", "{a}门口", "{b}{a}对面", "{a}（{b}）", "海口市秀英区{town}{a}旁", "{b}上的{a}", "{a}2号楼下")
PROMISES = 210


@dataclass(frozen=True, slots=True)
class Site:
    """A crossing of two roads, or a landmark on one; `names` are both in full."""

    names: tuple[str, str]
    crossing: bool
    town: str

    @property
    def called(self) -> frozenset[str]:
        """What makes it one of a kind: both roads, or the landmark alone."""
        return frozenset(self.names if self.crossing else self.names[:1])


def promises(seed: int, part: str) -> tuple[list[Case], list[Ask]]:
    """What is open at places, and orders about to be raised at them, their places written in another way.

    Beside each: the same first road with another crossing, the second with another, a name that is nearly the same,
    the same name on another kind of place, and another place told in the same turn of phrase.
    """
    made, told = random.Random(seed), matters(part)
    stems = STEMS[part].split()
    known = sorted(name for names in places().values() for name in names if name.endswith(("路", "大道")))
    roads = [*(stem + end for stem in stems for end in ROADS), *known]
    held: list[Case] = []
    asks: list[Ask] = []
    taken: set[frozenset[str]] = set()
    while len(asks) < PROMISES:
        site = _fresh(made, roads, stems, taken)
        then, now = made.sample(told, 2)
        first, second = made.sample(CROSSED if site.crossing else STANDING, 2)
        around = list(_look_alikes(made, site, roads))
        if any(one.called in taken for one in around) or len({site.called, *(one.called for one in around)}) < 5:
            continue
        taken |= {one.called for one in (site, *around)}
        asks.append(Ask(_at(now, now.now, second, site), len(held)))
        held.append(_at(then, then.then, first, site))
        held += [
            _at(other, other.then, made.choice(_forms(one)), one) for one, other in zip(around, told, strict=False)
        ]
        last = _fresh(made, roads, stems, taken)
        taken.add(last.called)
        held.append(_at(now, now.then, second if last.crossing == site.crossing else made.choice(_forms(last)), last))
    return held, asks


def _fresh(made: random.Random, roads: Sequence[str], stems: Sequence[str], taken: set[frozenset[str]]) -> Site:
    while (site := _site(made, roads, stems)).called in taken:
        pass
    return site


def _site(made: random.Random, roads: Sequence[str], stems: Sequence[str]) -> Site:
    town = made.choice(TOWN_NAMES)
    if made.random() < 0.6:
        one, two = made.sample(roads, 2)
        return Site((one, two), True, town)
    return Site(
        (
            made.choice(stems) + made.choice("一二三东西") * made.randint(0, 1) + made.choice(LANDMARKS),
            made.choice(roads),
        ),
        False,
        town,
    )


def _look_alikes(made: random.Random, site: Site, roads: Sequence[str]) -> Iterator[Site]:
    first, second = site.names
    third, fourth = made.sample([road for road in roads if road not in site.names], 2)
    if site.crossing:
        yield Site((first, third), True, site.town)
        yield Site((second, fourth), True, site.town)
    else:
        yield Site(
            (_stem(first) + made.choice([end for end in LANDMARKS if not first.endswith(end)]), second),
            False,
            site.town,
        )
        yield Site((second, fourth), True, site.town)
    yield Site((_stem(first) + made.choice("中北外") + _end(first), third), site.crossing, site.town)
    yield Site(
        (_stem(first) + made.choice([end for end in LANDMARKS if not first.endswith(end)]), fourth), False, site.town
    )


def _end(name: str) -> str:
    return next(end for end in (*LANDMARKS, *ROADS) if name.endswith(end))


def _stem(name: str) -> str:
    return name.removesuffix(_end(name))


def _forms(site: Site) -> tuple[str, ...]:
    return CROSSED if site.crossing else STANDING


def _at(one: Told, words: tuple[str, str], form: str, site: Site) -> Case:
    place = form.format(a=site.names[0], b=site.names[1], town=site.town)
    return Case(words[0], words[1], place, one.unit, one.kind)


TOWN_NAMES = tuple(row["short"] for row in read("seed/units.yaml") if row["kind"] == "town")


# --- the rule of the sets -------------------------------------------------------------------------------------------


def shared_runs(one: Case, two: Case, names: Sequence[str], size: int = 4) -> set[str]:
    """The runs of characters that two cases share outside the names of places and units."""
    texts: list[Any] = [f"{case.title}。{case.matter}" for case in (one, two)]
    for name in sorted(names, key=len, reverse=True):
        texts = [text.replace(name, "。") for text in texts]
    runs = [{text[at : at + size] for at in range(len(text) - size + 1)} for text in texts]
    return {run for run in runs[0] & runs[1] if "。" not in run}
