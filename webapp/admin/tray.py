"""消息: letters that wait, left or could not be delivered; sent again or given up with a reason."""

from __future__ import annotations

from math import ceil

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from core.errors import FieldMissing, TooLong
from core.late_letters import LateLetters
from webapp.auth import audience
from webapp.context import form_key, number, the_actor, the_core

SIZE = 30
REASON_LIMIT = 200
FILTERS = {
    "waiting": "未送达",
    "dead": "发不出",
    "unknown": "未确认",
    "due": "待发",
    "sent": "已发",
    "withheld": "原文未放行",
    "given_up": "已放弃",
    "sms": "短信",
    "all": "全部",
}
"""What the tray can show; first what may need a person."""
STATES = {
    "due": "待发",
    "dead": "发不出",
    "unknown": "未确认",
    "sent": "已发",
    "withheld": "原文未放行",
    "given_up": "已放弃",
    "merged": "已合并",
}
FATES = {
    "sending": ("正在交出", "blue"),
    "sent": ("已提交", "blue"),
    "delivered": ("已送达", "green"),
    "failed": ("未送达", "red"),
    "unknown": ("未确认", "orange"),
}
"""An SMS once it was handed to the platform; before and after that it is a letter like others."""
TONES = {"dead": "red", "unknown": "orange", "withheld": "orange", "due": "blue", "sent": "green"}
CHANNELS = {
    "dingtalk.card": "钉钉卡片",
    "dingtalk.say": "钉钉消息",
    "dingtalk.group": "钉钉群",
    "hotline": "12345 回传",
    "sms": "短信",
}
EMPTY = {
    "waiting": "没有等着送达的消息。办件有动作时会写下消息，通常几秒内发出。",
    "dead": "没有发不出的消息。对方拒收或地址不对的会停在这里，等人处理。",
    "unknown": "没有未确认的消息。发出后没有收到回音的会出现在这里。",
    "due": "没有待发的消息。办件有动作时会写下消息，通常几秒内发出。",
    "sent": "还没有发出的消息。",
    "withheld": "没有原文未放行的卡片。钉钉的内容检查不放行原文时，卡片会改成请到网页查看，并记在这里。",
    "given_up": "没有放弃的消息。",
    "sms": "还没有短信。督办、多次提醒和联动工单的要紧时刻会发短信。",
    "all": "还没有消息，办件有动作时会写下消息。",
}
tray = Blueprint("tray", __name__)


@tray.get("/tray")
@audience("tray")
def index() -> str:
    state = request.args.get("state", "")
    state = state if state in FILTERS else "waiting"
    page = number(request.args.get("page"), 1, most=100_000)
    letters, total = the_core().tray(the_actor(), state, page)
    core = the_core()
    pages, words = max(1, ceil(total / SIZE)), {"filters": FILTERS, "states": STATES, "channels": CHANNELS}
    return render_template(
        "tray.html",
        letters=letters,
        total=total,
        state=state,
        page=page,
        pages=pages,
        tones=TONES,
        empty=EMPTY[state],
        fates=FATES,
        now=core.clock.now(),
        budget=core.sms.usage() if core.settings.sms.endpoint else None,
        late=LateLetters(the_core()).told(late) if (late := the_core().late_letters()) else "",
        **words,
    )


@tray.post("/tray/<int:letter>/resend")
@audience("tray")
def resend(letter: int) -> Response:
    the_core().resend(the_actor(), form_key(), letter)
    flash("已放回待发，稍后会再发一次。")
    return _back()


@tray.post("/tray/<int:letter>/give-up")
@audience("tray")
def give_up(letter: int) -> Response:
    """Stop trying; the reason goes into the log."""
    reason = request.form.get("reason", "").strip()
    if not reason:
        raise FieldMissing(field="原因", action="放弃")
    if len(reason) > REASON_LIMIT:
        raise TooLong(field="原因", limit=REASON_LIMIT)
    the_core().give_up(the_actor(), form_key(), letter, reason)
    flash("已放弃这条消息，原因已记录。")
    return _back()


def _back() -> Response:
    state = request.args.get("state", "")
    return make_response(redirect(url_for("tray.index", state=state if state in FILTERS else None), 303))
