"""Opening a stream connection: one POST to the gateway gives an endpoint and a one-use ticket (dingtalk.md §2.1)."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus, urlsplit

import httpx
from dingtalk_stream.version import VERSION_STRING

from core.settings import DingTalk

OPEN_PATH = "/v1.0/gateway/connections/open"
MAX_ANSWER = 64 * 1024
SLOWEST_S = 15.0  # a slow gateway still lets us in; nobody waits for this answer
USER_AGENT = (
    f"DingTalkStream/1.0 SDK/{VERSION_STRING} Python/{platform.python_version()} "
    "(+https://github.com/open-dingtalk/dingtalk-stream-sdk-python)"
)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PORTS = {"http": 80, "https": 443}


class NoGrant(Exception):
    """The gateway did not let us in; the message never carries the ticket or the secret."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Where to connect; `url` carries the ticket, so it is never shown."""

    url: str

    def __repr__(self) -> str:
        return "Grant(***)"


@dataclass(frozen=True, slots=True)
class Subscription:
    """One thing we listen to: EVENT or CALLBACK and its topic."""

    type: str
    topic: str


def is_loopback(address: str) -> bool:
    """Is this address on this machine? Then no proxy of the environment is asked."""
    return urlsplit(address).hostname in LOOPBACK


def place_of(address: str) -> tuple[str, ...]:
    """Scheme, host and port of an address of the web; empty for anything else."""
    try:
        parts = urlsplit(address)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        return ()
    return (parts.scheme, parts.hostname, str(port)) if parts.hostname else ()


def is_of(address: str, homes: Sequence[str]) -> bool:
    """Is this an address of one of these hosts? If all are this machine, any of this machine's is, whatever its name:
    a platform played here may give its files and sessions a name or a port of their own.
    """
    place = place_of(address)
    if place and is_loopback(address) and all(is_loopback(home) for home in homes):
        return True
    return bool(place) and place in {place_of(home) for home in homes}


class Gateway:
    """Asks for grants with our own HTTP client: off the blocking path, with a time-out, cancellable."""

    def __init__(self, settings: DingTalk) -> None:
        self._settings = settings
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(max(settings.timeout_s, SLOWEST_S), connect=3.0),
            follow_redirects=False,
            trust_env=not is_loopback(settings.api),
        )

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def open(self, subscriptions: Sequence[Subscription]) -> Grant:
        """A fresh grant.

        Raises:
            NoGrant: no answer, a refusal, or an answer that makes no sense.
        """
        settings = self._settings
        body = {
            "clientId": settings.client_id,
            "clientSecret": settings.client_secret.get_secret_value(),
            "subscriptions": [{"type": one.type, "topic": one.topic} for one in subscriptions],
            "ua": f"dingtalk-sdk-python/v{VERSION_STRING}-union",
            "localIp": "",
        }
        try:
            status, text = await self._post(settings.api.rstrip("/") + OPEN_PATH, json.dumps(body))
        except httpx.HTTPError as error:
            raise NoGrant(f"gateway unreachable: {type(error).__name__}") from None
        if status != httpx.codes.OK:
            raise NoGrant(f"gateway answered {status} {_code_of(text)}")
        return _grant(text, plain=settings.api.startswith("http://"))

    async def _post(self, url: str, body: str) -> tuple[int, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": USER_AGENT}
        async with self._http.stream("POST", url, content=body, headers=headers) as response:
            read = b""
            async for chunk in response.aiter_bytes():
                read += chunk
                if len(read) > MAX_ANSWER:
                    raise NoGrant("gateway answer too long")
            return response.status_code, read.decode("utf-8", "replace")


def _code_of(text: str) -> str:
    try:
        code = json.loads(text)["code"]
    except (ValueError, KeyError, TypeError):
        return "without a code"
    return str(code)[:60]


def _grant(text: str, *, plain: bool) -> Grant:
    try:
        answer = json.loads(text)
        endpoint, ticket = answer["endpoint"], answer["ticket"]
    except (ValueError, KeyError, TypeError):
        raise NoGrant("gateway answer is not a grant") from None
    if not isinstance(endpoint, str) or not isinstance(ticket, str) or not ticket:
        raise NoGrant("gateway answer is not a grant")
    if not endpoint.startswith("wss://") and not (plain and endpoint.startswith("ws://")):
        raise NoGrant("gateway names an endpoint without TLS")
    joint = "&" if "?" in endpoint else "?"
    return Grant(f"{endpoint}{joint}ticket={quote_plus(ticket)}")
