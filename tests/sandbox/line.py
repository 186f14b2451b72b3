"""What the platform does to a line itself: ping, asking to leave, and every sudden way to lose it."""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
from typing import Any

from . import guesses
from .stream import CHAT_TOPIC, Ack, Connection, Stream
from .wire import Json, dumps, new_id

OVERSIZE = 1_100_000
MOMENTS = ("disconnect", "close", "reset", "oversize")


async def ping(stream: Stream, connection: Connection) -> bool:
    """SYSTEM ping; True if the ack carried the same opaque in time."""
    opaque = secrets.token_hex(8)
    ack = await _system(stream, connection, "ping", {"opaque": opaque}, guesses.seconds("ping_patience_s"))
    good = ack is not None and isinstance(ack.data, dict) and ack.data.get("opaque") == opaque
    if not good and connection.is_open and connection.awake.is_set():
        stream.ledger.warn("ping", "心跳没有按原样回来", connectionId=connection.id)
    return good


async def leave(stream: Stream, connection: Connection, reason: str = "load balancing") -> None:
    """SYSTEM disconnect: nothing new from now on, closed after the grace (dingtalk.md §2.2)."""
    connection.leaving = True
    await _system(stream, connection, "disconnect", {"reason": reason}, 0.5)
    await asyncio.sleep(guesses.seconds("disconnect_grace_s"))
    await connection.socket.close(code=1000)


def freeze(stream: Stream, is_frozen: bool) -> None:
    """Silence every line that is open now, both ways; or let all go on. New lines are awake."""
    for connection in stream.connections:
        if is_frozen:
            connection.awake.clear()
        else:
            connection.awake.set()


async def break_now(stream: Stream, name: str, value: Any) -> int:
    """One of the sudden faults on every open connection; returns how many were hit."""
    hit = list(stream.connections)
    for connection in hit:
        if name == "disconnect":
            stream.later(leave(stream, connection))
        elif name == "close":
            stream.later(connection.socket.close(code=1011 if value is True else int(value)))
        elif name == "reset" and connection.transport:
            raw = connection.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.transport.abort()
        elif name == "oversize":
            big = {"text": {"content": "大" * OVERSIZE}}
            frame = stream.frame(connection.client_id, "CALLBACK", CHAT_TOPIC, big, new_id("m-"), {})
            stream.later(connection.socket.send_str(dumps(frame)))
    stream.ledger.ring("connections")
    return len(hit)


def listed(stream: Stream) -> list[Json]:
    """Open connections as the control API shows them."""
    return [
        {
            "id": c.id, "clientId": c.client_id, "opened_at": c.opened_at, "leaving": c.leaving,
            "received": c.received, "topics": sorted(f"{kind} {topic}" for kind, topic in c.topics),
        }
        for c in stream.connections
    ]  # fmt: skip


async def _system(stream: Stream, connection: Connection, topic: str, data: Json, limit_s: float) -> Ack | None:
    message_id = new_id("s-")
    frame = stream.frame(connection.client_id, "SYSTEM", topic, data, message_id, {})
    delivery = stream.delivery(frame, connection.client_id, "SYSTEM", message_id, None)
    await stream.send_on(connection, delivery, topic)
    return await stream.wait(delivery, limit_s)
