"""What DingTalk's answer means for the letter behind the call: done, again, slower, never (dingtalk.md §5.5)."""

from __future__ import annotations

import logging
from typing import Any

import httpx

from core.ports import Undelivered

log = logging.getLogger("bots.dingtalk.api")

BAD_TOKEN = ("InvalidAuthentication", "40014", "40001", "42001")
THROTTLED = ("QpsLimit", "QpmLimit", "send.too.fast", "Throttling")
THROTTLED_OLD = ("90018", "90002")
QUOTA = ("ApiCountLimitForOrg", "90020")
SETTINGS_AT_FAULT = (
    "AccessTokenPermissionDenied",
    "IpNotInWhiteList",
    "invalidClientIdOrSecret",
    "60020",
    "60011",
    "88",
)
BUSY_OLD = ("15", "-1")
WRAPPED = "88"
"""The old API's word for a refusal that may stand more exactly beside it, in `sub_code`."""
UNSAFE = "param.contentUnsafe"
"""DingTalk does not show these words; the same card without them it does."""


class Withheld(Undelivered):
    """The card arrived with true state and buttons, but without the words people wrote."""

    def __init__(self) -> None:
        super().__init__("withheld", "钉钉没有放行原文，卡片已改为请到网页查看，状态和按钮照常更新")


class ApiFault(Undelivered):
    """DingTalk said no, or nothing; `code` is its own word for it, empty when there was none, `api` what was asked."""

    def __init__(self, fate: str, code: str, api: str) -> None:
        self.code, self.api = code, api
        super().__init__(fate, f"{api}: {code or 'no answer'}")


def of_transport(error: httpx.HTTPError, api: str) -> ApiFault:
    """Nothing came back: `again` when the call cannot have left, `unknown` when it may have been carried out."""
    unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.ProxyError)
    return ApiFault("again" if isinstance(error, unsent) else "unknown", type(error).__name__, api)


def of_answer(status: int, body: Any, api: str) -> ApiFault | None:
    """The fault of an answer, or None when it is a success. `body` is None when it was not a JSON object."""
    if body is None:
        if status == httpx.codes.TOO_MANY_REQUESTS:
            return ApiFault("throttled", "429", api)
        return ApiFault("again" if status >= 400 else "unknown", f"{status} without JSON", api)
    if body.get("status") == 1111:  # the address is banned for some minutes
        return ApiFault("throttled", "1111", api)
    errcode = body.get("errcode")
    if status == httpx.codes.OK and errcode in (None, 0, "0"):
        if body.get("success") is False:
            return ApiFault("again", str(body.get("errorMsg") or body.get("code") or "success false")[:80], api)
        return None
    code = str(errcode if errcode not in (None, 0) else body.get("code") or status)[:80]
    if code == WRAPPED and body.get("sub_code"):
        code = str(body["sub_code"])[:80]
    if status == httpx.codes.UNAUTHORIZED and "invalidClient" not in code:
        code = BAD_TOKEN[0]  # whatever it is called: a fresh token is the one thing that may help
    return ApiFault(_fate(status, code, body, api), code, api)


def _fate(status: int, code: str, body: Any, api: str) -> str:
    if any(word in code for word in THROTTLED) or code in THROTTLED_OLD or status == httpx.codes.TOO_MANY_REQUESTS:
        return "throttled"
    if any(word in code for word in QUOTA):
        log.error("the month's calls are used up: %s", api)
        return "again"
    if any(word in code if len(word) > 5 else word == code for word in SETTINGS_AT_FAULT):
        detail = body.get("accessdenieddetail")
        scopes = detail.get("requiredScopes") if isinstance(detail, dict) else detail
        log.error("DingTalk refuses this application: %s at %s, scopes wanted: %s", code, api, scopes)
        return "again"
    if status >= 500 or code in BUSY_OLD or code in BAD_TOKEN:
        return "again"
    return "never"
