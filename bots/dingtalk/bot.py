"""The bot put together: stream client, handlers and the threads they work in."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor

from dingtalk_stream import CallbackHandler, ChatbotMessage

from bots.dingtalk.answers import Answers
from bots.dingtalk.api import DingTalkApi
from bots.dingtalk.chat import Chat
from bots.dingtalk.client import SteadyClient
from bots.dingtalk.handlers import CardHandler, ChatHandler, EventsHandler
from core import Core


class Bot:
    """Listens until told to stop. `connected` is set while a stream is up."""

    def __init__(self, core: Core, *, silence_s: float = 90.0, steady_s: float = 60.0) -> None:
        settings = core.settings.dingtalk
        self.api = DingTalkApi(settings, core.count_call)
        self.client = SteadyClient(settings, silence_s=silence_s, steady_s=steady_s)
        self._pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="bot")
        self._quick = ThreadPoolExecutor(1, thread_name_prefix="clicks")
        self.client.register_all_event_handler(EventsHandler())
        self.client.register_callback_handler(
            ChatbotMessage.TOPIC, ChatHandler(Chat(core), self._pool, self.api.whisper)
        )
        self.client.register_callback_handler(
            CallbackHandler.TOPIC_CARD_CALLBACK, CardHandler(Answers(core), self._pool, self._quick)
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def connected(self) -> asyncio.Event:
        return self.client.connected

    async def run(self) -> None:
        """Listen until `stop` or cancellation; finishes the work in hand within two seconds."""
        self._task = asyncio.ensure_future(self.client.start())
        try:
            await asyncio.shield(self._task)
        except asyncio.CancelledError:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        finally:
            for threads in (self._pool, self._quick):
                threads.shutdown(wait=False, cancel_futures=True)
            self.api.close()

    def stop(self) -> None:
        """Ask `run` to end; safe to call twice, from the loop's own thread."""
        if self._task is not None:
            self._task.cancel()


def build_bot(core: Core, *, silence_s: float = 90.0, steady_s: float = 60.0) -> Bot:
    """The bot of this deployment, not yet connected."""
    return Bot(core, silence_s=silence_s, steady_s=steady_s)
