"""What other systems push to us: the 12345 platform's signed tickets, the SMS platform's receipts."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import Any

from apiflask import APIBlueprint
from flask import request

from core import Refusal
from core.adapters.aliyun_sms import read_receipts
from core.adapters.signatures import check_signature
from core.adapters.tickets import read_ticket, shown
from core.errors import BadSignature, Busy, DifferentBody, Malformed, TooLong, Unknown
from core.hotline import ticket_key
from core.people import HOTLINE
from core.plain import plain
from webapp.auth import MACHINE, audience
from webapp.bodies import json_of
from webapp.context import address, the_core

MOST_BYTES = 1024 * 1024
MOST_TICKETS = 100

hooks = APIBlueprint("hooks", __name__, url_prefix="/hooks", tag="推送")


@hooks.post("/hotline")
@hooks.doc(
    summary="推送 12345 工单",
    description=(
        '正文是一张工单，或 {"tickets": [...]}，最多 100 张、1 MB。'
        "请求头 X-App-Id、X-Timestamp（Unix 秒）、X-Nonce、X-Signature；"
        "签名是 HMAC-SM3(密钥, 方法\\n路径\\nSM3(正文) 十六进制\\n时间\\n随机数) 的十六进制。"
        "同一编号同一版本重复推送得到同样的答复；版本更新会成为办件的新版本。"
    ),
    responses=[200, 400, 401, 409, 413],
)
@audience(MACHINE)
def push_tickets() -> dict[str, Any]:
    """Tickets by signed push: verified before anything is parsed, each taken in or refused on its own (C2, C3)."""
    body = _body()
    _verify(body)
    accepted, refused = [], []
    for raw in _tickets(json_of(body)):
        try:
            accepted.append(_take(raw))
        except Busy:
            raise
        except Refusal as refusal:
            number = shown(raw["ticket_no"], 64) if isinstance(raw, dict) and raw.get("ticket_no") else ""
            _remember(refusal, number if isinstance(raw, dict) and isinstance(raw.get("ticket_no"), str) else "")
            refused.append({"ticket_no": number, "why": str(refusal)})
    return {"accepted": accepted, "refused": refused}


@hooks.post("/sms/<secret>")
@hooks.doc(
    summary="短信回执",
    description=(
        "短信平台批量推送的回执：JSON 数组，每条有 phone_number、success、err_code、sms_size、biz_id、out_id。"
        "推送没有签名：地址最后一段是只有平台知道的口令，且只认本系统发出的那条短信。重复推送不改变什么。"
    ),
    responses=[200, 400, 404, 413],
)
@audience(MACHINE)
def take_receipts(secret: str) -> dict[str, Any]:
    """Receipts pushed by the SMS platform; a stranger's path looks like none at all."""
    known = the_core().settings.sms.receipt_secret.get_secret_value()
    if not known or not hmac.compare_digest(known.encode(), secret.encode()):
        raise Unknown(what="地址")
    the_core().sms.report(read_receipts(json_of(_body())), pushed=True)
    return {"code": 0, "msg": "接收成功"}


def _remember(refusal: Refusal, number: str) -> None:
    """A ticket refused before the door is on record too; one number with two bodies is an alarm (C3)."""
    the_core().note_refusal(HOTLINE, "case.registered", f"outside:{number}", refusal, "hotline", address())
    if isinstance(refusal, DifferentBody):
        the_core().alarm(
            "different-body", f"12345 工单 {plain(number, 64)} 同一版本两次内容不同，后一次已拒收，请核对。"
        )


def _body() -> bytes:
    if (request.content_length or 0) > MOST_BYTES:
        raise TooLarge(field="正文", limit="1 MB ")
    return request.get_data(cache=False)


class TooLarge(TooLong):
    """The body is beyond what one push may carry."""

    text = "「{field}」太大了，请控制在{limit}以内。"
    status = 413


def _verify(body: bytes) -> None:
    """The sender is who the settings say, the body is theirs, now, and for the first time. Raises BadSignature."""
    core, headers = the_core(), request.headers
    known = core.settings.hotline
    secret = known.push_secret.get_secret_value()
    try:
        if headers.get("X-App-Id", "") != known.push_appid:
            raise BadSignature()
        check_signature(
            secret,
            request.method,
            request.path,
            body,
            headers.get("X-Timestamp", ""),
            headers.get("X-Nonce", ""),
            headers.get("X-Signature", ""),
            core.use_nonce,
        )
    except BadSignature as refusal:
        if core.rates.wait_s("forged", address()):
            refusal.on_record = True  # those before it are, and nobody reads a thousand more
            core.alarm("signature", f"{address()} 连续推送签名不对的 12345 工单，请核对密钥或封禁该地址。")
        core.note_refusal(HOTLINE, "feed.pushed", "hook:hotline", refusal, "hotline", address())
        raise


def _tickets(value: Any) -> list[Any]:
    if isinstance(value, dict) and "tickets" in value:
        if unknown := next((name for name in value if name != "tickets"), None):
            raise Malformed(why=f"不认识字段「{shown(unknown)}」")
        rows = value["tickets"]
        if not isinstance(rows, list) or not rows:
            raise Malformed(why="tickets 应是工单的列表")
        if len(rows) > MOST_TICKETS:
            raise Malformed(why=f"一次最多 {MOST_TICKETS} 张工单")
        return rows
    return [value]


def _take(raw: Any) -> dict[str, Any]:
    ticket = read_ticket(raw, the_core().policy)
    done = the_core().register(ticket_key(ticket), ticket, replace(HOTLINE, address=address()), source="feed")
    return {
        "ticket_no": ticket.outside_no,
        "revision": ticket.revision,
        "case_no": done.no,
        "repeated": done.repeated,
    }
