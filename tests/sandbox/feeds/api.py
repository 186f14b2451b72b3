"""The sources' door: `GET /feeds/{topic}/{dataset}?since=&limit=` with a bearer token, and their moods."""

from __future__ import annotations

import asyncio
import hmac

from aiohttp import web

from ..wire import Json
from ..world import World, world_of
from .source import BadQuestion


async def pull(request: web.Request) -> web.Response:
    """What changed in one dataset, for the bearer of the token."""
    world, match = world_of(request), request.match_info
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {world.options.feeds_token}".encode()):
        return web.json_response({"error": "unauthorized"}, status=401)
    name, query, feeds = f"{match['topic']}.{match['dataset']}", request.query, world.feeds
    feeds.asked[name] += 1
    await asyncio.sleep(feeds.pause(name))
    if status := feeds.status(name):
        return web.json_response({"error": "out of order"}, status=status)
    if feeds.is_broken(name):
        return web.Response(text='{"topic": "', content_type="application/json")
    try:
        answer = await asyncio.to_thread(feeds.answer, name, query.get("since", ""), query.get("limit", ""))
    except BadQuestion as error:
        return web.json_response({"error": str(error)}, status=400)
    if answer is None:
        return web.json_response({"error": "no such dataset"}, status=404)
    return web.json_response(answer)


async def control(world: World, request: web.Request, body: Json) -> object:
    """GET the moods and how often each was asked; POST sets moods, `{"clear": true}` forgets them."""
    return world.feeds.tell(body)
