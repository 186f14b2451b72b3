"""The 12345 platform: its tickets pulled in, our results handed back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.adapters.http import Http, Unreachable
from core.adapters.tickets import read_ticket, shown
from core.canon import canonical
from core.errors import Refusal
from core.policy import Policy, load_policy
from core.ports import Envelope, ResultSink, Ticket, Undelivered
from core.pulled import Untaken
from core.settings import Settings

__all__ = ["Hotline", "HotlineSender", "build_hotline", "build_sender", "read_ticket"]

PAGE = 100


class Hotline:
    """Reads `GET /tickets?since=&limit=` and writes `POST /results`, both with a bearer token."""

    def __init__(
        self, address: str, token: str, http: Http | None = None, policy: Callable[[], Policy] = load_policy
    ) -> None:
        self._policy = policy
        self._http = http or Http(address, {"Authorization": f"Bearer {token}", "Accept": "application/json"})

    def since(self, cursor: str) -> tuple[Sequence[Ticket | Untaken], str]:
        """Tickets after the cursor, oldest first, and the next cursor. Raises Unreachable.

        One that cannot be read stands in its place with the reason, so that it neither holds up the others nor is lost.
        """
        answer = self._http.get("/tickets", {"since": cursor, "limit": PAGE}).json()
        rows, ahead = answer.get("tickets"), answer.get("next")
        if not isinstance(rows, list) or not isinstance(ahead, str) or len(ahead) > 200:
            raise Unreachable("again", "工单列表的格式不对")
        policy = self._policy()
        return [_read(row, policy) for row in rows[: PAGE * 10]], ahead

    def hand_back(self, key: str, outside_no: str, result: Mapping[str, Any]) -> None:
        """Returns once the platform confirmed. The key makes a repeat harmless there. Raises Undelivered."""
        body = canonical({"ticket_no": outside_no, **result}).encode()
        try:
            answer = self._http.post("/results", body, {"Idempotency-Key": key}).json()
        except Unreachable as fault:
            raise fault.undelivered() from None
        if answer.get("accepted") is not True:
            raise Undelivered("unknown", "12345 平台没有确认收到结果")


def _read(row: object, policy: Policy) -> Ticket | Untaken:
    try:
        return read_ticket(row, policy)
    except Refusal as refusal:
        number = row.get("ticket_no") if isinstance(row, Mapping) else None
        return Untaken(shown(number, 64) if number else "", refusal)


class HotlineSender:
    """Letters of the channel `hotline` → results on the platform."""

    def __init__(self, sink: ResultSink) -> None:
        self._sink = sink

    def send(self, letter: Envelope) -> None:
        outside_no = str(letter.body.get("outside_no") or "")
        if letter.kind != "result" or not outside_no:
            raise Undelivered("never", "这封信不是 12345 的办理结果")
        result = {name: value for name, value in letter.body.items() if name != "outside_no"}
        self._sink.hand_back(letter.key, outside_no, result)


def build_hotline(settings: Settings, policy: Callable[[], Policy] = load_policy) -> Hotline | None:
    """The platform the settings name, its words read by `policy`; None when no address is set."""
    hotline = settings.hotline
    token = hotline.token.get_secret_value()
    return Hotline(hotline.address, token, policy=policy) if hotline.address else None


def build_sender(settings: Settings) -> HotlineSender | None:
    """The sender of results; None when no address is set."""
    hotline = build_hotline(settings)
    return HotlineSender(hotline) if hotline else None
