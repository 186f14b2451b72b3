"""One process: the relay that empties the tray, and, in the one worker that leads, the clock."""

from __future__ import annotations

import signal
import threading

import structlog

from bots.clock import Timetable
from bots.dingtalk.api import DingTalkApi
from bots.dingtalk.contacts import AddressBook
from bots.dingtalk.log import quiet_sdk
from bots.dingtalk.sender import senders as dingtalk_senders
from bots.sms import SmsReceipts, sms_sender
from core import Core
from core.adapters.aliyun_sms import build_sms
from core.adapters.feeds import build_feeds
from core.adapters.hotline import build_hotline, build_sender
from core.adapters.opus import build_opus
from core.adapters.province import build_province
from core.adapters.service_platform import build_service_platform
from core.arrivals.opening import open_sheet
from core.bootstrap import build_to_stay
from core.feeds.rounds import Rounds
from core.garbage import spare_the_collector
from core.lease import Lease
from core.logs import start_log
from core.outbox import Claimed, Relay
from core.policy.arrivals import arrival_rules
from core.ports import DirectorySource, Sender

log = structlog.get_logger()

RELAYS = 6  # a hand-over mostly waits for the far side; six times three take what sixteen people are sent in one go
MOST = 3
IDLE_S = 0.05  # between two looks into the tray; one thread looks for all
CARD_PAUSE_S = 0.3  # an answer reaches the phone well within this; everybody else's copy follows at once
RENEW_S = 5.0
FEED_S = 2.0  # between two looks at which sources are due; a far side that hangs holds up only the feeds


class Worker:
    """Relay threads and the leader's clock; `stop` finishes what is in hand and gives the lease back."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._stopping = threading.Event()
        senders: dict[str, Sender] = dict(dingtalk_senders(core))
        gateway = build_sms(core.settings)
        senders["sms"] = sms_sender(core, gateway)
        if (results := build_sender(core.settings)) is not None:
            senders["hotline"] = results
        self._relay = Relay(core.engine, core.clock, senders, CARD_PAUSE_S)
        self._lease = Lease(core.engine, "clock")
        directories: list[DirectorySource] = [AddressBook(DingTalkApi(core.settings.dingtalk, core.count_call))]
        directories += [opus] if (opus := build_opus(core.settings)) else []
        self._timetable = Timetable(
            core,
            lambda: self._lease.fence is not None,
            build_hotline(core.settings, lambda: core.policy),
            receipts=SmsReceipts(core, gateway) if gateway else None,
            province=build_province(core.settings),
            directories=directories,
            licences=build_service_platform(core.settings),
        )
        self._rounds = feed_rounds(core)
        self._looking = threading.Lock()
        self._threads = [threading.Thread(target=self._carry, name=f"relay-{n}", daemon=True) for n in range(RELAYS)]
        self._threads.append(threading.Thread(target=self._lead, name="leader", daemon=True))
        self._threads.append(threading.Thread(target=self._feed, name="feeds", daemon=True))

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
                for letter in self._look():
                    self._relay.hand_over(letter)
            except Exception:
                log.exception("relay stumbled")
                self._stopping.wait(IDLE_S)

    def _look(self) -> list[Claimed]:
        """Letters to carry; none after a while. One thread looks at a time, and finding some frees the place."""
        with self._looking:
            if self._stopping.is_set():
                return []
            if not (taken := self._relay.claim(MOST)):
                self._stopping.wait(IDLE_S)
            return taken

    def _lead(self) -> None:
        while not self._stopping.is_set():
            if self._lease.take():
                try:
                    self._relay.speak_for_closed_channels()
                except Exception:
                    log.exception("could not speak for a closed channel")
            self._stopping.wait(RENEW_S)

    def _feed(self) -> None:
        """The leader fetches what other systems have for the screens, and keeps the feeds' house."""
        while not self._stopping.is_set():
            if self._leads():
                try:
                    self._rounds.run(self._leads)
                    self._core.feeds.build_counts(self._leads)
                except Exception:
                    log.exception("feeds stumbled")
            self._stopping.wait(FEED_S)

    def _leads(self) -> bool:
        return self._lease.fence is not None and not self._stopping.is_set()


def feed_rounds(core: Core) -> Rounds:
    """The sources that the settings name, ready to be asked."""
    sheet = arrival_rules().sheet
    sources = build_feeds(core.settings, core.feeds.datasets, lambda raw, name: open_sheet(raw, sheet, name))
    return Rounds(core.feeds, core.clock, sources)


def main() -> None:
    """Run until a signal asks to stop."""
    start_log()
    quiet_sdk()
    worker = Worker(build_to_stay())
    spare_the_collector()
    done = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: done.set())
    worker.start()
    print("worker ready", flush=True)
    done.wait()
    worker.stop()


if __name__ == "__main__":
    main()
