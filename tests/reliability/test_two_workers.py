"""Two of everything on PostgreSQL: every letter has one effect, the clock strikes once, a dead leader is followed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select

from bots.worker import RENEW_S
from core import Core
from core.lease import LIFE
from core.models.record import channels, events, leases, letters
from core.outbox import Claimed, Relay
from tests.builders import LEAD, act, clerk, signed
from tests.clock import StillClock
from tests.core.mail_room import MailRoom
from tests.databases import PostgreSQL
from tests.reliability.plot import CASE
from tests.reliability.pressure import CasePressure, Platform
from tests.reliability.processes import Process, Processes, stop_the_clock
from tests.reliability.truth import agree, check_record, fates, waiting
from tests.sandbox.rig import Sandbox
from tests.town import a_core, settled

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("reliability-processes")]

WORKING_S = 6.0
PAUSED = 3
SLACK_S = 45.0  # for a machine that is busy with other tests
CAP_OVER, LATER = "2026-03-12T17:30:00+08:00", "2026-03-20T17:30:00+08:00"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two web, two bots and two workers over one database; `core` is the test's own look at it."""

    core: Core
    clock: StillClock
    sandbox: Sandbox
    first: Processes
    second: Processes

    def go_to(self, moment: str) -> None:
        """Business time moves, for everybody."""
        self.clock.set(moment)
        self.sandbox.post("clock", set=moment)

    def leader(self) -> tuple[Process, int] | None:
        """The worker that holds the lease, and its fencing number."""
        with self.core.engine.connect().execution_options(readonly=True) as tx:
            row = tx.execute(select(leases).where(leases.c.name == "clock")).first()
        workers = {one.worker.pid: one.worker for one in (self.first, self.second)}
        held = None if row is None else workers.get(int(row.owner.partition("-")[0]))
        return None if row is None or held is None else (held, row.fence)

    def resumed(self) -> Counter[int]:
        """Leg → how often the clock ended its pause."""
        query = select(events.c.leg_id).where(events.c.name == "resumed", events.c.source == "clock")
        with self.core.engine.connect().execution_options(readonly=True) as tx:
            return Counter(tx.execute(query).scalars())

    def pause(self) -> None:
        """Some units stop their clocks."""
        for _ in range(PAUSED):
            act(self.core, clerk(self.core), signed(self.core), "pause", LEAD, reason="awaiting_citizen")


@pytest.fixture
def pair(postgresql: PostgreSQL, clock: StillClock, sandbox: Sandbox, tmp_path: Path) -> Iterator[Pair]:
    """Everything twice, ready, on a Monday morning."""
    (tmp_path / "second").mkdir()
    stop_the_clock(sandbox, clock)
    with postgresql.database(settled) as url:
        core = a_core(url, clock)
        both = [Processes(url, sandbox, tmp_path / name, DINGTALK__CALLS_PER_SECOND="500") for name in ("", "second")]
        try:
            for one in both:
                one.start()
            sandbox.until(lambda: len(sandbox.get("connections")) == 2)
            yield Pair(core, clock, sandbox, *both)
        finally:
            for one in both:
                one.stop()
            core.engine.dispose()
            sandbox.post("clock", reset=True)


def test_each_letter_has_one_effect_whoever_carries_it(pair: Pair) -> None:
    core, sandbox = pair.core, pair.sandbox
    platform = Platform(pair.first.base, pair.second.base)
    with CasePressure(core, sandbox, platform) as pressure:
        time.sleep(WORKING_S)
    platform.close()
    sandbox.until(lambda: not waiting(core), 120)
    agree(core, sandbox)
    print(f"\n{len(pressure.acks.clicks)} clicks, {dict(pressure.acks.attempts)}; letters {dict(fates(core))}")
    check_record(core, CASE, pressure.acks)
    assert pressure.acks.attempts["taps failed"] == pressure.acks.attempts["pushes unanswered"] == 0
    assert set(fates(core)) <= {"sent", "merged"}
    lines, cards = received(sandbox)
    assert lines == said(core)
    assert [what for what, times in cards.items() if times > 1] == []
    assert min(one["received"] for one in sandbox.get("connections")) > 0, "both bots had a share"


def test_the_clock_strikes_once_and_a_dead_leader_is_followed_within_its_lease(pair: Pair) -> None:
    sandbox = pair.sandbox
    pair.pause()
    pair.go_to(CAP_OVER)
    sandbox.until(lambda: len(pair.resumed()) == PAUSED, 120)
    pair.pause()
    leader, fence = sandbox.until(pair.leader)
    leader.kill()
    began = time.monotonic()
    pair.go_to(LATER)
    _, next_fence = sandbox.until(
        lambda: (now := pair.leader()) and now[0] is not leader and now, LIFE.total_seconds() + RENEW_S + SLACK_S
    )
    took = time.monotonic() - began
    sandbox.until(lambda: len(pair.resumed()) == 2 * PAUSED, 120)
    leader.start()
    leader.wait()
    time.sleep(RENEW_S + 1)
    print(f"\nfollowed after {took:.1f} s, fencing number {fence} → {next_fence}")
    assert (next_fence, sandbox.until(pair.leader)[1]) == (fence + 1, fence + 1)
    assert set(pair.resumed().values()) == {1}
    assert pair.core.verify_log().ok


def received(sandbox: Sandbox) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    """Person → lines the robot sent; (person, card) → how often it was shown to them."""
    lines, cards = Counter[str](), Counter[tuple[str, str]]()
    users = {user for card in sandbox.get("cards") for user in card["viewers"]}
    for user in users:
        for message in (line for chat in sandbox.phone(user)["chats"] for line in chat["messages"]):
            if message["kind"] == "card":
                cards[user, message["content"]["outTrackId"]] += 1
            elif message["from"] == "robot":
                lines[user] += 1
    return lines, cards


def said(core: Core) -> Counter[str]:
    """Person → how many lines were written to them."""
    query = select(letters.c.body).where(letters.c.channel == "dingtalk.say", letters.c.state == "sent")
    with core.engine.connect().execution_options(readonly=True) as tx:
        bodies = list(tx.execute(query).scalars())
    return Counter(user for body in bodies for user in body.get("userIds") or [body.get("userId")])


# --- two relays at the very same moment -----------------------------------------------------------------------------


class SlowRelay(Relay):
    """One that takes its time between looking and taking, so that the other looks meanwhile."""

    def _due(self, tx: Connection, *told: Any) -> Sequence[Any]:
        found = super()._due(tx, *told)
        time.sleep(0.1)
        return found


@pytest.fixture
def both_claim(room: MailRoom) -> Iterator[Callable[[], list[Claimed]]]:
    """Two relays look into the tray at the same moment: what they took, together."""
    senders = dict.fromkeys(("hotline", "dingtalk.card"), room.post)
    relays = [SlowRelay(room.engine, room.clock, senders) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        yield lambda: [letter for taken in pool.map(lambda relay: relay.claim(4), relays) for letter in taken]


def test_one_lane_is_in_one_hand_even_when_two_relays_look_together(
    room: MailRoom, both_claim: Callable[[], list[Claimed]]
) -> None:
    for number in range(12):
        room.write_card(f"a{number}", "card:a")
        room.write_card(f"b{number}", "card:b")
    assert sorted(letter.envelope.lane for letter in both_claim()) == ["card:a", "card:b"]
    assert both_claim() == []


def test_two_relays_probe_a_closed_channel_with_one_letter(
    room: MailRoom, both_claim: Callable[[], list[Claimed]]
) -> None:
    room.break_down(12)
    shut = {"name": "hotline", "failures": 3, "opened_at": room.time(), "probe_at": room.time(), "error": "502"}
    with room.engine.begin() as tx:
        tx.execute(channels.insert(), shut)
    probes = []
    for _ in range(3):
        probes += [len(both_claim()), len(both_claim())]
        room.time.advance(seconds=30)
    assert probes == [1, 0] * 3
