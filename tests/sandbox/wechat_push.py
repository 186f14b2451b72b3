"""WeChat towards the product's callback: signed pushes in three modes, three tries, replies judged (§10.1).

The envelope is made here from the paper's rules and not with the product's library, so that both must be right.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import aiohttp
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from .wechat import ACCOUNT, SORRY, TRIES, Line, WeChat
from .wire import Json
from .world import World


def signed(*parts: str) -> str:
    """The platform's signature: SHA-1 over the sorted parts."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def sealed(key43: str, app_id: str, xml: str) -> str:
    """The encrypted inside of an envelope (§2.3)."""
    key, body = base64.b64decode(key43 + "="), xml.encode()
    plain = secrets.token_hex(8).encode() + struct.pack(">I", len(body)) + body + app_id.encode()
    fill = 32 - len(plain) % 32
    sealer = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(sealer.update(plain + bytes([fill]) * fill) + sealer.finalize()).decode()


def opened(key43: str, app_id: str, text: str) -> str:
    """The XML inside an envelope. Raises ValueError for another account's."""
    key = base64.b64decode(key43 + "=")
    opener = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    plain = opener.update(base64.b64decode(text)) + opener.finalize()
    plain = plain[: -plain[-1]]
    size = struct.unpack(">I", plain[16:20])[0]
    if plain[20 + size :].decode() != app_id:
        raise ValueError("another account's reply")
    return plain[20 : 20 + size].decode()


def element(name: str, value: str | int) -> str:
    """One element as the platform writes it: numbers bare, texts as CDATA."""
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    return f"<{name}><![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"


def message_xml(openid: str, fields: Mapping[str, Any]) -> str:
    """The clear XML of a push; a mapping inside is an element with elements."""
    head = {"ToUserName": ACCOUNT, "FromUserName": openid, "CreateTime": int(time.time())}
    parts = [
        f"<{name}>{''.join(element(inner, told) for inner, told in value.items())}</{name}>"
        if isinstance(value, Mapping)
        else element(name, value)
        for name, value in {**head, **fields}.items()
    ]
    return f"<xml>{''.join(parts)}</xml>"


@dataclass(frozen=True, slots=True)
class Knobs:
    """What is to be wrong with a push. `age_s`: how old; `tamper`: signature, msg_signature or body; `mode`: how."""

    age_s: int = 0
    tamper: str = ""
    mode: str = ""


STRAIGHT = Knobs()


def wrapped(wechat: WeChat, xml: str, openid: str, knobs: Knobs = STRAIGHT) -> tuple[dict[str, str], str]:
    """Query and body of one push in the mode of the account."""
    mode = knobs.mode or wechat.mode
    stamp, nonce = str(int(time.time()) - knobs.age_s), str(secrets.randbelow(2**31))
    query = {"signature": signed(wechat.token, stamp, nonce), "timestamp": stamp, "nonce": nonce, "openid": openid}
    body = xml
    if mode != "plain":
        inner = sealed(wechat.aes_key, wechat.app_id, xml)
        query |= {"encrypt_type": "aes", "msg_signature": signed(wechat.token, stamp, nonce, inner)}
        clear = xml.removeprefix("<xml>").removesuffix("</xml>") if mode == "compat" else ""
        clear = clear or element("ToUserName", ACCOUNT)
        body = f"<xml>{clear}{element('Encrypt', inner)}</xml>"
    if knobs.tamper in query:
        query[knobs.tamper] = "0" * 40
    if knobs.tamper == "body":
        body = body.replace("</xml>", "<!-- --></xml>").replace("<Encrypt><![CDATA[", "<Encrypt><![CDATA[AAAA")
    return query, body


async def deliver(
    world: World,
    openid: str,
    fields: Mapping[str, Any],
    knobs: Knobs = STRAIGHT,
    xml: str = "",
) -> Json:
    """Push until it is answered, three times at most; the reply goes to the person's chat. Returns what happened."""
    wechat, inner = world.wechat, xml or message_xml(openid, fields)
    told: Json = {"openid": openid, "kind": fields.get("Event") or fields.get("MsgType", ""), "tries": [], "shown": ""}
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=wechat.limit_s), trust_env=False) as http:
        for _ in range(TRIES):
            status, text = await _posted(http, wechat, *wrapped(wechat, inner, openid, knobs))
            told["tries"].append({"status": status, "body": text[:4000]})
            if status != 0:
                break
    last = told["tries"][-1]
    reply, fault = judged(wechat, openid, last["status"], last["body"])
    told["shown"], told["fault"] = reply, fault
    if reply and openid in wechat.citizens:
        wechat.citizens[openid].chat.append(Line("note" if fault else "theirs", reply, time.time()))
    if fault:
        world.ledger.warn("wechat_reply", f"微信回复不合规定：{fault}", openid=openid)
    wechat.pushes.append(told)
    world.ledger.frame("rest", f"微信推送 {told['kind']}", dict(fields), answer=last["body"], status=last["status"])
    world.ledger.ring("wechat")
    return told


async def push_event(world: World, openid: str, fields: Mapping[str, str]) -> Json:
    """An event a moment later, as the platform reports what became of a template message."""
    await asyncio.sleep(0.2)
    return await deliver(world, openid, {"MsgType": "event", **fields}) if world.wechat.callback else {}


async def _posted(http: aiohttp.ClientSession, wechat: WeChat, query: dict[str, str], body: str) -> tuple[int, str]:
    """Status and body of the answer; status 0 for none in time."""
    headers = {"Content-Type": "text/xml"}
    try:
        async with http.post(wechat.callback, params=query, data=body.encode(), headers=headers) as answer:
            return answer.status, await answer.text()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return 0, type(error).__name__


def judged(wechat: WeChat, openid: str, status: int, body: str) -> tuple[str, str]:
    """What the person sees for a reply, and what is wrong with it (empty: nothing)."""
    if status != 200:
        return SORRY, f"状态 {status}"
    if body in ("", "success"):
        return "", ""
    try:
        root = ElementTree.fromstring(body)
        inner = root.findtext("Encrypt")
        if inner is not None:
            parts = (root.findtext("TimeStamp") or "", root.findtext("Nonce") or "", inner)
            if root.findtext("MsgSignature") != signed(wechat.token, *parts):
                return SORRY, "回复的签名不对"
            root = ElementTree.fromstring(opened(wechat.aes_key, wechat.app_id, inner))
        elif wechat.mode == "safe":
            return SORRY, "安全模式下回复没有加密"
    except (ElementTree.ParseError, ValueError, struct.error) as error:
        return SORRY, f"回复不是规定的 XML（{type(error).__name__}）"
    if root.findtext("ToUserName") != openid or root.findtext("FromUserName") != ACCOUNT:
        return SORRY, "收件人和发件人没有对调"
    if len(root.findall("MsgType")) != 1 or root.findtext("MsgType") not in ("text", "news", "image"):
        return SORRY, "回复的类型不对"
    if root.findtext("MsgType") == "news" and len(root.findall("Articles/item")) != 1:
        return SORRY, "图文回复只能有一条"
    text = root.findtext("Content") or ""
    if len(text.encode()) >= 2048:
        return SORRY, "文字回复不能到 2048 字节"
    return text or "（图文）", ""
