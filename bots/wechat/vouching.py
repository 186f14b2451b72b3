"""A page vouched for before WeChat's script, so that it may open the scanner (wechat-sms.md §6)."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time

from bots.wechat.client import Keeper, Platform, WeChatFault
from core.settings import WeChat

QUOTA = frozenset({45009, 45011})
REST_S, QUOTA_REST_S, DOUBT_S = 90.0, 900.0, 360.0
"""How long the platform is left alone after a fault, or past its quota; how often a ticket may be doubted. The shelf
ends each a minute earlier."""


class Vouching:
    """Signs the addresses of pages under one ticket for all processes, kept as the access token is. Thread-safe."""

    def __init__(self, platform: Platform, shelf: Keeper, settings: WeChat) -> None:
        self._platform, self._shelf, self._app_id = platform, shelf, settings.app_id
        self._lock = threading.Lock()

    def sign(self, address: str, *, doubted: bool = False) -> dict[str, object]:
        """What `wx.config` wants to know of the page at this address, without its fragment. Raises WeChatFault.

        `doubted`: WeChat refused the last signature, so the ticket is fetched anew, unless it was so lately.
        """
        nonce, at = secrets.token_hex(8), int(time.time())
        said = f"jsapi_ticket={self._ticket(doubted)}&noncestr={nonce}&timestamp={at}&url={address}"
        signature = hashlib.sha1(said.encode(), usedforsecurity=False).hexdigest()
        return {"appId": self._app_id, "timestamp": at, "nonceStr": nonce, "signature": signature}

    def _ticket(self, doubted: bool) -> str:
        ticket, away, lately = (f"{self._app_id}_jsapi_{name}" for name in ("ticket", "away", "doubted"))
        with self._lock:
            if doubted and self._shelf.get(lately) is None:
                self._shelf.put(lately, "yes", DOUBT_S)
                self._shelf.drop(ticket)
            if held := self._shelf.get(ticket):
                return held
            if self._shelf.get(away):
                raise WeChatFault(0, "刚才没有取到网页凭据，稍后再取")
            try:
                fresh, life = self._platform.jsapi_ticket()
            except WeChatFault as fault:
                self._shelf.put(away, "yes", QUOTA_REST_S if fault.code in QUOTA else REST_S)
                raise
            self._shelf.put(ticket, fresh, life)
            return fresh
