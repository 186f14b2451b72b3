"""A chat message read from its frame: who wrote what, where; and who we do not answer in detail (dingtalk.md §3)."""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from bots.dingtalk.clicks import MAX_CONTENT, MAX_KEY, MAX_NAME, id_of
from core.errors import Malformed

SINGLE, GROUP = "1", "2"
SPOKEN = "audio"
LONGEST = 2_000  # characters of one message
MOST_PARTS = 50  # of one rich text
NOT_TEXT = {
    "picture": "图片收到了，但没有能用的内容，请再发一次，或用文字写明情况",
    SPOKEN: "语音没有听清，请再说一次，或改发文字，比如「进展 0427 已到现场」",
    "video": "视频还看不了，请在办件页面上传，或用文字写明情况",
    "file": "文件还收不了，请在办件页面上传，或用文字写明情况",
}
NO_TEXT = "没有收到文字内容，请再发一次；急件请直接在卡片上操作"


@dataclass(frozen=True, slots=True)
class Message:
    """What a person wrote to the bot. `user` is empty for people outside the organisation.

    `tenant` is the organisation of the writer, `home` the one the bot belongs to.

    `webhook` may speak in the chat until it expires: it stays in memory and out of every log (T14).
    """

    key: str
    user: str
    text: str
    kind: str
    chat: str
    tenant: str
    home: str = ""
    webhook: str = field(repr=False, default="")
    pictures: tuple[str, ...] = field(repr=False, default=())

    @classmethod
    def parse(cls, message_id: object, data: object) -> Message:
        """The message in a callback's `data`.

        Raises:
            Malformed: it has no usable key or a part of it is of a wrong type.
        """
        if not isinstance(data, Mapping):
            raise Malformed(why="不是聊天消息")
        return cls(
            key=f"dingtalk:chat:{id_of(data.get('msgId') or message_id, '编号', MAX_KEY, needed=True)}",
            user=id_of(data.get("senderStaffId"), "身份", MAX_NAME),
            text=_text(data),
            kind=str(data.get("msgtype") or "text")[:MAX_NAME],
            chat=str(data.get("conversationType") or "")[:MAX_NAME],
            tenant=str(data.get("senderCorpId") or "")[:MAX_KEY],
            home=str(data.get("chatbotCorpId") or "")[:MAX_KEY],
            webhook=_webhook(data),
            pictures=_pictures(data),
        )

    def is_from(self, corp_id: str) -> bool:
        """Did a member of this organisation write it, or of the robot's own where none is named?

        A message may leave out the writer's organisation: only its own people have a user id (dingtalk.md §3).
        """
        home = corp_id or self.home
        is_ours = not home or (self.tenant or self.home or home) == home
        return is_ours and bool(self.user) and self.chat in (SINGLE, GROUP)


@dataclass(frozen=True, slots=True)
class Aside:
    """A line said on the session webhook, for people we have no other way to answer; in memory only."""

    webhook: str = field(repr=False)
    text: str


def _text(data: Mapping[str, object]) -> str:
    """The words of a text or rich text message, and what the platform heard in a spoken one (dingtalk.md §3); empty for
    every other kind, and over quota (code 20001).
    """
    part = data.get("text")
    if isinstance(part, Mapping) and isinstance(part.get("content"), str):
        return _storable(str(part["content"]))
    content = _content(data)
    if data.get("msgtype") == SPOKEN:
        heard = content.get("recognition")
        return _storable(heard) if isinstance(heard, str) else ""
    rich = content.get("richText")
    if isinstance(rich, list):
        rows = [row.get("text") for row in rich if isinstance(row, Mapping)]
        return _storable(" ".join(text for text in rows if isinstance(text, str)))
    return ""


def _content(data: Mapping[str, object]) -> Mapping[str, object]:
    """What a message that is no plain text holds; an object, or the text of one as in a card's callback."""
    value = data.get("content")
    if isinstance(value, str) and len(value) <= MAX_CONTENT:
        with suppress(ValueError, RecursionError):
            value = json.loads(value)
    return value if isinstance(value, Mapping) else {}


def _pictures(data: Mapping[str, object]) -> tuple[str, ...]:
    """The download codes of a picture or of those in a rich text; what is no usable code is passed over."""
    content = _content(data)
    rich = content.get("richText")
    parts = rich if isinstance(rich, list) else [content] if data.get("msgtype") == "picture" else []
    named = [part for part in parts[:MOST_PARTS] if isinstance(part, Mapping)]
    codes = [part.get("downloadCode") or part.get("pictureDownloadCode") for part in named]
    return tuple(code for code in codes if isinstance(code, str) and code.isprintable() and 0 < len(code) <= 1000)


def _storable(text: str) -> str:
    """Without NUL and lone surrogates; a little longer than allowed at most, so that too long stays too long."""
    return "".join(one for one in text[: LONGEST + 1000] if one != "\0" and not "\ud800" <= one <= "\udfff")


def _webhook(data: Mapping[str, object]) -> str:
    url = data.get("sessionWebhook")
    return url if isinstance(url, str) and len(url) <= 2000 else ""


class Pace:
    """At most `most` messages of one person in `per_s` seconds, counted in this process only (T2)."""

    def __init__(self, most: int = 20, per_s: float = 10.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._rate, self._clock = most, most / per_s, clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[float, float, bool]] = OrderedDict()

    def allows(self, user: str) -> bool | None:
        """True: go on. False: too fast, tell them. None: too fast, and they were told already."""
        with self._lock:
            now = self._clock()
            left, at, told = self._seen.pop(user, (float(self._most), now, False))
            left = min(left + (now - at) * self._rate, float(self._most))
            if left >= 1:
                self._seen[user] = (left - 1, now, False if left >= self._most / 2 else told)
                answer: bool | None = True
            else:
                self._seen[user] = (left, now, True)
                answer = None if told else False
            while len(self._seen) > 10_000:
                self._seen.popitem(last=False)
            return answer
