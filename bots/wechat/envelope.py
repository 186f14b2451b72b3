"""The envelope of the callback: signature, age, AES and XML, each refused before the next looks (wechat-sms.md §2)."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException

from core.errors import Refusal
from core.settings import WeChat

WINDOW_S = 300
MOST_BYTES = 64 * 1024
MOST_REPLY = 2047
"""Bytes of a text reply: it must stay under 2,048."""
LONGEST_NAME = 40
NO_DTD = b"<!DOCTYPE"
SUCCESS = "success"
_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
log = structlog.get_logger()


class Forged(Refusal):
    """Not from WeChat, too old, or not in safe mode."""

    text = "推送的签名或时间不对，已拒收。"
    status = 403


class TooBig(Refusal):
    text = "推送的内容太大了，请控制在 64 KB 以内。"
    status = 413


@dataclass(frozen=True, slots=True)
class Push:
    """One verified push. `key`: MsgId, or who, when and what for an event (§2.6). `kind`: the type of a message, or
    `event:` and an event's name. `words`: text or scan, as far as it is text at all.
    """

    key: str
    kind: str
    openid: str
    words: str
    menu_key: str
    raw: Any


class Envelopes:
    """Opens pushes and closes replies under the token and key of the settings."""

    def __init__(self, settings: WeChat, now: Callable[[], float] = time.time) -> None:
        self._token, self._now = settings.token.get_secret_value(), now
        self._crypto = WeChatCrypto(self._token, settings.aes_key.get_secret_value(), settings.app_id)

    def check(self, query: Mapping[str, str]) -> None:
        """The signature of the query and its age, before anything of the body is read. Raises Forged."""
        stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        want = hashlib.sha1("".join(sorted((self._token, stamp, nonce))).encode()).hexdigest()
        fresh = stamp.isascii() and stamp.isdigit() and len(stamp) < 12 and abs(self._now() - int(stamp)) <= WINDOW_S
        if not fresh or not nonce or not hmac.compare_digest(want.encode(), query.get("signature", "").encode()):
            raise Forged()

    def opened(self, query: Mapping[str, str], body: bytes) -> Push | None:
        """The push inside, or None: unreadable, though from WeChat. Raises Forged, TooBig."""
        if len(body) > MOST_BYTES:
            raise TooBig()
        if query.get("encrypt_type") != "aes" or NO_DTD in body.upper():
            raise Forged()
        try:
            signed = (query.get("msg_signature", ""), query["timestamp"], query["nonce"])
            inner = self._crypto.decrypt_message(body, *signed)
            if NO_DTD.decode() in inner.upper():
                return None
            message = parse_message(inner)
            return None if message is None else _push(message)
        except (InvalidSignatureException, InvalidAppIdException):
            raise Forged() from None
        except Exception as fault:  # ExpatError, KeyError, TypeError, AttributeError, ValueError … (§2.4)
            log.warning("unreadable push", error=type(fault).__name__)
            return None

    def closed(self, query: Mapping[str, str], push: Push, text: str) -> str:
        """The encrypted reply of a text; SUCCESS for nothing to say."""
        if not text:
            return SUCCESS
        reply = create_reply(sayable(text), push.raw)
        return str(self._crypto.encrypt_message(reply, query["nonce"], query["timestamp"]))


def sayable(text: str) -> str:
    """A text a reply can carry: no control character, no way out of the CDATA, under 2,048 bytes (§2.5)."""
    clean = _UNSAYABLE.sub("", text)
    while len(_escaped(clean).encode()) > MOST_REPLY:
        over = len(_escaped(clean).encode()) - MOST_REPLY
        clean = f"{clean.removesuffix('…')[: -max(1, over // 3 + 1)]}…"
    return _escaped(clean)


def _escaped(text: str) -> str:
    return text.replace("]]>", "]]]]><![CDATA[>")


def _push(message: Any) -> Push:
    """Fields as far as they are what they should be: an element twice is a list, a nested one a dict (§2.4).

    The tries of one push carry the same words, so what was said or scanned belongs to the key: two scans of one second
    are two, and messages without a number are told apart.
    """
    raw = message._data
    kind = _text(raw.get("MsgType")).lower()
    name, key = _text(raw.get("Event")).lower(), _text(raw.get("EventKey"))
    openid, scan = _text(raw.get("FromUserName")), raw.get("ScanCodeInfo")
    if kind == "event":
        words, number, kind = _text(scan.get("ScanResult")) if isinstance(scan, Mapping) else "", "", f"event:{name}"
    else:
        words, number = _text(raw.get("Content")), _name(raw.get("MsgId")).lstrip("0")
    if number:
        return Push(f"m:{openid}:{number}", kind, openid, words, "", message)
    at = _name(raw.get("CreateTime"))
    return Push(f"e:{openid}:{at}:{kind}:{key}:{_print(words)}", kind, openid, words, key, message)


def _name(value: Any) -> str:
    """A number of the platform's as it wrote it, for nothing is counted with it; short whatever it is."""
    text = _text(value)
    return text if len(text) <= LONGEST_NAME else _print(text)


def _print(words: str) -> str:
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
