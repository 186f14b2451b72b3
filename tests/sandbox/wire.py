"""Small words shared by every endpoint: the JSON type, the two families of errors, ids and body reading."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from aiohttp import web

Json = dict[str, Any]


class ApiError(Exception):
    """A refusal of the new API: HTTP status, code and message (dingtalk.md §5)."""

    def __init__(self, status: int, code: str, message: str = "", **more: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.status, self.code, self.message, self.more = status, code, message or code, more

    def response(self) -> web.Response:
        """The body the new API sends with it."""
        body = {"requestid": request_id(), "code": self.code, "message": self.message, **self.more}
        return web.json_response(body, status=self.status)


class OldApiError(Exception):
    """A refusal of the old API: HTTP 200 and an errcode that is not 0."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(f"{errcode}: {errmsg}")
        self.errcode, self.errmsg = errcode, errmsg

    def response(self) -> web.Response:
        """The body the old API sends with it."""
        return web.json_response({"errcode": self.errcode, "errmsg": self.errmsg, "request_id": request_id()})


class ControlError(Exception):
    """A wrong request to the sandbox's own control API."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def request_id() -> str:
    """An id like those in error bodies."""
    return secrets.token_hex(16).upper()


def new_id(prefix: str, size: int = 12) -> str:
    """A fresh opaque id."""
    return prefix + secrets.token_urlsafe(size)


def real_ms() -> int:
    """Real time in milliseconds since 1970: tickets, tokens and frames live by it."""
    return int(time.time() * 1000)


def dumps(value: Any) -> str:
    """JSON text with raw UTF-8, as the platform sends it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def body_of(request: web.Request) -> Json:
    """The JSON object in a request.

    Raises:
        ApiError: no JSON object (400 param.invalid).
    """
    try:
        body = json.loads(await request.text() or "{}")
    except ValueError as error:
        raise ApiError(400, "param.invalid", "body is not JSON") from error
    if not isinstance(body, dict):
        raise ApiError(400, "param.invalid", "body is not a JSON object")
    return body


def need(body: Json, *names: str, code: str = "miss.param") -> None:
    """Refuse a body in which a required field is missing or empty.

    Raises:
        ApiError: 400 `<code>.<name>`.
    """
    for name in names:
        if body.get(name) in (None, "", [], {}):
            raise ApiError(400, f"{code}.{name}", f"{name} is required")


def text_of(body: Json, name: str, default: str = "") -> str:
    """A string field, or the default.

    Raises:
        ApiError: the field is no string.
    """
    value = body.get(name, default)
    if value is None:
        return default
    if not isinstance(value, str):
        raise ApiError(400, "param.invalid", f"{name} is not a string")
    return value
