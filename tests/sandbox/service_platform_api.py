"""The 一体化平台's door: `GET /service-platform/licences` for the bearer of the token, and its moods for tests."""

from __future__ import annotations

import hmac

from aiohttp import web

from .wire import ControlError, Json
from .world import World, world_of

TOKEN = "practice"
LARGEST = 500


async def pull(request: web.Request) -> web.Response:
    """`GET /service-platform/licences?since=&limit=`."""
    platform = world_of(request).service_platform
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {TOKEN}".encode()):
        return web.json_response({"error": "unauthorized"}, status=401)
    platform.asked += 1
    if platform.away > 0:
        platform.away -= 1
        return web.json_response({"error": "maintenance"}, status=503)
    try:
        cursor, most = int(request.query.get("since") or 0), int(request.query.get("limit") or 100)
    except ValueError:
        return web.json_response({"error": "since and limit are numbers"}, status=400)
    return web.json_response(platform.since(max(cursor, 0), min(max(most, 1), LARGEST)))


async def control(world: World, request: web.Request, body: Json) -> object:
    """GET how often it was asked; POST `issue`: records to add, `away`: how many requests fail first."""
    platform = world.service_platform
    issued = body.get("issue", [])
    if not isinstance(issued, list):
        raise ControlError("issue is a list of records")
    platform.records += issued
    platform.away = int(body.get("away", platform.away))
    return {"records": len(platform.records), "asked": platform.asked}
