"""The citizen's hand: what the page and the tests do as a WeChat user, and what such a user sees."""

from __future__ import annotations

import base64
import binascii
import io
import time
from typing import Any

from aiohttp import web

from .wechat import Line, WeChatError
from .wechat_push import Knobs, deliver
from .wire import ControlError, Json
from .world import World

SWITCHES = ("mode", "callback", "life_s", "limit_s", "closed", "refuse", "snapshot", "current")
PICTURES = {"image": "图片", "voice": "语音", "location": "位置"}
MOST_PICTURE = 8 * 2**20


async def state(world: World, request: web.Request, body: Json) -> object:
    """GET: the account and `?openid=`'s chat. POST: SWITCHES, `template` {id: fields}, `consent` {openid,
    template}, `new_ticket` (the one that signs pages is over).
    """
    wechat = world.wechat
    for name in SWITCHES:
        if name in body:
            setattr(wechat, name, body[name])
    if "new_ticket" in body:
        wechat.jsapi = ("", 0.0)
    if "template" in body:
        wechat.templates |= {name: tuple(fields) for name, fields in body["template"].items()}
    if "consent" in body:
        one, template = wechat.citizens[body["consent"]["openid"]], body["consent"]["template"]
        one.consents[template] = one.consents.get(template, 0) + 1
    return wechat.to_json(request.query.get("openid", ""))


async def act(world: World, request: web.Request, body: Json) -> object:
    """One thing a person does: `text`, `press` (a menu path like [0, 1]) with `scan`, `send` a picture, `follow`."""
    wechat = world.wechat
    try:
        one = wechat.citizen(body.get("openid") or wechat.current)
    except WeChatError as error:
        raise ControlError("没有这个微信用户") from error
    if "follow" in body:
        one.following = bool(body["follow"])
        return await deliver(world, one.openid, _event("subscribe" if one.following else "unsubscribe"))
    if not one.following:
        raise ControlError("还没有关注公众号")
    if "press" in body:
        return await _press(world, one, body)
    one.acted(words=True)
    number = {"MsgId": wechat.next_id()}
    if kind := str(body.get("send") or ""):
        one.chat.append(Line("mine", f"[{PICTURES.get(kind, kind)}]", time.time(), kind))
        more = {"PicUrl": "http://mmbiz.example/1", "MediaId": "m1"} if kind == "image" else {"MediaId": "m1"}
        return await deliver(world, one.openid, {"MsgType": kind, **more, **number})
    one.chat.append(Line("mine", str(body["text"]), time.time()))
    return await deliver(world, one.openid, {"MsgType": "text", "Content": str(body["text"]), **number})


async def _press(world: World, one: Any, body: Json) -> object:
    button = _button(world.wechat.menu, body["press"])
    kind = button["type"]
    if kind == "view":
        told = await deliver(world, one.openid, _event("VIEW", EventKey=button["url"]))
        return {**told, "open": button["url"]}
    one.acted(words=False)
    if kind == "click":
        return await deliver(world, one.openid, _event("CLICK", EventKey=button["key"]))
    scan = {"ScanType": "qrcode", "ScanResult": str(body.get("scan", ""))}
    one.chat.append(Line("note", "扫了一个码", time.time()))
    return await deliver(world, one.openid, _event(kind, EventKey=button["key"], ScanCodeInfo=scan))


def _event(name: str, **more: Any) -> Json:
    return {"MsgType": "event", "Event": name, **({"EventKey": ""} if not more else {}), **more}


def _button(menu: Json | None, path: list[int]) -> Json:
    try:
        button = (menu or {})["button"][path[0]]
        return dict(button["sub_button"][path[1]] if len(path) > 1 else button)
    except (KeyError, IndexError) as error:
        raise ControlError("菜单里没有这一项") from error


async def push(world: World, request: web.Request, body: Json) -> object:
    """A push with something wrong, or as it is: `openid`, `fields` or whole `xml`, and the Knobs."""
    knobs = Knobs(int(body.get("age_s", 0)), str(body.get("tamper", "")), str(body.get("mode", "")))
    openid = str(body.get("openid") or world.wechat.current)
    return await deliver(world, openid, body.get("fields") or {}, knobs, str(body.get("xml") or ""))


async def jsapi(world: World, request: web.Request, body: Json) -> object:
    """`wx.config` of the stub script: is the page's signature right, for this account?"""
    told = {name: request.query.get(name, "") for name in ("url", "nonceStr", "timestamp", "signature")}
    if request.query.get("appId") != world.wechat.app_id:
        raise ControlError("config:invalid appid")
    if not world.wechat.vouched(told["url"], told["nonceStr"], told["timestamp"], told["signature"]):
        raise ControlError("config:invalid signature")
    return {"signed": True}


async def read_code(world: World, request: web.Request, body: Json) -> object:
    """`{"picture": data URL}`, or the URL alone → the text of the code in it, as the phone's scanner reads it."""
    import zxingcpp
    from PIL import Image

    try:
        picture = str(body.get("picture") or await request.text())
        raw = base64.b64decode(picture.partition(",")[2], validate=True)
        image = Image.open(io.BytesIO(raw[:MOST_PICTURE])).convert("RGB")
    except (binascii.Error, OSError) as error:
        raise ControlError("这不是图片") from error
    found = zxingcpp.read_barcodes(image)
    if not found:
        raise ControlError("图里没有认出码，请换一张清楚的")
    return {"text": found[0].text}
