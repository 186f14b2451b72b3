"""The chat store: single chats with a robot, groups, what was said there and who has read it."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from . import guesses
from .wire import Json, new_id, real_ms

ROBOT = "robot"


@dataclass(slots=True)
class Message:
    """One line of a chat; `content` depends on `kind`. `recipients` empty means everybody in the chat."""

    id: str
    at: str
    sender: str
    kind: str
    content: Json
    process_key: str = ""
    recipients: list[str] = field(default_factory=list)
    recalled: bool = False
    read_at: dict[str, int] = field(default_factory=dict)

    def is_for(self, user_id: str) -> bool:
        """Does this person see the message?"""
        return not self.recipients or user_id in self.recipients or self.sender == user_id


@dataclass(slots=True)
class Conversation:
    """A chat: kind "single" (one person and a robot) or "group"."""

    id: str
    kind: str
    title: str
    client_id: str
    members: list[str]
    messages: list[Message] = field(default_factory=list)
    pinned: list[str] = field(default_factory=list)
    robots: list[str] = field(default_factory=list)
    owner: str = ""
    uuid: str = ""

    def unread(self, user_id: str) -> int:
        """How many messages this person has not read."""
        return sum(1 for m in self.messages if m.is_for(user_id) and user_id != m.sender and user_id not in m.read_at)

    def read_by(self, user_id: str) -> bool:
        """Mark everything here as read; False if nothing was new."""
        fresh = [m for m in self.messages if m.is_for(user_id) and user_id != m.sender and user_id not in m.read_at]
        for message in fresh:
            message.read_at[user_id] = real_ms()
        return bool(fresh)


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes somebody uploaded or sent."""

    data: bytes
    content_type: str
    name: str


@dataclass(frozen=True, slots=True)
class WebhookSession:
    """Where an answer on a session webhook goes; `ends` is real time in ms."""

    conversation_id: str
    ends: int


class ChatStore:
    """All conversations, pictures and webhook sessions."""

    def __init__(self) -> None:
        self.conversations: dict[str, Conversation] = {}
        self.blobs: dict[str, Blob] = {}
        self.links: dict[str, tuple[str, int]] = {}
        self.sessions: dict[str, WebhookSession] = {}

    def single(self, client_id: str, user_id: str) -> Conversation:
        """The chat of one person with one robot, made on first use."""
        digest = hashlib.sha256(f"{client_id}/{user_id}".encode()).digest()[:15]
        key = "cid" + base64.b64encode(digest).decode() + "=="
        if key not in self.conversations:
            self.conversations[key] = Conversation(key, "single", "", client_id, [user_id])
        return self.conversations[key]

    def group(self, client_id: str, title: str, members: list[str], key: str = "") -> Conversation:
        """A new group with the robot in it, or the existing one with this id, renamed and refilled."""
        key = key or "cid" + base64.b64encode(secrets.token_bytes(15)).decode() + "=="
        held = self.conversations.get(key)
        if held:
            held.title, held.members = title, members
            return held
        self.conversations[key] = Conversation(key, "group", title, client_id, members, robots=[client_id])
        return self.conversations[key]

    def named(self, client_id: str, uuid: str) -> Conversation | None:
        """The group an app made under this name of its own."""
        mine = (one for one in self.conversations.values() if one.kind == "group" and one.client_id == client_id)
        return next((one for one in mine if uuid and one.uuid == uuid), None)

    def of(self, user_id: str) -> list[Conversation]:
        """The chats on a person's phone, the latest first."""
        mine = [c for c in self.conversations.values() if user_id in c.members]
        return sorted(mine, key=lambda c: c.messages[-1].at if c.messages else "", reverse=True)

    def post(
        self, chat: Conversation, at: str, sender: str, kind: str, content: Json, *,
        process_key: str = "", recipients: Iterable[str] = (),
    ) -> Message:  # fmt: skip
        """Put a message into a chat; `at` is business time."""
        message = Message(new_id("msg"), at, sender, kind, content, process_key, list(recipients))
        chat.messages.append(message)
        return message

    def by_process_key(self, key: str) -> list[tuple[Conversation, Message]]:
        """Every message of one robot send."""
        return [(c, m) for c in self.conversations.values() for m in c.messages if m.process_key == key]

    def webhook(self, chat: Conversation) -> tuple[str, int]:
        """A fresh session for answers into this chat: (session, real ms when it ends)."""
        session = secrets.token_hex(16)
        ends = real_ms() + int(guesses.seconds("webhook_life_s") * 1000)
        self.sessions[session] = WebhookSession(chat.id, ends)
        return session, ends

    def keep(self, data: bytes, content_type: str, name: str, prefix: str = "@lALP") -> str:
        """Store bytes; returns the media id or download code."""
        key = new_id(prefix, 18)
        self.blobs[key] = Blob(data, content_type, name)
        return key

    def link(self, download_code: str) -> str:
        """A download link key for stored bytes, valid for a while of real time."""
        key = secrets.token_hex(16)
        self.links[key] = (download_code, real_ms() + int(guesses.seconds("download_life_s") * 1000))
        return key

    def dump(self) -> dict[str, Any]:
        """Plain values for the state file."""
        blobs = {k: [base64.b64encode(b.data).decode(), b.content_type, b.name] for k, b in self.blobs.items()}
        return {"conversations": [asdict(c) for c in self.conversations.values()], "blobs": blobs}

    def load(self, raw: dict[str, Any]) -> None:
        """Values of a state file."""
        for row in raw["conversations"]:
            chat = Conversation(**{**row, "messages": [Message(**m) for m in row["messages"]]})
            self.conversations[chat.id] = chat
        for key, (data, content_type, name) in raw["blobs"].items():
            self.blobs[key] = Blob(base64.b64decode(data), content_type, name)
