"""The relay at work in a small room: a tray on disk, one far side, and real time under the test's hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert

from core.models.record import channels, letters
from core.notices import letter
from core.outbox import Relay
from core.ports import Undelivered
from tests.builders import Post
from tests.clock import StillClock


class Moving:
    """Real time as the relay reads it; it begins a minute after every letter a test writes."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC) + timedelta(seconds=60)

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **span: float) -> None:
        self.at += timedelta(**span)


class MailRoom:
    """One relay with one far side for every channel."""

    def __init__(self, engine: Engine, clock: StillClock, time: Moving) -> None:
        self.engine, self.clock, self.time, self.post = engine, clock, time, Post()
        self.relay = self.another_relay()

    def another_relay(self) -> Relay:
        return Relay(self.engine, self.clock, dict.fromkeys(("hotline", "dingtalk.say", "dingtalk.card"), self.post))

    def write(self, key: str, **changes: Any) -> None:
        """Put a letter into the tray: a result in a lane of its own unless said otherwise."""
        row = {"channel": "hotline", "kind": "result", "lane": key, **changes}
        with self.engine.begin() as tx:
            tx.execute(insert(letters), letter(key, body={}, now=self.clock.now(), **row))

    def write_card(self, key: str, lane: str = "card:7") -> None:
        self.write(key, channel="dingtalk.card", kind="card", lane=lane)

    def letter(self, key: str) -> Any:
        with self.engine.connect() as tx:
            return tx.execute(letters.select().where(letters.c.key == key)).one()

    def channel(self, name: str = "hotline") -> Any:
        with self.engine.connect() as tx:
            return tx.execute(channels.select().where(channels.c.name == name)).first()

    def got(self) -> list[str]:
        """The keys of what the far side confirmed, in order."""
        return [one.key for one in self.post.got]

    def empty(self) -> None:
        """Send until nothing is due."""
        while self.relay.run_once():
            pass

    def break_down(self, many: int = 10) -> None:
        """`many` letters on a channel that is away."""
        for number in range(many):
            self.write(f"k{number}")
        self.post.down = Undelivered("again", "连接被拒绝")
