"""One JSON a topic: everything its page draws, with a print of its content, so that asking again costs nothing."""

from __future__ import annotations

import gzip
from functools import lru_cache
from typing import cast

from flask import Blueprint, Response, current_app, make_response, request

from core.screens import Picture
from webapp.assets import asset_print
from webapp.auth import SCREENS, audience
from webapp.context import the_core
from webapp.screen.door import reader_role

FILES = ("panels.js", "screens.js", "wall.js", "wall.css", "pocket.js", "pocket.css", "phone.css")
data = Blueprint("screens", __name__)


@data.get("/screen/<name>.json")
@audience(SCREENS)
def topic(name: str) -> Response:
    """The topic as it stands; 304 while its content is what the asker has. No personal data."""
    screens = the_core().screens
    return answered(screens.picture(screens.topic(name, reader_role())))


@data.get("/screen/<name>/towns.json")
@audience(SCREENS)
def towns(name: str) -> Response:
    """The topic's numbers by town."""
    screens = the_core().screens
    return answered(screens.towns(screens.topic(name, reader_role())))


@data.get("/screen/<name>/rows/<int:place>.json")
@audience(SCREENS)
def rows(name: str, place: int) -> Response:
    """The newest rows of one panel, narrowed by its own filters (R008, R031)."""
    screens = the_core().screens
    return answered(screens.rows(screens.topic(name, reader_role()), place, request.args))


def answered(picture: Picture) -> Response:
    """The picture, packed where the asker takes that; 304 without a body for a print it has already."""
    if picture.print in request.if_none_match:
        response = make_response("", 304)
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        response = make_response(_packed(picture))
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = make_response(picture.body)
    response.mimetype = "application/json"
    response.set_etag(picture.print)
    response.headers["Vary"] = "Accept-Encoding, Cookie"
    response.headers["X-Screen"] = version()
    response.headers["X-Now"] = str(int(the_core().clock.now().timestamp() * 1000))
    return response


@lru_cache(maxsize=256)
def _packed(picture: Picture) -> bytes:
    return gzip.compress(picture.body, 6, mtime=0)


def version() -> str:
    """The print of the pages' own files: a page of another version loads itself anew."""
    kept = current_app.extensions.get("screen_version")
    if kept is None:
        kept = current_app.extensions["screen_version"] = "".join(asset_print(name)[:4] for name in FILES)
    return cast(str, kept)
