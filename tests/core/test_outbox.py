"""The relay (security-reliability §6): order, merging, back-off, fates, quiet hours, and nothing lost."""

from __future__ import annotations

import os
import random
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from core import outbox
from core.models.record import letters
from core.notices import letter
from core.outbox import RUSH, RUSH_PAUSE, Relay, backoff
from core.ports import Envelope, Undelivered
from tests.core.mail_room import MailRoom

REHEARSAL = int(os.environ.get("REHEARSAL_LETTERS", "300"))


# --- order ----------------------------------------------------------------------------------------------------------


def test_a_confirmed_letter_is_sent_and_not_sent_again(room: MailRoom) -> None:
    room.write("a")
    room.empty()
    assert room.got() == ["a"]
    sent = room.letter("a")
    assert (sent.state, sent.sent_at, sent.lease) == ("sent", room.clock.now(), None)


def test_one_lane_keeps_its_order_even_when_the_first_fails(room: MailRoom) -> None:
    for key in ("a", "b", "c"):
        room.write(key, lane="hotline:T1")
    room.write("other", lane="hotline:T2")
    room.post.failures = [Undelivered("again", "502")]
    room.empty()
    assert room.got() == ["other"]
    room.time.advance(seconds=2)
    room.empty()
    assert room.got() == ["other", "a", "b", "c"]


def test_a_card_letter_makes_its_waiting_siblings_unnecessary(room: MailRoom) -> None:
    for key in ("card:1", "card:2", "card:3"):
        room.write_card(key)
    room.empty()
    assert room.got() == ["card:1"]
    assert [room.letter(f"card:{n}").state for n in (1, 2, 3)] == ["sent", "merged", "merged"]


def test_a_card_letter_written_while_another_is_on_its_way_goes_after_it(room: MailRoom) -> None:
    room.write_card("card:1")
    (claimed,) = room.relay.claim(9)
    room.write_card("card:2")
    assert room.relay.claim(9) == [], "one lane is in one hand at a time"
    room.relay.hand_over(claimed)
    room.empty()
    assert room.got() == ["card:1", "card:2"]


def test_two_relays_never_hold_the_same_letter(room: MailRoom) -> None:
    for number in range(6):
        room.write(f"k{number}")
    other = room.another_relay()
    held = [one.envelope.key for one in room.relay.claim(4)] + [one.envelope.key for one in other.claim(4)]
    assert sorted(held) == [f"k{number}" for number in range(6)]


def test_a_killed_relays_letters_are_taken_over_when_its_lease_ends(room: MailRoom) -> None:
    room.write("a")
    room.relay.claim(1)
    room.empty()
    assert room.post.got == []
    room.time.advance(seconds=61)
    room.empty()
    assert room.got() == ["a"]


def test_a_relay_that_wakes_up_late_settles_nothing_that_is_no_longer_its_own(room: MailRoom) -> None:
    room.write("a")
    (late,) = room.relay.claim(1)
    room.time.advance(seconds=61)
    room.empty()
    room.post.failures = [Undelivered("never", "too late")]
    room.relay.hand_over(late)
    assert room.letter("a").state == "sent"


# --- fates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tries", "seconds"), [(1, 1), (2, 5), (3, 30), (4, 120), (5, 600), (6, 1800), (7, 1800), (50, 1800)]
)
def test_the_wait_grows_as_written_with_half_of_it_left_to_chance(tries: int, seconds: int) -> None:
    waits = [backoff(tries).total_seconds() for _ in range(200)]
    assert seconds * 0.5 <= min(waits) < seconds * 0.75
    assert seconds * 1.25 < max(waits) <= seconds * 1.5


def test_a_failed_letter_waits_and_says_why(room: MailRoom) -> None:
    room.write("a")
    room.post.failures = [Undelivered("again", "网关 502")]
    room.relay.run_once()
    waiting = room.letter("a")
    assert (waiting.state, waiting.tries, waiting.error, waiting.lease) == ("due", 1, "网关 502", None)
    assert waiting.due_at > outbox.real_now()


def test_being_throttled_is_no_failure(room: MailRoom) -> None:
    room.write("a")
    room.post.failures = [Undelivered("throttled", "QpsLimit")]
    room.relay.run_once()
    waiting = room.letter("a")
    assert (waiting.state, waiting.tries) == ("due", 0)
    assert timedelta(seconds=1) <= waiting.due_at - outbox.real_now() <= timedelta(seconds=2)
    assert room.channel() is None


def test_being_throttled_slows_the_whole_channel_and_no_other(room: MailRoom) -> None:
    for number in range(4):
        room.write(f"k{number}")
    room.write("line", channel="dingtalk.say", kind="say")
    room.post.failures = [Undelivered("throttled", "QpsLimit")]
    room.empty()
    assert room.got() == ["line"], "one was refused, the three behind it are not even tried"
    assert len(room.post.tried) == 2
    assert [room.letter(f"k{n}").tries for n in range(4)] == [0, 0, 0, 0]
    room.time.advance(seconds=2)
    room.empty()
    assert room.got() == ["line", "k0", "k1", "k2", "k3"]


def test_throttled_again_and_again_it_is_asked_less_and_less(room: MailRoom) -> None:
    for number in range(10):
        room.write(f"k{number}")
    room.post.down = Undelivered("throttled", "1111")
    for _ in range(300):
        room.empty()
        room.time.advance(seconds=1)
    assert 10 <= len(room.post.tried) <= 20, "five minutes of a banned address"
    assert {room.letter(f"k{n}").tries for n in range(10)} == {0}
    assert room.channel().opened_at is not None, "so that words may go another way"
    room.post.down = None
    room.time.advance(seconds=46)
    room.empty()
    assert len(room.got()) == 10


def test_a_letter_that_waits_for_its_channel_holds_up_no_other_channel(room: MailRoom) -> None:
    room.write("card", channel="dingtalk.card", kind="work", lane="person:7")
    room.write("words", channel="dingtalk.say", kind="say", lane="person:7")
    room.post.failures = [Undelivered("again", "500")]
    room.relay.run_once(1)
    room.empty()
    assert room.got() == ["words"]
    room.write("more", channel="dingtalk.say", kind="say", lane="person:7")
    room.time.advance(seconds=2)
    room.empty()
    assert room.got() == ["words", "card", "more"], "as long as it works, the order is kept"


def test_what_can_never_arrive_is_dead_and_does_not_block_its_lane(room: MailRoom) -> None:
    for key in ("a", "b"):
        room.write(key, lane="hotline:T1")
    room.post.failures = [Undelivered("never", "没有这个人")]
    room.empty()
    assert (room.letter("a").state, room.letter("b").state) == ("dead", "sent")
    assert room.channel() is None, "the channel is not at fault"


def test_a_sentence_of_unknown_fate_is_repeated_once(room: MailRoom) -> None:
    room.write("a", channel="dingtalk.say", kind="say")
    room.post.down = Undelivered("unknown", "读超时")
    for _ in range(5):
        room.relay.run_once()
        room.time.advance(minutes=20)
    assert len(room.post.tried) == 2
    assert room.letter("a").state == "unknown"


def test_a_result_of_unknown_fate_is_repeated_until_confirmed(room: MailRoom) -> None:
    room.write("a")
    room.post.failures = [Undelivered("unknown", "读超时"), Undelivered("unknown", "读超时")]
    for _ in range(3):
        room.relay.run_once()
        room.time.advance(minutes=20)
    assert (len(room.post.tried), room.letter("a").state) == (3, "sent")


def test_a_fault_in_a_sender_is_a_failure_like_another(room: MailRoom) -> None:
    room.write("a")
    room.post.failures = [KeyError("card")]
    room.relay.run_once()
    assert (room.letter("a").state, room.letter("a").error) == ("due", "KeyError")
    room.time.advance(seconds=2)
    room.empty()
    assert room.got() == ["a"]


# --- nothing is lost ------------------------------------------------------------------------------------------------


def test_quiet_hours_hold_a_letter_until_business_time_says_so(room: MailRoom) -> None:
    room.clock.set("2026-03-09 23:00")
    room.write("night", channel="dingtalk.say", kind="say", hold_until=room.clock.now() + timedelta(hours=8))
    room.time.advance(hours=20)
    room.empty()
    assert room.post.got == []
    room.clock.set("2026-03-10 07:00")
    room.empty()
    assert room.got() == ["night"]


def test_a_rehearsal_with_failures_and_killed_relays_loses_nothing(room: MailRoom) -> None:
    chance = random.Random(2026)
    got: list[Envelope] = []

    class Unreliable:
        def send(self, letter: Envelope) -> None:
            if chance.random() < 0.3:
                raise Undelivered(chance.choice(("again", "throttled", "unknown")), "练习")
            got.append(letter)

    with room.engine.begin() as tx:
        each = [
            letter(f"k{n}", "hotline", "result", f"hotline:{n % (REHEARSAL // 4)}", {}, room.clock.now())
            for n in range(REHEARSAL)
        ]
        tx.execute(insert(letters), each)
    crew = [Relay(room.engine, room.clock, {"hotline": Unreliable()}) for _ in range(3)]
    for _ in range(2000):
        room.time.advance(seconds=chance.choice((1, 20, 61)))
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


def test_a_letter_given_a_new_chance_is_sent(room: MailRoom) -> None:
    room.write("a")
    room.post.failures = [Undelivered("never", "没有这个人")]
    room.relay.run_once()
    with room.engine.begin() as tx:
        tx.execute(update(letters).values(state="due", due_at=outbox.real_now()))
    room.empty()
    assert room.letter("a").state == "sent"


# --- a rush ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("waiting", "pause_s"), [(RUSH - 1, 0.3), (RUSH, RUSH_PAUSE.total_seconds())])
def test_cards_lie_longer_while_many_people_act_at_once(room: MailRoom, waiting: int, pause_s: float) -> None:
    relay = Relay(room.engine, room.clock, dict.fromkeys(("hotline", "dingtalk.card"), room.post), card_pause_s=0.3)
    for number in range(waiting):
        room.write_card(f"c{number:02}", f"card:{number}")
    room.write("result")
    written = room.time()
    with room.engine.begin() as tx:
        tx.execute(update(letters).values(due_at=written))
    room.time.at = written + timedelta(seconds=pause_s - 0.05)
    relay.run_once(most=5)
    assert room.got() == ["result"], "words for people and other systems do not wait"
    room.time.at = written + timedelta(seconds=pause_s)
    relay.run_once(most=5)
    assert len(room.got()) == 6
