"""A wall without an account: it shows a code until an administrator enters it (设置 · 大屏设备), then the screens."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from webapp.auth import PUBLIC, audience
from webapp.context import address, the_core
from webapp.often import not_too_often
from webapp.walls import cookie, hand_out

ASK_AGAIN_S = 5
join = Blueprint("wall_join", __name__)


@join.get("/wall/join")
@audience(PUBLIC)
def index() -> Response:
    """The code; the page asks again by itself. The token lies in a cookie no script reads and stays on this machine."""
    walls, token = the_core().screens.walls, request.cookies.get(cookie(), "")[:64]
    if token and walls.of_token(token) is not None:
        return make_response(redirect(url_for("wall.index"), 303))
    code = walls.waiting(token) if token else ""
    fresh = ""
    if not code:
        not_too_often("join", address(), channel="web")
        fresh, code = walls.ask()
    response = make_response(render_template("screen/join.html", code=code))
    response.headers["Refresh"] = str(ASK_AGAIN_S)
    if fresh:
        hand_out(response, fresh)
    return response
