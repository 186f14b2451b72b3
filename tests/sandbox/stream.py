"""Connections of the SDK: pushing frames down, matching acks by message id, and the faults on the way."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from . import guesses
from .faults import Faults
from .ledger import Ledger
from .wire import Json, dumps, new_id, real_ms

CHAT_TOPIC = "/v1.0/im/bot/messages/get"
CARD_TOPIC = "/v1.0/card/instances/callback"
FORGET_AFTER_S = 300


@dataclass(eq=False, slots=True)
class Connection:
    """One open WebSocket of one app."""

    id: str
    client_id: str
    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    topics: frozenset[tuple[str, str]]
    opened_at: int = field(default_factory=real_ms)
    leaving: bool = False
    received: int = 0
    awake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_open(self) -> bool:
        """Is there still a socket behind it?"""
        return not self.socket.closed and (self.transport is None or not self.transport.is_closing())


@dataclass(frozen=True, slots=True)
class Ack:
    """An acknowledgement as it arrived: `data` parsed, `moved` if it came on another socket."""

    code: int
    data: Any
    message: str
    latency_ms: float
    moved: bool


@dataclass(eq=False, slots=True)
class Delivery:
    """One copy of a frame on its way to the product."""

    message_id: str
    kind: str
    frame: Json
    client_id: str
    sent_at: float
    answer: asyncio.Future[Ack]
    connection: Connection | None = None
    expired: bool = False
    dropped: bool = False

    @property
    def left_the_platform(self) -> bool:
        """Was there a connection to send it on, even if a fault lost it on the way?"""
        return self.dropped or self.connection is not None


class Stream:
    """The connection table and the outbox down."""

    def __init__(self, ledger: Ledger, faults: Faults) -> None:
        self.connections: set[Connection] = set()
        self.ledger, self._faults = ledger, faults
        self._pending: dict[str, deque[Delivery]] = {}
        self._jobs: set[asyncio.Task[None]] = set()

    def later(self, job: Any) -> None:
        """Run a coroutine beside everything else and keep it from being collected."""
        task = asyncio.ensure_future(job)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)

    def pick(self, client_id: str, kind: str, topic: str) -> Connection | None:
        """A random connection of the app that subscribed the topic and was not told to leave."""
        wanted = {(kind, topic), (kind, "*")} if kind == "EVENT" else {(kind, topic)}
        mine = (c for c in self.connections if c.client_id == client_id and c.is_open and not c.leaving)
        able = [c for c in mine if c.topics & wanted]
        return random.choice(able) if able else None

    async def push(
        self, client_id: str, kind: str, topic: str, data: Json, *,
        message_id: str = "", copies: int = 1, headers: Json | None = None, at: float | None = None,
    ) -> list[Delivery]:  # fmt: skip
        """Send a frame down; returns one delivery per copy the caller asked for.

        Further copies by the duplicate fault are sent too, but nobody waits for their acks.
        """
        message_id = message_id or new_id("m-")
        frame = self.frame(client_id, kind, topic, data, message_id, headers or {})
        wanted = [self.delivery(frame, client_id, kind, message_id, at) for _ in range(copies)]
        extra = int(self._faults.part("duplicate", "copies", 2)) - 1 if self._faults.falls("duplicate") else 0
        extras = [self.delivery(frame, client_id, kind, message_id, at) for _ in range(extra)]
        for delivery in wanted + extras:
            if kind != "SYSTEM" and self._faults.falls("drop"):
                delivery.dropped = True
                self.ledger.frame("down", topic, frame, message_id=message_id, note="丢失，没有送到")
                continue
            delay = self._faults.delay()
            if delay:
                self.later(self._send(delivery, topic, delay))
            else:
                await self._send(delivery, topic)
        return wanted

    async def wait(self, delivery: Delivery, limit_s: float) -> Ack | None:
        """The ack, or None when the limit (counted from sending) passes first."""
        left = delivery.sent_at + limit_s - time.monotonic()
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(asyncio.shield(delivery.answer), max(left, 0.001))
        delivery.expired = True
        return None

    def receive(self, connection: Connection, raw: str) -> None:
        """One frame up: an ack, matched by message id on any socket of the same app."""
        connection.received += 1
        try:
            frame = json.loads(raw)
            message_id = str(frame["headers"]["messageId"])
            data = frame.get("data")
            data = json.loads(data) if isinstance(data, str) and data else data
        except (ValueError, KeyError, TypeError):
            self.ledger.frame("up", "?", raw, note="看不懂的应答")
            self.ledger.warn("bad_ack", "应答不是规定的格式", raw=raw[:500])
            return
        delivery = self._claim(message_id, connection)
        if delivery is None:
            self.ledger.frame("up", "ack", frame, message_id=message_id, note="没有对应的消息")
            return
        latency = (time.monotonic() - delivery.sent_at) * 1000
        moved = delivery.connection is not connection
        note = "、".join(w for w, is_so in (("换了连接", moved), ("太晚，作废", delivery.expired)) if is_so)
        ack = Ack(int(frame.get("code", 0)), data, str(frame.get("message", "")), latency, moved)
        if delivery.kind != "SYSTEM" and self._faults.falls("ignore_ack"):
            self.ledger.frame("up", "ack", frame, message_id=message_id, latency_ms=latency, note="应答被忽略")
            pause = self._faults.part("ignore_ack", "seconds", guesses.seconds("redeliver_after_s"))
            self.later(self._redeliver(delivery, float(pause)))
            return
        self.ledger.frame("up", "ack", frame, message_id=message_id, latency_ms=latency, note=note)
        if delivery.expired:
            self.ledger.warn("late_ack", "应答来得太晚", messageId=message_id, latency_ms=round(latency, 1))
        if not delivery.answer.done():
            delivery.answer.set_result(ack)

    def _claim(self, message_id: str, connection: Connection) -> Delivery | None:
        waiting = self._pending.get(message_id)
        if not waiting:
            return None
        same = [d for d in waiting if d.connection is connection]
        delivery = same[0] if same else waiting[0]
        if delivery.client_id != connection.client_id:
            return None
        waiting.remove(delivery)
        if not waiting:
            del self._pending[message_id]
        return delivery

    def delivery(self, frame: Json, client_id: str, kind: str, message_id: str, at: float | None) -> Delivery:
        """One copy of a frame, not sent yet."""
        answer: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        return Delivery(message_id, kind, frame, client_id, at or time.monotonic(), answer)

    def frame(self, client_id: str, kind: str, topic: str, data: Json, message_id: str, headers: Json) -> Json:
        """A frame as dingtalk.md §2.2 describes it, or `odd_frames`; the connection id is added when it is sent."""
        if odd := self._faults.on("odd_frames"):
            headers = {"eventBornTime": "刚才", **headers, "time": "2026-03-09T09:00:00+08:00"}
        plain = {"contentType": "application/json", "messageId": message_id, "time": str(real_ms()), "topic": topic}
        return {
            "specVersion": "1.0", "type": kind, "headers": {"appId": client_id, **plain, **headers},
            "data": data if odd else dumps(data),
        }  # fmt: skip

    async def _send(self, delivery: Delivery, topic: str, delay: float = 0.0, again: bool = False) -> None:
        if delay:
            await asyncio.sleep(delay)
        connection = self.pick(delivery.client_id, delivery.kind, topic)
        if connection is None:
            self.ledger.frame("down", topic, delivery.frame, message_id=delivery.message_id, note="没有连接，没有送出")
            return
        await self.send_on(connection, delivery, topic, "重发" if again else "")

    async def send_on(self, connection: Connection, delivery: Delivery, topic: str, note: str = "") -> None:
        """Put one delivery on one socket."""
        delivery.connection = connection
        delivery.frame = {**delivery.frame, "headers": {**delivery.frame["headers"], "connectionId": connection.id}}
        self._pending.setdefault(delivery.message_id, deque()).append(delivery)
        self._forget_old()
        self.ledger.frame("down", topic, delivery.frame, message_id=delivery.message_id, note=note)
        if connection.awake.is_set():
            await _put(connection, delivery.frame)
        else:
            self.later(_put(connection, delivery.frame))
        seconds = self._faults.part("redeliver", "seconds")
        if seconds and delivery.kind != "SYSTEM":
            self.later(self._redeliver_unanswered(delivery, float(seconds)))

    async def _redeliver(self, delivery: Delivery, seconds: float) -> None:
        await asyncio.sleep(seconds)
        await self._send(self._again(delivery), delivery.frame["headers"]["topic"], again=True)

    async def _redeliver_unanswered(self, delivery: Delivery, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if not delivery.answer.done() and delivery in self._pending.get(delivery.message_id, ()):
            self._claim_exact(delivery)
            await self._send(self._again(delivery), delivery.frame["headers"]["topic"], again=True)

    def _claim_exact(self, delivery: Delivery) -> None:
        waiting = self._pending[delivery.message_id]
        waiting.remove(delivery)
        if not waiting:
            del self._pending[delivery.message_id]

    def _again(self, delivery: Delivery) -> Delivery:
        fresh = self.delivery(delivery.frame, delivery.client_id, delivery.kind, delivery.message_id, None)
        fresh.answer, fresh.expired = delivery.answer, delivery.expired
        return fresh

    def _forget_old(self) -> None:
        if len(self._pending) < 5000:
            return
        old = time.monotonic() - FORGET_AFTER_S
        for key in [key for key, waiting in self._pending.items() if all(d.sent_at < old for d in waiting)]:
            del self._pending[key]


async def _put(connection: Connection, frame: Json) -> None:
    """Write a frame once the connection is awake; a lost socket loses it silently, as in life."""
    await connection.awake.wait()
    with contextlib.suppress(ConnectionError):
        await connection.socket.send_str(dumps(frame))
