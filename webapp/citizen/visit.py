"""Who a citizen's browser belongs to: its cookie, its session, who WeChat says it is, whom it proved to be."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response, g, redirect, request, url_for

from core.citizens.lookups import Caller
from core.citizens.visitors import NOBODY, Visitor
from core.errors import Malformed, Refusal
from webapp.context import address, the_core

View = TypeVar("View", bound=Callable[..., Any])
IN_WECHAT = "MicroMessenger"


class HolderAway(Refusal):
    """A page of the holder without a session that proved who they are."""

    text = "请先用手机验证码登录。"
    status = 401


def cookie() -> str:
    """The cookie's name: another one than the staff's, bound to the host where cookies are secure."""
    return "__Host-cid" if the_core().settings.web.secure_cookies else "cid"


def visitor() -> Visitor | None:
    """The session behind this request, looked up once."""
    if "visitor" not in g:
        g.visitor = the_core().citizens.visitors.find(request.cookies.get(cookie(), ""))
    return cast("Visitor | None", g.visitor)


def visited() -> tuple[Visitor, str]:
    """The session behind this request, or a fresh one; with the id to hand out (empty: it is known there)."""
    if (known := visitor()) is not None:
        return known, ""
    token = the_core().citizens.visitors.open()
    found = the_core().citizens.visitors.find(token)
    if found is None:
        raise Malformed(why="页面停留太久，请刷新后再试")
    g.visitor = found
    return found, token


def keep(response: Response, token: str) -> Response:
    """Hand out the id of a session: unreadable for scripts, not sent from other sites."""
    secure = the_core().settings.web.secure_cookies
    if token:
        response.set_cookie(cookie(), token, secure=secure, httponly=True, samesite="Lax", path="/")
    return response


def take_back(response: Response) -> Response:
    secure = the_core().settings.web.secure_cookies
    response.delete_cookie(cookie(), secure=secure, httponly=True, samesite="Lax", path="/")
    return response


def caller() -> Caller:
    """Whom asks are counted by: the WeChat user where WeChat named one, else the network address."""
    known = visitor()
    named = known is not None and known.openid not in ("", NOBODY)
    return Caller(known.openid if known and named else address(), "wechat" if named else "h5", address())


def holder() -> tuple[Visitor, tuple[str, ...]]:
    """The signed-in holder with the subjects proved. Raises HolderAway."""
    known = visitor()
    if known is None or not known.phone:
        raise HolderAway()
    return known, known.subjects


def for_holder(view: View) -> View:
    """A page for whoever proved phone and last four digits; others are led there first."""

    @wraps(view)
    def led(*args: Any, **kwargs: Any) -> Any:
        try:
            _, proved = holder()
        except HolderAway:
            return redirect(url_for("citizen_door.sign_in"), 303)
        if not proved and the_core().licences.of_phone(holder()[0].phone):
            return redirect(url_for("citizen_door.tail"), 303)
        return view(*args, **kwargs)

    return cast(View, led)


def by_wechat_first(to: str) -> Response | None:
    """Inside WeChat, the way by which it silently says who this is, once a session; None to go on (§5)."""
    settings = the_core().settings
    if not settings.wechat.app_id or IN_WECHAT not in request.headers.get("User-Agent", ""):
        return None
    known, token = visited()
    if known.openid:
        return None
    from bots.wechat.client import authorize_url

    state = the_core().citizens.visitors.expect(known)
    where = authorize_url(settings.wechat, back_address(to), state)
    return keep(cast(Response, redirect(where, 302)), token)


def back_address(to: str) -> str:
    return the_core().settings.web.public_address.rstrip("/") + url_for("citizen_door.back", to=to)
