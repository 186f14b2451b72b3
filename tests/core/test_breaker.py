"""The breaker of a channel: open after three failures, probed every thirty seconds, made good at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from core.ports import Undelivered
from tests.core.mail_room import MailRoom


def test_a_channel_opens_after_three_failures_in_a_row(room: MailRoom) -> None:
    room.break_down()
    for _ in range(10):
        room.relay.run_once(most=1)
    assert len(room.post.tried) == 3
    assert room.channel().opened_at is not None
    assert room.channel().error == "连接被拒绝"


def test_a_success_between_failures_keeps_it_closed(room: MailRoom) -> None:
    for number in range(5):
        room.write(f"k{number}")
    bad = Undelivered("again", "502")
    for failure in (bad, bad, None, bad, bad):
        room.post.failures = [failure] if failure else []
        room.relay.run_once(most=1)
    assert room.channel().opened_at is None
    assert room.channel().failures == 2


def test_what_fails_beside_the_channel_leaves_it_closed(room: MailRoom) -> None:
    for number in range(5):
        room.write(f"k{number}")
        room.post.failures = [Undelivered("again", "a host of files", alone=True)]
        room.relay.run_once(most=1)
    assert room.channel() is None, "not one failure was counted"
    assert {room.letter(f"k{number}").state for number in range(5)} == {"due"}


def test_an_open_channel_is_probed_with_one_letter_every_thirty_seconds(room: MailRoom) -> None:
    room.break_down()
    for _ in range(3):
        room.relay.run_once(most=1)
    tried = []
    for _ in range(300):  # five minutes, looked at every second
        room.time.advance(seconds=1)
        room.relay.run_once()
        tried.append(len(room.post.tried) - 3)
    assert (tried[28], tried[29], tried[58], tried[59], tried[-1]) == (0, 1, 1, 2, 10)


def test_relays_that_meet_the_first_failure_together_both_count_it(room: MailRoom) -> None:
    room.break_down(8)
    held = room.relay.claim(8)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(room.relay.hand_over, held))
    assert room.channel().failures >= 1
    assert all(room.letter(f"k{number}").lease is None for number in range(8))


def test_another_channel_goes_on(room: MailRoom) -> None:
    room.break_down()
    for _ in range(3):
        room.relay.run_once(most=1)
    room.post.down = None
    room.write("say", channel="dingtalk.say", kind="say")
    room.empty()
    assert room.got() == ["say"]


def test_recovery_makes_everything_due_and_empties_the_tray_at_once(room: MailRoom) -> None:
    room.break_down(12)
    for _ in range(60):  # ten minutes away: back-off has put letters off for minutes
        room.time.advance(seconds=10)
        room.relay.run_once()
    room.post.down = None
    room.time.advance(seconds=30)
    room.empty()
    assert sorted(room.got()) == sorted(f"k{number}" for number in range(12))
    state = room.channel()
    assert (state.opened_at, state.probe_at, state.failures) == (None, None, 0)
