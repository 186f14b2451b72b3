"""One leader: two owners, a take-over when the first falls silent, and a fencing number that only rises."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from core.db import connect
from core.lease import Lease
from core.models.record import leases


@pytest.fixture
def engine(migrated_url: str) -> Iterator[Engine]:
    engine = connect(migrated_url)
    yield engine
    engine.dispose()


def silence(engine: Engine) -> None:
    """As if the owner had not renewed for longer than a lease lives."""
    with engine.begin() as tx:
        tx.execute(update(leases).values(until=datetime.now(UTC) - timedelta(seconds=1)))


def test_the_first_leads_and_the_second_waits(engine: Engine) -> None:
    first, second = Lease(engine, "clock"), Lease(engine, "clock")
    assert (first.take(), second.take()) == (True, False)
    assert (first.fence, second.fence) == (1, None)


def test_a_leader_renews_under_the_same_number(engine: Engine) -> None:
    lease = Lease(engine, "clock")
    assert [lease.take() for _ in range(3)] == [True] * 3
    assert lease.fence == 1


def test_a_silent_leader_is_followed_under_a_higher_number(engine: Engine) -> None:
    first, second = Lease(engine, "clock"), Lease(engine, "clock")
    first.take()
    silence(engine)
    assert second.take()
    assert second.fence == 2
    assert not first.take()
    assert first.fence is None


def test_the_number_rises_with_every_change_of_owner(engine: Engine) -> None:
    pair, fences = [Lease(engine, "clock"), Lease(engine, "clock")], []
    for turn in range(6):
        assert pair[turn % 2].take()
        fences.append(pair[turn % 2].fence)
        silence(engine)
    assert fences == [1, 2, 3, 4, 5, 6]


def test_an_orderly_stop_lets_the_next_lead_at_once(engine: Engine) -> None:
    first, second = Lease(engine, "clock"), Lease(engine, "clock")
    first.take()
    first.give_back()
    assert (first.fence, second.take(), second.fence) == (None, True, 2)


def test_who_does_not_lead_gives_nothing_back(engine: Engine) -> None:
    first, second = Lease(engine, "clock"), Lease(engine, "clock")
    first.take()
    second.give_back()
    assert not second.take()
    assert first.take()


def test_two_names_are_two_leases(engine: Engine) -> None:
    assert Lease(engine, "clock").take()
    assert Lease(engine, "feed").take()


def test_of_eight_that_begin_together_one_leads(engine: Engine) -> None:
    crowd = [Lease(engine, "clock") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(Lease.take, crowd)) == 1
    assert sum(lease.fence is not None for lease in crowd) == 1


def test_nobody_leads_when_the_database_does_not_answer(engine: Engine) -> None:
    lease = Lease(engine, "clock")
    lease.take()
    with engine.begin() as tx:
        tx.exec_driver_sql("ALTER TABLE leases RENAME TO leases_away")
    assert not lease.take()
    assert lease.fence is None
