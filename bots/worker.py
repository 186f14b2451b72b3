"""One process: the relay that empties the tray, and, in the one worker that leads, the clock."""

from __future__ import annotations

import signal
import threading

import structlog

from bots.clock import Timetable
from bots.dingtalk.log import quiet_sdk
from bots.dingtalk.sender import senders as dingtalk_senders
from core import Core, build_core
from core.adapters.hotline import build_hotline, build_sender
from core.lease import Lease
from core.logs import start_log
from core.outbox import Relay
from core.ports import Sender

log = structlog.get_logger()

RELAYS = 3
IDLE_S = 0.25
CARD_PAUSE_S = 0.3  # an answer reaches the phone well within this; everybody else's copy follows at once
RENEW_S = 5.0


class Worker:
    """Relay threads and the leader's clock; `stop` finishes what is in hand and gives the lease back."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._stopping = threading.Event()
        senders: dict[str, Sender] = dict(dingtalk_senders(core))
        if (results := build_sender(core.settings)) is not None:
            senders["hotline"] = results
        self._relay = Relay(core.engine, core.clock, senders, CARD_PAUSE_S)
        self._lease = Lease(core.engine, "clock")
        self._timetable = Timetable(
            core, lambda: self._lease.fence is not None, build_hotline(core.settings, lambda: core.policy)
        )
        self._threads = [threading.Thread(target=self._carry, name=f"relay-{n}", daemon=True) for n in range(RELAYS)]
        self._threads.append(threading.Thread(target=self._lead, name="leader", daemon=True))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()
        self._timetable.start()

    def stop(self) -> None:
        self._stopping.set()
        self._timetable.stop()
        for thread in self._threads:
            thread.join(timeout=10)
        self._lease.give_back()
        self._core.calls.flush()

    def _carry(self) -> None:
        while not self._stopping.is_set():
            try:
                taken = self._relay.run_once(most=4)
            except Exception:
                log.exception("relay stumbled")
                taken = 0
            if not taken:
                self._stopping.wait(IDLE_S)

    def _lead(self) -> None:
        while not self._stopping.is_set():
            if self._lease.take():
                try:
                    self._relay.speak_for_closed_channels()
                except Exception:
                    log.exception("could not speak for a closed channel")
            self._stopping.wait(RENEW_S)


def main() -> None:
    """Run until a signal asks to stop."""
    start_log()
    quiet_sdk()
    worker = Worker(build_core())
    done = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: done.set())
    worker.start()
    print("worker ready", flush=True)
    done.wait()
    worker.stop()


if __name__ == "__main__":
    main()
