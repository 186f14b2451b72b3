"""What every view may ask of its request: the core behind the application and the person in front of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar, cast

from flask import current_app, g, request

from core import Actor, Core
from core.errors import Malformed, NotSignedIn

T = TypeVar("T")
TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}")


def the_core() -> Core:
    """The core this application was created for."""
    return cast(Core, current_app.extensions["core"])


def kept(name: str, build: Callable[[], T]) -> T:
    """What this application keeps from its first use on, being heavy to load or build. Raises what `build` raises."""
    held = current_app.extensions.get(name)
    if held is None:
        held = current_app.extensions[name] = build()
    return cast(T, held)


def the_actor() -> Actor:
    """Who is signed in. Raises NotSignedIn on a page nobody had to sign in for."""
    actor = g.get("actor")
    if actor is None:
        raise NotSignedIn()
    return cast(Actor, actor)


def address() -> str:
    """Where the request comes from, for the log, the lock and the limits; of proxies only the listed are believed."""
    return request.remote_addr or ""


def form_key() -> str:
    """The cause of a posted form: sent twice, it counts once (house-style rule 4). Raises Malformed."""
    token = request.form.get("token", "")
    if not TOKEN.fullmatch(token):
        raise Malformed(why="表单不完整，请刷新页面再试")
    return f"web:{token}"


def number(value: str | None, otherwise: int, *, most: int = 2**53) -> int:
    """A positive whole number from a query or a form; anything else reads as `otherwise`."""
    if not value or len(value) > 16 or not (value.isascii() and value.isdigit()):
        return otherwise
    return int(value) if 0 < int(value) <= most else otherwise
