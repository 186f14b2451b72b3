"""What one delivery may be, when a source is asked again, how long its traces stay: feeds.yaml, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

from core.policy import read

MOST_PARCELS = 20
"""Of one dataset in one look at its source; what is left comes in the next."""
STATES = frozenset({"none", "fine", "due", "stale", "failing"})


@dataclass(frozen=True, slots=True)
class FeedRules:
    """All of feeds.yaml. `backoff`: how long to wait after each failure in a row, the last for all that follow.

    `states`: how a dataset stands (`core.feeds.stands.Stand.state`) → the one word that desk and screens use for it.
    """

    most_bytes: int
    most_rows: int
    most_queried: int
    most_series: int
    ahead: timedelta
    refused_shown: int
    refused_kept: int
    backoff: tuple[timedelta, ...]
    heed: timedelta
    silent: int
    still: timedelta
    unasked: timedelta
    deliveries_stay: timedelta
    refused_stay: timedelta
    states: Mapping[str, str]
    silence_stay: timedelta

    def wait(self, failures: int) -> timedelta:
        """How long to leave a source alone after so many failures in a row, one at least."""
        return self.backoff[min(failures, len(self.backoff)) - 1]

    def heeded(self, wait_s: int) -> timedelta:
        """How long a source that asked for so many seconds is left alone: nobody shuts us out for ever."""
        return min(timedelta(seconds=wait_s), self.heed)


@cache
def feed_rules() -> FeedRules:
    """The table of the product."""
    return read_feed_rules(read("feeds.yaml"))


def read_feed_rules(table: Mapping[str, Any]) -> FeedRules:
    """Check and freeze; ValueError names the first number that is none."""
    numbers = {**table["delivery"], **{name: value for name, value in table.items() if type(value) is int}}
    waits = table["backoff_seconds"]
    for name, value in [*numbers.items(), *(("backoff_seconds", one) for one in waits)]:
        if type(value) is not int or value < 1:
            raise ValueError(f"feeds.yaml {name}: expected a number from 1 up, not {value!r}")
    if numbers["queried_rows"] > MOST_PARCELS * numbers["rows"]:
        raise ValueError(f"feeds.yaml queried_rows: at most {MOST_PARCELS} × rows, or the end is never reached")
    if not waits:
        raise ValueError("feeds.yaml backoff_seconds: expected at least one")
    return FeedRules(
        numbers["megabytes"] * 1024 * 1024, numbers["rows"], numbers["queried_rows"], numbers["series"],
        timedelta(minutes=numbers["ahead_minutes"]),
        numbers["refused_shown"], numbers["refused_kept"], tuple(timedelta(seconds=one) for one in waits),
        timedelta(minutes=numbers["heed_minutes"]), numbers["silent"], timedelta(minutes=numbers["still_minutes"]),
        timedelta(minutes=numbers["unasked_minutes"]),
        timedelta(days=numbers["deliveries_days"]), timedelta(days=numbers["refused_days"]),
        MappingProxyType(_states(table["states"])), timedelta(days=numbers["silence_days"]),
    )  # fmt: skip


def _states(words: Mapping[str, Any]) -> dict[str, str]:
    if set(words) != STATES or len({*words.values()}) < len(STATES):
        raise ValueError(f"feeds.yaml states: expected a word of its own for each of {', '.join(sorted(STATES))}")
    return {name: str(word) for name, word in words.items()}
