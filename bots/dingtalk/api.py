"""DingTalk's REST side: one HTTP client, one cached token, and the few endpoints used; raises on every failure."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx

from bots.dingtalk.fates import BAD_TOKEN, ApiFault, of_answer, of_transport
from bots.dingtalk.gateway import is_loopback, is_of, place_of
from bots.dingtalk.pace import Buckets
from core.settings import DingTalk

log = logging.getLogger("bots.dingtalk.api")

MAX_ANSWER = 5 * 2**20
WHOLE_CALL_S = 15.0
TOKEN_MARGIN_S = 300.0
UNTOLD_LIFE_S = 600.0

TOKEN = "/v1.0/oauth2/accessToken"
CREATE = "/v1.0/card/instances/createAndDeliver"
DELIVER = "/v1.0/card/instances/deliver"
CARDS = "/v1.0/card/instances"
BATCH_SEND = "/v1.0/robot/oToMessages/batchSend"
PICTURE = "/v1.0/robot/messageFiles/download"
FILE = "the file behind a download address"
USER_TOKEN = "/v1.0/oauth2/userAccessToken"
JSAPI_TICKETS = "/v1.0/oauth2/jsapiTickets"
USER_GET = "/topapi/v2/user/get"
UPLOAD = "/media/upload"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Media:
    """A file to upload: `kind` is image, voice, video or file."""

    kind: str
    name: str
    data: bytes
    mime: str


class DingTalkApi:
    """Calls DingTalk with our application's token. Safe to share between threads.

    `count` hears of every call DingTalk counts against the monthly quota (dingtalk.md §9).
    """

    def __init__(self, settings: DingTalk, count: Callable[[str], None] = lambda api: None) -> None:
        self._settings, self._count = settings, count
        self._http = httpx.Client(
            timeout=httpx.Timeout(settings.timeout_s, connect=3.0),
            follow_redirects=False,
            trust_env=not is_loopback(settings.api),
        )
        self._buckets = Buckets(settings.calls_per_second)
        self._lock = threading.Lock()
        self._token, self._token_until = "", 0.0

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def create_and_deliver(self, body: Json) -> Json:
        """`POST …/createAndDeliver` → its `result`. Raises ApiFault."""
        return _result(self.ask("POST", CREATE, body))

    def deliver(self, body: Json) -> list[Json]:
        """`POST …/deliver` → one row a space. Raises ApiFault."""
        rows = self.ask("POST", DELIVER, body).get("result")
        return rows if isinstance(rows, list) else []

    def update(self, body: Json) -> None:
        """`PUT /v1.0/card/instances`: every copy of a card changes silently. Raises ApiFault."""
        if self.ask("PUT", CARDS, body).get("result") is False:  # a success that changed nothing (§5.2)
            raise ApiFault("again", "result false", CARDS)

    def batch_send(self, users: list[str], title: str, text: str) -> Json:
        """A markdown message to at most 20 people, each in their chat with the robot. Raises ApiFault."""
        param = json.dumps({"title": title, "text": text}, ensure_ascii=False)
        body = {"robotCode": self._settings.robot_code, "userIds": users, "msgKey": "sampleMarkdown", "msgParam": param}
        return self.ask("POST", BATCH_SEND, body)

    def upload_image(self, png: bytes) -> str:
        """A picture for use inside DingTalk → its media id. Raises ApiFault."""
        return self.upload("image", "chart.png", png, "image/png")

    def upload(self, kind: str, name: str, data: bytes, mime: str) -> str:
        """A file for use inside DingTalk (`kind`: image, file) → its media id. Raises ApiFault."""
        self._buckets.wait(UPLOAD)
        self._count(f"POST {UPLOAD}")
        media = self._call("POST", UPLOAD, {}, old=True, media=Media(kind, name, data, mime)).get("media_id")
        if not isinstance(media, str) or not media:
            raise ApiFault("again", "no media id in the answer", UPLOAD)
        return media

    def send_image(self, users: list[str], media: str) -> Json:
        """A picture to at most 20 people, each in their chat with the robot. Raises ApiFault."""
        param = json.dumps({"photoURL": media})
        body = {"robotCode": self._settings.robot_code, "userIds": users, "msgKey": "sampleImageMsg", "msgParam": param}
        return self.ask("POST", BATCH_SEND, body)

    def send_file(self, users: list[str], media: str, name: str, kind: str) -> Json:
        """A file to at most 20 people, each in their chat with the robot (dingtalk.md §6). Raises ApiFault."""
        param = json.dumps({"mediaId": media, "fileName": name, "fileType": kind}, ensure_ascii=False)
        body = {"robotCode": self._settings.robot_code, "userIds": users, "msgKey": "sampleFile", "msgParam": param}
        return self.ask("POST", BATCH_SEND, body)

    def ask(self, method: str, path: str, body: Json, query: Mapping[str, str] | None = None) -> Json:
        """A call of the new API → its whole answer. Counted. Raises ApiFault."""
        self._buckets.wait(path)
        self._count(f"{method} {path}")
        return self._call(method, f"{path}?{urlencode(query)}" if query else path, body)

    def ask_old(self, path: str, body: Json) -> Any:
        """A call of the old API → its `result`. Counted. Raises ApiFault."""
        self._buckets.wait(path)
        self._count(f"POST {path}")
        return self._call("POST", path, body, old=True).get("result")

    def ask_as(self, token: str, path: str) -> Json:
        """`GET` of the new API as the person whose user token this is. Raises ApiFault."""
        return self._bare("GET", path, {}, {"x-acs-dingtalk-access-token": token})

    def jsapi_ticket(self) -> tuple[str, float]:
        """The ticket that signs pages for DingTalk's script, and its life in seconds (§5.1). Raises ApiFault."""
        answer = self.ask("POST", JSAPI_TICKETS, {})
        ticket = answer.get("jsapiTicket")
        if not isinstance(ticket, str) or not ticket:
            raise ApiFault("again", "no ticket in the answer", JSAPI_TICKETS)
        return ticket, _seconds(answer.get("expireIn"))

    def user_token(self, code: str) -> str:
        """A code of the login page → a token of the person who agreed there (dingtalk.md §5.1). Raises ApiFault."""
        keys = {"clientId": self._settings.client_id, "clientSecret": self._settings.client_secret.get_secret_value()}
        body = {**keys, "code": code, "grantType": "authorization_code"}
        token = self._bare("POST", USER_TOKEN, body, {}).get("accessToken")
        if not isinstance(token, str) or not token:
            raise ApiFault("again", "no token in the answer", USER_TOKEN)
        return token

    def _bare(self, method: str, path: str, body: Json, headers: Mapping[str, str]) -> Json:
        """One call that needs no token of ours."""
        try:
            status, answer = self._send(method, self._settings.api.rstrip("/") + path, body, headers)
        except httpx.HTTPError as error:
            raise of_transport(error, path) from None
        if fault := of_answer(status, answer, path):
            raise fault
        return answer or {}

    def knows(self, user: str) -> bool:
        """Is this userId somebody of the organisation? Not counted. Raises ApiFault when it cannot be told."""
        try:
            self._call("POST", USER_GET, {"userid": user}, old=True)
        except ApiFault as fault:
            if fault.fate == "never":
                return False
            raise
        return True

    def picture(self, code: str, most: int) -> bytes:
        """The bytes behind a download code, at most `most` and one (dingtalk.md §3). Raises ApiFault."""
        answer = self.ask("POST", PICTURE, {"robotCode": self._settings.robot_code, "downloadCode": code})
        url = str(answer.get("downloadUrl") or "")
        if place_of(url)[:1] != ("https",) and not self._is_home(url):
            raise ApiFault("never", "download address", PICTURE)
        return self._file(url, most)

    def _file(self, url: str, most: int) -> bytes:
        until, read = time.monotonic() + WHOLE_CALL_S, bytearray()
        try:
            with self._http.stream("GET", url) as response:
                if response.status_code != httpx.codes.OK:
                    raise ApiFault("again" if response.status_code >= 500 else "never", "download", FILE)
                for chunk in response.iter_bytes():
                    read += chunk
                    if len(read) > most:
                        break
                    if time.monotonic() > until:
                        raise httpx.ReadTimeout("file too slow")
        except httpx.InvalidURL:
            raise ApiFault("never", "download address", FILE) from None
        except httpx.HTTPError as error:
            raise of_transport(error, FILE) from None
        return bytes(read)

    def whisper(self, webhook: str, text: str) -> bool:
        """Say a line on a session webhook; False when its host is not DingTalk's or nothing came of it (T14)."""
        if not self._is_home(webhook):
            return False
        try:
            status, body = self._send("POST", webhook, {"msgtype": "text", "text": {"content": text}}, {})
        except httpx.HTTPError as error:
            log.warning("session webhook not reached: %s", type(error).__name__)
            return False
        return of_answer(status, body, "sendBySession") is None

    def _is_home(self, url: str) -> bool:
        return is_of(url, (self._settings.api, self._settings.oapi))

    def _call(self, method: str, path: str, body: Json, *, old: bool = False, media: Media | None = None) -> Json:
        """One call; a token that DingTalk no longer takes is replaced once."""
        token = self._fresh_token()
        fault = None
        for _ in range(2):
            fault, answer = self._once(method, path, body, token, old, media)
            if fault is None:
                return answer
            if fault.code not in BAD_TOKEN:
                break
            token = self._fresh_token(dead=token)
        raise fault or ApiFault("again", "", path)

    def _once(
        self, method: str, path: str, body: Json, token: str, old: bool, media: Media | None
    ) -> tuple[ApiFault | None, Json]:
        base = self._settings.oapi if old else self._settings.api
        url = base.rstrip("/") + path
        if old:
            url += "?" + urlencode({"access_token": token} | ({"type": media.kind} if media else {}))
        headers = {} if old else {"x-acs-dingtalk-access-token": token}
        try:
            status, answer = self._send(method, url, body, headers, media)
        except httpx.HTTPError as error:
            return of_transport(error, path), {}
        return of_answer(status, answer, path), answer or {}

    def _fresh_token(self, dead: str = "") -> str:
        """The cached token; fetched when it is old, or when it is the one just found dead. One fetch at a time."""
        with self._lock:
            if self._token and self._token != dead and time.monotonic() < self._token_until:
                return self._token
            settings = self._settings
            body = {"appKey": settings.client_id, "appSecret": settings.client_secret.get_secret_value()}
            try:
                status, answer = self._send("POST", settings.api.rstrip("/") + TOKEN, body, {})
            except httpx.HTTPError as error:
                raise ApiFault("again", type(error).__name__, TOKEN) from None
            if fault := of_answer(status, answer, TOKEN):
                raise ApiFault("throttled" if fault.fate == "throttled" else "again", fault.code, TOKEN)
            token, life = (answer or {}).get("accessToken"), _seconds((answer or {}).get("expireIn"))
            if not isinstance(token, str) or not token:
                raise ApiFault("again", "no token in the answer", TOKEN)
            self._token, self._token_until = token, time.monotonic() + max(life - TOKEN_MARGIN_S, life / 2)
            return token

    def _send(
        self, method: str, url: str, body: Json, headers: Mapping[str, str], media: Media | None = None
    ) -> tuple[int, Json | None]:
        """Status and JSON object of the answer (None when it is none), within limits of size and time."""
        until = time.monotonic() + WHOLE_CALL_S
        sent: Json = {"headers": {"Accept": "application/json", **headers}}
        if media:
            sent["files"] = {"media": (media.name, media.data, media.mime)}
        else:
            sent["content"] = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
            sent["headers"]["Content-Type"] = "application/json"
        with self._http.stream(method, url, **sent) as response:
            read = bytearray()
            for chunk in response.iter_bytes():
                read += chunk
                if len(read) > MAX_ANSWER or time.monotonic() > until:
                    raise httpx.ReadError("answer too long")
            return response.status_code, _object(bytes(read))


def _seconds(told: object) -> float:
    """How long a token lives; a short life when the answer does not say, for a dead token is replaced anyway."""
    try:
        return max(float(str(told)), 0.0)
    except ValueError:
        return UNTOLD_LIFE_S


def _object(raw: bytes) -> Json | None:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _result(answer: Json) -> Json:
    result = answer.get("result")
    return result if isinstance(result, dict) else {}
