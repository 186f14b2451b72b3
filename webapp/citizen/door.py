"""Signing in by SMS code, the last four digits, signing out (R153, R155); WeChat's silent word on who this is."""

from __future__ import annotations

from typing import cast

import structlog
from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from core.citizens.sign_in import CodeWrong, TailGone
from core.citizens.visitors import NOBODY
from core.errors import Refusal
from webapp.auth import PUBLIC, audience
from webapp.citizen.visit import back_address, by_wechat_first, cookie, keep, take_back, visited, visitor
from webapp.context import address, the_core
from webapp.errors import asked_to_wait

ENTRIES = {"person": "citizen_seek.person", "company": "citizen_seek.company", "mine": "citizen_mine.index"}
"""Where WeChat's sign-in may come back to."""
door = Blueprint("citizen_door", __name__, url_prefix="/c")
log = structlog.get_logger(__name__)


@door.get("/sign-in")
@audience(PUBLIC)
def sign_in() -> Response:
    """Ask for the phone number (R153)."""
    if (away := by_wechat_first("mine")) is not None:
        return away
    known, token = visited()
    if known.phone:
        return _to("citizen_mine.index")
    return keep(_page("phone"), token)


@door.post("/sign-in/code")
@audience(PUBLIC)
def send_code() -> Response:
    """Send a code; the answer is the same for a number with licences and one without."""
    known, token = visited()
    typed = request.form.get("phone", "")
    try:
        number = the_core().citizens.sign_ins.send(known, typed, address())
    except Refusal as refusal:
        return keep(_turned_away("phone", refusal, phone=typed[:20]), token)
    return keep(_page("code", phone=number), token)


@door.post("/sign-in")
@audience(PUBLIC)
def enter() -> Response:
    """The code as typed: a new session in the place of the old one (no fixation), then the last four digits."""
    known, token = visited()
    phone, code = request.form.get("phone", ""), request.form.get("code", "")
    try:
        fresh = the_core().citizens.sign_ins.enter(known, phone, code, address())
    except CodeWrong as refusal:
        return keep(_turned_away("code", refusal, phone=phone[:20]), token)
    except Refusal as refusal:
        return keep(_turned_away("phone", refusal, phone=phone[:20]), token)
    the_core().note(None, "holder.signed_in", "citizen", "done", channel="h5", address=address())
    return keep(_to("citizen_mine.index"), fresh)


@door.get("/sign-in/tail")
@audience(PUBLIC)
def tail() -> Response:
    """The last four of the ID number: a number may have been somebody else's before (wechat-sms.md §12)."""
    known = visitor()
    return _page("tail") if known and known.phone else _to("citizen_door.sign_in")


@door.post("/sign-in/tail")
@audience(PUBLIC)
def prove() -> Response:
    """Whose digits they are, of those registered with this phone; after too many tries the session ends."""
    known = visitor()
    if known is None or not known.phone:
        return _to("citizen_door.sign_in")
    try:
        the_core().citizens.sign_ins.prove(known, request.form.get("tail", "")[:8], address())
    except TailGone as refusal:
        the_core().citizens.visitors.close(request.cookies.get(cookie(), ""))
        return take_back(_turned_away("phone", refusal))
    except Refusal as refusal:
        return _turned_away("tail", refusal)
    return _to("citizen_mine.index")


@door.post("/sign-out")
@audience(PUBLIC)
def sign_out() -> Response:
    """The session ends everywhere, and the browser forgets what it kept (R155)."""
    the_core().citizens.visitors.close(request.cookies.get(cookie(), ""))
    response = take_back(make_response(render_template("citizen/signed_out.html")))
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@door.get("/back")
@audience(PUBLIC)
def back() -> Response:
    """Back from WeChat with a code: the state is this browser's and never used before; a stranger stays one."""
    to = request.args.get("to", "")
    entry = ENTRIES.get(to, ENTRIES["mine"])
    known, _ = visited()
    core = the_core()
    if not core.citizens.visitors.came_back(known, request.args.get("state", "")):
        return _to(entry)
    from bots.wechat.client import WeChatFault, openid_of

    try:
        openid = openid_of(core.settings.wechat, back_address(to), request.args.get("code", "")[:512])
    except WeChatFault as fault:
        log.warning("WeChat does not say who this is", code=fault.code)
        openid = ""
    named = core.citizens.visitors.openid_index(openid) if openid else NOBODY
    return keep(_to(entry), core.citizens.visitors.open(openid=named, leaving=known.name))


def _page(step: str, **more: object) -> Response:
    return make_response(render_template("citizen/sign_in.html", step=step, **more))


def _turned_away(step: str, refusal: Refusal, **more: object) -> Response:
    response = _page(step, refusal=str(refusal), **more)
    response.status_code = refusal.status
    return asked_to_wait(response, refusal)


def _to(endpoint: str) -> Response:
    return cast(Response, redirect(url_for(endpoint), 303))
