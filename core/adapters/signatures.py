"""How machines sign what they push: HMAC-SM3 over method, path, body, time and nonce (security-reliability A9)."""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Callable

from core.errors import BadSignature
from core.sm import hmac_sm3, sm3

SKEW_S = 300
"""How far a signature's time may be from ours, either way, in seconds of real time."""

_NONCE = re.compile(r"[A-Za-z0-9_\-]{8,64}")


def sign(secret: str, method: str, path: str, body: bytes, timestamp: str, nonce: str) -> str:
    """The signature in hex. `timestamp` is Unix seconds; the path carries no query."""
    text = "\n".join((method.upper(), path, sm3(body).hex(), timestamp, nonce))
    return hmac_sm3(secret.encode(), text.encode()).hex()


def check_signature(
    secret: str,
    method: str,
    path: str,
    body: bytes,
    timestamp: str,
    nonce: str,
    signature: str,
    use_nonce: Callable[[str], bool],
) -> None:
    """Raises BadSignature for a wrong signature, a time more than 300 s away, or a nonce seen before.

    The nonce is spent only by a right signature, so that a stranger cannot spend other people's.
    """
    expected = sign(secret, method, path, body, timestamp, nonce)
    right = hmac.compare_digest(expected.encode(), signature.lower().encode())
    fresh = re.fullmatch(r"[0-9]{10}", timestamp) is not None and abs(time.time() - int(timestamp)) <= SKEW_S
    if not (right and fresh and _NONCE.fullmatch(nonce) and secret):
        raise BadSignature()
    if not use_nonce(nonce):
        raise BadSignature()
