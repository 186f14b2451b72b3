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
from core.policy.passwords import password_rules
from core.settings import DingTalk
from webapp.auth import PAGES, PUBLIC, STAFF, audience, first_page
from webapp.context import address, form_key, number, the_actor, the_core
from webapp.errors import asked_to_wait
from webapp.often import not_too_often
from webapp.sessions import Sessions
from webapp.sign_in import Entry, SignIn
from webapp.ways import inside, open_ways

door = Blueprint("door", __name__)
ENTRY = {page: f"{page}.index" for page in PAGES}


@door.get("/")
@audience(STAFF)
def home() -> Response:
    return _go(url_for(ENTRY[first_page(the_actor())]))


@door.get("/sign-in")
@audience(PUBLIC)
def sign_in() -> Response:
    """The gate; inside DingTalk or 海政通 it opens by itself, unless somebody just went out or wants the password."""
    wanted, app = local(request.args.get("next", "")), inside()
    if app == "dingtalk" and not request.args.get("by"):
        return _go(url_for("arrive.inside", next=wanted or None))
    if app and not request.args.get("by"):
        return _go(url_for("arrive.leave", way=app, next=wanted or None))
    return gate("password", wanted)


@door.post("/sign-in")
@audience(PUBLIC)
def enter() -> Response:
    """Check the password; the form's own cookie starts anew, so nothing from before the sign-in is carried along."""
    wanted, login = local(request.form.get("next", "")), request.form.get("login", "")
    try:
        not_too_often("sign_in", address(), channel="web")
        entry = sign_in_desk().enter(login, request.form.get("password", ""), address())
    except Refusal as refusal:
        return gate("password", wanted, login=login[:64], refusal=refusal)
    return go_on(entry, wanted, login=login[:64])


@door.post("/sign-in/number")
@audience(PUBLIC)
def confirm() -> Response:
    """Check the six digits an administrator received in DingTalk; a new session id comes with them."""
    wanted, login = local(request.form.get("next", "")), request.form.get("login", "")
    waiting = request.cookies.get(_sessions().cookie, "")
    try:
        not_too_often("sign_in", address(), channel="web")
        entry = sign_in_desk().confirm(waiting, request.form.get("number", ""), address())
    except Refusal as refusal:
        step = "number" if _sessions().find(waiting) else "password"
        return gate(step, wanted, login=login[:64], refusal=refusal)
    return go_on(entry, wanted)


@door.post("/sign-in/password")
@audience(PUBLIC)
def confirm_password() -> Response:
    """Check the password of an administrator whom another system brought here; a new session id comes with it."""
    wanted, waiting = local(request.form.get("next", "")), request.cookies.get(_sessions().cookie, "")
    try:
        not_too_often("sign_in", address(), channel="web")
        entry = sign_in_desk().confirm_password(waiting, request.form.get("password", ""), address())
    except Refusal as refusal:
        return gate("second" if _sessions().find(waiting) else "password", wanted, refusal=refusal)
    return go_on(entry, wanted)


@door.get("/account/password")
@audience(STAFF)
def password() -> Response:
    return _password_page()


@door.post("/account/password")
@audience(STAFF)
def change_password() -> Response:
    """Set a password of one's own: every other session of the person ends."""
    token, form = request.cookies.get(_sessions().cookie, ""), request.form
    try:
        entry = sign_in_desk().change_password(
            token, the_actor(), form.get("old", ""), form.get("new", ""), form.get("again", ""), address()
        )
    except Refusal as refusal:
        the_core().note_refusal(
            the_actor(), "password.changed", f"person:{the_actor().person}", refusal, "web", address()
        )
        return _password_page(refusal)
    flash("密码已修改，其他地方的登录已全部退出。")
    response = _go(url_for("door.home"))
    _sessions().hand_out(response, entry.token)
    return response


def _password_page(refusal: Refusal | None = None) -> Response:
    session_now = _sessions().find(request.cookies.get(_sessions().cookie, ""))
    account = sign_in_desk().passwords.of_person(the_actor().person or 0)
    page = render_template(
        "password.html", refusal=refusal, rules=password_rules(), has_account=account is not None,
        due=session_now is not None and session_now.must_change,
    )  # fmt: skip
    return make_response(page, refusal.status if refusal else 200)


@door.post("/sign-out")
@audience(STAFF)
def sign_out() -> Response:
    sign_in_desk().leave(request.cookies.get(_sessions().cookie, ""), the_actor(), address())
    session.clear()
    response = _go(url_for("door.sign_in", by="password" if inside() else None))
    _sessions().take_back(response)
    return response


@door.post("/post")
@audience(STAFF)
def switch_post() -> Response:
    """Act at another of one's posts (R102); the switch is recorded like any act."""
    actor = the_core().switch_post(form_key(), the_actor(), number(request.form.get("post"), 0))
    flash(f"已切换到「{actor.unit_name} {actor.title}」。")
    return _go(url_for("door.home"))


def gate(
    step: str, wanted: str, *, login: str = "", refusal: Refusal | None = None, dingtalk: DingTalk | None = None
) -> Response:
    """The gate at one of its steps: password, number, second (the password besides), inside (DingTalk asked)."""
    page = render_template(
        "sign_in.html", step=step, wanted=wanted, login=login, refusal=refusal, dingtalk=dingtalk,
        ways=tuple(open_ways().values()),
    )  # fmt: skip
    return asked_to_wait(make_response(page, refusal.status if refusal else 200), refusal)


def go_on(entry: Entry, wanted: str, *, login: str = "") -> Response:
    """In, or to the second factor. The form's own cookie starts anew: nothing from before is carried along."""
    session.clear()
    step = {"number": "number", "password": "second"}.get(entry.awaits)
    response = gate(step, wanted, login=login) if step else _go(wanted or url_for("door.home"))
    _sessions().hand_out(response, entry.token)
    return response


def local(wanted: str) -> str:
    """A place of this console to go on to; anything that could lead elsewhere is dropped."""
    return wanted if wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable() else ""


def _go(place: str) -> Response:
    return make_response(redirect(place, 303))


def _sessions() -> Sessions:
    return cast(Sessions, current_app.extensions["sessions"])


def sign_in_desk() -> SignIn:
    """What judges who may come in."""
    return cast(SignIn, current_app.extensions["sign_in"])
