"""`wechatpy` as it is, with what it lacks: time limits, one host list, one shared token, a bounded retry (§4, §8)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException
from wechatpy.oauth import WeChatOAuth
from wechatpy.session import SessionStorage

from core.settings import WeChat

T = TypeVar("T")
HOSTS = {"api.weixin.qq.com": "api", "open.weixin.qq.com": "open"}
"""The hosts wechatpy names, and the setting that says where they are."""
STALE_TOKEN = frozenset({40001, 40014, 42001})
BUSY, BUSY_PAUSE_S = -1, 0.3
MEND: Mapping[int, str] = {
    40013: "AppID 不对",
    40125: "AppSecret 不对",
    40164: "本机的出口地址不在 IP 白名单里",
    61004: "本机的出口地址不在 IP 白名单里",
    40243: "AppSecret 已被冻结",
    45009: "今天的调用次数已用完",
    48001: "账号没有这项接口权限",
    40054: "菜单里网址的域名不合规定",
    40055: "菜单里网址的域名不合规定",
    65316: "菜单里别家的域名太多",
}
"""Refusals an operator mends, in words (§4.4, §4.5); every other one is told by its number alone."""
MOST_BYTES, TOTAL_S, PIECE = 1024 * 1024, 15.0, 64 * 1024
"""An answer is never larger and never takes longer, however steadily it trickles (control C7)."""


class WeChatFault(Exception):
    """The platform refused or did not answer. `code`: its errcode, 0 for none. Carries no address, so no secret."""

    def __init__(self, code: int, why: str) -> None:
        self.code = code
        super().__init__(f"{why}（{code}）" if code else why)


class Keeper(Protocol):
    """Where values lent by the platform are kept for all processes (core.citizens.shelf)."""

    def get(self, name: str) -> str | None: ...
    def put(self, name: str, value: str, ttl_s: float | None = None) -> None: ...
    def drop(self, name: str) -> None: ...


class Storage(SessionStorage):  # type: ignore[misc]
    """The shelf in wechatpy's words."""

    def __init__(self, shelf: Keeper) -> None:
        self._shelf = shelf

    def get(self, key: str, default: Any = None) -> Any:
        return self._shelf.get(key) or default

    def set(self, key: str, value: Any, ttl: float | None = None) -> None:
        if value is not None:
            self._shelf.put(key, str(value), ttl)

    def delete(self, key: str) -> None:
        self._shelf.drop(key)


class Line(HTTPAdapter):
    """Sends to the addresses of the settings only, and never waits for ever."""

    def __init__(self, settings: WeChat) -> None:
        self._settings = settings
        super().__init__()

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        asked = urlsplit(request.url)
        if asked.hostname not in HOSTS:
            raise requests.ConnectionError(f"host not allowed: {asked.hostname}")
        target = urlsplit(getattr(self._settings, HOSTS[asked.hostname]))
        request.url = urlunsplit((target.scheme, target.netloc, asked.path, asked.query, ""))
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = (self._settings.connect_timeout_s, self._settings.read_timeout_s)
        ends = time.monotonic() + TOTAL_S
        answer = super().send(request, *args, **{**kwargs, "stream": True})
        answer._content, answer._content_consumed = _whole(answer, ends), True
        return answer


def _whole(answer: requests.Response, ends: float) -> bytes:
    """All of an answer. Raises ConnectionError, ReadTimeout."""
    held = bytearray()
    try:
        while piece := answer.raw.read1(PIECE, decode_content=True):
            held += piece
            if len(held) > MOST_BYTES:
                raise requests.ConnectionError("answer too large")
            if time.monotonic() > ends:
                raise requests.ReadTimeout("answer too slow")
    except HTTPError as fault:
        raise requests.ConnectionError(type(fault).__name__) from None
    finally:
        answer.close()
    return bytes(held)


def attached(one: Any, settings: WeChat) -> Any:
    """A WeChatClient or WeChatOAuth on our line: no proxy of the environment, no redirects to elsewhere."""
    one._http.trust_env = False
    one._http.max_redirects = 0
    for scheme in ("https://", "http://"):
        one._http.mount(scheme, Line(settings))
    return one


class Client(WeChatClient):  # type: ignore[misc]
    """The API client: a stable token that all processes share, and one repeat when it was taken from us."""

    @property
    def access_token(self) -> str:
        """Always what is stored, never what this process remembers: another may have fetched a newer one."""
        return self.session.get(self.access_token_key) or self.fetch_access_token()["access_token"]  # type: ignore[no-any-return]

    def fetch_access_token(self) -> Any:
        """A stable token: asking again gives the same, so processes do not kill each other's (§4.2)."""
        told = self._http.post(
            "https://api.weixin.qq.com/cgi-bin/stable_token",
            json={"grant_type": "client_credential", "appid": self.appid, "secret": self.secret},
        ).json()
        if not isinstance(told, dict) or not told.get("access_token"):
            code = told.get("errcode", 0) if isinstance(told, dict) else 0
            raise WeChatFault(int(code), f"没有取到访问令牌{_why(int(code))}")
        self.session.set(self.access_token_key, told["access_token"], told["expires_in"])
        return told


class Platform:
    """What of the platform's API this product uses; every failure is a WeChatFault."""

    def __init__(self, settings: WeChat, shelf: Keeper) -> None:
        self._settings = settings
        self.client = attached(
            Client(settings.app_id, settings.app_secret.get_secret_value(), session=Storage(shelf), auto_retry=False),
            settings,
        )

    def menu(self) -> dict[str, Any]:
        """The menu as the platform has it; empty for none."""
        told = self.told(self.client.menu.get) or {}
        return dict(told.get("menu", told))

    def put_menu(self, menu: dict[str, Any]) -> None:
        self.told(lambda: self.client.menu.create(menu))

    def jsapi_ticket(self) -> tuple[str, float]:
        """The ticket that signs pages for WeChat's script, and its life in seconds (§6). Raises WeChatFault."""
        told = self.told(lambda: self.client.get("ticket/getticket", params={"type": "jsapi"}))
        ticket, life = (told.get(name) for name in ("ticket", "expires_in")) if isinstance(told, dict) else ("", 0)
        if not isinstance(ticket, str) or not ticket:
            raise WeChatFault(0, "没有取到网页凭据")
        return ticket, float(life) if isinstance(life, (int, float)) else 0.0

    def told(self, call: Callable[[], T]) -> T:
        """The answer of a call, once more: with a fresh token when the old one was refused, after a moment when the
        platform was busy (§4.5). Raises WeChatFault.
        """
        try:
            return self._once(call)
        except WeChatFault as fault:
            if fault.code not in STALE_TOKEN | {BUSY}:
                raise
            if fault.code == BUSY:
                time.sleep(BUSY_PAUSE_S)
            else:
                self.client.session.delete(self.client.access_token_key)
        return self._once(call)

    def _once(self, call: Callable[[], T]) -> T:
        answer = _safely(call)
        if isinstance(answer, requests.Response):  # 200, and no JSON (§4.3)
            raise WeChatFault(0, "微信的答复不是 JSON")
        return answer


def openid_of(settings: WeChat, back: str, code: str) -> str:
    """Who the code of WeChat's web sign-in stands for; empty for a snapshot visitor, who is nobody. Raises WeChatFault.

    `back`: the address the visitor came back to.
    """
    secret = settings.app_secret.get_secret_value()
    oauth = attached(WeChatOAuth(settings.app_id, secret, back, "snsapi_base"), settings)
    told = _safely(lambda: oauth.fetch_access_token(code))
    return "" if told.get("is_snapshotuser") else str(told["openid"])


def authorize_url(settings: WeChat, back: str, state: str) -> str:
    """Where a visitor is sent to say who they are, silently (§5)."""
    oauth = WeChatOAuth(settings.app_id, "", back, "snsapi_base", state)
    oauth.OAUTH_BASE_URL = f"{settings.open.rstrip('/')}/connect/"
    return str(oauth.authorize_url)


def _why(code: int) -> str:
    return f"，{MEND[code]}" if code in MEND else ""


def _safely(call: Callable[[], T]) -> T:
    """Texts of the exceptions below hold addresses with secrets: only kind and code go on."""
    try:
        return call()
    except WeChatClientException as fault:
        code = int(fault.errcode or 0)
        raise WeChatFault(code, f"微信拒绝了请求{_why(code)}") from None
    except requests.RequestException as fault:
        raise WeChatFault(0, f"微信没有答复：{type(fault).__name__}") from None
    except (KeyError, TypeError, ValueError) as fault:
        raise WeChatFault(0, f"微信的答复看不懂：{type(fault).__name__}") from None
