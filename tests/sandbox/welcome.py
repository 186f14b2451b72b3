"""Waits until console, sandbox and bot are ready, then says where to click (two arguments: their addresses)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request

PATIENCE_S = 120.0
STEP_S = 0.1
READY = """
  已就绪。
  管理后台　{web}
  练习手机　{sandbox}/sandbox/
  练习微信　{sandbox}/sandbox/wechat
  按 Ctrl-C 全部停止。
"""


def answer(address: str) -> str | None:
    """The body of a 200 answer, or None."""
    try:
        with urllib.request.urlopen(address, timeout=2) as reply:
            return str(reply.read().decode())
    except OSError:
        return None


def ready(web: str, sandbox: str) -> bool:
    """Whether the console answers ready and a bot is connected to the sandbox."""
    if answer(f"{web}/readyz") is None:
        return False
    told = answer(f"{sandbox}/sandbox/connections")
    return told is not None and bool(json.loads(told))


def main() -> None:
    """Poll, then print once; give up when the parent is gone or patience is over."""
    web, sandbox = sys.argv[1:3]
    parent, ends = os.getppid(), time.monotonic() + PATIENCE_S
    while time.monotonic() < ends and os.getppid() == parent:
        if ready(web, sandbox):
            subprocess.run(
                [sys.executable, "-m", "flask", "--app", "webapp", "wechat", "menu"], stdout=subprocess.DEVNULL
            )
            print(READY.format(web=web, sandbox=sandbox), flush=True)
            return
        time.sleep(STEP_S)
    if os.getppid() == parent:
        print("还没有就绪，请看上面的输出。", flush=True)


if __name__ == "__main__":
    main()
