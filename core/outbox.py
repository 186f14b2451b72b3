"""The relay: claim due letters, hand each to its sender, settle by what became of it, back off, mind the channels."""

from __future__ import annotations

import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Engine, and_, case, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from core.models.record import channels, letters
from core.ports import Clock, Envelope, Held, Sender, Speaker, Undelivered
from core.slowing import Slowing
from core.tray import spent

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
BACKOFF_S = (1, 5, 30, 120, 600)
LATE_S = 1800
MOST_TRIES = 53  # about 24 hours of the back-off below
PROBE_EVERY = timedelta(seconds=30)
OPEN_AFTER = 3
TOO_SLOW = 5
"""Throttled so often in a row, some fifteen seconds, a channel counts as failing: nobody may wait on it for a task."""
REPEATS = {"say": 2, "sms": 1}
"""Tries after which a letter of unknown fate is left to be asked about: a robot's line may go twice, an SMS once."""
RUSH = 40  # cards waiting at once: many people act at the same moment
RUSH_PAUSE = timedelta(seconds=2.5)

other = letters.alias("other")
IN_TURN = select(func.pg_advisory_xact_lock(20_260_310))
"""Claims of several relays one after the other: each sees which lanes the others hold. SQLite has one writer anyway."""


def real_now() -> datetime:
    """Leases and retries keep real time; only quiet hours follow the business clock."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Claimed:
    """A letter in hand, under a lease that only its holder may settle."""

    envelope: Envelope
    lease: str
    at: datetime


class Relay:
    """Moves letters. Several may run at once: claims are exclusive, and one lane is in one hand at a time."""

    def __init__(self, engine: Engine, clock: Clock, senders: Mapping[str, Sender], card_pause_s: float = 0.0) -> None:
        """`card_pause_s`: how long a card letter lies before it leaves, so that whoever tapped has the answer first.

        In a rush it lies longer: answers have two seconds, the copies of others five, and both want the same machine.
        """
        self._engine, self._clock, self._senders = engine, clock, senders
        self._card_pause = timedelta(seconds=card_pause_s)
        self._slowing = Slowing()
        self._spoken: set[int] = set()  # letters said in words by this process; their keys make a repeat harmless

    def run_once(self, most: int = 20) -> int:
        """Claim and send up to `most` letters; returns how many were taken in hand."""
        claimed = self.claim(most)
        for letter in claimed:
            self.hand_over(letter)
        return len(claimed)

    def speak_for_closed_channels(self, most: int = 50) -> int:
        """While a channel is closed, have its waiting letters said in plain words once (C9); returns how many were."""
        closed = select(channels.c.name).where(channels.c.opened_at.is_not(None))
        query = select(letters).where(letters.c.state == "due", letters.c.channel.in_(closed)).order_by(letters.c.id)
        with self._engine.connect().execution_options(readonly=True) as tx:
            waiting = [row for row in tx.execute(query.limit(500)) if row.id not in self._spoken][:most]
        for row in waiting:
            sender = self._senders.get(row.channel)
            if isinstance(sender, Speaker):
                sender.words(_envelope(row))
            self._spoken.add(row.id)
        return len(waiting)

    def claim(self, most: int) -> list[Claimed]:
        """Take the oldest due letters, one a lane, that no one else holds and whose channel is open or due a probe."""
        now, lease = real_now(), secrets.token_hex(8)
        if not self._anything_due(now):
            return []
        with self._engine.begin() as tx:
            if tx.dialect.name == "postgresql":
                tx.execute(IN_TURN)
            closed, probed = self._closed_channels(tx, now)
            closed += self._slowing.resting(now) - probed
            due = self._is_due(now, self._pause(tx))
            rows = self._due(tx, due, now, most, closed, probed)
            if not rows:
                return []
            ids = [row.id for row in rows]
            counted = case((due, 1), else_=0)  # a letter sent early, as a probe, is not worn by it
            held = {"lease": lease, "leased_until": now + LEASE, "tries": letters.c.tries + counted}
            tx.execute(update(letters).where(letters.c.id.in_(ids)).values(**held))
            self._supersede(tx, rows)
        return [Claimed(_envelope(row), lease, now) for row in rows]

    def _anything_due(self, now: datetime) -> bool:
        """A look without the write lock, so that an idle relay disturbs nobody."""
        probed = select(channels.c.name).where(channels.c.opened_at.is_not(None), channels.c.probe_at <= now)
        with self._engine.connect().execution_options(readonly=True) as tx:
            due = or_(self._is_due(now, self._pause(tx)), letters.c.channel.in_(probed))
            query = select(letters.c.id).where(letters.c.state == "due", due).limit(1)
            return tx.execute(query).first() is not None

    def _pause(self, tx: Connection) -> timedelta:
        """How long cards lie at this moment."""
        if not self._card_pause:
            return self._card_pause
        waiting = select(letters.c.id).where(letters.c.state == "due", letters.c.kind == "card", letters.c.tries == 0)
        rush = len(tx.execute(waiting.limit(RUSH)).all()) == RUSH
        return RUSH_PAUSE if rush else self._card_pause

    @staticmethod
    def _is_due(now: datetime, pause: timedelta) -> ColumnElement[bool]:
        """Never the update API inside a callback (dingtalk.md §4): a card waits until the tap behind it is answered."""
        return or_(and_(letters.c.kind != "card", letters.c.due_at <= now), letters.c.due_at <= now - pause)

    def _closed_channels(self, tx: Connection, now: datetime) -> tuple[list[str], set[str]]:
        """Channels not to be tried now, and those whose probe is due: one letter goes, the next probe is set."""
        closed, probed = [], set()
        for row in tx.execute(select(channels).where(channels.c.opened_at.is_not(None))):
            if row.probe_at is not None and row.probe_at <= now:
                tx.execute(update(channels).where(channels.c.name == row.name).values(probe_at=now + PROBE_EVERY))
                probed.add(row.name)
            else:
                closed.append(row.name)
        return closed, probed

    def _due(
        self,
        tx: Connection,
        due: ColumnElement[bool],
        now: datetime,
        most: int,
        closed: Sequence[str],
        probed: set[str],
    ) -> Sequence[Any]:
        free = or_(letters.c.leased_until.is_(None), letters.c.leased_until < now)
        earlier_held = exists().where(
            other.c.lane == letters.c.lane,
            other.c.state == "due",
            other.c.leased_until >= now,
            other.c.id != letters.c.id,
        )
        ahead = or_(
            other.c.channel == letters.c.channel, and_(other.c.due_at <= now, other.c.channel.not_in(closed))
        )  # what waits for a channel that is down holds up nobody's words on another
        first = exists().where(other.c.lane == letters.c.lane, other.c.state == "due", other.c.id < letters.c.id, ahead)
        waiting = or_(letters.c.hold_until.is_(None), letters.c.hold_until <= self._clock.now())
        ready = or_(due, letters.c.channel.in_(probed))  # a probe does not wait for a letter's back-off
        query = (
            select(letters)
            .where(letters.c.state == "due", ready, free, waiting, ~earlier_held)
            .where(or_(letters.c.kind == "card", ~first))
            .order_by(letters.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        if closed:
            query = query.where(letters.c.channel.not_in(closed))
        rows, taken = [], set[str]()
        for row in tx.execute(query):
            alone = row.channel if row.channel in probed else row.lane
            if alone not in taken:
                taken.add(alone)
                rows.append(row)
        return rows

    @staticmethod
    def _supersede(tx: Connection, rows: Sequence[Any]) -> None:
        """A card letter shows the latest truth, so its siblings waiting in the lane are done with it."""
        for row in rows:
            if row.kind == "card":
                waiting = and_(
                    letters.c.lane == row.lane,
                    letters.c.kind == "card",
                    letters.c.state == "due",
                    letters.c.id != row.id,
                )
                tx.execute(update(letters).where(waiting).values(state="merged", error=None))

    def hand_over(self, claimed: Claimed) -> None:
        """Send one letter and settle it; nothing is raised."""
        letter = claimed.envelope
        if rests := self._slowing.since(letter.channel, claimed.at):
            self._settle(claimed, due_at=rests, tries=letter.tries - 1, lease=None, leased_until=None)
            return
        try:
            self._senders[letter.channel].send(letter)
        except Undelivered as failure:
            self._settle_failure(claimed, failure)
        except Exception as fault:
            log.exception("letter failed", letter=letter.id, channel=letter.channel)
            self._settle_failure(claimed, Undelivered("again", f"{type(fault).__name__}"))
        else:
            sent = {"state": "sent", "error": None, "sent_at": self._clock.now(), "body": spent(letter.body)}
            self._settle(claimed, **sent, lease=None, leased_until=None)
            self._channel_works(letter.channel)

    def _settle(self, claimed: Claimed, **values: Any) -> None:
        mine = and_(letters.c.id == claimed.envelope.id, letters.c.lease == claimed.lease)
        with self._engine.begin() as tx:
            tx.execute(update(letters).where(mine).values(**values))

    def _settle_failure(self, claimed: Claimed, failure: Undelivered) -> None:
        letter, now = claimed.envelope, real_now()
        values: dict[str, Any] = {"error": str(failure)[:500], "lease": None, "leased_until": None}
        failed = failure.fate in ("again", "unknown") and not failure.alone
        worn_out = failure.fate == "again" and letter.tries > MOST_TRIES
        if failure.fate == "never" or worn_out:
            values["state"] = "dead"
        elif failure.fate == "merged":
            values["state"] = "merged"
        elif failure.fate == "withheld":
            values |= {"state": "withheld", "sent_at": self._clock.now(), "body": spent(letter.body)}
        elif isinstance(failure, Held):
            values |= {"due_at": now, "hold_until": failure.until, "tries": letter.tries - 1}
        elif failure.fate == "throttled":
            times, rests = self._slowing.slower(letter.channel, now)
            values |= {"due_at": rests, "tries": letter.tries - 1}
            failed = times >= TOO_SLOW
        elif failure.fate == "unknown" and letter.tries >= REPEATS.get(letter.kind, MOST_TRIES):
            values["state"] = "unknown"
        else:
            values["due_at"] = now + backoff(letter.tries)
        self._settle(claimed, **values)
        if failed:
            self._channel_fails(letter.channel, str(failure))
        if failure.fate == "withheld":
            self._channel_works(letter.channel)

    def _channel_works(self, name: str) -> None:
        """A confirmed letter closes the breaker and makes everything waiting on that channel due at once."""
        self._slowing.works(name)
        with self._engine.begin() as tx:
            row = tx.execute(select(channels).where(channels.c.name == name)).first()
            if row is None or (row.failures == 0 and row.opened_at is None):
                return
            tx.execute(
                update(channels)
                .where(channels.c.name == name)
                .values(failures=0, opened_at=None, probe_at=None, error=None)
            )
            if row.opened_at is not None:
                waiting = and_(letters.c.channel == name, letters.c.state == "due")
                tx.execute(update(letters).where(waiting).values(due_at=real_now()))
                log.info("channel recovered", channel=name)

    def _channel_fails(self, name: str, why: str) -> None:
        try:
            self._count_failure(name, why)
        except IntegrityError:  # another relay met the channel's first failure in the same moment
            self._count_failure(name, why)

    def _count_failure(self, name: str, why: str) -> None:
        now = real_now()
        with self._engine.begin() as tx:
            row = tx.execute(select(channels).where(channels.c.name == name)).first()
            if row is None:
                values = {"name": name, "failures": 1, "opened_at": None, "probe_at": None, "error": why[:300]}
                tx.execute(insert(channels), values)
                return
            failures = row.failures + 1
            values = {"failures": failures, "error": why[:300]}
            if row.opened_at is None and failures >= OPEN_AFTER:
                values |= {"opened_at": now, "probe_at": now + PROBE_EVERY}
                log.warning("channel opened", channel=name, why=why[:120])
            tx.execute(update(channels).where(channels.c.name == name).values(**values))


def backoff(tries: int) -> timedelta:
    """1 s, 5 s, 30 s, 2 min, 10 min, then every 30 min, ±50 % (security-reliability §6)."""
    base = BACKOFF_S[tries - 1] if tries <= len(BACKOFF_S) else LATE_S
    return timedelta(seconds=base * random.uniform(0.5, 1.5))


def _envelope(row: Any) -> Envelope:
    return Envelope(
        row.id, row.key, row.channel, row.kind, row.lane, row.case_id, row.event_id, row.body or {}, row.tries + 1
    )
