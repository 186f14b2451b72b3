"""A page vouched for before DingTalk's script, so that it may ask for a place or the scanner (dingtalk.md §14)."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time

from bots.dingtalk.api import DingTalkApi
from core.settings import DingTalk

MARGIN_S = 300.0


class Vouching:
    """Signs the addresses of pages; one ticket a process, fetched anew before it ends. Thread-safe."""

    def __init__(self, api: DingTalkApi, settings: DingTalk) -> None:
        self._api, self._settings, self._lock = api, settings, threading.Lock()
        self._ticket, self._until = "", 0.0

    def sign(self, address: str) -> dict[str, object]:
        """What `dd.config` wants to know of the page at this address, without its fragment. Raises ApiFault."""
        nonce, at = secrets.token_hex(8), str(int(time.time() * 1000))
        said = f"jsapi_ticket={self._fresh()}&noncestr={nonce}&timestamp={at}&url={address}"
        return {
            "agentId": self._settings.agent_id, "corpId": self._settings.corp_id, "timeStamp": at, "nonceStr": nonce,
            "signature": hashlib.sha1(said.encode(), usedforsecurity=False).hexdigest(), "type": 0,
        }  # fmt: skip

    def _fresh(self) -> str:
        with self._lock:
            if not self._ticket or time.monotonic() >= self._until:
                self._ticket, life = self._api.jsapi_ticket()
                self._until = time.monotonic() + max(life - MARGIN_S, life / 2)
            return self._ticket
