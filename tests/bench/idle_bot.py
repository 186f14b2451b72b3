"""The bot's own client with a handler that does nothing: what the rig itself can carry."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

from dingtalk_stream import AckMessage, CallbackHandler, CallbackMessage

from bots.dingtalk.client import SteadyClient
from core.logs import start_log
from core.settings import read_settings


class Nothing(CallbackHandler):  # type: ignore[misc]
    """Answers every click with an empty object."""

    async def process(self, message: CallbackMessage) -> tuple[int, dict[str, Any]]:
        return AckMessage.STATUS_OK, {}


async def listen() -> None:
    """Run until SIGTERM."""
    client = SteadyClient(read_settings().dingtalk)
    client.register_callback_handler(CallbackHandler.TOPIC_CARD_CALLBACK, Nothing())
    client.on_connected = lambda: print("connected to DingTalk", flush=True)
    task = asyncio.ensure_future(client.start())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await asyncio.wait([task])


if __name__ == "__main__":
    start_log()
    asyncio.run(listen())
