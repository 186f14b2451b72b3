"""证照库, pictures read (R190): a form filled from its picture, the crop beside each value, a person confirms."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from core.arrivals.photos import JPEG
from core.errors import Refusal, Unknown
from core.policy.arrivals import MEGA
from core.policy.library import LICENCE
from core.policy.licences import licence_types
from core.policy.reading import read_limits
from core.reading import WrongPicture
from webapp.admin.drawn import LOOKING
from webapp.admin.licences import SUBMIT, by_group, form_fields
from webapp.auth import audience, takes_files
from webapp.context import form_key, the_actor, the_core

MOST = read_limits().bytes + MEGA // 4
LEVELS = {
    "sure": ("可信", "green"),
    "fair": ("请核对", "orange"),
    "low": ("要改", "red"),
    "missing": ("没读到", "gray"),
}
SOURCES = {"ocr": "", "code": "取自二维码", "both": "与二维码一致"}
readings = Blueprint("readings", __name__, url_prefix="/library/readings")


@readings.get("")
@audience("library")
def index() -> Response:
    return _page()


def _page(said: Refusal | None = None) -> Response:
    latest = the_core().licences.readings.latest(the_actor())
    text = render_template("readings.html", latest=latest, said=said, megabytes=read_limits().bytes // MEGA)
    return make_response(text, said.status if said else 200)


@readings.post("")
@takes_files(MOST)
@audience("library")
def bring() -> Response:
    """Read a picture; nothing is registered yet."""
    core, actor, sent = the_core(), the_actor(), request.files.get("picture")
    form_key()
    try:
        if sent is None or not sent.filename:
            raise WrongPicture(why="请先选择图片")
        token = core.licences.readings.bring(actor, sent.read())
    except Refusal as refusal:
        core.note_refusal(actor, "reading.made", "reading:new", refusal)
        return _page(refusal)
    return make_response(redirect(url_for("readings.one", token=token), 303))


@readings.get("/<token>")
@audience("library")
def one(token: str) -> Response:
    return _one(token)


def _one(token: str, said: Refusal | None = None) -> Response:
    view = the_core().licences.readings.view(the_actor(), token[:40], request.values.get("type", "")[:40])
    kind = licence_types().get(view.type)
    text = render_template(
        "reading.html", view=view, kind=kind, said=said, types=by_group(), levels=LEVELS, sources=SOURCES,
        fields=form_fields(kind, holder=True) if kind else (), filled=request.form if said else {},
        doubtful=[one for one in view.fields.values() if one.level in ("fair", "low")],
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


@readings.get("/<token>/picture")
@audience("library")
def picture(token: str) -> Response:
    """The picture it was read from, marked with who looks (R189)."""
    core, actor = the_core(), the_actor()
    response = make_response(core.faces.marked(core.licences.readings.picture(actor, token[:40]), LOOKING, actor))
    response.headers["Content-Type"] = JPEG
    response.headers["Content-Disposition"] = 'inline; filename="reading.jpg"'
    return response


@readings.post("/<token>")
@audience("library")
def decide(token: str) -> Response:
    """Register what the person confirmed, keep it as a draft, or keep nothing."""
    core, actor, act = the_core(), the_actor(), request.form.get("act", "issue")
    kind, key = licence_types().get(request.form.get("type", "")), form_key()
    try:
        if act == "drop":
            core.licences.readings.drop(actor, token[:40])
            flash("已放弃，图片和内容没有保留。")
            return make_response(redirect(url_for("readings.index"), 303))
        if kind is None or act not in SUBMIT:
            raise Unknown(what="这种证照")
        values = {one.key: request.form[one.key] for one in form_fields(kind, holder=True) if request.form.get(one.key)}
        done = core.licences.readings.confirm(actor, key, token[:40], act, kind.key, values)
    except Unknown:
        raise
    except Refusal as refusal:
        core.note_refusal(actor, f"{LICENCE}.{act[:20]}", f"reading:{token[:40]}", refusal)
        return _one(token, refusal)
    flash(f"{done.sentence}，图片已一并存入。")
    return make_response(redirect(url_for("licences.one", line=done.no), 303))
