"""可能重复: what a draft probably repeats, asked while it is being filled in; a fragment for a page, or JSON."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, jsonify, make_response, render_template, request

from core.decide import check_text
from core.intake import LIMITS
from core.ports import Ticket
from webapp.auth import audience
from webapp.context import the_actor, the_core

ASKED = ("title", "content", "place", "town", "caller_phone")
near = Blueprint("near", __name__)


@near.post("/cases/near")
@audience("cases")
def ask() -> Response:
    """A POST, though nothing changes: what a citizen says and their number belong in no address."""
    limits = {name: (label, limit) for name, label, limit in LIMITS}
    form = {name: request.form.get(name, "").strip() for name in ASKED}
    for name, value in form.items():
        check_text(limits[name][0], value, limits[name][1])
    draft = Ticket(
        "", 1, "RX", "help", form["title"], form["content"], form["place"], town=form["town"] or None,
        caller_phone=form["caller_phone"] or None,
    )  # fmt: skip
    found = the_core().near(the_actor(), draft)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(found=[asdict(one) for one in found])
    return make_response(render_template("near.html", found=found))
