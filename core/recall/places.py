"""A place in words as the names in it, so that one place written two ways is known again and its neighbour is not."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from math import asin, cos, radians, sin, sqrt

from core.recall.policy import load_recall

Name = tuple[str, str, str]
"""What is a place's own in its name, its ending, and which kind of place that is; both empty where words do not say."""
Point = tuple[float, float]
"""Longitude and latitude in degrees."""
LONG = 0.6  # what one road says of where: it is long; every other name says 1
CONFLICT, MISSING = 1.2, 0.25  # what names that differ on both sides take off, and names one side leaves out
UNSAID, OTHER_ENDING = 0.9, 0.6  # a name whose ending is left out; another ending of the same kind
FAR_TOWN = 0.3  # what is left when the towns differ
NUMBERS = 40  # house numbers further apart are another part of the road
EARTH = 6_371_000.0
_HEAD = re.compile("^(?:海南省)?(?:海口市)?(?:秀英区)?")
_BOTH = re.compile("([\u4e00-\u9fff]{2,3})[、与和及]([\u4e00-\u9fff]{2,3})(?:两|二)(?:条)?路")
_CROSSING = re.compile("路路口|(?<=[\u4e00-\u9fff]{2})(?<!十字)(?<!丁字)(?<!三岔)(?<!交叉)路口")
_NUMBERED = re.compile("[1-9](?=路|街|巷|横)")
_HAN_DIGIT = dict(zip("123456789", "一二三四五六七八九", strict=True))
_SIGN = re.compile("[^0-9a-z\u4e00-\u9fff]+")
_HOUSE = re.compile(r"([0-9]+)\s*号(?!楼)")
_REST = re.compile(r"[0-9a-z]+\s*(?:号楼|号|栋|幢|单元|楼|米|期|区)?")
_DOOR = re.compile(
    r"\s*[0-9０-９一二三四五六七八九十百零]+(?:[-－—][0-9０-９]+)*\s*(?:号|栋|幢|座|单元|室|楼|层|房|门牌).*$"
)
_ROAD_AFTER = "(?!大道|路(?!路?口)|街|巷)"  # 东山湖路 is not the lake


@dataclass(frozen=True, slots=True)
class Spot:
    """A place read: its names, house numbers, the code of its town where known, and its coordinates where given."""

    names: frozenset[Name]
    houses: frozenset[int]
    town: str = ""
    at: Point | None = None


class Gazetteer:
    """Names that are known, and which town each lies in.

    `places` are (name, code of the town); `areas` likewise for towns and communities, which are no place by themselves.
    """

    def __init__(self, places: Iterable[tuple[str, str]], areas: Iterable[tuple[str, str]] = ()) -> None:
        known = {name: code for name, code in places if len(name) > 1}
        within = {name: code for name, code in areas if len(name) > 2 and name not in known}
        self._towns = {**within, **known}
        self._places, self._areas = _any_of(known, _ROAD_AFTER), _any_of(within)
        self._all = _any_of(self._towns, _ROAD_AFTER)
        self._roads = frozenset(name for name in known if any(kind == "road" for *_, kind in _names_in(name)))
        self.read = lru_cache(maxsize=20_000)(self._read)

    def town_of(self, text: str, *, surely: bool = False) -> str:
        """The code of the town in which all known names of a text lie, or nothing where there is none or several.

        `surely`: roads do not count, for they go through several towns.
        """
        names = self._all.findall(text)
        found = {self._towns[name] for name in names if not (surely and name in self._roads)}
        return found.pop() if len(found) == 1 else ""

    def without(self, text: str, place: str) -> str:
        """A text without the place it is told of and without every known name: what it says apart from where."""
        return self._all.sub(" ", text.replace(place, " ") if len(place) > 1 else text)

    def _read(self, place: str, town: str = "", at: Point | None = None) -> Spot:
        """The names in a place's words; `town` is its code where it is known otherwise."""
        text = _HEAD.sub("", unicodedata.normalize("NFKC", place).lower().strip())
        text = _NUMBERED.sub(lambda found: _HAN_DIGIT[found[0]], text)
        known = self._places.findall(text)
        rest = self._areas.sub(" ", self._places.sub(" ", text))
        names = {(name, "", "road") for pair in _BOTH.findall(rest) for name in pair}
        rest = _CROSSING.sub("路 ", _BOTH.sub(" ", rest))
        houses = frozenset(int(one) for one in _HOUSE.findall(rest) if len(one) < 6)
        rest = _SIGN.sub(" ", _between().sub(" ", _REST.sub(" ", rest)))
        for part in (*(_between().sub("", name) for name in known), *rest.split()):
            names |= set(_names_in(part))
        return Spot(frozenset(names), houses, town or self.town_of(place, surely=True), at)


def street_level(place: str) -> str:
    """A place without what comes after the street, estate or village: no door, house or flat (domain-rules §17)."""
    return _DOOR.sub("", place).strip(" ，,。") or place


def _any_of(names: Iterable[str], after: str = "") -> re.Pattern[str]:
    longest = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(f"(?:{'|'.join(map(re.escape, longest))}){after}" if longest else "(?!)")


def _names_in(part: str) -> Iterable[Name]:
    """Names written one after the other: 港口路南港路 is two; what no ending closes is a name of no kind."""
    rules, at = load_recall(), 0
    for found in _ended().finditer(part):
        own = found["own"]
        while len(own) > 2 and own[0] in rules.hinges:  # 与和平路 is 和平路
            own = own[1:]
        yield own, found["end"], rules.endings[found["end"]]
        at = found.end()
    rest = part[at:].strip(rules.hinges)
    if len(rest) > 1 and rest not in rules.endings:
        yield rest, "", ""


@cache
def _ended() -> re.Pattern[str]:
    """A name up to its first ending; 望江路 is a road, for an ending before that of a road is part of the name."""
    ends = load_recall().endings
    roads, others = (
        "|".join(re.escape(end) for end, kind in ends.items() if (kind == "road") == road) for road in (True, False)
    )
    return re.compile(f"(?P<own>[\u4e00-\u9fff]{{2,6}}?)(?P<end>(?:{roads})|(?:{others})(?!{roads}))")


@cache
def _between() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, load_recall().between)))


def same_place(one: Spot, two: Spot, metres: float) -> float:
    """How sure it is that two places are one, 0 to 1: by coordinates where both have them, else by their names."""
    if one.at and two.at:
        apart = distance(one.at, two.at)
        return 1.0 - 0.4 * apart / metres if apart <= metres else 0.0
    sure = _names_alike(one, two)
    if one.town and two.town and one.town != two.town:
        sure *= FAR_TOWN
    return sure


def _names_alike(one: Spot, two: Spot) -> float:
    """Shared names against those that differ; a road alone says less than a crossing or a landmark."""
    left, right = set(one.names), set(two.names)
    shared = 0.0
    pairs = sorted(((_same_name(a, b), a, b) for a in left for b in right if a[0] == b[0]), reverse=True)
    for same, name, twin in pairs:
        if same and name in left and twin in right:
            shared += same * max(_says(name), _says(twin))
            left.discard(name)
            right.discard(twin)
    if not shared:
        return 0.0
    over = sorted((sum(map(_says, left)), sum(map(_says, right))))
    sure = shared / (shared + CONFLICT * over[0] + MISSING * (over[1] - over[0]))
    sure *= 0.7 + 0.3 * min(1.0, shared)
    if one.houses and two.houses and min(abs(a - b) for a in one.houses for b in two.houses) > NUMBERS:
        sure *= 0.5
    return sure


def _same_name(one: Name, two: Name) -> float:
    """How far two names with one own part are one: 碧海小区 may be 碧海花园, 银湾路 is not 银湾大道."""
    if one[1] == two[1] and one[2] == two[2]:
        return 1.0
    if not (one[1] and two[1]):
        return UNSAID if one[2] == two[2] or not (one[2] and two[2]) else 0.0
    return OTHER_ENDING if one[2] == two[2] == "estate" else 0.0


def _says(name: Name) -> float:
    return LONG if name[2] == "road" else 1.0


def distance(one: Point, two: Point) -> float:
    """Metres between two points on the globe."""
    (lon, lat), (other_lon, other_lat) = ((radians(x), radians(y)) for x, y in (one, two))
    half = sin((lat - other_lat) / 2) ** 2 + cos(lat) * cos(other_lat) * sin((lon - other_lon) / 2) ** 2
    return 2 * EARTH * asin(min(1.0, sqrt(half)))
