"""Tokens, tickets and login codes: everything that opens a door and expires by real time."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass

from . import guesses


@dataclass(frozen=True, slots=True)
class App:
    """One registered application; its client id is also its robotCode."""

    client_id: str
    client_secret: str


@dataclass(slots=True)
class _Token:
    value: str
    ends: float


class Tokens:
    """Issues and checks access tokens, gateway tickets, login codes and user tokens."""

    def __init__(self, apps: tuple[App, ...]) -> None:
        self.apps = {app.client_id: app for app in apps}
        self._access: dict[str, _Token] = {}
        self._tickets: dict[str, tuple[str, object, float]] = {}
        self._codes: dict[str, tuple[str, str, float]] = {}
        self._user_tokens: dict[str, tuple[str, float]] = {}
        self._jsapi = _Token("", 0.0)

    def app(self, client_id: object, secret: object) -> App | None:
        """The application with these credentials, if they are right."""
        app = self.apps.get(client_id) if isinstance(client_id, str) else None
        if app and isinstance(secret, str) and secrets.compare_digest(app.client_secret.encode(), secret.encode()):
            return app
        return None

    def access(self, client_id: str) -> tuple[str, int]:
        """The app's access token and the seconds it has left: the same one while it is valid, extended."""
        now = time.time()
        held = self._access.get(client_id)
        if held is None or held.ends <= now:
            held = _Token(secrets.token_hex(16), 0.0)
            self._access[client_id] = held
        held.ends = now + guesses.seconds("token_life_s")
        return held.value, round(held.ends - now)

    def owner(self, token: str | None) -> App | None:
        """Whose access token is this, if it is valid now?"""
        for client_id, held in self._access.items():
            if token and held.value == token and held.ends > time.time():
                return self.apps[client_id]
        return None

    def revoke(self) -> None:
        """Make every access token worthless at once."""
        self._access.clear()

    def ticket(self, client_id: str, subscriptions: object) -> str:
        """A one-use gateway ticket, full of characters that need URL-encoding."""
        value = base64.b64encode(b"\xfb\xef\xbe" + secrets.token_bytes(20)).decode()
        self._tickets[value] = (client_id, subscriptions, time.time() + guesses.seconds("ticket_life_s"))
        return value

    def redeem(self, ticket: str) -> tuple[str, object] | None:
        """Use a ticket: (client id, subscriptions), or None for a used, old or unknown one."""
        client_id, subscriptions, ends = self._tickets.pop(ticket, ("", None, 0.0))
        return (client_id, subscriptions) if ends > time.time() else None

    def expire_tickets(self) -> None:
        """Make every unused ticket old at once, as if 90 seconds had passed."""
        self._tickets = {key: (who, what, 0.0) for key, (who, what, _) in self._tickets.items()}

    def code(self, user_id: str, kind: str = "inside") -> str:
        """A login code for this person: `inside` as `dd.requestAuthCode` gives it, `login` as the login page does."""
        value = secrets.token_hex(16)
        self._codes[value] = (user_id, kind, time.time() + guesses.seconds("auth_code_life_s"))
        return value

    def use_code(self, code: object, kind: str) -> str | None:
        """The userId behind a login code of this kind; it works once, also when it was the other kind."""
        user_id, made_for, ends = self._codes.pop(str(code), ("", "", 0.0))
        return user_id if ends > time.time() and made_for == kind else None

    def expire_codes(self) -> None:
        """Make every unused login code old at once, as if five minutes had passed."""
        self._codes = {code: (who, kind, 0.0) for code, (who, kind, _) in self._codes.items()}

    def jsapi(self) -> str:
        """The ticket by which pages are signed; the same one while it lives (§14.4)."""
        if self._jsapi.ends <= time.time():
            self._jsapi = _Token(secrets.token_hex(24), time.time() + guesses.seconds("jsapi_ticket_life_s"))
        return self._jsapi.value

    def signed(self, page: str, nonce: str, at: str, signature: str) -> bool:
        """Whether a page's signature is right, for `dd.config`."""
        said = f"jsapi_ticket={self._jsapi.value}&noncestr={nonce}&timestamp={at}&url={page}"
        right = hashlib.sha1(said.encode(), usedforsecurity=False).hexdigest()
        return self._jsapi.ends > time.time() and secrets.compare_digest(right, signature)

    def user_token(self, user_id: str) -> str:
        """A user token (userAccessToken) for this person."""
        value = secrets.token_hex(16)
        self._user_tokens[value] = (user_id, time.time() + guesses.seconds("user_token_life_s"))
        return value

    def user_of(self, token: str | None) -> str | None:
        """The userId behind a user token."""
        user_id, ends = self._user_tokens.get(token or "", ("", 0.0))
        return user_id if ends > time.time() else None
