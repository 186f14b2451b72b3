"""Start the sandbox: `python -m tests.sandbox --port 9100 --manifests cards/manifests`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from aiohttp import web

from .app import build
from .tokens import App
from .world import Options


def options(argv: list[str] | None = None) -> Options:
    """The command line as options; credentials may also come from the environment."""
    usual = f"{os.getenv('SANDBOX_CLIENT_ID', 'dingsandbox')}:{os.getenv('SANDBOX_CLIENT_SECRET', 'sandbox-secret')}"
    parser = argparse.ArgumentParser(prog="tests.sandbox", description="钉钉练习环境")
    parser.add_argument("--port", type=int, default=9100)
    parser.add_argument("--app", action="append", metavar="ID:SECRET", help="应用凭证，可重复")
    parser.add_argument("--corp-id", default="dingSANDBOXCORP")
    parser.add_argument("--manifests", type=Path, default=Path("cards/manifests"))
    parser.add_argument("--templates", default="", metavar="NAME=ID,...")
    parser.add_argument("--directory", type=Path)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--hotline-token", default="sandbox-hotline")
    parser.add_argument("--sms-receipts", default="", metavar="URL", help="短信回执推送到哪里，不填只能去查")
    parser.add_argument("--wechat-callback", default="", metavar="URL", help="微信消息推送到哪里")
    parser.add_argument("--qps", type=int, default=0, help="每个接口每秒次数上限，0 为不限")
    given = parser.parse_args(argv)
    apps = tuple(App(*one.partition(":")[::2]) for one in given.app or [usual])
    templates = dict(pair.split("=", 1) for pair in given.templates.split(",") if "=" in pair)
    return Options(
        port=given.port, apps=apps, corp_id=given.corp_id, manifests=given.manifests, templates=templates,
        directory=given.directory, state=given.state, hotline_token=given.hotline_token, qps=given.qps,
        sms_receipts=given.sms_receipts, wechat_callback=given.wechat_callback,
    )  # fmt: skip


def main() -> None:
    """Serve until stopped."""
    chosen = options()
    print(f"练习环境已就绪：{chosen.base}/sandbox/", flush=True)
    web.run_app(build(chosen), host="127.0.0.1", port=chosen.port, print=None, access_log=None, shutdown_timeout=1)


if __name__ == "__main__":
    main()
