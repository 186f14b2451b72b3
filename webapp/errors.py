"""Every no in one place: a refusal becomes a page or JSON by audience, a fault one apology with a reference number."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import structlog
from apiflask import APIFlask
from flask import Response, g, jsonify, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from core.errors import Busy, NotSignedIn, Refusal
from core.machines import Machines
from webapp.context import address, the_core

APOLOGY = "系统出了点问题，已记录（编号 {reference}），请稍后再试。"
SENTENCES: Mapping[int, str] = {
    400: "页面停留太久或内容不完整，请刷新后再试。",
    404: "没有这个页面，请从左侧重新进入。",
    405: "这里不能这样打开，请从左侧重新进入。",
    413: "内容太大了，请精简后再提交。",
    415: "内容格式不对，请换一种方式提交。",
    429: "操作太频繁，请稍后再试。",
}
REFUSALS_A_MINUTE = 60
"""How many refusals of one unknown address go on record in a minute; the count itself is kept in the database."""
MACHINE_PATHS = ("/api/", "/hooks/")
log = structlog.get_logger(__name__)


class PageNotYours(Refusal):
    text = "「{page}」由{holder}查看，您当前岗位不能打开。"
    status = 403


class WrongNumber(Refusal):
    text = "验证码不对，还可以试 {left} 次。"
    status = 401


class NumberGone(Refusal):
    text = "验证码已失效，请重新登录。"
    status = 401


def handle(app: APIFlask) -> None:
    """Register the handlers."""
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(CSRFError, lambda _: answer(SENTENCES[400], 400, "CrossSite"))
    app.register_error_handler(HTTPException, turned_away)
    app.register_error_handler(OperationalError, overloaded)
    app.register_error_handler(PoolTimeout, overloaded)
    app.register_error_handler(Exception, failed)


def refused(refusal: Refusal) -> Response:
    if isinstance(refusal, NotSignedIn) and not _is_machine():
        wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
        return make_response(redirect(url_for("door.sign_in", next=wanted or None), 303))
    _note(refusal)
    return answer(str(refusal), refusal.status, refusal.kind)


def _note(refusal: Refusal) -> None:
    """Every no is on record (G1); strangers fill the log no faster than one address may ask."""
    core, actor = the_core(), g.get("actor")
    if refusal.on_record or isinstance(refusal, Busy):
        return
    try:
        many = actor is None and Machines(core.engine, core.vault).wait_s(f"refused:{address()}", REFUSALS_A_MINUTE)
    except (OperationalError, PoolTimeout):
        return
    if not many:
        channel = "api" if _is_machine() else "web"
        core.note_refusal(actor, "request", f"page:{request.endpoint}", refusal, channel, address())


def turned_away(error: HTTPException) -> Response:
    code = error.code or 500
    if error.response is not None or code < 400:
        return make_response(error.get_response())
    if code >= 500:
        return failed(error)
    return answer(SENTENCES.get(code, SENTENCES[400]), code, type(error).__name__)


def overloaded(error: Exception) -> Response:
    """The database is away or full of work: nothing was done, and the page says so."""
    log.error("overloaded", path=request.path, error=type(error).__name__, exc_info=error)
    busy = Busy()
    response = answer(str(busy), busy.status, busy.kind)
    response.headers["Retry-After"] = "2"
    return response


def failed(error: Exception) -> Response:
    reference = secrets.token_hex(4).upper()
    log.error("fault", reference=reference, path=request.path, exc_info=error)
    return answer(APOLOGY.format(reference=reference), 500, "Fault", reference)


def answer(sentence: str, status: int, code: str, reference: str = "") -> Response:
    """The sentence for whoever asked: a page for a person, JSON for a machine."""
    if _is_machine():
        body: dict[str, Any] = {"code": code, "message": sentence, "request_id": reference or secrets.token_hex(8)}
        response = make_response(jsonify(error=body), status)
    else:
        response = make_response(render_template("error.html", sentence=sentence, status=status), status)
    if status == 429:
        response.headers["Retry-After"] = "60"
    return response


def _is_machine() -> bool:
    return request.path.startswith(MACHINE_PATHS)
