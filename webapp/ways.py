"""The ways in besides the password: every system whose word opens the door, asked through one port."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import structlog
from flask import request

from core.adapters.oauth2 import build_haizhengtong
from core.vouching import NotVouched, Vouched, VoucherAway
from webapp.context import kept, the_core
from webapp.dingtalk import build_dingtalk
from webapp.errors import NotConfirmed, SignInAway, WayClosed

if TYPE_CHECKING:
    from core.vouching import SignInPort

LONGEST_CODE = 512
BUILD: Mapping[str, Callable[..., SignInPort | None]] = {
    "dingtalk": build_dingtalk,
    "haizhengtong": build_haizhengtong,
}
"""Name → adapter, or None where the settings name no such system; in the order of the gate."""
log = structlog.get_logger(__name__)


def open_ways() -> Mapping[str, SignInPort]:
    """The ways this deployment has, built once a process."""

    def build() -> Mapping[str, SignInPort]:
        built = {name: way(the_core().settings) for name, way in BUILD.items()}
        return {name: one for name, one in built.items() if one is not None}

    return kept("ways", build)


def way_in(name: str) -> SignInPort:
    """Raises WayClosed."""
    way = open_ways().get(name)
    if way is None:
        raise WayClosed()
    return way


def said_by(way: SignInPort, code: str, ask: Callable[[], Vouched]) -> Vouched:
    """What the system answers to a code, its no and its silence as refusals. Raises NotConfirmed, SignInAway."""
    if not code or len(code) > LONGEST_CODE or not code.isascii() or not code.isprintable():
        raise NotConfirmed(by=way.title)
    try:
        return ask()
    except NotVouched:
        raise NotConfirmed(by=way.title) from None
    except VoucherAway as fault:
        log.warning("sign_in_away", way=way.name, why=str(fault))
        raise SignInAway(by=way.title) from None


def inside() -> str:
    """The app whose own web view this is, where it signs people in; "" for a browser.

    海政通 first: an app built on another carries the other's name in its User-Agent too.
    """
    agent, marker = request.headers.get("User-Agent", ""), the_core().settings.haizhengtong.agent
    if marker and marker in agent and "haizhengtong" in open_ways():
        return "haizhengtong"
    return "dingtalk" if "DingTalk" in agent else ""


def script_of_app() -> str:
    """The page script that lends a phone's place and scanner: DingTalk's, and none inside 海政通.

    What 海政通 offers pages is its operator's to say; there the browser tells the place and a photo is the scanner.
    Were it built on DingTalk, our signature would not be its own, and its script would only say no.
    """
    return "" if inside() == "haizhengtong" else the_core().settings.dingtalk.jsapi
