"""An open channel is probed every thirty seconds even when its only letter was put off for half an hour."""

from __future__ import annotations

from itertools import pairwise

from core.ports import Undelivered
from tests.core.mail_room import MailRoom


def test_the_probe_does_not_wait_for_the_back_off_of_a_lonely_letter(room: MailRoom) -> None:
    room.write("alone")
    room.post.down = Undelivered("again", "502")
    tried: list[int] = []
    for _ in range(600):  # ten minutes, looked at every second
        room.time.advance(seconds=1)
        room.relay.run_once()
        tried.append(len(room.post.tried))
    opened = next(second for second, count in enumerate(tried) if count == 3)
    assert room.channel().opened_at is not None
    probes = [second for second in range(1, 600) if tried[second] > tried[second - 1] and second > opened]
    assert {after - before for before, after in pairwise(probes)} == {30}
    assert len(probes) >= 17


def test_recovery_empties_the_tray_with_the_next_probe(room: MailRoom) -> None:
    room.write("alone")
    for number in range(6):
        room.write_card(f"card{number}", f"card:{number}")
    room.post.down = Undelivered("again", "502")
    for _ in range(600):
        room.time.advance(seconds=1)
        room.relay.run_once()
    room.post.down = None
    for _ in range(31):
        room.time.advance(seconds=1)
        room.relay.run_once()
    assert sorted(room.got()) == sorted(["alone", *(f"card{number}" for number in range(6))])
    assert room.channel().opened_at is None
    assert room.channel("dingtalk.card").opened_at is None
