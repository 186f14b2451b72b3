"""消息: letters that wait, left or could not be delivered; sent again or given up with a reason."""

from __future__ import annotations

from math import ceil

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from core.errors import FieldMissing, TooLong
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
    "given_up": "已放弃",
    "all": "全部",
}
"""What the tray can show; first what may need a person."""
STATES = {
    "due": "待发",
    "dead": "发不出",
    "unknown": "未确认",
    "sent": "已发",
    "given_up": "已放弃",
    "merged": "已合并",
}
TONES = {"dead": "red", "unknown": "orange", "due": "blue", "sent": "green"}
CHANNELS = {"dingtalk.card": "钉钉卡片", "dingtalk.say": "钉钉消息", "hotline": "12345 回传"}
EMPTY = {
    "waiting": "没有等着送达的消息。办件有动作时会写下消息，通常几秒内发出。",
    "dead": "没有发不出的消息。对方拒收或地址不对的会停在这里，等人处理。",
    "unknown": "没有未确认的消息。发出后没有收到回音的会出现在这里。",
    "due": "没有待发的消息。办件有动作时会写下消息，通常几秒内发出。",
    "sent": "还没有发出的消息。",
    "given_up": "没有放弃的消息。",
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
