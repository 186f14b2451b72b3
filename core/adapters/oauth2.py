"""Signing in at an OAuth 2.0 provider: authorization code (RFC 6749 §4.1) with PKCE S256 (RFC 7636), then userinfo.

Nothing here belongs to one provider: addresses, credentials, scopes and the claim that names the person are settings.
The secret goes by HTTP Basic, which every server has to take (§2.3.1), or in the body where a provider wants that; the
access token is used once, for the one question, and kept nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from core.adapters.http import Http, Unreachable
from core.crypto import normalise
from core.settings import OAuth2Login, Settings
from core.vouching import NotVouched, SignInPort, Vouched, VoucherAway

FORM = "application/x-www-form-urlencoded"
MOBILE = re.compile(r"1[0-9]{10}")
LONGEST, LONGEST_TOKEN = 64, 4096
_NO_TO_A_CODE = frozenset({400})
_NO_TO_A_TOKEN = frozenset({400, 401, 403, 404})


class OAuth2SignIn:
    """One provider, as the settings describe it."""

    def __init__(self, name: str, title: str, at: OAuth2Login) -> None:
        self.name, self.title, self.button, self._at = name, title, f"{title}登录", at
        self._token, self._userinfo = (
            Http(place, connect_s=at.connect_timeout_s, read_s=at.read_timeout_s, total_s=at.total_timeout_s)
            for place in (at.token, at.userinfo)
        )

    def page(self, state: str, back: str, proof: str) -> str:
        """The authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3)."""
        query = {
            "response_type": "code", "client_id": self._at.client_id, "redirect_uri": back, "scope": self._at.scopes,
            "state": state, "code_challenge": challenge(proof), "code_challenge_method": "S256",
        }  # fmt: skip
        return f"{self._at.authorize}{'&' if urlsplit(self._at.authorize).query else '?'}{urlencode(query)}"

    def who(self, code: str, back: str, proof: str) -> Vouched:
        """The person of the claim, once code and secret were taken. Raises NotVouched, VoucherAway."""
        told = self._granted(code, back, proof)
        person = self._asked(str(told["access_token"]))
        subject = self._at.subject
        if subject and (not _text(told, subject) or _text(told, subject) != _text(person, subject)):
            raise NotVouched  # the token was given to one person, the answer speaks of another
        value = _text(person, self._at.claim)
        if self._at.matches == "phone":
            value = normalise(value)
            if not MOBILE.fullmatch(value):
                raise NotVouched
        if not 0 < len(value) <= LONGEST or not value.isprintable():
            raise NotVouched
        return Vouched(self.name, self._at.matches, value)

    def _granted(self, code: str, back: str, proof: str) -> Mapping[str, Any]:
        """The code for a token (§4.1.3); `redirect_uri` is the very one of the request."""
        secret = self._at.client_secret.get_secret_value()
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": proof}
        headers = {"Content-Type": FORM, "Accept": "application/json"}
        if self._at.credentials == "header":
            pair = f"{quote(self._at.client_id, safe='')}:{quote(secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": self._at.client_id, "client_secret": secret}
        try:
            told = self._token.post("", urlencode(form).encode(), headers).json()
        except Unreachable as fault:
            raise _said(fault, _NO_TO_A_CODE) from None
        token, kind = told.get("access_token"), told.get("token_type")
        if not isinstance(token, str) or not _is_token(token) or str(kind).lower() != "bearer":
            raise VoucherAway("token endpoint: no bearer token in the answer")
        return told

    def _asked(self, token: str) -> Mapping[str, Any]:
        """Who the token was given for (RFC 6750 §2.1)."""
        try:
            return self._userinfo.get(headers={"Authorization": f"Bearer {token}"}).json()
        except Unreachable as fault:
            raise _said(fault, _NO_TO_A_TOKEN) from None


def challenge(proof: str) -> str:
    """What is shown of a proof beforehand (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(proof.encode()).digest()).rstrip(b"=").decode()


def _said(fault: Unreachable, no: frozenset[int]) -> Exception:
    return NotVouched() if fault.status in no else VoucherAway(f"status {fault.status}: {fault}")


def _is_token(token: str) -> bool:
    return 0 < len(token) <= LONGEST_TOKEN and token.isascii() and token.isprintable() and " " not in token


def _text(answer: Mapping[str, Any], path: str) -> str:
    """The text or whole number at a dotted path; "" for anything else."""
    value: Any = answer
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return str(value) if isinstance(value, str) or type(value) is int else ""


def build_haizhengtong(settings: Settings) -> SignInPort | None:
    """海政通, or None without an address."""
    at = settings.haizhengtong
    return OAuth2SignIn("haizhengtong", "海政通", at) if at.authorize else None
