"""视频: the cameras one may look through; a link is signed when it is opened, and looking is on record."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil

from flask import Blueprint, Response, make_response, redirect, render_template

from core.screens.videos import cameras, link
from webapp.auth import STAFF, audience
from webapp.context import address, the_actor, the_core

videos = Blueprint("videos", __name__)


@videos.get("/m/videos")
@audience(STAFF)
def index() -> str:
    """Every camera by its town."""
    media = the_core().settings.media
    minutes = ceil(media.life_s / 60)
    return render_template("screen/videos.html", cameras=cameras().values(), on=bool(media.address), minutes=minutes)


@videos.get("/m/videos/<name>")
@audience(STAFF)
def watch(name: str) -> Response:
    """On to the media server, which shows the picture itself. Raises Unknown, NoVideo."""
    core, actor = the_core(), the_actor()
    place = link(core.settings.media, name, actor.person or 0, datetime.now(UTC))
    core.note(actor, "video.opened", f"camera:{name}", "done", address=address())
    return make_response(redirect(place, 303))
