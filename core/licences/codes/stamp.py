"""The signed payload of a code: who issued it, in which batch, under which key, provable without a connection.

The payload is digits only, which a QR code holds in ten bits for three: 3 of the key's version, 6 of the issuer, 6 of
the batch (0 for a code made for one licence), 155 of the SM2 signature, r and s as one number. Signed is
`licence-code|<issuer>|<batch>|<version>|<id>` under the user id of `core.sm.USER_ID`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from core.crypto import Sm2Signer
from core.policy.codes import CodeRules

PAYLOAD = re.compile(r"(\d{3})(\d{6})(\d{6})(\d{155})", re.ASCII)
LINK = re.compile(r"https?://[^\s/]{1,100}/v/([A-Za-z0-9_-]{22})(?:\?(\d{1,200}))?", re.ASCII)
CODE = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
HALF = 1 << 256


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scanner gave: the id of a code, and the payload if there was one."""

    code: str
    payload: str = ""


def scanned(text: str) -> Scanned | None:
    """The code in a scanned link or a bare id as a bar code carries it; None for anything else."""
    told = "".join(text.split())
    if link := LINK.fullmatch(told):
        return Scanned(link[1], link[2] or "")
    return Scanned(told) if CODE.fullmatch(told) else None


class Stamp:
    """Signs codes and judges what was signed. Old keys judge as long as the vault holds them."""

    def __init__(self, signer: Sm2Signer, rules: CodeRules) -> None:
        self._signer, self._rules = signer, rules

    def payload(self, code: str, batch: int) -> str:
        """The digits for a code of a batch, under the newest key."""
        version = max(self.keys())
        label, _, der = self._signer.sign(_message(self._rules.issuer, batch, version, code)).partition(":")
        if label != f"sign_{version}":
            raise RuntimeError("the signing key changed while a code was signed")
        r, s = decode_dss_signature(bytes.fromhex(der))
        return f"{version:03}{self._rules.issuer}{batch:06}{r * HALF + s:0155}"

    def judge(self, code: str, payload: str) -> str:
        """genuine, revoked, forged, or bare when there is no payload."""
        if not payload:
            return "bare"
        told = PAYLOAD.fullmatch(payload)
        if told is None or told[2] != self._rules.issuer:
            return "forged"
        version, r, s = int(told[1]), *divmod(int(told[4]), HALF)
        if r >= HALF or not r or not s:
            return "forged"
        message = _message(told[2], int(told[3]), version, code)
        if not self._signer.verify(message, f"sign_{version}:{encode_dss_signature(r, s).hex()}"):
            return "forged"
        return "revoked" if version in self._rules.revoked else "genuine"

    def keys(self) -> Mapping[int, str]:
        """Every public key by its version, as hex of x and y; revoked ones too."""
        return {version: point.hex() for version, point in self._signer.public_keys().items()}


def _message(issuer: str, batch: int, version: int, code: str) -> bytes:
    return f"licence-code|{issuer}|{batch}|{version}|{code}".encode()


def link_of(address: str, code: str, payload: str) -> str:
    """What is printed: short enough for a sticker of 20 millimetres."""
    return f"{address.rstrip('/')}/v/{code}?{payload}"
