"""The bot's doors for the SDK: a frame in, plain code in a thread, an acknowledgement that is never false out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from dingtalk_stream import AckMessage, CallbackHandler, CallbackMessage, EventHandler, EventMessage

from bots.dingtalk.answers import Answers
from bots.dingtalk.chat import Chat
from bots.dingtalk.messages import Aside, Message
from bots.replies import apology, log_fault, sentence_of
from core import Refusal

log = logging.getLogger("bots.dingtalk")

Whisper = Callable[[str, str], bool]


class CardHandler(CallbackHandler):  # type: ignore[misc]
    """Card clicks."""

    def __init__(self, answers: Answers, pool: Executor) -> None:
        super().__init__()
        self._answers, self._pool = answers, pool

    async def process(self, message: CallbackMessage) -> tuple[int, dict[str, Any]]:
        """The clicker's new face, within the pool of threads; a fault is code 500 with the apology in it."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._answer, message.headers.message_id, message.data)

    def _answer(self, message_id: str, data: object) -> tuple[int, dict[str, Any]]:
        try:
            return AckMessage.STATUS_OK, self._answers.answer(message_id, data)
        except Exception:
            ref = log_fault(log, "click", str(message_id))
            return AckMessage.STATUS_SYSTEM_EXCEPTION, self._answers.apology(data, apology(ref))


class ChatHandler(CallbackHandler):  # type: ignore[misc]
    """Chat messages; whoever cannot be reached by letter hears a line on the session webhook, after the answer."""

    def __init__(self, chat: Chat, pool: Executor, whisper: Whisper) -> None:
        super().__init__()
        self._chat, self._pool, self._whisper = chat, pool, whisper

    async def process(self, message: CallbackMessage) -> tuple[int, str]:
        """Done when the act and its reply are on disk."""
        loop = asyncio.get_running_loop()
        code, aside = await loop.run_in_executor(self._pool, self._hear, message.headers.message_id, message.data)
        if aside is not None and aside.webhook:
            loop.run_in_executor(self._pool, self._whisper, aside.webhook, aside.text)
        return code, "OK" if code == AckMessage.STATUS_OK else "FAILED"

    def _hear(self, message_id: str, data: object) -> tuple[int, Aside | None]:
        try:
            return AckMessage.STATUS_OK, self._chat.hear(message_id, data)
        except Refusal as refusal:
            log.warning("a chat message that cannot be read: %s", sentence_of(refusal))
            return AckMessage.STATUS_BAD_REQUEST, None
        except Exception:
            sentence = apology(log_fault(log, "chat message", str(message_id)))
            return AckMessage.STATUS_SYSTEM_EXCEPTION, Aside(Message.parse(message_id, data).webhook, sentence)


class EventsHandler(EventHandler):  # type: ignore[misc]
    """Events of the organisation: noted, nothing depends on them; people and posts are kept by the administrator."""

    async def process(self, event: EventMessage) -> tuple[int, str]:
        """Noted."""
        log.info("organisation event %s %s", event.headers.event_type, event.headers.event_id)
        return AckMessage.STATUS_OK, "OK"
