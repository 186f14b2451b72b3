"""The WeChat platform on the wire: tokens, menu, messages, codes, web sign-in, each as strict as the real one (§10.2).

It answers HTTP 200 with an errcode, reads bodies without a Content-Type, and refuses escaped Chinese.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from .wechat import CODE_S, Code, Line, WeChat, WeChatError
from .wechat_menu import check_menu
from .wechat_push import push_event
from .wire import Json, dumps
from .world import World, world_of

PATHS = ("/cgi-bin/", "/sns/", "/connect/oauth2/")
OPEN = ("/cgi-bin/token", "/cgi-bin/stable_token", "/sns/", "/connect/oauth2/")
FINE = {"errcode": 0, "errmsg": "ok"}
FIELDS: dict[str, tuple[str, int]] = {
    "thing": (r"[^\n]+", 20), "phrase": (r"[\u4e00-\u9fff]+", 5), "character_string": (r"[\x20-\x7e]+", 32),
    "number": (r"[0-9.,-]+", 32), "symbol": (r"[^\w\s]+", 5), "time": (r"[0-9年月日: -]+", 40),
    "date": (r"[0-9年月日 -]+", 40), "const": (r"[^\n]+", 20),
}  # fmt: skip
"""Template fields by the kind in their name: what they may hold and how long (§7.1)."""
Answer = Callable[[World, WeChat, web.Request, Json], Awaitable[Json]]


def routes() -> list[web.RouteDef]:
    """Every endpoint the product or its tests use."""
    post: dict[str, Answer] = {
        "/cgi-bin/stable_token": _stable_token, "/cgi-bin/menu/create": _menu_create,
        "/cgi-bin/message/custom/send": _customer, "/cgi-bin/message/template/send": _template,
        "/cgi-bin/message/subscribe/bizsend": _subscribed, "/cgi-bin/qrcode/create": _qrcode,
    }  # fmt: skip
    get: dict[str, Answer] = {
        "/cgi-bin/token": _token, "/cgi-bin/menu/get": _menu_get, "/cgi-bin/menu/delete": _menu_delete,
        "/cgi-bin/ticket/getticket": _ticket, "/cgi-bin/user/info": _user, "/cgi-bin/getcallbackip": _callback_ips,
        "/sns/oauth2/access_token": _web_token,
    }  # fmt: skip
    posts = [web.post(path, _spoken(answer)) for path, answer in post.items()]
    gets = [web.get(path, _spoken(answer)) for path, answer in get.items()]
    return [*posts, *gets, web.get("/connect/oauth2/authorize", authorize)]


def _spoken(answer: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        world = world_of(request)
        try:
            if world.wechat.closed:
                raise WeChatError(40164, "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist")
            if not request.path.startswith(OPEN):
                world.wechat.admit(request.query.get("access_token"))
            body = _body(await request.read()) if request.method == "POST" else {}
            told = await answer(world, world.wechat, request, body)
        except WeChatError as error:
            told = error.body()
        return web.Response(text=dumps(told), content_type="application/json")

    return handler


def _body(raw: bytes) -> Json:
    if not raw:
        raise WeChatError(44002, "empty post data")
    if re.search(rb"\\u[0-9a-fA-F]{4}", raw):
        raise WeChatError(40033, "invalid charset. please check your request, if include \\uxxxx will create fail")
    try:
        body = json.loads(raw.decode("utf-8"))
    except ValueError:
        raise WeChatError(47001, "data format error") from None
    if not isinstance(body, dict):
        raise WeChatError(47001, "data format error")
    return body


def _ours(wechat: WeChat, app_id: object, secret: object) -> None:
    if app_id != wechat.app_id:
        raise WeChatError(40013, "invalid appid")
    if secret != wechat.secret:
        raise WeChatError(40125, "invalid appsecret")


async def _token(world: World, wechat: WeChat, request: web.Request, body: Json) -> Json:
    if request.query.get("grant_type") != "client_credential":
        raise WeChatError(40002, "invalid grant_type")
    _ours(wechat, request.query.get("appid"), request.query.get("secret"))
    return {"access_token": wechat.new_token(), "expires_in": int(wechat.life_s)}


async def _stable_token(world: World, wechat: WeChat, request: web.Request, body: Json) -> Json:
    if body.get("grant_type") != "client_credential":
        raise WeChatError(40002, "invalid grant_type")
    _ours(wechat, body.get("appid"), body.get("secret"))
    token, left = wechat.stable_token(force=bool(body.get("force_refresh")))
    return {"access_token": token, "expires_in": left}


async def _menu_create(world: World, wechat: WeChat, request: web.Request, body: Json) -> Json:
    wechat.menu = {"button": check_menu(body)}
    world.ledger.ring("wechat")
    return FINE


async def _menu_get(world: World, wechat: WeChat, request: web.Request, body: Json) -> Json:
    if wechat.menu is None:
        raise WeChatError(46003, "menu no exist")
    buttons = [{**one, "sub_button": one.get("sub_button", [])} for one in wechat.menu["button"]]
    return {"menu": {"button": buttons}}


async def _menu_delete(world: World, wechat: WeChat, request: web.Request, body: Json) -> Json:
    wechat.menu = None
    world.ledger.ring("wechat")
    return FINE


async def _ticket(world: World, wechat: WeChat, request: web.Request, body: Json) -> Json:
    if request.query.get("type") != "jsapi":
        raise WeChatError(40097, "invalid args")
    ticket, left = wechat.jsapi_ticket()
    return {**FINE, "ticket": ticket, "expires_in": left}


async def _user(world: World, wechat: WeChat, request: web.Request, body: Json) -> Json:
    one = wechat.citizen(request.query.get("openid"))
    return {"subscribe": int(one.following), "openid": one.openid, "language": "zh_CN"}


async def _callback_ips(world: World, wechat: WeChat, request: web.Request, body: Json) -> Json:
    return {"ip_list": ["127.0.0.1", "127.0.0.0/8"]}


async def _customer(world: World, wechat: WeChat, request: web.Request, body: Json) -> Json:
    one = wechat.citizen(body.get("touser"))
    if one.open_until <= time.time():
        raise WeChatError(45015, "response out of time limit or subscription is canceled")
    if one.may_get <= 0:
        raise WeChatError(45047, "out of response count limit")
    text = (body.get("text") or {}).get("content") if body.get("msgtype") == "text" else None
    if not isinstance(text, str) or not text:
        raise WeChatError(40008, "invalid message type")
    one.may_get -= 1
    one.chat.append(Line("theirs", text, time.time()))
    world.ledger.ring("wechat")
    return FINE


def _told(wechat: WeChat, body: Json) -> str:
    """The lines of a template, checked by the kinds in the fields' names."""
    fields = wechat.templates.get(str(body.get("template_id")))
    if fields is None:
        raise WeChatError(40037, "invalid template_id")
    data = body.get("data")
    if not isinstance(data, dict) or set(data) != set(fields):
        raise WeChatError(47003, f"argument invalid! data fields should be {','.join(fields)}")
    for name, part in data.items():
        pattern, longest = FIELDS[re.sub(r"\d+$", "", name)]
        value = part.get("value") if isinstance(part, dict) else None
        if not isinstance(value, str) or len(value) > longest or not re.fullmatch(pattern, value):
            raise WeChatError(47003, f"argument invalid! data.{name}.value is invalid")
    return "\n".join(str(data[name]["value"]) for name in fields)


async def _template(world: World, wechat: WeChat, request: web.Request, body: Json) -> Json:
    one = wechat.citizen(body.get("touser"))
    if not one.following:
        raise WeChatError(43004, "require subscribe")
    text, name = _told(wechat, body), (one.openid, str(body.get("client_msg_id") or ""))
    if name[1] and name in wechat.sent and time.time() - wechat.sent[name][0] < 600:
        return {**FINE, "msgid": wechat.sent[name][1]}
    number = wechat.next_id()
    wechat.sent[name] = (time.time(), number)
    one.chat.append(Line("theirs", text, time.time(), "template"))
    fields = {"Event": "TEMPLATESENDJOBFINISH", "MsgID": str(number), "Status": "success"}
    job = asyncio.create_task(push_event(world, one.openid, fields))
    world.wechat_jobs.add(job)
    job.add_done_callback(world.wechat_jobs.discard)
    return {**FINE, "msgid": number}


async def _subscribed(world: World, wechat: WeChat, request: web.Request, body: Json) -> Json:
    one, template = wechat.citizen(body.get("touser")), str(body.get("template_id"))
    text = _told(wechat, body)
    if one.consents.get(template, 0) <= 0:
        raise WeChatError(43101, "user refuse to accept the msg")
    one.consents[template] -= 1
    one.chat.append(Line("theirs", text, time.time(), "template"))
    return FINE


async def _qrcode(world: World, wechat: WeChat, request: web.Request, body: Json) -> Json:
    kinds = {"QR_SCENE": "scene_id", "QR_STR_SCENE": "scene_str", "QR_LIMIT_SCENE": "scene_id"}
    kinds["QR_LIMIT_STR_SCENE"] = "scene_str"
    name = kinds.get(str(body.get("action_name")))
    scene = ((body.get("action_info") or {}).get("scene") or {}).get(name or "")
    if name is None or not scene or (name == "scene_str" and not 1 <= len(str(scene)) <= 64):
        raise WeChatError(40053, "invalid action info")
    seconds = int(body.get("expire_seconds", 60))
    if not 1 <= seconds <= 2_592_000:
        raise WeChatError(40052, "invalid expire time")
    ticket = secrets.token_urlsafe(48)
    told: Json = {"ticket": ticket, "url": f"http://weixin.qq.com/q/{ticket[:20]}"}
    return told if "LIMIT" in str(body["action_name"]) else {**told, "expire_seconds": seconds}


async def authorize(request: web.Request) -> web.Response:
    """`GET /connect/oauth2/authorize`: snsapi_base, silent: back to the page with code and state (§5)."""
    world, query = world_of(request), request.query
    back = urlsplit(query.get("redirect_uri", ""))
    local = back.hostname in ("127.0.0.1", "localhost") and back.scheme in ("http", "https")
    if query.get("appid") != world.wechat.app_id or not local:
        return web.Response(text="redirect_uri 参数错误", status=200, content_type="text/html")
    if query.get("response_type") != "code" or query.get("scope") != "snsapi_base":
        return web.Response(text="Scope 参数错误或没有 Scope 权限", status=200, content_type="text/html")
    code = secrets.token_urlsafe(24)
    openid = request.cookies.get("wx_openid") or world.wechat.current
    world.wechat.codes[code] = Code(openid, time.time() + CODE_S, world.wechat.snapshot)
    sign = "&" if back.query else "?"
    more = urlencode({"code": code, "state": query.get("state", "")})
    return web.Response(status=302, headers={"Location": f"{query['redirect_uri']}{sign}{more}"})


async def _web_token(world: World, wechat: WeChat, request: web.Request, body: Json) -> Json:
    _ours(wechat, request.query.get("appid"), request.query.get("secret"))
    code = wechat.codes.get(request.query.get("code", ""))
    if code is None:
        raise WeChatError(40029, "invalid code")
    if code.used:
        raise WeChatError(40163, "code been used")
    if code.ends <= time.time():
        raise WeChatError(42003, "code expired")
    code.used = True
    told: Json = {
        "access_token": secrets.token_urlsafe(48), "expires_in": 7200, "refresh_token": secrets.token_urlsafe(48),
        "openid": code.openid, "scope": "snsapi_base",
    }  # fmt: skip
    return {**told, "is_snapshotuser": 1} if code.snapshot else told
