"""A stand-in for the provincial data-sharing platform: strict about signatures, sizes and words."""

from __future__ import annotations

import hmac
import json
import re
import time
from dataclasses import dataclass, field

from core.policy.upward import load_upward
from core.sm import hmac_sm3, sm3

from .wire import Json

MOST_ROWS = 100
SKEW_S = 300
NUMBER = re.compile(r"XY[A-Z]{2}\d{14}(-\d{2})?")
APPID, SECRET = "xiuying", "practice"


@dataclass
class Province:
    """The rows it holds by resource and number, every request it took, and the moods tests put it into.

    `refuse` and `retry`: numbers whose rows are answered so, with a reason; `mute`: numbers left without an answer;
    `poison`: numbers for whose sake a whole batch is refused;
    `throttle`: this many requests get 429 first.
    """

    rows: dict[str, dict[str, Json]] = field(default_factory=dict)
    requests: list[Json] = field(default_factory=list)
    nonces: set[str] = field(default_factory=set)
    refuse: dict[str, str] = field(default_factory=dict)
    retry: dict[str, str] = field(default_factory=dict)
    mute: list[str] = field(default_factory=list)
    poison: list[str] = field(default_factory=list)
    throttle: int = 0
    doubles: int = 0

    def forged(self, path: str, headers: dict[str, str], body: bytes) -> str:
        """Why the signature is not believed; empty when it is. Written from the dialect alone."""
        at, nonce, given = headers.get("X-Timestamp", ""), headers.get("X-Nonce", ""), headers.get("X-Signature", "")
        text = "\n".join(("POST", path, sm3(body).hex(), at, nonce)).encode()
        if headers.get("X-App-Id") != APPID or not hmac.compare_digest(hmac_sm3(SECRET.encode(), text).hex(), given):
            return "signature"
        if not at.isdigit() or abs(time.time() - int(at)) > SKEW_S:
            return "timestamp"
        if len(nonce) < 16 or nonce in self.nonces:
            return "nonce"
        self.nonces.add(nonce)
        return ""

    def misshapen(self, resource: str, body: Json) -> str:
        """What is wrong with a whole batch; empty when nothing is."""
        rows = body.get("rows")
        if set(body) != {"resource", "rows"} or body["resource"] != resource or resource not in load_upward().resources:
            return "resource"
        if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_ROWS:
            return f"1 to {MOST_ROWS} rows"
        if any(set(row) != {"number", "revision", "content"} for row in rows):
            return "a row has number, revision and content"
        if {row["number"] for row in rows} & set(self.poison):
            return "poison"
        return "a number twice in one batch" if len({row["number"] for row in rows}) < len(rows) else ""

    def take(self, resource: str, row: Json) -> Json | None:
        """Keep one row and answer for it; None: no answer."""
        number, revision, content = row["number"], row["revision"], row["content"]
        if number in self.mute:
            return None
        told = {"number": number, "revision": revision, "reason": ""}
        if number in self.retry:
            return {**told, "result": "retry", "reason": self.retry[number]}
        if fault := self.refuse.get(number) or self._fault(resource, number, revision, content):
            return {**told, "result": "rejected", "reason": fault}
        held = self.rows.setdefault(resource, {})
        known = held.get(number)
        if known is not None and known["revision"] >= revision:
            if known["revision"] == revision and known["content"] != content:
                return {**told, "result": "rejected", "reason": "同一版本内容不同"}
            self.doubles += 1
            return {**told, "result": "duplicate"}
        held[number] = {"revision": revision, "content": content}
        return {**told, "result": "accepted"}

    @staticmethod
    def _fault(resource: str, number: object, revision: object, content: object) -> str:
        if not isinstance(number, str) or not NUMBER.fullmatch(number):
            return "编号格式不对"
        if type(revision) is not int or revision < 1:
            return "版本应为正整数"
        wanted = {one.name for one in load_upward().resources[resource].fields if one.how != "left_out"}
        if not isinstance(content, dict) or set(content) != wanted:
            return "数据项与目录不符"
        return "数据项太长" if len(json.dumps(content, ensure_ascii=False)) > 20_000 else ""

    def to_json(self) -> Json:
        return {"rows": self.rows, "requests": self.requests, "doubles": self.doubles}
