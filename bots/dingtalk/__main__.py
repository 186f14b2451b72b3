"""`python -m bots.dingtalk`: the bot as a process of its own; SIGTERM and Ctrl-C end it with its work done."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

from bots.dingtalk.bot import Bot, build_bot
from bots.dingtalk.log import quiet_sdk
from core import build_core
from core.garbage import spare_the_collector
from core.logs import start_log
from core.settings import WrongSettings

log = logging.getLogger("bots.dingtalk")

SWITCH_S = 0.003
"""How long a thread may keep the interpreter: short, so that answers leave while others are still being worked out."""


async def listen(bot: Bot) -> None:
    """Run until a signal asks to stop."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, bot.stop)
    bot.client.on_connected = lambda: log.info("connected to DingTalk")
    await bot.run()


def main() -> int:
    """Start; returns the exit code."""
    start_log()
    quiet_sdk()
    sys.setswitchinterval(SWITCH_S)
    try:
        core = build_core()
    except WrongSettings as wrong:
        log.error("not started: %s", wrong)
        return 1
    spare_the_collector()
    asyncio.run(listen(build_bot(core)))
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
