"""The province's door: `POST /province/resources/{resource}/rows`, and its moods for tests."""

from __future__ import annotations

import json

from aiohttp import web

from .wire import Json, real_ms
from .world import World, world_of

MOODS = ("refuse", "retry", "mute", "poison", "throttle")


async def take_rows(request: web.Request) -> web.Response:
    """Verified before anything is parsed; each row is answered for itself."""
    province, body = world_of(request).province, await request.read()
    if why := province.forged(request.path, dict(request.headers), body):
        return web.json_response({"code": 401, "message": why}, status=401)
    if province.throttle > 0:
        province.throttle -= 1
        return web.json_response({"code": 429, "message": "slow down"}, status=429, headers={"Retry-After": "90"})
    try:
        told = json.loads(body)
    except ValueError:
        return web.json_response({"code": 400, "message": "not JSON"}, status=400)
    resource = request.match_info["resource"]
    if why := province.misshapen(resource, told):
        return web.json_response({"code": 400, "message": why}, status=400)
    province.requests.append({"at": real_ms(), "resource": resource, "rows": len(told["rows"])})
    answers = [province.take(resource, row) for row in told["rows"]]
    return web.json_response({"code": 0, "results": [one for one in answers if one is not None]})


async def control(world: World, request: web.Request, body: Json) -> object:
    """GET what it holds; POST moods: refuse and retry (number → reason), mute (numbers), throttle (a count)."""
    for name in MOODS:
        if name in body:
            setattr(world.province, name, body[name])
    return world.province.to_json()
