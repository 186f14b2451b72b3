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
from webapp.context import address, the_core
from webapp.walls import cookie as wall_cookie

APOLOGY = "系统出了点问题，已记录（编号 {reference}），请稍后再试。"
SENTENCES: Mapping[int, str] = {
    400: "页面停留太久或内容不完整，请刷新后再试。",
    404: "没有这个页面，请从左侧重新进入。",
    405: "这里不能这样打开，请从左侧重新进入。",
    413: "内容太大了，请精简后再提交。",
    415: "内容格式不对，请换一种方式提交。",
    429: "操作太频繁，请稍后再试。",
}
CITIZEN_PATHS = ("/c/", "/v/")
MACHINE_PATHS = ("/api/", "/hooks/")
WALL_PATH = "/wall"
WALL_AGAIN_S = 30
"""A wall that met a fault asks again by itself after this: it has no hand to press anything."""
log = structlog.get_logger(__name__)


class PageNotYours(Refusal):
    text = "「{page}」由{holder}查看，您当前岗位不能打开。"
    status = 403


class Elsewhere(Refusal):
    text = "控制台只能在政务网内打开，请换到政务网再试。"
    status = 403


class WrongNumber(Refusal):
    text = "验证码不对，还可以试 {left} 次。"
    status = 401


class NumberGone(Refusal):
    text = "验证码已失效，请重新登录。"
    status = 401


class PasswordWrong(Refusal):
    text = "密码不对，还可以试 {left} 次。"
    status = 401


class SignInGone(Refusal):
    text = "登录已超时或已用过，请重新登录。"
    status = 401


class NotConfirmed(Refusal):
    text = "{by}没有确认您的身份，请再试一次或用密码登录。"
    status = 401


class SignInAway(Refusal):
    text = "{by}暂时没有回应，请稍后再试或用密码登录。"
    status = 424


class Declined(Refusal):
    text = "您没有同意用{by}登录，请再试一次或用密码登录。"
    status = 401


class WayClosed(Refusal):
    text = "这种登录方式没有开通，请换一种方式登录。"
    status = 404


class NoAccount(Refusal):
    text = "管理员登录还需要密码，请先请同事为您开通账号。"
    status = 403


class InitialOver(Refusal):
    text = "初始密码已过期，请联系管理员重新开通。"
    status = 403


class PasswordDue(Refusal):
    text = "请先设置自己的密码。"
    status = 403


class OldPasswordWrong(Refusal):
    text = "现在的密码不对，请再试一次。"
    status = 401


class PasswordUnfit(Refusal):
    text = "新密码不合要求：{why}。"
    status = 422


class PasswordUsed(Refusal):
    text = "新密码与最近用过的相同，请换一个。"
    status = 422


class PasswordsDiffer(Refusal):
    text = "两次填写的新密码不一样，请重新填写。"
    status = 422


def handle(app: APIFlask) -> None:
    """Register the handlers."""
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(CSRFError, lambda _: answer(SENTENCES[400], 400, "CrossSite"))
    app.register_error_handler(HTTPException, turned_away)
    app.register_error_handler(OperationalError, overloaded)
    app.register_error_handler(PoolTimeout, overloaded)
    app.register_error_handler(Exception, failed)


def refused(refusal: Refusal) -> Response:
    if isinstance(refusal, NotSignedIn) and request.path.startswith(WALL_PATH) and request.cookies.get(wall_cookie()):
        return make_response(redirect(url_for("wall_join.index"), 303))  # nobody stands there to type a password
    if isinstance(refusal, NotSignedIn) and not _is_machine():
        wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
        return make_response(redirect(url_for("door.sign_in", next=wanted or None), 303))
    if isinstance(refusal, PasswordDue) and not _is_machine():
        return make_response(redirect(url_for("door.password"), 303))
    _note(refusal)
    return asked_to_wait(answer(str(refusal), refusal.status, refusal.kind), refusal)


def asked_to_wait(response: Response, refusal: Refusal | None) -> Response:
    """Say for how many seconds, where the refusal knows it (control C5)."""
    if refusal is not None and "wait_s" in refusal.facts:
        response.headers["Retry-After"] = str(refusal.facts["wait_s"])
    return response


def _note(refusal: Refusal) -> None:
    """Every no is on record (G1); strangers fill the log no faster than one address may ask."""
    core, actor = the_core(), g.get("actor")
    if refusal.on_record or isinstance(refusal, Busy):
        return
    try:
        many = actor is None and core.rates.wait_s("refusal", address())
    except (Busy, OperationalError, PoolTimeout):
        return
    if not many:
        channel = "api" if _is_machine() else "web"
        core.note_refusal(actor, "request", f"page:{request.endpoint}", refusal, channel, address())


def turned_away(error: HTTPException) -> Response:
    code = error.code or 500
    if code in (404, 405) and request.path.startswith(CITIZEN_PATHS):
        return answer("没有这个页面，请从公众号菜单重新进入。", code, type(error).__name__)
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
        page = "citizen/wait.html" if request.path.startswith(CITIZEN_PATHS) else "error.html"
        response = make_response(render_template(page, sentence=sentence, status=status), status)
    if status == 429:
        response.headers["Retry-After"] = "60"
    if status >= 429 and request.path.startswith(WALL_PATH):
        response.headers["Refresh"] = str(WALL_AGAIN_S)
    return response


def _is_machine() -> bool:
    return request.path.startswith(MACHINE_PATHS)
