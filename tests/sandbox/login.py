"""DingTalk's login page (login.dingtalk.com): a person agrees, and the browser goes back with a code (dingtalk.md §14).

The real page shows a QR code for the phone; here one chooses who scans it.
"""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from . import guesses
from .wire import ApiError
from .world import World, world_of

SHOWN = 400
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>钉钉登录（练习）</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/sandbox/page/login.css"></head>
<body><main><h1>钉钉登录</h1><p>正式环境在这里扫码。练习时请选择由谁扫码。</p>
<form action="/oauth2/agreed">{hidden}<label for="user">谁来扫码</label>
<input id="user" name="user" list="people" required autocomplete="off"><datalist id="people">{people}</datalist>
<button>同意登录</button></form></main></body></html>"""


async def ask(request: web.Request) -> web.Response:
    """`GET /oauth2/auth`: who agrees? Strict about every parameter, as nobody is there to forgive a wrong one."""
    world = world_of(request)
    query = _checked(world, request)
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in query.items())
    rows = [*world.directory.people.values()][:SHOWN]
    people = "".join(f'<option value="{escape(p.user_id)}">{escape(f"{p.name} {p.unit}")}</option>' for p in rows)
    return web.Response(text=PAGE.format(hidden=hidden, people=people), content_type="text/html")


async def agreed(request: web.Request) -> web.Response:
    """The person agreed: back to the application with `authCode` and its `state`."""
    world = world_of(request)
    query = _checked(world, request)
    person = world.directory.people.get(request.query.get("user", ""))
    if person is None:
        raise ApiError(400, "invalidParameter.user", "nobody of this organisation")
    more = urlencode({"authCode": world.tokens.code(person.user_id, "login"), "state": query["state"]})
    sign = "&" if urlsplit(query["redirect_uri"]).query else "?"
    return web.Response(status=302, headers={"Location": f"{query['redirect_uri']}{sign}{more}"})


def _checked(world: World, request: web.Request) -> dict[str, str]:
    names = ("redirect_uri", "response_type", "client_id", "scope", "state", "prompt")
    query = {name: request.query.get(name, "") for name in names}
    if query["client_id"] not in world.tokens.apps:
        raise ApiError(400, "invalidParameter.client_id", "unknown client_id")
    if query["response_type"] != "code" or query["prompt"] != guesses.word("login_prompt") or not query["state"]:
        raise ApiError(400, "invalidParameter", "response_type, prompt or state")
    if query["scope"] not in guesses.word("login_scopes").split("|"):
        raise ApiError(400, "invalidParameter.scope", "openid, or openid and corpid")
    back = urlsplit(query["redirect_uri"])
    if back.scheme not in ("http", "https") or back.hostname not in LOOPBACK:  # our registered addresses: this machine
        raise ApiError(400, "invalidParameter.redirect_uri", "redirect_uri is not registered")
    return query
