"""The gateway: credentials to a one-use ticket, a ticket to a WebSocket, and what comes up on it."""

from __future__ import annotations

import asyncio

from aiohttp import WSMsgType, web

from . import guesses
from .line import ping
from .stream import Connection
from .wire import ApiError, body_of, new_id
from .world import World, world_of

MAX_UP = 8 * 2**20


async def open_connection(request: web.Request) -> web.Response:
    """`POST /v1.0/gateway/connections/open` (dingtalk.md §2.1)."""
    world = world_of(request)
    refusal = world.faults.on("refuse_open")
    if refusal:
        return web.Response(status=int(world.faults.part("refuse_open", "status", 503)))
    body = await body_of(request)
    app = world.tokens.app(body.get("clientId"), body.get("clientSecret"))
    if app is None:
        raise ApiError(401, "authFailed", "鉴权失败")
    subscriptions = body.get("subscriptions")
    if not isinstance(subscriptions, list) or not subscriptions:
        raise ApiError(400, guesses.word("no_subscription_code"), "subscriptions is empty")
    topics = frozenset((str(row.get("type")), str(row.get("topic"))) for row in subscriptions)
    endpoint = world.options.base.replace("http://", "ws://", 1) + "/connect"
    return web.json_response({"endpoint": endpoint, "ticket": world.tokens.ticket(app.client_id, topics)})


async def connect(request: web.Request) -> web.StreamResponse:
    """`GET /connect?ticket=`: the WebSocket itself."""
    world = world_of(request)
    if world.faults.on("refuse_handshake"):
        return web.Response(status=int(world.faults.part("refuse_handshake", "status", 400)))
    grant = world.tokens.redeem(request.query.get("ticket", ""))
    if grant is None:
        world.ledger.warn("dead_ticket", "用旧的或用过的入场券来连接")
        return web.Response(status=guesses.number("dead_ticket_status"))
    client_id, topics = grant
    assert isinstance(topics, frozenset)
    ws = web.WebSocketResponse(autoping=False, compress=True, max_msg_size=MAX_UP)
    await ws.prepare(request)
    connection = Connection(new_id("c-"), client_id, ws, request.transport, topics)
    connection.awake.set()
    world.stream.connections.add(connection)
    world.ledger.frame("up", "connect", {"connectionId": connection.id, "clientId": client_id})
    world.ledger.ring("connections")
    pings = asyncio.create_task(_keep_alive(world, connection))
    try:
        await _listen(world, connection)
    finally:
        pings.cancel()
        world.stream.connections.discard(connection)
        world.ledger.frame("up", "closed", {"connectionId": connection.id, "code": ws.close_code})
        world.ledger.ring("connections")
    return ws


async def _listen(world: World, connection: Connection) -> None:
    async for message in connection.socket:
        await connection.awake.wait()
        if message.type is WSMsgType.PING:
            await connection.socket.pong(message.data)
        elif message.type is WSMsgType.TEXT:
            world.stream.receive(connection, message.data)


async def _keep_alive(world: World, connection: Connection) -> None:
    while True:
        await asyncio.sleep(guesses.seconds("ping_every_s"))
        if not connection.leaving:
            await ping(world.stream, connection)
