"""What practice cases are made of: invented appeals at real places, from invented people, and what is said of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from random import Random
from types import MappingProxyType
from typing import Any

from core.policy import read
from core.ports import Ticket
from core.seeding.district import practice_district
from core.worktime import SHANGHAI

CHANNELS = {"RX": 60, "WX": 12, "SZ": 7, "WG": 5, "LY": 2, "XX": 3, "GW": 1, "XF": 1, "WB": 3, "QY": 4, "DB": 1}
"""How often an appeal comes from each source; cases a unit registers by itself (ZJ) are told apart."""

BY_HAND = frozenset({"LY", "XX", "GW", "XF", "WB", "DB", "ZJ"})
"""Sources without a feed: the desk types them in during office hours."""

OFTEN = {"help": 4}
"""Of what goes to a unit, most are requests for help (domain-rules §2.2)."""


@dataclass(frozen=True, slots=True)
class Appeal:
    """One sample of policy/seed/appeals.yaml; units by code, `@town` and `@community` stand for the place's own."""

    code: str
    title: str
    content: str
    class_code: str
    type: str
    service_type: str
    urgency: str
    hard: bool
    sensitive: bool
    where: frozenset[str]
    towns: frozenset[str]
    lead: str
    pass_down: str
    support: tuple[str, ...]
    wrong: str
    wrong_text: str
    at_desk: bool
    reply: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place of policy/seed/places.yaml, WGS-84; `town` and `community` are unit codes."""

    name: str
    kind: str
    town: str
    community: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a name put together by chance, a number no network has (the 1990000 range of the practice district)."""

    name: str
    sex: str
    phone: str


@dataclass(frozen=True, slots=True)
class Wish:
    """An appeal at a place: the ticket as it will come in, and how such a thing is usually handled (units by code)."""

    ticket: Ticket
    place: str
    lead: str
    pass_down: str
    support: tuple[str, ...]
    wrong: str
    wrong_text: str
    at_desk: bool
    reply: str


@dataclass(frozen=True, slots=True)
class Sayings:
    """The words of policy/seed/calls.yaml, drawn by chance."""

    rows: Mapping[str, Any]
    rng: Random

    def one(self, name: str, part: str = "", **slots: str) -> str:
        """A sentence of a list, its slots filled."""
        rows: Sequence[str] = self.rows[name][part] if part else self.rows[name]
        return self.rng.choice(rows).format(**slots)

    def steps(self, class_code: str | None) -> Sequence[str]:
        """The usual steps for a first-level class, in order."""
        known: Mapping[str, Sequence[str]] = self.rows["steps"]
        return known.get((class_code or "")[:2], known["01"])

    def row(self, name: str) -> Mapping[str, Any]:
        """A row with its reason: extensions, pauses, invalid."""
        row: Mapping[str, Any] = self.rng.choice(self.rows[name])
        return row


@cache
def _appeals() -> tuple[Appeal, ...]:
    return tuple(_appeal(row) for row in read("seed/appeals.yaml")["appeals"])


def _appeal(row: Mapping[str, Any]) -> Appeal:
    wrong = row.get("wrong", {})
    return Appeal(
        row["code"], row["title"], row["content"], row["class"], row["type"], row["service_type"], row["urgency"],
        bool(row.get("hard")), bool(row.get("sensitive")), frozenset(row["where"]), frozenset(row.get("towns", ())),
        row["lead"], row.get("pass_down", ""), tuple(row.get("support", ())), wrong.get("unit", ""),
        wrong.get("text", ""), bool(row.get("at_desk")), row["reply"],
    )  # fmt: skip


@cache
def _places() -> tuple[Place, ...]:
    rows = read("seed/places.yaml")
    return tuple(Place(r["name"], r["kind"], r["town"], r["community"], r["lon"], r["lat"]) for r in rows)


@cache
def _calls() -> Mapping[str, Any]:
    return MappingProxyType(read("seed/calls.yaml"))


class Draws:
    """Everything that is left to chance, from one seed, so that two seedings tell the same stories."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.sayings = Sayings(_calls(), self.rng)
        self._shorts = {unit.code: unit.short for unit in practice_district().units}
        self._tickets, self._series = 0, seed % 1000
        self._recent: deque[str] = deque(maxlen=30)

    def wish(self, fits: Callable[[Appeal], bool], at: datetime, channel: str = "") -> Wish:
        """A fitting appeal at one of its places, as a ticket of that moment; the source by chance unless given."""
        known = [one for one in _appeals() if fits(one)]
        fitting = [one for one in known if one.code not in self._recent] or known
        appeal = self.rng.choices(fitting, [OFTEN.get(one.type, 1) for one in fitting])[0]
        self._recent.append(appeal.code)
        place = self.rng.choice(_where(appeal))
        channel = channel or self.rng.choices(list(CHANNELS), list(CHANNELS.values()))[0]
        return Wish(
            self._ticket(appeal, place, channel, at), place.name, _own(appeal.lead, place),
            _own(appeal.pass_down, place), tuple(_own(code, place) for code in appeal.support),
            _own(appeal.wrong, place), appeal.wrong_text, appeal.at_desk,
            appeal.reply.format(place=place.name, community=self._shorts[place.community]),
        )  # fmt: skip

    def caller(self) -> Caller:
        citizens = _calls()["citizens"]
        sex = self.rng.choice(("female", "male"))
        name = self.rng.choice(citizens["surnames"]) + self.rng.choice(citizens[sex])
        return Caller(name, sex, f"1990000{self.rng.randrange(5000, 10000):04}")

    def outside_no(self, channel: str, at: datetime) -> str:
        """A number as the platform of that source might give it; empty for what comes by hand."""
        self._tickets += 1
        if channel in BY_HAND:
            return ""
        return f"{channel}{at.astimezone(SHANGHAI):%y%m%d}{self._series:03}{self._tickets:04}"

    def _ticket(self, appeal: Appeal, place: Place, channel: str, at: datetime) -> Ticket:
        slots = {"place": place.name, "community": self._shorts[place.community]}
        caller: Caller | None = self.caller()
        if appeal.type in ("report", "suggest") and self.rng.random() < 0.25:
            caller = None  # anonymous
        more: dict[str, Any] = {"longitude": place.lon, "latitude": place.lat, "coordinate_system": "WGS84"}
        if caller is not None:
            more |= {"caller_sex": caller.sex, "requested_outcome": self.sayings.one("citizens", "outcomes")}
        house = f"{place.name}{self.rng.randrange(2, 180)}号"
        return Ticket(
            self.outside_no(channel, at), 1, channel, appeal.type, appeal.title.format(**slots),
            appeal.content.format(**slots), place.name, urgency=appeal.urgency, service_type=appeal.service_type,
            class_code=appeal.class_code, town=self._shorts[place.town], community=self._shorts[place.community],
            caller_name=caller.name if caller else None, caller_phone=caller.phone if caller else None,
            address=house if caller else None, wants_reply=caller is not None, hard=appeal.hard,
            keep_secret=caller is not None and (appeal.type == "report" or self.rng.random() < 0.04),
            sensitive=appeal.sensitive, more=more,
        )  # fmt: skip


def _where(appeal: Appeal) -> list[Place]:
    return [p for p in _places() if p.kind in appeal.where and (not appeal.towns or p.town in appeal.towns)]


def place_of(name: str) -> Place:
    """The place of policy/seed/places.yaml with this name. Raises StopIteration where there is none."""
    return next(place for place in _places() if place.name == name)


def _own(code: str, place: Place) -> str:
    """A unit by code, the markers for the place's own units resolved."""
    return {"@town": place.town, "@community": place.community}.get(code, code)
