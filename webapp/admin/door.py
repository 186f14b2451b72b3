"""Coming in and going out: password, second factor, another post, sign-out."""

from __future__ import annotations

from typing import cast

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)

from core.errors import Refusal
from webapp.auth import PUBLIC, STAFF, audience, first_page
from webapp.context import address, form_key, number, the_actor, the_core
from webapp.sessions import Sessions
from webapp.sign_in import SignIn

door = Blueprint("door", __name__)
ENTRY = {
    "cases": "cases.index", "hotspots": "hotspots.index", "tray": "tray.index", "flows": "flows.index",
    "log": "log.index",
}  # fmt: skip


@door.get("/")
@audience(STAFF)
def home() -> Response:
    return _go(url_for(ENTRY[first_page(the_actor())]))


@door.get("/sign-in")
@audience(PUBLIC)
def sign_in() -> Response:
    return _page("password", _local(request.args.get("next", "")))


@door.post("/sign-in")
@audience(PUBLIC)
def enter() -> Response:
    """Check the password; the form's own cookie starts anew, so nothing from before the sign-in is carried along."""
    wanted, login = _local(request.form.get("next", "")), request.form.get("login", "")
    try:
        entry = _sign_in().enter(login, request.form.get("password", ""), address())
    except Refusal as refusal:
        return _page("password", wanted, login=login[:64], refusal=refusal)
    session.clear()
    next_page = wanted or url_for("door.home")
    response = _page("number", wanted, login=login[:64]) if entry.awaits_number else _go(next_page)
    _sessions().hand_out(response, entry.token)
    return response


@door.post("/sign-in/number")
@audience(PUBLIC)
def confirm() -> Response:
    """Check the six digits an administrator received in DingTalk; a new session id comes with them."""
    wanted, login = _local(request.form.get("next", "")), request.form.get("login", "")
    waiting = request.cookies.get(_sessions().cookie, "")
    try:
        entry = _sign_in().confirm(waiting, request.form.get("number", ""), address())
    except Refusal as refusal:
        step = "number" if _sessions().find(waiting) else "password"
        return _page(step, wanted, login=login[:64], refusal=refusal)
    response = _go(wanted or url_for("door.home"))
    _sessions().hand_out(response, entry.token)
    return response


@door.post("/sign-out")
@audience(STAFF)
def sign_out() -> Response:
    _sign_in().leave(request.cookies.get(_sessions().cookie, ""), the_actor(), address())
    session.clear()
    response = _go(url_for("door.sign_in"))
    _sessions().take_back(response)
    return response


@door.post("/post")
@audience(STAFF)
def switch_post() -> Response:
    """Act at another of one's posts (R102); the switch is recorded like any act."""
    actor = the_core().switch_post(form_key(), the_actor(), number(request.form.get("post"), 0))
    flash(f"已切换到「{actor.unit_name} {actor.title}」。")
    return _go(url_for("door.home"))


def _page(step: str, wanted: str, *, login: str = "", refusal: Refusal | None = None) -> Response:
    page = render_template("sign_in.html", step=step, wanted=wanted, login=login, refusal=refusal)
    return make_response(page, refusal.status if refusal else 200)


def _local(wanted: str) -> str:
    """A place of this console to go on to; anything that could lead elsewhere is dropped."""
    return wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable() else ""


def _go(place: str) -> Response:
    return make_response(redirect(place, 303))


def _sessions() -> Sessions:
    return cast(Sessions, current_app.extensions["sessions"])


def _sign_in() -> SignIn:
    return cast(SignIn, current_app.extensions["sign_in"])
