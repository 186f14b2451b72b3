"""How often one caller may do one thing: policy/rates.yaml as a frozen table (control C5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from core.policy import read

PER = frozenset({"appid", "address", "person"})
MOST_A_MINUTE = 100_000


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `a_minute` times in one minute of the clock, counted for each appid, address or person."""

    name: str
    title: str
    per: str
    a_minute: int


@cache
def load_rates() -> Mapping[str, Rate]:
    """Every rate by its name. Raises ValueError naming the first row that is wrong."""
    return read_rates(read("rates.yaml"))


def read_rates(table: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Rate]:
    """Check and freeze the rows."""
    rates = {name: Rate(name, **row) for name, row in table.items()}
    for rate in rates.values():
        if rate.per not in PER:
            raise ValueError(f"rates.yaml {rate.name}: nothing is counted per {rate.per}")
        if type(rate.a_minute) is not int or not 1 <= rate.a_minute <= MOST_A_MINUTE:
            raise ValueError(f"rates.yaml {rate.name}: expected a number from 1 to {MOST_A_MINUTE}")
    return MappingProxyType(rates)
