"""The agent of a host (R014, R037): its load, pushed every minute like any dataset. It needs psutil and httpx alone.

`HOSTS_SECRET=… python -m bots.hosts --to https://platform --appid hosts-1 --role 数据库`; the client is allowed
`info_centre.hosts` by `flask --app webapp client feeds`. While the platform is away a day of minutes is kept.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import psutil

PATH = "/api/v1/feeds/info_centre/hosts"
KEPT = 1440
AT_ONCE = 500
BUSY = 90.0
"""Per cent of the processors or the memory from which a host is called busy."""
Row = dict[str, Any]


class Host:
    """What this machine does, between one look and the next."""

    def __init__(self, name: str, role: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name, self._role, self._clock = name, role, clock
        psutil.cpu_percent(None)
        self._sent, self._got, self._at = self._traffic()

    def look(self) -> Row:
        """One row: per cent of processors, memory and disk; megabits a second up and down since the last look."""
        sent, got, at = self._traffic()
        span = max(at - self._at, 0.001)
        up, down = (max(now - was, 0) * 8 / 1e6 / span for now, was in ((sent, self._sent), (got, self._got)))
        self._sent, self._got, self._at = sent, got, at
        cpu, memory = psutil.cpu_percent(None), psutil.virtual_memory().percent
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds"), "host": self._name, "role": self._role,
            "cpu": round(cpu, 1), "memory": round(memory, 1), "disk": round(psutil.disk_usage("/").percent, 1),
            "up": round(up, 2), "down": round(down, 2), "state": "繁忙" if max(cpu, memory) >= BUSY else "正常",
        }  # fmt: skip

    def _traffic(self) -> tuple[int, int, float]:
        """Bytes sent and received by every card but the machine's own loop."""
        cards = [one for name, one in psutil.net_io_counters(pernic=True).items() if not name.startswith("lo")]
        return sum(one.bytes_sent for one in cards), sum(one.bytes_recv for one in cards), self._clock()


class Agent:
    """Pushes the rows that wait; one that was not confirmed waits on. The platform knows each row by host and time."""

    def __init__(self, platform: httpx.Client, appid: str, secret: str) -> None:
        self._platform, self._appid, self._secret = platform, appid, secret
        self._token = ""
        self.waiting: deque[Row] = deque(maxlen=KEPT)

    def push(self) -> bool:
        """Everything that waits, the oldest first; False when the platform did not take it now."""
        while self.waiting:
            some = [self.waiting[at] for at in range(min(AT_ONCE, len(self.waiting)))]
            if not self._sent(some):
                return False
            for _ in some:
                self.waiting.popleft()
        return True

    def _sent(self, rows: list[Row]) -> bool:
        try:
            for _ in range(2):
                answer = self._platform.post(
                    PATH, json={"rows": rows}, headers={"Authorization": f"Bearer {self._pass()}"}
                )
                if answer.status_code != 401:
                    break
                self._token = ""
        except (httpx.HTTPError, KeyError, ValueError) as fault:
            print(f"not sent: {type(fault).__name__}", file=sys.stderr, flush=True)
            return False
        if not answer.is_success:
            print(f"not taken: {answer.status_code} {answer.text[:200]}", file=sys.stderr, flush=True)
        return answer.is_success

    def _pass(self) -> str:
        if not self._token:
            asked = {"appid": self._appid, "appsecret": self._secret}
            self._token = str(
                self._platform.post("/api/v1/token", json=asked).raise_for_status().json()["access_token"]
            )
        return self._token


def main() -> None:
    """Look and push until stopped."""
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--to", required=True, help="address of the platform")
    told.add_argument("--appid", required=True)
    told.add_argument("--host", default=socket.gethostname())
    told.add_argument("--role", required=True, help="one of the roles that the dataset knows")
    told.add_argument("--every", type=float, default=60.0, help="seconds between two looks")
    told.add_argument("--once", action="store_true", help="one look, one push")
    asked = told.parse_args()
    secret = os.environ.get("HOSTS_SECRET", "")
    if not secret:
        told.error("HOSTS_SECRET is not set")
    host = Host(asked.host, asked.role)
    with httpx.Client(base_url=asked.to, timeout=10.0, trust_env=False) as platform:
        agent = Agent(platform, asked.appid, secret)
        while True:
            time.sleep(min(asked.every, 1.0) if asked.once else asked.every)
            agent.waiting.append(host.look())
            taken = agent.push()
            if asked.once:
                sys.exit(0 if taken else 1)


if __name__ == "__main__":
    main()
