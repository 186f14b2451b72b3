"""The page, its font, the live bell, pictures for the page, and the stub `dd` script for H5 pages."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import web
from pylopdf_fonts_zh_cn import sans_path

from .ledger import Watcher
from .wire import dumps
from .world import world_of

PAGE = Path(__file__).parent / "page"
CALM_S = 0.12
QUIET_S = 15.0


def routes() -> list[web.RouteDef]:
    """Everything a browser loads."""
    return [
        web.get("/", _home), web.get("/sandbox", _home), web.get("/sandbox/", _page),
        web.get("/sandbox/page/{name}", _asset), web.get("/sandbox/font", _font), web.get("/sandbox/live", live),
        web.get("/sandbox/media/{key}", _media), web.get("/sandbox/dd.js", _script),
        web.get("/sandbox/wx.js", _script), web.get("/sandbox/wechat", _wechat),
    ]  # fmt: skip


async def _home(request: web.Request) -> web.Response:
    raise web.HTTPFound("/sandbox/")


async def _page(request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "chat.html", headers={"Cache-Control": "no-cache"})


async def _wechat(request: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "wechat.html", headers={"Cache-Control": "no-cache"})


async def _asset(request: web.Request) -> web.FileResponse:
    file = PAGE / request.match_info["name"]
    if file.parent != PAGE or not file.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(file, headers={"Cache-Control": "no-cache"})


async def _font(request: web.Request) -> web.FileResponse:
    headers = {"Content-Type": "font/otf", "Cache-Control": "public, max-age=31536000, immutable"}
    return web.FileResponse(sans_path(), headers=headers)


async def _media(request: web.Request) -> web.Response:
    blob = world_of(request).chats.blobs.get(request.match_info["key"])
    if blob is None:
        raise web.HTTPNotFound
    return web.Response(body=blob.data, content_type=blob.content_type)


async def _script(request: web.Request) -> web.FileResponse:
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache"}
    return web.FileResponse(PAGE / request.path.rpartition("/")[2], headers=headers)


async def live(request: web.Request) -> web.StreamResponse:
    """Server-sent events: the topics that changed, gathered over a moment so that bursts stay calm."""
    ledger = world_of(request).ledger
    watcher = Watcher()
    ledger.watchers.add(watcher)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await response.prepare(request)
    try:
        await response.write(b": hello\n\n")
        while True:
            try:
                await asyncio.wait_for(watcher.bell.wait(), QUIET_S)
            except TimeoutError:
                await response.write(b": quiet\n\n")
                continue
            await asyncio.sleep(CALM_S)
            topics, watcher.topics = sorted(watcher.topics), set()
            watcher.bell.clear()
            await response.write(f"data: {dumps(topics)}\n\n".encode())
    except ConnectionError:
        pass
    finally:
        ledger.watchers.discard(watcher)
    return response
