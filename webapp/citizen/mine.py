"""个人中心: everything registered with the holder's phone, in full, and who looked at it (R153, R154; control F6)."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from core.crypto import new_token
from core.errors import Refusal, Unknown
from core.queries.masks import mask_phone
from webapp.auth import PUBLIC, audience
from webapp.citizen.scan import with_scanner
from webapp.citizen.visit import by_wechat_first, caller, for_holder, holder, visitor
from webapp.context import form_key, the_core
from webapp.errors import asked_to_wait

SHOWN = 3
"""Of one's requests, how many the personal centre itself shows; the page of the requests has all."""
mine = Blueprint("citizen_mine", __name__, url_prefix="/c/mine")


@mine.get("")
@audience(PUBLIC)
def index() -> Response:
    """Every licence of the subjects whose last four digits were given; how many others share the phone."""
    known = visitor()
    away = by_wechat_first("mine") if known is None or not known.phone else None
    return away or _all()


@for_holder
def _all() -> Response:
    known, proved = holder()
    subjects = the_core().licences.of_phone(known.phone)
    told = {
        "phone": mask_phone(known.phone), "found": the_core().licences.of_holder(proved),
        "subjects": [one for one in subjects if one.token in proved],
        "others": sum(one.token not in proved for one in subjects),
        "asked": the_core().citizens.requests.of(known.phone, proved)[:SHOWN],
    }  # fmt: skip
    return make_response(render_template("citizen/mine.html", **told))


@mine.get("/requests")
@audience(PUBLIC)
@for_holder
def requests() -> Response:
    """What is registered of oneself, one's requests about it, and the form of another (control F6)."""
    return _requests()


@mine.post("/requests")
@audience(PUBLIC)
@for_holder
def ask() -> Response:
    """To have something corrected or erased; sent twice, it is one request."""
    known, proved = holder()
    form = {name: request.form.get(name, "") for name in ("kind", "subject", "line", "words")}
    if not form["subject"]:
        form["subject"], _, form["line"] = request.form.get("about", "")[:160].partition(" ")
    try:
        done = the_core().citizens.requests.ask(form_key(), known.phone, proved, form)
    except Refusal as refusal:
        response = _requests(str(refusal), asked=form)
        response.status_code = refusal.status
        return asked_to_wait(response, refusal)
    return cast(Response, redirect(url_for("citizen_mine.requests", done=done.no, _anchor="asked"), 303))


def _requests(refusal: str = "", **more: object) -> Response:
    known, proved = holder()
    core = the_core()
    told = {
        "subjects": [one for one in core.licences.of_phone(known.phone) if one.token in proved],
        "found": core.licences.of_holder(proved), "kinds": core.citizens.policy.requests.kinds,
        "requests": core.citizens.requests.of(known.phone, proved), "done": request.args.get("done", "")[:40],
        "about": request.args.get("about", "")[:160], "token": new_token(),
    }  # fmt: skip
    return make_response(render_template("citizen/requests.html", refusal=refusal, **told, **more))


@mine.get("/<line>")
@audience(PUBLIC)
@for_holder
def one(line: str) -> Response:
    """One licence in full with its originals; another's is as if it did not exist."""
    _, proved = holder()
    try:
        view = the_core().licences.held(proved, line[:64])
    except Unknown:
        return with_scanner("citizen/unknown.html", 404)
    the_core().citizens.lookups.opened(view.line, caller())
    return make_response(render_template("citizen/licence.html", one=view, own=True))


@mine.get("/looks")
@audience(PUBLIC)
@for_holder
def looks() -> Response:
    """Who looked at one's licences, newest first."""
    _, proved = holder()
    return make_response(render_template("citizen/looks.html", looks=the_core().citizens.lookups.looks(proved)))
