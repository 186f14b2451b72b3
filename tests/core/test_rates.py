"""Control C5: one count for all processes, never more than the limit, few writes, none that fights the case door."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event, select

from core.commits import CommitLine, Job
from core.db import connect
from core.models.people import rate_counts
from core.policy.rates import load_rates, read_rates
from core.rates import Rates

NOON = 1_800_000_000.0 // 60 * 60


class Process:
    """A process of its own as far as counting goes: an engine, a line, what it holds in memory."""

    def __init__(self, url: str) -> None:
        self.engine, self.now, self.writes = connect(url), NOON + 12, 0
        line = CommitLine(self.engine, b"k" * 32)
        self.rates = Rates(
            self.engine,
            lambda run: line.submit(Job(0, lambda tx: (run(tx), ()), lambda _tx, _no: ())),
            lambda: self.now,
        )
        event.listen(self.engine, "before_cursor_execute", self._see)

    def _see(self, *told: Any) -> None:
        self.writes += str(told[2]).startswith("INSERT INTO rate_counts")

    def passes(self, calls: int, limit: int) -> int:
        return sum(not self.rates.wait_s("api_call", "screen-1", limit) for _ in range(calls))


@pytest.fixture
def pair(migrated_url: str) -> Iterator[tuple[Process, Process]]:
    made = Process(migrated_url), Process(migrated_url)
    yield made
    for one in made:
        one.engine.dispose()


def test_two_processes_share_one_count(pair: tuple[Process, Process]) -> None:
    one, other = pair
    assert [bool(p.rates.wait_s("api_call", "bus", 3)) for p in (one, other, one, other)] == [False, False, False, True]


@pytest.mark.parametrize("limit", [1, 7, 100, 600])
def test_they_let_the_whole_limit_through_and_not_one_more(pair: tuple[Process, Process], limit: int) -> None:
    one, other = pair
    passed = sum(p.passes(1, limit) for _ in range(limit) for p in (one, other))
    assert passed == limit


def test_eight_threads_of_two_processes_stay_within_the_limit(pair: tuple[Process, Process]) -> None:
    start = threading.Barrier(8)

    def hammer(number: int) -> int:
        start.wait()
        return pair[number % 2].passes(60, 200)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(hammer, range(8))) == 200


def test_a_busy_caller_costs_a_tenth_of_the_writes_and_one_who_is_over_it_none(pair: tuple[Process, Process]) -> None:
    busy = pair[0]
    assert busy.passes(600, 600) == 600
    assert busy.writes == 60
    assert busy.passes(500, 600) == 0
    assert busy.writes <= 61


def test_the_wait_ends_with_the_minute_and_old_counts_are_swept(pair: tuple[Process, Process]) -> None:
    one = pair[0]
    one.passes(2, 2)
    assert one.rates.wait_s("api_call", "screen-1", 2) == 48
    one.now = NOON + 59.9
    assert one.rates.wait_s("api_call", "screen-1", 2) == 1
    one.now = NOON + 180
    assert one.rates.wait_s("api_call", "screen-1", 2) == 0
    with one.engine.connect() as tx:
        assert tx.execute(select(rate_counts.c.minute)).scalars().all() == [NOON // 60 + 3]


def test_who_called_is_not_readable_in_the_table(pair: tuple[Process, Process]) -> None:
    pair[0].rates.wait_s("token", "203.0.113.77")
    with pair[0].engine.connect() as tx:
        (name,) = tx.execute(select(rate_counts.c.name)).scalars()
    assert "203.0.113.77" not in name


def test_once_a_minute_is_enough_for_the_record(pair: tuple[Process, Process]) -> None:
    one, other = pair
    said = [p.rates.first_of_minute("api_call", "screen-1") for p in (one, one, other, other)]
    assert said == [True, False, False, False]


def test_the_table_is_in_order_and_a_wrong_row_is_named() -> None:
    assert {"api_call", "check", "join", "token", "sign_in", "form", "chat", "refusal", "forged"} == set(load_rates())
    for wrong in ({"per": "moon", "a_minute": 5}, {"per": "appid", "a_minute": 0}, {"per": "appid", "a_minute": True}):
        with pytest.raises(ValueError, match="odd"):
            read_rates({"odd": {"title": "奇怪", **wrong}})
