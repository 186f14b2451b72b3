"""The callback of the WeChat account: verified before anything is read, answered as its platform expects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from core.errors import Refusal, Unknown
from webapp.auth import MACHINE, audience
from webapp.context import address, kept, the_core

if TYPE_CHECKING:
    from bots.wechat.handler import Handler

PLAIN, XML = "text/plain; charset=utf-8", "application/xml; charset=utf-8"

wechat = Blueprint("wechat", __name__, url_prefix="/hooks/wechat")


def the_handler() -> Handler:
    """The handler, built at its first use: wechatpy is heavy. Raises Unknown where no account is set."""

    def build() -> Handler:
        core = the_core()
        if not core.settings.wechat.app_id:
            raise Unknown(what="地址")
        from bots.wechat.handler import Handler

        return Handler(core)

    return kept("wechat", build)


@wechat.get("")
@audience(MACHINE)
def confirm() -> Response:
    """URL verification: the echo as it came, as plain text (wechat-sms.md §2.1)."""
    _check()
    return Response(request.args.get("echostr", ""), content_type=PLAIN)


@wechat.post("")
@audience(MACHINE)
def push() -> Response:
    """One push. Forged, stale, oversized or in the clear: 403 or 413; whatever else: 200 and what there is to say."""
    _check()
    from bots.wechat.envelope import MOST_BYTES, SUCCESS, TooBig

    if (request.content_length or 0) > MOST_BYTES:
        raise TooBig()
    try:
        told = the_handler().answer(request.args, request.get_data(cache=False))
    except Refusal as refusal:
        _note(refusal)
        raise
    return Response(told, content_type=PLAIN if told == SUCCESS else XML)


def _check() -> None:
    handler = the_handler()
    try:
        handler.check(request.args)
    except Refusal as refusal:
        _note(refusal)
        raise


def _note(refusal: Refusal) -> None:
    """Forged pushes are on record; many of them are an alarm, and nobody reads a thousand more (C2, G6)."""
    core = the_core()
    if core.rates.wait_s("forged", address()):
        refusal.on_record = True
        core.alarm("signature", f"{address()} 连续推送签名不对的微信消息，请核对 Token 或封禁该地址。")
    core.note_refusal(None, "wechat.pushed", "hook:wechat", refusal, "wechat", address())
