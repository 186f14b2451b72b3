"""A stand-in for the party and government network's directory (党政网 OPUS), in the dialect we propose for it.

Without anything else it names the same people as the DingTalk address book; `POST /sandbox/opus` sets its own rows,
a `total` that is not true, or a version that changes under the reader.
"""

from __future__ import annotations

import hmac

from aiohttp import web

from .wire import ControlError, Json
from .world import World, world_of

LARGEST = 1000


async def departments(request: web.Request) -> web.Response:
    """`GET /opus/departments?page=&size=`."""
    return _page(request, "departments")


async def persons(request: web.Request) -> web.Response:
    """`GET /opus/persons?page=&size=`."""
    return _page(request, "persons")


async def control(world: World, request: web.Request, body: Json) -> object:
    """POST `{departments, persons, total, restless}`: what it names, a false total, a version new at every call."""
    for name, value in body.items():
        if name not in ("departments", "persons", "total", "restless"):
            raise ControlError(f"没有「{name}」")
        world.opus[name] = value
    return {name: _rows(world, name) for name in ("departments", "persons")}


def _page(request: web.Request, name: str) -> web.Response:
    world = world_of(request)
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {world.options.opus_token}".encode()):
        return web.json_response({"error": "unauthorized"}, status=401)
    page, size = request.query.get("page", ""), request.query.get("size", "")
    if set(request.query) != {"page", "size"} or not (page.isdigit() and size.isdigit()):
        return web.json_response({"error": "page and size, nothing else"}, status=400)
    if not (int(page) >= 1 and 1 <= int(size) <= LARGEST):
        return web.json_response({"error": "page from 1, size to 1000"}, status=400)
    rows = _rows(world, name)
    first = (int(page) - 1) * int(size)
    world.opus["calls"] = world.opus.get("calls", 0) + 1
    version = f"v{world.opus['calls']}" if world.opus.get("restless") else "v1"
    total = world.opus.get("total", len(rows)) if name == "persons" else len(rows)
    return web.json_response(
        {"version": version, "total": total, "page": int(page), "rows": rows[first : first + int(size)]}
    )


def _rows(world: World, name: str) -> list[Json]:
    if name in world.opus:
        rows: list[Json] = world.opus[name]
        return rows
    tree = world.directory.tree()
    if name == "departments":
        return [{"id": f"D{row['dept_id']}", "name": row["name"],
                 "parent": f"D{row['parent_id']}" if row["parent_id"] > 1 else ""} for row in tree]  # fmt: skip
    return [
        {"id": f"G-{one.user_id}", "name": one.name, "mobile": one.mobile, "dingtalk": one.user_id,
         "title": one.title, "leader": one.leader, "departments": [f"D{world.directory.department_of(one)}"]}
        for one in world.directory.people.values()
    ]  # fmt: skip
