"""证照库, sets of pictures (R167): brought by files or a ZIP, matched by name, repaired, confirmed, then put in."""

from __future__ import annotations

from typing import BinaryIO, cast

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, render_template, request, url_for

from core.arrivals.fields import flat
from core.arrivals.opening import WrongFile
from core.arrivals.photos import JPEG
from core.errors import Refusal
from core.policy.arrivals import MEGA
from core.policy.library import library_rules
from webapp.admin.drawn import LOOKING
from webapp.auth import audience, takes_files
from webapp.context import form_key, the_actor, the_core

MOST = library_rules().picture_set.zipped + MEGA
picture_sets = Blueprint("picture_sets", __name__, url_prefix="/library/picture-sets")


@picture_sets.get("")
@audience("library")
def index() -> Response:
    return _page()


def _page(said: Refusal | None = None) -> Response:
    rules, latest = library_rules().picture_set, the_core().licences.picture_sets.latest(the_actor())
    text = render_template(
        "picture_sets.html", latest=latest, said=said, megabytes=rules.bytes // MEGA, zipped=rules.zipped // MEGA,
        entries=rules.entries,
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


@picture_sets.post("")
@takes_files(MOST)
@audience("library")
def bring() -> Response:
    """Take pictures in and match them by name; nothing is put to a licence yet."""
    core, actor = the_core(), the_actor()
    form_key()
    try:
        sent = [file for file in request.files.getlist("files") if file.filename]
        if not sent:
            raise WrongFile(what="图片", why="请先选择图片或压缩包")
        files = [
            (flat(file.filename or "").replace("\0", "") or "图片", cast("BinaryIO", file.stream)) for file in sent
        ]
        made = core.licences.picture_sets.bring(actor, files)
    except Refusal as refusal:
        core.note_refusal(actor, "pictures.brought", "pictures:new", refusal)
        return _page(refusal)
    return make_response(redirect(url_for("picture_sets.one", number=made), 303))


@picture_sets.get("/<int:number>")
@audience("library")
def one(number: int) -> Response:
    return _one(number)


def _one(number: int, said: Refusal | None = None) -> Response:
    view = the_core().licences.picture_sets.view(the_actor(), number)
    return make_response(render_template("picture_set.html", view=view, said=said), said.status if said else 200)


@picture_sets.post("/<int:number>")
@audience("library")
def decide(number: int) -> Response:
    """Put the matched ones in, or keep nothing."""
    form_key()
    core, actor, wish = the_core(), the_actor(), request.form.get("wish", "")
    try:
        if wish == "drop":
            core.licences.picture_sets.drop(actor, number)
            flash("已放弃，图片没有保留。")
            return make_response(redirect(url_for("picture_sets.index"), 303))
        core.licences.picture_sets.start(actor, number)
    except Refusal as refusal:
        core.note_refusal(actor, "pictures.started", f"pictures:{number}", refusal)
        return _one(number, refusal)
    return make_response(redirect(url_for("picture_sets.one", number=number), 303))


@picture_sets.post("/<int:number>/<int:item>")
@audience("library")
def repair(number: int, item: int) -> Response:
    """Another name by the rule, one of the licences offered, or none."""
    form_key()
    core, actor, sets = the_core(), the_actor(), the_core().licences.picture_sets
    try:
        if "name" in request.form:
            sets.rename(actor, number, item, request.form["name"])
        else:
            sets.choose(actor, number, item, request.form.get("line", "")[:40])
    except Refusal as refusal:
        core.note_refusal(actor, "pictures.repaired", f"pictures:{number}", refusal)
        return _one(number, refusal)
    return make_response(redirect(url_for("picture_sets.one", number=number), 303))


@picture_sets.get("/<int:number>/<int:item>")
@audience("library")
def picture(number: int, item: int) -> Response:
    """One picture of the set, marked with who looks (R189)."""
    core, actor = the_core(), the_actor()
    raw = core.licences.picture_sets.picture(actor, number, item)
    response = make_response(core.faces.marked(raw, LOOKING, actor))
    response.headers["Content-Type"] = JPEG
    response.headers["Content-Disposition"] = 'inline; filename="picture.jpg"'
    return response


@picture_sets.get("/<int:number>/progress")
@audience("library")
def progress(number: int) -> Response:
    """How far it got, for the bar: running while the clock has work with it."""
    view = the_core().licences.picture_sets.view(the_actor(), number)
    busy = view.state in ("bringing", "reading", "running")
    return jsonify(state="running" if busy else view.state, settled=view.settled, good=view.total)
