"""The hotline's two doors: tickets to pull with a bearer token, results to hand back."""

from __future__ import annotations

import hmac

from aiohttp import web

from .wire import new_id, real_ms
from .world import world_of


async def pull(request: web.Request) -> web.Response:
    """`GET /hotline/tickets?since=&limit=`, for the bearer of the token."""
    world = world_of(request)
    if not _may_enter(request, world.options.hotline_token):
        return web.json_response({"error": "unauthorized"}, status=401)
    try:
        cursor, limit = int(request.query.get("since") or 0), int(request.query.get("limit") or 100)
    except ValueError:
        return web.json_response({"error": "since and limit are numbers"}, status=400)
    return web.json_response(world.hotline.since(max(cursor, 0), min(max(limit, 1), 1000)))


async def take_result(request: web.Request) -> web.Response:
    """`POST /hotline/results`: a result handed back; kept as it came, with its signature headers."""
    world = world_of(request)
    try:
        body = await request.json()
    except ValueError:
        return web.json_response({"error": "not JSON"}, status=400)
    headers = {key: value for key, value in request.headers.items() if key.lower().startswith(("x-", "authorization"))}
    key = new_id("r-")
    world.hotline.results.append({"id": key, "at": real_ms(), "headers": headers, "body": body})
    world.ledger.ring("hotline")
    return web.json_response({"accepted": True, "id": key})


def _may_enter(request: web.Request, token: str) -> bool:
    given = request.headers.get("Authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
