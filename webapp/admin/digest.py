"""早报: one's own digest as it would read now, and whether one wants it in the morning."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from core.digests import Digests
from core.errors import Malformed
from webapp.auth import STAFF, audience
from webapp.context import the_actor, the_core

digest = Blueprint("digest", __name__)


@digest.get("/digest")
@audience(STAFF)
def index() -> str:
    digests, actor = Digests(the_core()), the_actor()
    reads = the_core().policy.reads.get(actor.role, "none") != "none"
    view = digests.view(actor, "morning") if reads else None
    return render_template("digest.html", view=view, wanted=digests.wants(actor))


@digest.post("/digest")
@audience(STAFF)
def choose() -> Response:
    """Want the morning digest or not; the same choice twice changes nothing."""
    choice = request.form.get("wanted", "")
    if choice not in ("yes", "no"):
        raise Malformed(why="请选择订阅或退订")
    flash(Digests(the_core()).subscribe(the_actor(), choice == "yes") + "。")
    return make_response(redirect(url_for("digest.index"), 303))
