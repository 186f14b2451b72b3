"""One client for every outside system: fixed addresses, limits on time and size, kinds of failure told apart."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from core.ports import Undelivered

CONNECT_S, READ_S, TOTAL_S = 3.0, 10.0, 15.0
MOST_BYTES = 5 * 1024 * 1024
"""Limits of security-reliability C7."""

_MEND = frozenset({401, 403, 408, 425})
"""Refusals that time or a corrected credential mends, so the letter waits instead of dying."""


class Unreachable(Exception):
    """The far side gave no usable answer. `fate` is what a letter should do: again, throttled, never, unknown.

    `status`: what it answered, 0 for no answer. `wait_s`: how many seconds it asked to wait (Retry-After), else 0.
    """

    def __init__(self, fate: str, why: str, status: int = 0, wait_s: int = 0) -> None:
        self.fate, self.status, self.wait_s = fate, status, wait_s
        super().__init__(why)

    def undelivered(self) -> Undelivered:
        """The same failure in a sender's words."""
        return Undelivered(self.fate, str(self))


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer, read to its end and unpacked. `charset`: what it says its text is written in, empty for nothing."""

    status: int
    body: bytes
    charset: str = ""

    def json(self) -> dict[str, Any]:
        """The JSON object in the body. Raises Unreachable when it is none, such as a proxy's HTML page."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            raise Unreachable("unknown", f"对方回复的不是 JSON（状态 {self.status}）") from None
        if not isinstance(value, dict):
            raise Unreachable("unknown", "对方回复的 JSON 不是对象")
        return value


class _Deadline:
    """Cuts the connection when the total time is over, whatever the far side is doing."""

    def __init__(self, total_s: float) -> None:
        self.passed = False
        self._ends_at = time.monotonic() + total_s
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(total_s, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def watch(self, step: str, info: Mapping[str, Any]) -> None:
        """Hears the connection being made, so that there is something to cut."""
        if step.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
            if self.passed:
                self._cut()

    def over(self) -> bool:
        return self.passed or time.monotonic() >= self._ends_at

    def _cut(self) -> None:
        self.passed = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


class Http:
    """Speaks to one address from the settings: TLS verified, no redirects, no proxy from the environment."""

    def __init__(
        self,
        address: str,
        headers: Mapping[str, str] | None = None,
        *,
        connect_s: float = CONNECT_S,
        read_s: float = READ_S,
        total_s: float = TOTAL_S,
    ) -> None:
        self._address, self._total_s = address.rstrip("/"), total_s
        self._client = httpx.Client(
            headers={"Accept-Encoding": "identity", **(headers or {})},
            timeout=httpx.Timeout(read_s, connect=connect_s),
            follow_redirects=False,
            trust_env=False,
            # Every call makes its own connection: the total time limit cuts it without harming another call.
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def get(
        self,
        path: str = "",
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Raises Unreachable."""
        return self._call("GET", path, params=dict(params) if params else None, headers=dict(headers or {}))

    def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """Raises Unreachable; fate `unknown` means the far side may have taken it."""
        headers = {"Content-Type": "application/json", **(headers or {})}
        return self._call("POST", path, content=body, headers=headers)

    def _call(self, method: str, path: str, **what: Any) -> Answer:
        with _Deadline(self._total_s) as deadline:
            try:
                url = f"{self._address}{path}"
                with self._client.stream(method, url, extensions={"trace": deadline.watch}, **what) as response:
                    return _read(response, deadline)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
                raise Unreachable("again", "连接不上对方") from None
            except httpx.TimeoutException:
                raise Unreachable("unknown", "对方没有按时回复") from None
            except (httpx.InvalidURL, httpx.UnsupportedProtocol):
                raise Unreachable("never", "对方地址不对，请检查设置") from None
            except httpx.HTTPError:
                why = "对方没有按时回复" if deadline.over() else "连接中断，不知对方是否收到"
                raise Unreachable("unknown", why) from None


def _read(response: httpx.Response, deadline: _Deadline) -> Answer:
    if not response.is_success:
        status, wait_s = response.status_code, _wait_s(response.headers)
        why = "，要求转到别的地址，请核对设置里的地址" if response.has_redirect_location else ""
        raise Unreachable(_fate(status), f"对方答复状态 {status}{why}", status, wait_s)
    body, (opened, whole) = bytearray(), _unpacking(response.headers.get("Content-Encoding", ""))
    for piece in response.iter_raw():
        body += opened(piece, MOST_BYTES + 1 - len(body))
        if len(body) > MOST_BYTES:
            raise Unreachable("unknown", "对方的回复超过 5 MB，已停止接收")
    if deadline.over():  # a cut connection looks like the end of an answer without a length
        raise Unreachable("unknown", "对方没有按时回复")
    if not whole():
        raise Unreachable("unknown", "对方压缩的回复解不开")
    return Answer(response.status_code, bytes(body), response.charset_encoding or "")


def _unpacking(coding: str) -> tuple[Callable[[bytes, int], bytes], Callable[[], bool]]:
    """How a piece of the body is unpacked, to so many bytes at most, and whether all of it was there.

    Some servers pack whatever is asked.
    """
    if coding.strip().lower() in ("", "identity"):
        return (lambda piece, _: piece), (lambda: True)
    if coding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        raise Unreachable("unknown", f"对方用 {coding[:20]} 压缩了回复，请改为不压缩或 gzip")
    inflate = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # the head says which of the two it is

    def opened(piece: bytes, most: int) -> bytes:
        try:
            return inflate.decompress(piece, most)
        except zlib.error:
            raise Unreachable("unknown", "对方压缩的回复解不开") from None

    return opened, lambda: inflate.eof


def _wait_s(headers: Mapping[str, str]) -> int:
    """The seconds that Retry-After asks for, said as such or as a moment beside the far side's own; 0 for nothing."""
    told = headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdigit():
        return int(told) if len(told) < 8 else 0
    try:
        until = parsedate_to_datetime(told)
        now = parsedate_to_datetime(headers["Date"]) if "Date" in headers else datetime.now(UTC)
        return max(0, int((until - now).total_seconds()))
    except (ValueError, TypeError, OverflowError):
        return 0


def _fate(status: int) -> str:
    if status == 429:
        return "throttled"
    return "again" if status >= 500 or status in _MEND else "never"
