"""The bot's doors for the SDK: a frame in, plain code in a thread, an acknowledgement that is never false out."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from itertools import zip_longest
from typing import Any

from dingtalk_stream import AckMessage, CallbackHandler, CallbackMessage, EventHandler, EventMessage

from bots.dingtalk.answers import Answers, is_quick
from bots.dingtalk.chat import Chat
from bots.dingtalk.messages import Aside, Message
from bots.dingtalk.together import Outcome
from bots.replies import apology, log_fault, sentence_of
from core import Refusal

log = logging.getLogger("bots.dingtalk")

Whisper = Callable[[str, str], bool]
Told = tuple[int, dict[str, Any]]
Waiting = tuple[tuple[str, object], asyncio.Future[Told]]

MOST = 24
"""How many clicks are worked on together: they share a commit, and nobody waits long for his neighbours."""


class CardHandler(CallbackHandler):  # type: ignore[misc]
    """Card clicks. Those on the cards of cases and joint orders that come while others are worked on are worked on
    together, by one thread: several only fight for the interpreter, at half as much again of its time a click.
    """

    def __init__(self, answers: Answers, pool: Executor, quick: Executor) -> None:
        super().__init__()
        self._answers, self._pool, self._quick, self._busy = answers, pool, quick, False
        self._waiting: deque[Waiting] = deque()

    async def process(self, message: CallbackMessage) -> tuple[int, dict[str, Any]]:
        """The clicker's new face, worked out in a thread; a fault is code 500 with the apology in it."""
        loop = asyncio.get_running_loop()
        frame = (message.headers.message_id, message.data)
        if not is_quick(message.data):
            (told,) = await loop.run_in_executor(self._pool, self._answer, [frame])
            return told
        answer: asyncio.Future[Told] = loop.create_future()
        self._waiting.append((frame, answer))
        self._go_on(loop)
        return await answer

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._busy or not self._waiting:
            return
        batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
        self._busy = True
        work = loop.run_in_executor(self._quick, self._answer, [frame for frame, _ in batch])
        work.add_done_callback(partial(self._hand_out, loop, batch))

    def _hand_out(self, loop: asyncio.AbstractEventLoop, batch: Sequence[Waiting], work: asyncio.Future[Any]) -> None:
        self._busy = False
        told = work.result() if not work.cancelled() and work.exception() is None else ()
        for (_, answer), one in zip_longest(batch, told):
            if not answer.done():
                answer.set_result(one) if one else answer.cancel()
        self._go_on(loop)

    def _answer(self, frames: Sequence[tuple[str, object]]) -> list[Told]:
        outcomes = zip(frames, self._answers.answer_all(frames), strict=True)
        return [self._told(*frame, outcome) for frame, outcome in outcomes]

    def _told(self, message_id: str, data: object, outcome: Outcome) -> Told:
        if not isinstance(outcome, Exception):
            return AckMessage.STATUS_OK, outcome
        ref = log_fault(log, "click", str(message_id), outcome)
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
