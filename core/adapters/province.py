"""The provincial data-sharing platform: signed batches of rows go up, an answer for each row comes back."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from core.adapters.http import Http, Unreachable
from core.adapters.signatures import sign
from core.canon import canonical
from core.ports import SharedRow, TooBusy, Verdict
from core.settings import Settings

FATES = {"accepted": "taken", "duplicate": "taken", "rejected": "refused", "retry": "later"}
LONGEST_WHY = 200
UNFIT = frozenset({400, 413, 422})
"""Answers that are about what is in the batch."""


class Province:
    """Writes `POST /resources/{resource}/rows`, signed like the pushes we take ourselves (control A9).

    Our assumption until the platform's own document is at hand: rows carry number, revision and content; the answer
    `{"results": [{"number", "revision", "result", "reason"}]}` says accepted, duplicate, rejected or retry of each.
    """

    def __init__(self, address: str, appid: str, secret: str, http: Http | None = None) -> None:
        self._path, self._appid, self._secret = urlsplit(address).path.rstrip("/"), appid, secret
        self._http = http or Http(address)

    def push(self, resource: str, rows: Sequence[SharedRow]) -> Sequence[Verdict]:
        """What the platform says of each row it spoke of. Raises TooBusy when it gave no answer one could use."""
        told = [{"number": one.number, "revision": one.revision, "content": dict(one.content)} for one in rows]
        body = canonical({"resource": resource, "rows": told}).encode()
        path = f"/resources/{resource}/rows"
        try:
            answer = self._http.post(path, body, self._signed(f"{self._path}{path}", body)).json()
        except Unreachable as fault:
            raise TooBusy(str(fault), fault.wait_s, unfit=fault.status in UNFIT) from None
        results = answer.get("results")
        if not isinstance(results, list):
            raise TooBusy("对方的答复里没有逐行结果")
        return [verdict for one in results if (verdict := _verdict(one)) is not None]

    def _signed(self, path: str, body: bytes) -> dict[str, str]:
        at, nonce = str(int(time.time())), secrets.token_hex(16)
        signature = sign(self._secret, "POST", path, body, at, nonce)
        return {"X-App-Id": self._appid, "X-Timestamp": at, "X-Nonce": nonce, "X-Signature": signature}


def _verdict(row: Any) -> Verdict | None:
    """One row's answer; None for one that says nothing we know, which then counts as no answer."""
    if not isinstance(row, dict) or not isinstance(row.get("number"), str) or type(row.get("revision")) is not int:
        return None
    fate = FATES.get(str(row.get("result")))
    why = " ".join(str(row.get("reason") or "").split())[:LONGEST_WHY]
    return Verdict(row["number"], row["revision"], fate, why) if fate else None


def build_province(settings: Settings) -> Province | None:
    """The platform the settings name; None when no address is set."""
    province = settings.province
    secret = province.secret.get_secret_value()
    return Province(province.address, province.appid, secret) if province.address else None
