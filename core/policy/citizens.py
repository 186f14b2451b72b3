"""What citizens may ask and how often: citizens.yaml as frozen tables (controls C5, C6; threats T5, T6, T8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from core.policy import read
from core.policy.workdays import check_columns

WHO = frozenset({"phone", "address", "caller", "subject", "all"})
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` times within `span`, counted for one of WHO."""

    who: str
    span: timedelta
    most: int


@dataclass(frozen=True, slots=True)
class RequestRules:
    """How a holder's request becomes a case: its source, type and place; `kinds`: what may be asked → its title.

    `states`: a state of the case → what the holder reads of it.
    """

    source: str
    type: str
    place: str
    kinds: Mapping[str, str]
    states: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Citizens:
    """The whole table; times are real time. `caps`: what is asked → its limits."""

    code_lives: timedelta
    code_tries: int
    alarm: int
    idle: timedelta
    longest: timedelta
    tail_tries: int
    bound: timedelta
    caps: Mapping[str, tuple[Cap, ...]]
    shortest: int
    rows: int
    push_kept: timedelta
    push_takeover: timedelta
    push_wait: timedelta
    requests: RequestRules

    def most(self, kind: str, who: str) -> int:
        """The widest limit of a kind for one of WHO."""
        return max(cap.most for cap in self.caps[kind] if cap.who == who)


@cache
def load_citizens() -> Citizens:
    """The table of the product. Raises ValueError naming the row at fault."""
    return read_citizens(read("citizens.yaml"))


def read_citizens(table: Mapping[str, Any]) -> Citizens:
    """Check and freeze."""
    parts = {
        "codes": {"lives", "tries", "alarm"}, "sessions": {"idle", "longest", "tail_tries", "bound"}, "caps": None,
        "company": {"shortest", "rows"}, "pushes": {"kept", "takeover", "wait"},
        "requests": {"source", "type", "place", "kinds", "states"},
    }  # fmt: skip
    check_columns(table, set(parts), set(parts), "citizens.yaml")
    for name, columns in parts.items():
        if columns is not None:
            check_columns(table[name], columns, columns, f"citizens.yaml {name}")
    codes, sessions, pushes = table["codes"], table["sessions"], table["pushes"]
    return Citizens(
        span(codes["lives"]), int(codes["tries"]), int(codes["alarm"]), span(sessions["idle"]),
        span(sessions["longest"]), int(sessions["tail_tries"]), span(sessions["bound"]), _caps(table["caps"]),
        int(table["company"]["shortest"]), int(table["company"]["rows"]), span(pushes["kept"]),
        span(pushes["takeover"]), span(pushes["wait"]), _requests(table["requests"]),
    )  # fmt: skip


def _caps(table: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Mapping[str, tuple[Cap, ...]]:
    found = {}
    for kind, by_who in table.items():
        if unknown := set(by_who) - WHO:
            raise ValueError(f"citizens.yaml caps {kind}: nothing is counted per {'、'.join(sorted(unknown))}")
        caps = tuple(Cap(who, span(time), most) for who, limits in by_who.items() for time, most in limits.items())
        if not caps or any(type(cap.most) is not int or cap.most < 1 for cap in caps):
            raise ValueError(f"citizens.yaml caps {kind}: expected a number of times from 1 up")
        found[kind] = caps
    return MappingProxyType(found)


def _requests(table: Mapping[str, Any]) -> RequestRules:
    kinds, states = (
        _words(table[name], f"citizens.yaml requests {name}: expected {what}")
        for name, what in (("kinds", "what may be asked, each with its title"), ("states", "states, each in words"))
    )
    return RequestRules(str(table["source"]), str(table["type"]), str(table["place"]), kinds, states)


def _words(table: object, otherwise: str) -> Mapping[str, str]:
    if not isinstance(table, Mapping) or not table or not all(isinstance(one, str) and one for one in table.values()):
        raise ValueError(otherwise)
    return MappingProxyType(dict(table))


def span(text: str) -> timedelta:
    """「5 minutes」. Raises ValueError."""
    number, _, unit = str(text).partition(" ")
    if not number.isdecimal() or unit.removesuffix("s") not in _UNITS:
        raise ValueError(f"citizens.yaml: expected a time like 5 minutes, not {text!r}")
    return timedelta(seconds=int(number) * _UNITS[unit.removesuffix("s")])
