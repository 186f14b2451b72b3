"""A push in, a reply out: verified, claimed once, worked on once, answered each time (wechat-sms.md §2.7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import structlog

from bots.wechat import words
from bots.wechat.envelope import SUCCESS, Envelopes, Push
from bots.wechat.menu import HELP
from bots.wechat.scans import code_in
from core import Core, Refusal
from core.citizens.lookups import Caller
from core.errors import Unknown

SCANS = ("event:scancode_waitmsg", "event:scancode_push")
ARRIVALS = ("event:subscribe", "event:subscribe_scan", "event:scan")
"""Following, following by the account's own code (wechatpy names it so), and that code scanned by a follower."""
log = structlog.get_logger()


class Handler:
    """The account's side of the callback."""

    def __init__(self, core: Core, envelopes: Envelopes | None = None) -> None:
        self._core = core
        self._envelopes = envelopes or Envelopes(core.settings.wechat)
        self.site = core.settings.web.public_address.rstrip("/")

    def check(self, query: Mapping[str, str]) -> None:
        """Raises Forged unless the query is signed, and lately."""
        self._envelopes.check(query)

    def answer(self, query: Mapping[str, str], body: bytes) -> str:
        """What goes back to WeChat for a push whose query was checked. Raises Forged, TooBig.

        Whatever else goes wrong is logged and answered SUCCESS: an error would only bring the push again.
        """
        push = self._envelopes.opened(query, body)
        if push is None or not push.openid:
            return SUCCESS
        claim = self._core.citizens.pushes.claim(push.key)
        if not claim.mine:
            return self._envelopes.closed(query, push, claim.reply or "")
        text = self._said(push)
        self._core.citizens.pushes.answered(push.key, text)
        return self._envelopes.closed(query, push, text)

    def _said(self, push: Push) -> str:
        try:
            return self._reply(push)
        except Refusal as refusal:
            return str(refusal)
        except Exception:
            log.exception("push handler failed", kind=push.kind)
            return ""

    def _reply(self, push: Push) -> str:
        by_kind: Mapping[str, Callable[[], str]] = {
            "text": lambda: self._asked(push.words),
            **dict.fromkeys(ARRIVALS, lambda: words.welcome(self.site)),
            "event:click": lambda: words.menu(self.site) if push.menu_key == HELP else "",
            **dict.fromkeys(SCANS, lambda: self._scanned(push)),
            **dict.fromkeys(words.KINDS, lambda: words.only_words(push.kind, self.site)),
        }
        return by_kind.get(push.kind, str)()

    def _asked(self, text: str) -> str:
        if not text.strip():
            return words.menu(self.site)
        return words.told(self._core.answers.to(text), self.site)

    def _scanned(self, push: Push) -> str:
        """The verdict at once, for the phone shows nothing before it (§2.6); a code of others is never followed."""
        found = code_in(push.words, self.site)
        if found is None:
            return words.NOT_OURS
        code, payload = found
        by = Caller(self._core.citizens.visitors.openid_index(push.openid), "wechat")
        try:
            told = self._core.citizens.lookups.scanned(code, by, payload)
        except Unknown:
            return words.NOT_OURS
        if told.licence is None:
            return words.code(told.word)
        return words.verdict(told.licence, f"{self.site}/v/{code}")
