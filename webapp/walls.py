"""A wall's own account: a token bound to the machine it was given to, reading only, and no person's (大屏设备)."""

from __future__ import annotations

from flask import Response, current_app, g, request

from webapp.context import the_core

TEN_YEARS = 10 * 365 * 24 * 3600
"""Browsers keep no cookie for longer than 400 days (RFC 6265bis), so a wall is handed its own anew with every page."""


def cookie() -> str:
    """The cookie's name, bound to the host where cookies are secure."""
    return "__Host-wall" if the_core().settings.web.secure_cookies else "wall"


def hand_out(response: Response, token: str) -> None:
    """Set a wall's cookie: unreadable for scripts, not sent from other sites, bound to this host when secure."""
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    response.set_cookie(cookie(), token, secure=secure, httponly=True, samesite="Lax", path="/", max_age=TEN_YEARS)


def admit_wall() -> bool:
    """Whether this request comes from a wall that is let in; then `g.wall` is it. Nobody is signed in on it."""
    token = request.cookies.get(cookie(), "")
    if not token or len(token) > 64:
        return False
    device = the_core().screens.walls.of_token(token)
    if device is not None:
        g.wall = device
    return device is not None
