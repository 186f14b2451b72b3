"""Showing up by phone: the sponsor's rotating code, the attendants' check-in page that outlives the network (R129)."""

from __future__ import annotations

import base64
from dataclasses import asdict
from io import BytesIO

import qrcode
from flask import Blueprint, Response, jsonify, make_response, render_template, request, send_file, url_for
from flask_wtf.csrf import generate_csrf

from core.errors import Malformed, Refusal, Unknown
from core.joint_views import JointView
from webapp.assets import HERE, KINDS, asset
from webapp.auth import PUBLIC, audience
from webapp.context import address, form_key, the_actor, the_core
from webapp.dingtalk import vouched
from webapp.headers import for_phones
from webapp.ways import script_of_app

LONGEST_CODE = 120
WORKER_KEEPS = ("app.css", "on_site.css", "app.js", "place.js", "here.js", "mark.svg")
"""The files without which the check-in page does not open; the browser's worker keeps them (worker.js)."""
GONE = "released"
WHERE_TITLE = "谁在哪里（手机自报的位置，供参考）"
on_site = Blueprint("on_site", __name__)


# --- the sponsor's phone --------------------------------------------------------------------------------------------


@on_site.get("/joint/<ref>/show")
@audience("joint")
def show(ref: str) -> Response:
    """The page that shows the code. Raises Unknown, NotYours, CheckInNotStarted, CheckInOver."""
    core, actor = the_core(), the_actor()
    order = core.joints.find(actor, ref)
    core.on_site.shown(actor, order)
    view = core.joints.view(actor, order)
    script = script_of_app()
    return for_phones(make_response(render_template("show.html", view=view, jsapi=script)), core.settings, script)


@on_site.get("/joint/<ref>/code")
@audience("joint")
def code(ref: str) -> Response:
    """The code of this moment, for how long it is shown, and who has come."""
    core, actor = the_core(), the_actor()
    order = core.joints.find(actor, ref)
    try:
        shown, now = core.on_site.shown(actor, order)
    except Refusal as refusal:
        return _said(refusal)
    view = core.joints.view(actor, order)
    place = core.settings.web.public_address.rstrip("/") + url_for("on_site.here")
    legs = [
        {"unit": leg.unit, "state": leg.state_title, "tone": leg.tone, "check_in": leg.check_in}
        for leg in view.legs
        if leg.state != GONE
    ]
    return jsonify(
        picture=_drawn(f"{place}#{shown.text}"), address=f"{place}#{shown.text}",
        left_ms=max(int((shown.until - now).total_seconds() * 1000), 0),
        legs=legs, came=_came(view), total=len(legs), has_point=view.has_point,
    )  # fmt: skip


@on_site.get("/joint/<ref>/where.png")
@audience("joint")
def where(ref: str) -> Response:
    """Who is where, as far as this reader may know. Raises Unknown when there is nothing to draw."""
    from cards.whereabouts import where_picture  # heavy, and needed for this alone

    core, actor = the_core(), the_actor()
    view = core.joints.view(actor, core.joints.find(actor, ref))
    if not view.spots:
        raise Unknown(what="签到位置图")
    response = make_response(where_picture(view.spots, WHERE_TITLE))
    response.headers["Content-Type"] = "image/png"
    return response


@on_site.post("/joint/<ref>/point")
@audience("joint")
def point(ref: str) -> Response:
    """The sponsor's phone is where the meeting is."""
    core, actor = the_core(), the_actor()
    order = core.joints.find(actor, ref)
    try:
        done = core.on_site.set_point(form_key(), actor, order, request.form.get("spot", "")[:100])
    except Refusal as refusal:
        core.note_refusal(actor, "set_point", f"joint_order:{order}", refusal, "web", address())
        return _said(refusal)
    return jsonify(sentence=done.sentence)


# --- the attendants' phones -----------------------------------------------------------------------------------------


@on_site.get("/here/")
@audience(PUBLIC)
def here() -> Response:
    """The check-in page, empty: the phone fills it once it is signed in, or from what it kept."""
    script = script_of_app()
    return for_phones(make_response(render_template("here.html", jsapi=script)), the_core().settings, script)


@on_site.get("/here/worker.js")
@audience(PUBLIC)
def worker() -> Response:
    """The script that opens the page without network; it serves this page and nothing else."""
    return send_file(HERE / "here-worker.js", mimetype=KINDS[".js"])


@on_site.get("/here/state")
@audience("joint")
def state() -> Response:
    """What the page of an order says to this person: by its number, or by a scanned code."""
    core, actor = the_core(), the_actor()
    try:
        scanned = request.args.get("code", "")
        order = core.on_site.order_of(scanned) if scanned else core.joints.find(actor, request.args.get("no", ""))
        return _page(order)
    except Refusal as refusal:
        core.note_refusal(actor, "check_in", "joint_order", refusal, "web", address())
        return _said(refusal)


@on_site.get("/here/config")
@audience("joint")
def config() -> Response:
    """One of our own pages vouched for before DingTalk's script. Raises Malformed for any other address."""
    asked = request.args.get("url", "")[:1000]
    if not asked.startswith(request.host_url) or not asked.isprintable():
        raise Malformed(why="只能为本平台的页面签名")
    return jsonify(vouched(asked.partition("#")[0]))


@on_site.post("/here/<action>")
@audience("joint")
def take(action: str) -> Response:
    """A check-in: by a code, by the phone's place, by words, or late. The answer is one sentence and the page anew."""
    core, actor, form = the_core(), the_actor(), request.form
    try:
        if no := form.get("no", ""):  # the page of one order: a code of another is refused there
            order = core.joints.find(actor, no)
        else:
            order = core.on_site.order_of(form.get("shown_code", ""))
        sent = {name: form.get(name, "") for name in ("shown_code", "open_page", "spot", "place", "note")}
        done = core.on_site.act(form_key(), actor, order, action, {k: v for k, v in sent.items() if v})
    except Refusal as refusal:
        core.note_refusal(actor, "check_in", "joint_order", refusal, "web", address())
        return _said(refusal)
    return _page(order, done.sentence)


def _page(order: int, sentence: str = "") -> Response:
    view = the_core().on_site.page(the_actor(), order)
    return jsonify(order=order, view=asdict(view), sentence=sentence, csrf=generate_csrf(), name=the_actor().name)


def _said(refusal: Refusal) -> Response:
    response = jsonify(sentence=str(refusal))
    response.status_code = refusal.status
    return response


def _came(view: JointView) -> int:
    return sum(bool(leg.check_in) and leg.state not in (GONE, "late_asked") for leg in view.legs)


def _drawn(text: str) -> str:
    """A QR code as a PNG in a data address."""
    held = BytesIO()
    qrcode.make(text, border=2, box_size=8, error_correction=qrcode.constants.ERROR_CORRECT_M).save(held, "PNG")
    return f"data:image/png;base64,{base64.b64encode(held.getvalue()).decode()}"


@on_site.app_template_global()
def kept_files() -> list[str]:
    """The addresses the check-in page needs without network."""
    return [asset(name) for name in WORKER_KEEPS]


@on_site.app_template_global()
def may_show(view: JointView) -> bool:
    """Whether the code may be shown from this reader's page of an order."""
    return view.side == "sponsor" and view.state == "signing"
