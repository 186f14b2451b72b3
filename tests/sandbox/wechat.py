"""The WeChat platform's own books: the account, its tokens, menu, followers and their chats, codes and counters."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
ACCOUNT = "gh_practice0001"
TOKEN_S, OVERLAP_S, FORCED_GAP_S, FORCED_A_DAY = 7200.0, 300.0, 30.0, 20
CODE_S = 300.0
AFTER_WORDS, AFTER_ACT = (48 * 3600.0, 5), (60.0, 3)
"""Customer messages: within how long after what the person did, and how many (wechat-sms.md §7.3)."""
LIMIT_S, TRIES = 5.0, 3
SORRY = "该公众号暂时无法提供服务，请稍后再试"
PEOPLE = (("o-practice-wang", "王阿姨"), ("o-practice-chen", "陈师傅"), ("o-practice-lin", "林老板"))


class WeChatError(Exception):
    """A refusal of the platform: HTTP 200 with an errcode."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message

    def body(self) -> dict[str, Any]:
        rid = "-".join(secrets.token_hex(4) for _ in range(3))
        return {"errcode": self.code, "errmsg": f"{self.message} rid: {rid}"}


@dataclass(slots=True)
class Line:
    """One line of a chat as the person sees it. `side`: mine, theirs, or note."""

    side: str
    text: str
    at: float
    kind: str = "text"


@dataclass(slots=True)
class Citizen:
    """A WeChat user: whether they follow, what they see, what may still be sent to them."""

    openid: str
    name: str
    following: bool = True
    chat: list[Line] = field(default_factory=list)
    open_until: float = 0.0
    may_get: int = 0
    consents: dict[str, int] = field(default_factory=dict)

    def acted(self, *, words: bool) -> None:
        """What they did opens a window for customer messages."""
        span, count = AFTER_WORDS if words else AFTER_ACT
        self.open_until, self.may_get = max(self.open_until, time.time() + span), max(self.may_get, count)


@dataclass(slots=True)
class Code:
    """A code of the web sign-in: whose, until when, used up or not."""

    openid: str
    ends: float
    snapshot: bool = False
    used: bool = False


class WeChat:
    """Everything the platform remembers. Real time."""

    def __init__(self, callback: str = "") -> None:
        ours = yaml.safe_load((ROOT / "config.yaml").read_text(encoding="utf-8"))["wechat"]
        self.app_id, self.secret = str(ours["app_id"]), str(ours["app_secret"])
        self.token, self.aes_key = str(ours["token"]), str(ours["aes_key"])
        self.home = callback
        self.reset()

    def reset(self) -> None:
        """A fresh account: no menu, no chats, three people who follow."""
        self.callback, self.mode = self.home, "safe"
        self.tokens: dict[str, float] = {}
        self.stable, self.forced = "", list[float]()
        self.jsapi, self.tickets = ("", 0.0), 0
        self.life_s, self.limit_s, self.closed = TOKEN_S, LIMIT_S, False
        self.refuse: list[int] = []
        self.menu: dict[str, Any] | None = None
        self.citizens = {openid: Citizen(openid, name) for openid, name in PEOPLE}
        self.current = PEOPLE[0][0]
        self.codes: dict[str, Code] = {}
        self.snapshot = False
        self.templates: dict[str, tuple[str, ...]] = {"TPL_RESULT": ("thing1", "time2", "phrase3")}
        self.sent: dict[tuple[str, str], tuple[float, int]] = {}
        self.pushes: list[dict[str, Any]] = []
        self.last_id = int(time.time()) * 10_000_000

    # --- tokens (§4.2) ---

    def new_token(self) -> str:
        """`/token`: another one each time; the one before goes on for five minutes."""
        now = time.time()
        for old in [one for one in self.tokens if one != self.stable]:
            self.tokens[old] = min(self.tokens[old], now + OVERLAP_S)
        return self._issued("AT")

    def stable_token(self, *, force: bool) -> tuple[str, int]:
        """`/stable_token`: the same until five minutes before its end; forced, the old one dies at once."""
        now = time.time()
        if force:
            self.forced = [at for at in self.forced if now - at < 86400]
            if len(self.forced) >= FORCED_A_DAY or (self.forced and now - self.forced[-1] < FORCED_GAP_S):
                raise WeChatError(45009, "reach max api daily quota limit")
            self.forced.append(now)
            self.tokens.pop(self.stable, None)
        ends = self.tokens.get(self.stable, 0.0)
        if ends - now < min(OVERLAP_S, self.life_s / 2):
            self.stable = self._issued("ST")
        return self.stable, max(1, int(self.tokens[self.stable] - now))

    def _issued(self, prefix: str) -> str:
        token = f"{prefix}_{secrets.token_urlsafe(96)}"
        self.tokens[token] = time.time() + self.life_s
        return token

    def admit(self, token: str | None) -> None:
        """Raises WeChatError for a token that is missing, unknown or over, or what a test asked for."""
        if not token:
            raise WeChatError(41001, "access_token missing")
        if self.refuse:
            raise WeChatError(self.refuse.pop(0), "invalid credential, access_token is invalid or not latest")
        if token not in self.tokens:
            raise WeChatError(40001, "invalid credential, access_token is invalid or not latest")
        if self.tokens[token] <= time.time():
            raise WeChatError(42001, "access_token expired")

    def jsapi_ticket(self) -> tuple[str, int]:
        """The ticket that signs pages, the same one while it lives; `tickets` counts how often it was asked for."""
        self.tickets += 1
        if self.jsapi[1] <= time.time():
            self.jsapi = secrets.token_urlsafe(64), time.time() + self.life_s
        return self.jsapi[0], max(1, round(self.jsapi[1] - time.time()))

    def vouched(self, page: str, nonce: str, at: str, signature: str) -> bool:
        """Whether a page's signature is right, for `wx.config` (§6)."""
        said = f"jsapi_ticket={self.jsapi[0]}&noncestr={nonce}&timestamp={at}&url={page}"
        right = hashlib.sha1(said.encode(), usedforsecurity=False).hexdigest()
        return self.jsapi[1] > time.time() and secrets.compare_digest(right, signature)

    # --- people ---

    def citizen(self, openid: object) -> Citizen:
        """Raises WeChatError 40003 for nobody."""
        found = self.citizens.get(str(openid))
        if found is None:
            raise WeChatError(40003, "invalid openid")
        return found

    def next_id(self) -> int:
        """A MsgId: 17 digits, rising."""
        self.last_id += secrets.randbelow(900) + 1
        return self.last_id

    def to_json(self, openid: str = "") -> dict[str, Any]:
        """What the page and the tests ask for; with one person's chat."""
        people = [{key: value for key, value in asdict(one).items() if key != "chat"} for one in self.citizens.values()]
        chat = [asdict(line) for line in self.citizens[openid].chat] if openid in self.citizens else []
        return {
            "appId": self.app_id, "callback": self.callback, "mode": self.mode, "menu": self.menu, "people": people,
            "current": self.current, "chat": chat, "pushes": self.pushes[-40:], "tokens": len(self.tokens),
            "tickets": self.tickets,
        }  # fmt: skip
