"""A bench for WeChat: the product's web process on a real port, the sandbox pushing to it, envelopes made by hand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from apiflask import APIFlask
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from core import Core
from tests.clock import StillClock
from tests.sandbox.rig import Sandbox, free_port
from tests.sandbox.wechat import WeChat
from tests.sandbox.wechat_push import Knobs, judged, message_xml, wrapped
from tests.town import a_core
from webapp import create_app

OPENID = "o-practice-wang"


class Account:
    """The platform's side, without a network: pushes into the application and reads its replies."""

    def __init__(self, site: APIFlask) -> None:
        self.site, self.platform = site, WeChat()

    def post(self, query: dict[str, str], body: str | bytes) -> TestResponse:
        raw = body.encode() if isinstance(body, str) else body
        return self.site.test_client().post(f"/hooks/wechat?{urlencode(query)}", data=raw, content_type="text/xml")

    def push(self, fields: dict[str, Any], openid: str = OPENID, **knobs: Any) -> TestResponse:
        """One push of these fields."""
        return self.post(*wrapped(self.platform, message_xml(openid, fields), openid, Knobs(**knobs)))

    def inner(self, xml: str, **knobs: Any) -> TestResponse:
        """One push with this XML inside."""
        return self.post(*wrapped(self.platform, xml, OPENID, Knobs(**knobs)))

    def text(self, words: str, number: int = 0, openid: str = OPENID) -> str:
        """What the person reads when they write these words."""
        fields = {"MsgType": "text", "Content": words, "MsgId": number or self.platform.next_id()}
        return self.shown(self.push(fields, openid), openid)

    def scan(self, words: str, openid: str = OPENID) -> str:
        """What the person reads when they scan this through the menu."""
        scan = {"ScanType": "qrcode", "ScanResult": words}
        event = {"MsgType": "event", "Event": "scancode_waitmsg", "EventKey": "LICENCE_SCAN", "ScanCodeInfo": scan}
        return self.shown(self.push(event, openid), openid)

    def shown(self, answer: TestResponse, openid: str = OPENID) -> str:
        """A reply as the person sees it. Raises AssertionError for one the platform would not show."""
        text, fault = judged(self.platform, openid, answer.status_code, answer.text)
        assert not fault, fault
        return text


@contextmanager
def served(site: APIFlask, port: int) -> Iterator[str]:
    """The application on a port, many threads; its address."""
    server = make_server("127.0.0.1", port, site, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="web", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def a_wechat_core(url: str, clock: StillClock, sandbox: Sandbox, port: int, **sections: Any) -> Core:
    """A core whose public address is the port its pages will be served on."""
    public = {"public_address": f"http://127.0.0.1:{port}"}
    return a_core(url, clock, sandbox.base, web=public, **sections)


@contextmanager
def open_house(core: Core, sandbox: Sandbox, port: int) -> Iterator[APIFlask]:
    """The site of a core, served, and the sandbox told where to push."""
    site = create_app(core)
    with served(site, port) as address:
        sandbox.post("wechat/state", callback=f"{address}/hooks/wechat")
        yield site


def a_port() -> int:
    return free_port()


def content_of(xml: str) -> str:
    """The text of a clear reply."""
    return ElementTree.fromstring(xml).findtext("Content") or ""
