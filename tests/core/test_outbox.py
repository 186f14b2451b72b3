"""The relay (security-reliability §6): order, merging, back-off, fates, the breaker, quiet hours, nothing lost."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update

from core import outbox
from core.db import connect
from core.models.record import channels, letters
from core.notices import letter
from core.outbox import Relay, backoff
from core.ports import Envelope, Undelivered
from tests.builders import Post
from tests.clock import StillClock

REHEARSAL = int(os.environ.get("REHEARSAL_LETTERS", "600"))


class Moving:
    """Real time as the relay reads it, under the test's hand."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **span: float) -> None:
        self.at += timedelta(**span)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Moving:
    moving = Moving()
    moving.advance(seconds=60)  # after every letter a test writes
    monkeypatch.setattr(outbox, "real_now", moving)
    return moving


@pytest.fixture
def engine(migrated_url: str) -> Iterator[Engine]:
    engine = connect(migrated_url)
    yield engine
    engine.dispose()


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def relay(engine: Engine, clock: StillClock, post: Post, time: Moving) -> Relay:
    return Relay(engine, clock, {"hotline": post, "dingtalk.say": post, "dingtalk.card": post})


def write(engine: Engine, clock: StillClock, key: str, **changes: Any) -> None:
    usual = {"channel": "hotline", "kind": "result", "lane": key, "hold_until": None}
    row = {**usual, **changes}
    hold = row.pop("hold_until")
    with engine.begin() as tx:
        tx.execute(insert(letters), letter(key, body={}, now=clock.now(), hold_until=hold, **row))


def the_letter(engine: Engine, key: str) -> Any:
    with engine.connect() as tx:
        return tx.execute(letters.select().where(letters.c.key == key)).one()


def the_channel(engine: Engine, name: str = "hotline") -> Any:
    with engine.connect() as tx:
        return tx.execute(channels.select().where(channels.c.name == name)).first()


def keys(got: list[Envelope]) -> list[str]:
    return [one.key for one in got]


def until_empty(relay: Relay) -> None:
    while relay.run_once():
        pass


# --- order ----------------------------------------------------------------------------------------------------------


def test_a_confirmed_letter_is_sent_and_not_sent_again(
    engine: Engine, clock: StillClock, relay: Relay, post: Post
) -> None:
    write(engine, clock, "a")
    until_empty(relay)
    assert keys(post.got) == ["a"]
    sent = the_letter(engine, "a")
    assert (sent.state, sent.sent_at, sent.lease) == ("sent", clock.now(), None)


def test_one_lane_keeps_its_order_even_when_the_first_fails(
    engine: Engine, clock: StillClock, relay: Relay, post: Post, time: Moving
) -> None:
    for key in ("a", "b", "c"):
        write(engine, clock, key, lane="hotline:T1")
    write(engine, clock, "other", lane="hotline:T2")
    post.failures = [Undelivered("again", "502")]
    until_empty(relay)
    assert keys(post.got) == ["other"]
    time.advance(seconds=2)
    until_empty(relay)
    assert keys(post.got) == ["other", "a", "b", "c"]


def test_a_card_letter_makes_its_waiting_siblings_unnecessary(
    engine: Engine, clock: StillClock, relay: Relay, post: Post
) -> None:
    for key in ("card:1", "card:2", "card:3"):
        write(engine, clock, key, channel="dingtalk.card", kind="card", lane="card:7")
    until_empty(relay)
    assert keys(post.got) == ["card:1"]
    assert [the_letter(engine, f"card:{n}").state for n in (1, 2, 3)] == ["sent", "merged", "merged"]


def test_a_card_letter_written_while_another_is_on_its_way_goes_after_it(
    engine: Engine, clock: StillClock, relay: Relay, post: Post
) -> None:
    write(engine, clock, "card:1", channel="dingtalk.card", kind="card", lane="card:7")
    (claimed,) = relay.claim(9)
    write(engine, clock, "card:2", channel="dingtalk.card", kind="card", lane="card:7")
    assert relay.claim(9) == [], "one lane is in one hand at a time"
    relay.hand_over(claimed)
    until_empty(relay)
    assert keys(post.got) == ["card:1", "card:2"]


def test_two_relays_never_hold_the_same_letter(engine: Engine, clock: StillClock, relay: Relay, post: Post) -> None:
    for number in range(6):
        write(engine, clock, f"k{number}")
    other = Relay(engine, clock, {"hotline": post})
    held = [one.envelope.key for one in relay.claim(4)] + [one.envelope.key for one in other.claim(4)]
    assert sorted(held) == [f"k{number}" for number in range(6)]


def test_a_killed_relays_letters_are_taken_over_when_its_lease_ends(
    engine: Engine, clock: StillClock, relay: Relay, post: Post, time: Moving
) -> None:
    write(engine, clock, "a")
    relay.claim(1)
    until_empty(relay)
    assert post.got == []
    time.advance(seconds=61)
    until_empty(relay)
    assert keys(post.got) == ["a"]


def test_a_relay_that_wakes_up_late_settles_nothing_that_is_no_longer_its_own(
    engine: Engine, clock: StillClock, relay: Relay, post: Post, time: Moving
) -> None:
    write(engine, clock, "a")
    (late,) = relay.claim(1)
    time.advance(seconds=61)
    until_empty(relay)
    post.failures = [Undelivered("never", "too late")]
    relay.hand_over(late)
    assert the_letter(engine, "a").state == "sent"


# --- fates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tries", "seconds"), [(1, 1), (2, 5), (3, 30), (4, 120), (5, 600), (6, 1800), (7, 1800), (50, 1800)]
)
def test_the_wait_grows_as_written_with_half_of_it_left_to_chance(tries: int, seconds: int) -> None:
    waits = [backoff(tries).total_seconds() for _ in range(200)]
    assert seconds * 0.5 <= min(waits) < seconds * 0.75
    assert seconds * 1.25 < max(waits) <= seconds * 1.5


def test_a_failed_letter_waits_and_says_why(engine: Engine, clock: StillClock, relay: Relay, post: Post) -> None:
    write(engine, clock, "a")
    post.failures = [Undelivered("again", "网关 502")]
    relay.run_once()
    waiting = the_letter(engine, "a")
    assert (waiting.state, waiting.tries, waiting.error, waiting.lease) == ("due", 1, "网关 502", None)
    assert waiting.due_at > outbox.real_now()


def test_being_throttled_is_no_failure(engine: Engine, clock: StillClock, relay: Relay, post: Post) -> None:
    write(engine, clock, "a")
    post.failures = [Undelivered("throttled", "QpsLimit")]
    relay.run_once()
    waiting = the_letter(engine, "a")
    assert (waiting.state, waiting.tries) == ("due", 0)
    assert timedelta(seconds=1) <= waiting.due_at - outbox.real_now() <= timedelta(seconds=2)
    assert the_channel(engine) is None


def test_what_can_never_arrive_is_dead_and_does_not_block_its_lane(
    engine: Engine, clock: StillClock, relay: Relay, post: Post
) -> None:
    for key in ("a", "b"):
        write(engine, clock, key, lane="hotline:T1")
    post.failures = [Undelivered("never", "没有这个人")]
    until_empty(relay)
    assert (the_letter(engine, "a").state, the_letter(engine, "b").state) == ("dead", "sent")
    assert the_channel(engine) is None, "the channel is not at fault"


def test_a_sentence_of_unknown_fate_is_repeated_once(
    engine: Engine, clock: StillClock, relay: Relay, post: Post, time: Moving
) -> None:
    write(engine, clock, "a", channel="dingtalk.say", kind="say")
    post.down = Undelivered("unknown", "读超时")
    for _ in range(5):
        relay.run_once()
        time.advance(minutes=20)
    assert len(post.tried) == 2
    assert the_letter(engine, "a").state == "unknown"


def test_a_result_of_unknown_fate_is_repeated_until_confirmed(
    engine: Engine, clock: StillClock, relay: Relay, post: Post, time: Moving
) -> None:
    write(engine, clock, "a")
    post.failures = [Undelivered("unknown", "读超时"), Undelivered("unknown", "读超时")]
    for _ in range(3):
        relay.run_once()
        time.advance(minutes=20)
    assert (len(post.tried), the_letter(engine, "a").state) == (3, "sent")


def test_a_fault_in_a_sender_is_a_failure_like_another(
    engine: Engine, clock: StillClock, relay: Relay, post: Post, time: Moving
) -> None:
    write(engine, clock, "a")
    post.failures = [KeyError("card")]
    relay.run_once()
    assert (the_letter(engine, "a").state, the_letter(engine, "a").error) == ("due", "KeyError")
    time.advance(seconds=2)
    until_empty(relay)
    assert keys(post.got) == ["a"]


# --- the breaker ----------------------------------------------------------------------------------------------------


def broken(engine: Engine, clock: StillClock, relay: Relay, post: Post, many: int = 10) -> None:
    """`many` letters on a channel that is away."""
    for number in range(many):
        write(engine, clock, f"k{number}")
    post.down = Undelivered("again", "连接被拒绝")


def test_a_channel_opens_after_three_failures_in_a_row(
    engine: Engine, clock: StillClock, relay: Relay, post: Post
) -> None:
    broken(engine, clock, relay, post)
    for _ in range(10):
        relay.run_once(most=1)
    assert len(post.tried) == 3
    assert the_channel(engine).opened_at is not None
    assert the_channel(engine).error == "连接被拒绝"


def test_a_success_between_failures_keeps_it_closed(
    engine: Engine, clock: StillClock, relay: Relay, post: Post
) -> None:
    for number in range(5):
        write(engine, clock, f"k{number}")
    bad = Undelivered("again", "502")
    for failure in (bad, bad, None, bad, bad):
        post.failures = [failure] if failure else []
        relay.run_once(most=1)
    assert the_channel(engine).opened_at is None
    assert the_channel(engine).failures == 2


def test_an_open_channel_is_probed_with_one_letter_every_thirty_seconds(
    engine: Engine, clock: StillClock, relay: Relay, post: Post, time: Moving
) -> None:
    broken(engine, clock, relay, post)
    for _ in range(3):
        relay.run_once(most=1)
    tried = []
    for _ in range(300):  # five minutes, looked at every second
        time.advance(seconds=1)
        relay.run_once()
        tried.append(len(post.tried) - 3)
    assert (tried[28], tried[29], tried[58], tried[59], tried[-1]) == (0, 1, 1, 2, 10)


def test_relays_that_meet_the_first_failure_together_both_count_it(
    engine: Engine, clock: StillClock, relay: Relay, post: Post
) -> None:
    broken(engine, clock, relay, post, 8)
    held = relay.claim(8)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(relay.hand_over, held))
    assert the_channel(engine).failures >= 1
    assert all(the_letter(engine, f"k{number}").lease is None for number in range(8))


def test_another_channel_goes_on(engine: Engine, clock: StillClock, relay: Relay, post: Post, time: Moving) -> None:
    broken(engine, clock, relay, post)
    for _ in range(3):
        relay.run_once(most=1)
    post.down = None
    write(engine, clock, "say", channel="dingtalk.say", kind="say")
    until_empty(relay)
    assert keys(post.got) == ["say"]


def test_recovery_makes_everything_due_and_empties_the_tray_at_once(
    engine: Engine, clock: StillClock, relay: Relay, post: Post, time: Moving
) -> None:
    broken(engine, clock, relay, post, 12)
    for _ in range(600):  # ten minutes away: back-off has put letters off for minutes
        time.advance(seconds=1)
        relay.run_once()
    post.down = None
    time.advance(seconds=30)
    until_empty(relay)
    assert sorted(keys(post.got)) == sorted(f"k{number}" for number in range(12))
    state = the_channel(engine)
    assert (state.opened_at, state.probe_at, state.failures) == (None, None, 0)


# --- nothing is lost ------------------------------------------------------------------------------------------------


def test_quiet_hours_hold_a_letter_until_business_time_says_so(
    engine: Engine, clock: StillClock, relay: Relay, post: Post, time: Moving
) -> None:
    clock.set("2026-03-09 23:00")
    write(engine, clock, "night", channel="dingtalk.say", kind="say", hold_until=clock.now() + timedelta(hours=8))
    time.advance(hours=20)
    until_empty(relay)
    assert post.got == []
    clock.set("2026-03-10 07:00")
    until_empty(relay)
    assert keys(post.got) == ["night"]


def test_a_rehearsal_with_failures_and_killed_relays_loses_nothing(
    engine: Engine, clock: StillClock, relay: Relay, time: Moving
) -> None:
    chance = random.Random(2026)
    got: list[Envelope] = []

    class Unreliable:
        def send(self, letter: Envelope) -> None:
            if chance.random() < 0.3:
                raise Undelivered(chance.choice(("again", "throttled", "unknown")), "练习")
            got.append(letter)

    with engine.begin() as tx:
        each = [
            letter(f"k{n}", "hotline", "result", f"hotline:{n % (REHEARSAL // 4)}", {}, clock.now())
            for n in range(REHEARSAL)
        ]
        tx.execute(insert(letters), each)
    crew = [Relay(engine, clock, {"hotline": Unreliable()}) for _ in range(3)]
    for _ in range(2000):
        time.advance(seconds=chance.choice((1, 20, 61)))
        claimed = chance.choice(crew).claim(20)
        for number, one in enumerate(claimed):
            if chance.random() < 0.02 and number:
                break  # killed here: the rest of its letters stay leased
            crew[0].hand_over(one)
        if len({arrived.key for arrived in got}) == REHEARSAL:
            break
    first: dict[str, list[int]] = {}
    for arrived in got:
        if arrived.id not in first.setdefault(arrived.lane, []):
            first[arrived.lane].append(arrived.id)
    assert len({arrived.key for arrived in got}) == REHEARSAL, "0 lost"
    assert all(lane == sorted(lane) for lane in first.values()), "every lane in its order"


def test_a_letter_given_a_new_chance_is_sent(engine: Engine, clock: StillClock, relay: Relay, post: Post) -> None:
    write(engine, clock, "a")
    post.failures = [Undelivered("never", "没有这个人")]
    relay.run_once()
    with engine.begin() as tx:
        tx.execute(update(letters).values(state="due", due_at=outbox.real_now()))
    until_empty(relay)
    assert the_letter(engine, "a").state == "sent"
