"""A wall's own account: a token bound to the machine it was given to, reading only, and no person's (大屏设备)."""

from __future__ import annotations

from flask import g, request

from webapp.context import the_core


def cookie() -> str:
    """The cookie's name, bound to the host where cookies are secure."""
    return "__Host-wall" if the_core().settings.web.secure_cookies else "wall"


def admit_wall() -> bool:
    """Whether this request comes from a wall that is let in; then `g.wall` is it. Nobody is signed in on it."""
    token = request.cookies.get(cookie(), "")
    if not token or len(token) > 64:
        return False
    device = the_core().screens.walls.of_token(token)
    if device is not None:
        g.wall = device
    return device is not None
