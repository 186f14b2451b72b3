"""Checks the signature ACS3-HMAC-SHA256 of a call to an Aliyun gateway, as the gateway would (wechat-sms.md §9.2)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

NAME = "ACS3-HMAC-SHA256"
WINDOW_S = 900
"""How far the caller's clock may be from the gateway's."""
NEEDED = frozenset(
    {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}
)
"""What every signature must cover."""
_SHAPE = re.compile(NAME + r" Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})")


class GatewayError(Exception):
    """A call the gateway turns away before any product sees it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class Checker:
    """Knows the key pairs and the nonces of the last quarter of an hour."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._secrets = dict(secrets)
        self._nonces: dict[str, float] = {}

    def check(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes, now: float) -> None:
        """Let a good call pass; `now` is real time in seconds. Raises GatewayError."""
        shape = _SHAPE.fullmatch(headers.get("Authorization", ""))
        if shape is None:
            raise GatewayError(400, "MissingAuthorization", "Authorization is missing or misshapen.")
        key, names, signature = shape.groups()
        secret = self._secrets.get(key)
        if secret is None:
            raise GatewayError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        self._in_time(headers.get("x-acs-date", ""), now)
        nonce = self._fresh(headers.get("x-acs-signature-nonce", ""), now)
        digest = hashlib.sha256(body).hexdigest()
        covered = set(names.split(";")) >= NEEDED and digest == headers.get("x-acs-content-sha256")
        wanted = signed(secret, canonical(method, path, query, names, headers, digest))
        if not covered or not hmac.compare_digest(wanted, signature):
            raise GatewayError(400, "SignatureDoesNotMatch", "Specified signature does not match our calculation.")
        self._nonces[nonce] = now

    @staticmethod
    def _in_time(text: str, now: float) -> None:
        try:
            at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise GatewayError(400, "InvalidTimeStamp.Format", "Specified time stamp is not well formatted.") from None
        if abs(now - at.timestamp()) > WINDOW_S:
            raise GatewayError(400, "InvalidTimeStamp.Expired", "Specified time stamp is expired.")

    def _fresh(self, nonce: str, now: float) -> str:
        self._nonces = {one: at for one, at in self._nonces.items() if now - at <= WINDOW_S}
        if not nonce or nonce in self._nonces:
            raise GatewayError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
        return nonce


def canonical(method: str, path: str, query: str, names: str, headers: Mapping[str, str], digest: str) -> str:
    """The text that is signed: method, path, sorted query, the covered headers, their names, the body's digest."""
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    asked = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
    covered = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in names.split(";"))
    return "\n".join([method, path or "/", asked, covered, names, digest])


def signed(secret: str, text: str) -> str:
    """The signature of a canonical text, in hex."""
    told = f"{NAME}\n{hashlib.sha256(text.encode()).hexdigest()}"
    return hmac.new(secret.encode(), told.encode(), hashlib.sha256).hexdigest()
