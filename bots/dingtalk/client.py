"""SteadyClient: the unmodified SDK's frames on a connection that can be stopped, backs off and never goes deaf."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
import time
from collections.abc import Callable
from typing import Any, Literal

import websockets
from dingtalk_stream import (
    AckMessage,
    CallbackMessage,
    Credential,
    DingTalkStreamClient,
    EventMessage,
    SystemMessage,
)
from websockets.asyncio.client import ClientConnection

from bots.dingtalk.frames import read
from bots.dingtalk.gateway import Gateway, Grant, NoGrant, Subscription, is_loopback
from bots.dingtalk.log import quiet_sdk
from bots.replies import apology, log_fault
from core.logs import redact
from core.settings import DingTalk

log = logging.getLogger("bots.dingtalk.client")

MAX_FRAME = 32 * 2**20  # a 10 MB text must arrive to be answered with a sentence
FAREWELL_S = 2.0
RETIRED_S = 12.0  # DingTalk closes about 10 s after `disconnect`


class Pause:
    """How long to wait before the next connection: nothing after a steady one, then doubling with jitter.

    Never longer than the ten seconds of the plain SDK (dingtalk.md §2.5), for all the while the bot is deaf.
    """

    def __init__(self, steady_s: float = 60.0, first_s: float = 0.5, cap_s: float = 10.0) -> None:
        self._steady_s, self._first_s, self._cap_s = steady_s, first_s, cap_s
        self._misses = 0

    def after(self, lived_s: float, *, useful: bool = False) -> float:
        """Seconds to wait after a connection (or an attempt) that lived so long.

        One that brought a message was `useful`: it forgives the misses before it, but is not taken up again in a rush.
        """
        missed = min(self._misses, 1) if useful else self._misses
        self._misses = 0 if lived_s >= self._steady_s else missed + 1
        if self._misses <= 1 and lived_s > 0:
            return 0.0
        full: float = min(self._first_s * 2 ** min(max(self._misses - 2, 0), 20), self._cap_s)
        return full * random.uniform(0.5, 1.0)


class SteadyClient(DingTalkStreamClient):  # type: ignore[misc]
    """The stream with our own life-cycle; handlers are registered as with the SDK (dingtalk.md §10, appendix A).

    `silence_s`: without any frame for so long the connection is replaced. `steady_s`: a connection that lived so
    long makes the next pause zero again.
    """

    def __init__(self, settings: DingTalk, *, silence_s: float = 90.0, steady_s: float = 60.0) -> None:
        super().__init__(Credential(settings.client_id, settings.client_secret.get_secret_value()), log)
        quiet_sdk()
        self.connected = asyncio.Event()
        self.on_connected: Callable[[], None] = lambda: None
        self._settings, self._silence_s = settings, silence_s
        self._gateway, self._pause, self._useful = Gateway(settings), Pause(steady_s), False
        self._slots = asyncio.Semaphore(settings.in_flight)
        self._jobs: set[asyncio.Task[None]] = set()
        self._retired: set[asyncio.Task[None]] = set()
        self._sockets: set[ClientConnection] = set()

    def get_host_ip(self) -> str:
        """Nothing: the SDK would look for a route to a public address."""
        return ""

    async def start(self) -> None:
        """Stay connected until cancelled; then finish the work in hand (at most two seconds) and close."""
        self.pre_start()
        try:
            while True:
                self._useful = False
                lived = await self._one_connection()
                await asyncio.sleep(self._pause.after(lived, useful=self._useful))
        finally:
            await self._farewell()

    async def _one_connection(self) -> float:
        """Open, listen, return how many seconds it lived (0 = was never up)."""
        began = 0.0
        try:
            socket = await self._connect()
            began = time.monotonic()
            await self._listen(socket)
        except NoGrant as refusal:
            log.error("no stream connection: %s", refusal)
        except Exception as error:
            log.warning("stream connection lost: %s", redact(f"{type(error).__name__} {error}"))
        self.connected.clear()
        return max(time.monotonic() - began, 0.001) if began else 0.0

    async def _connect(self) -> ClientConnection:
        topics = [Subscription("EVENT", "*")] if self._is_event_required else []
        topics += [Subscription("CALLBACK", topic) for topic in self.callback_handler_map]
        grant: Grant = await self._gateway.open(topics)
        proxy: Literal[True] | None = None if is_loopback(grant.url) else True
        socket = await websockets.connect(  # uncompressed: deflating a face costs as much as drawing it
            grant.url, max_size=MAX_FRAME, open_timeout=10, close_timeout=1, proxy=proxy, compression=None
        )
        self._sockets.add(socket)
        self.websocket = socket
        self.connected.set()
        self.on_connected()
        return socket

    async def _listen(self, socket: ClientConnection) -> None:
        """Read until the far side closes, says `disconnect` or falls silent; what we leave is closed later."""
        try:
            while True:
                async with asyncio.timeout(self._silence_s):
                    raw = await socket.recv()
                if await self._take(socket, raw):
                    log.info("asked to move to another connection")
                    break
        except TimeoutError:
            log.warning("no frame for %s s, taking another connection", self._silence_s)
        except websockets.ConnectionClosed as end:
            self._sockets.discard(socket)
            log.info("stream connection closed: %s", end.rcvd.code if end.rcvd else "without a word")
            return
        except BaseException:
            if not asyncio.current_task().cancelling():  # type: ignore[union-attr]
                await self._close(socket)
            raise
        self._keep(self._retire(socket), self._retired)

    async def _retire(self, socket: ClientConnection) -> None:
        """Go on answering on a socket we are leaving, until the far side closes it or the grace is over."""
        with contextlib.suppress(TimeoutError, websockets.ConnectionClosed):
            async with asyncio.timeout(RETIRED_S):
                while True:
                    await self._take(socket, await socket.recv())
        await self._close(socket)

    async def _take(self, socket: ClientConnection, raw: str | bytes) -> bool:
        """One frame: SYSTEM at once, the rest as a job; True when the far side asks us to move."""
        try:
            frame = json.loads(raw)
            kind = frame["type"]
        except (ValueError, KeyError, TypeError, RecursionError):
            log.warning("a frame that is not one, %d bytes", len(raw))
            return False
        if kind == SystemMessage.TYPE:
            return await self._system(socket, frame)
        self._useful = True
        await self._slots.acquire()
        job = self._keep(self._work(socket, frame), self._jobs)
        job.add_done_callback(lambda _job: self._slots.release())
        return False

    def _keep(self, work: Any, among: set[asyncio.Task[None]]) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        among.add(task)
        task.add_done_callback(among.discard)
        return task

    async def _system(self, socket: ClientConnection, frame: dict[str, Any]) -> bool:
        try:
            message: SystemMessage = read(SystemMessage, frame)
            ack = await self.system_handler.raw_process(message)
        except Exception:
            log.warning("a system frame that cannot be read")
            return False
        await self._send(socket, ack)
        return bool(message.headers.topic == SystemMessage.TOPIC_DISCONNECT)

    async def _work(self, socket: ClientConnection, frame: dict[str, Any]) -> None:
        """Handle one frame and acknowledge it; what failed is answered 500, never as done."""
        try:
            ack = await self._ack_for(frame)
        except Exception:
            ack = failed(_message_id(frame), apology(log_fault(log, "frame", _message_id(frame))))
        if ack is not None:
            await self._send(socket, ack)

    async def _ack_for(self, frame: dict[str, Any]) -> AckMessage | None:
        if frame["type"] == EventMessage.TYPE:
            ack = await self.event_handler.raw_process(read(EventMessage, frame))
            done = ack.code == AckMessage.STATUS_OK
            ack.data = {"status": "SUCCESS" if done else "LATER", "message": str(ack.message)}
            return ack
        if frame["type"] != CallbackMessage.TYPE:
            log.warning("unknown kind of frame: %s", str(frame["type"])[:40])
            return None
        message: CallbackMessage = read(CallbackMessage, frame)
        handler = self.callback_handler_map.get(str(message.headers.topic))
        if handler is None:
            log.warning("nobody handles %s", str(message.headers.topic)[:80])
            return None
        return await handler.raw_process(message)

    async def _send(self, origin: ClientConnection, ack: AckMessage) -> None:
        """Acknowledge on the socket the frame came from; if that one is gone, on the one we have now."""
        text = json.dumps(ack.to_dict())
        for socket in dict.fromkeys((origin, self.websocket)):
            with contextlib.suppress(websockets.ConnectionClosed):
                await socket.send(text)
                return
        log.warning("ack not delivered: %s", ack.headers.message_id)

    async def _close(self, socket: ClientConnection) -> None:
        self._sockets.discard(socket)
        with contextlib.suppress(Exception):
            await socket.close()

    async def _farewell(self) -> None:
        """Finish the work in hand, then close everything."""
        if self._jobs:
            await asyncio.wait(self._jobs, timeout=FAREWELL_S)
        for task in (*self._jobs, *self._retired):
            task.cancel()
        await asyncio.gather(*(self._close(socket) for socket in set(self._sockets)), self._gateway.close())
        self.connected.clear()


def failed(message_id: str, sentence: str) -> AckMessage:
    """The acknowledgement of a frame that was not handled: code 500 and a private line for the person."""
    ack = AckMessage()
    ack.code = AckMessage.STATUS_SYSTEM_EXCEPTION
    ack.headers.message_id = message_id
    ack.headers.content_type = "application/json"
    ack.message = sentence
    ack.data = {"response": {}}
    return ack


def _message_id(frame: dict[str, Any]) -> str:
    headers = frame.get("headers")
    return str(headers.get("messageId", "")) if isinstance(headers, dict) else ""
