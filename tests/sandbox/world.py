"""The sandbox's whole state in one object, and the options it was started with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from .cards import Card, CardStore
from .chats import ChatStore
from .clock import Clock
from .directory import Directory
from .faults import Faults
from .feeds.source import Feeds
from .grants import Provider
from .hotline import Hotline
from .ledger import Ledger
from .manifests import Manifests
from .meter import Meter
from .province import Province
from .service_platform import ServicePlatform
from .sms_town import approved, checker
from .stream import Stream
from .tokens import App, Tokens
from .wechat import WeChat


@dataclass(frozen=True, slots=True)
class Options:
    """How the sandbox was started."""

    port: int = 9100
    apps: tuple[App, ...] = (App("dingsandbox", "sandbox-secret"),)
    corp_id: str = "dingSANDBOXCORP"
    manifests: Path | None = None
    templates: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    state: Path | None = None
    hotline_token: str = "sandbox-hotline"
    opus_token: str = "practice"
    feeds_token: str = "practice"
    sms_receipts: str = ""
    wechat_callback: str = ""
    qps: int = 0

    @property
    def base(self) -> str:
        """The address of everything: gateway, api, oapi and the page."""
        return f"http://127.0.0.1:{self.port}"


class World:
    """Every store and switch, wired together."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.clock = Clock()
        self.ledger = Ledger()
        self.faults = Faults()
        self.tokens = Tokens(options.apps)
        self.meter = Meter(self.clock, options.qps)
        self.directory = Directory(options.directory)
        self.manifests = Manifests(options.manifests, options.templates)
        self.cards = CardStore()
        self.chats = ChatStore()
        self.stream = Stream(self.ledger, self.faults)
        self.opus: dict[str, Any] = {}
        self.screens: dict[str, str] = {}  # userId → the code their phone shows, as a data URL
        self.sms = approved(self.clock, options.sms_receipts)
        self.acs3 = checker(self.sms)
        self.hotline, self.province, self.feeds = Hotline(), Province(), Feeds(self.clock)
        self.service_platform, self.haizhengtong = ServicePlatform(), Provider()
        self.rounds = 0
        self.on_tap: Callable[[Any, Any], None] | None = None
        self.wechat, self.wechat_jobs = WeChat(options.wechat_callback), set[asyncio.Task[Any]]()

    @property
    def robot(self) -> str:
        """The client id (= robotCode) of the first app: whom people on the page talk to unless told otherwise."""
        return self.options.apps[0].client_id

    def viewers(self, card: Card) -> set[str]:
        """Who has this card on their phone."""
        users: set[str] = set()
        for place in card.placements:
            chat = self.chats.conversations.get(place.conversation_id)
            users |= set(place.recipients) or set(chat.members if chat else ())
        return users

    def card_changed(self, card: Card) -> None:
        """Ring for everyone who has the card."""
        self.ledger.phones_changed(self.viewers(card))

    def reset(self) -> None:
        """An empty practice ground: no cards, chats, faults, frames, tickets or counts; people and connections stay."""
        everyone = list(self.directory.people)
        self.rounds += 1
        self.opus, self.screens = {}, {}
        self.cards, self.chats, self.hotline, self.province = CardStore(), ChatStore(), Hotline(), Province()
        self.service_platform, self.haizhengtong = ServicePlatform(), Provider()
        self.feeds = Feeds(self.clock)
        self.faults.clear()
        self.sms.reset()
        self.wechat.reset()
        for connection in self.stream.connections:
            connection.awake.set()
        self.meter.reset()
        self.clock.reset()
        self.ledger.clear()
        self.manifests.load()
        self.ledger.phones_changed(everyone)
        self.ledger.ring("clock", "faults", "meter", "wechat")


WORLD: web.AppKey[World] = web.AppKey("world", World)


def world_of(request: web.Request) -> World:
    """The world behind a request."""
    return request.app[WORLD]
