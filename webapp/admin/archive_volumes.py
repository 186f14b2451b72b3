"""审批资料, volumes: listed, one with its papers and its checks, where it stands, filed, handed over, a report."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, send_file, url_for

from core.archive import ArchiveFilter
from core.archive.views import CheckView, VolumeView
from core.errors import Refusal, Unknown
from core.licences import LibraryAct
from core.policy.archive import VOLUME, archive_rules
from core.policy.library import library_rules
from webapp.admin.sheets import XLSX
from webapp.auth import audience
from webapp.context import form_key, number, the_actor, the_core
from webapp.sought import words_asked

ACTS = ("store", "file", "reopen", "hand_over")
archive_volumes = Blueprint("archive_volumes", __name__)


@archive_volumes.get("/archive/volumes")
@audience("archive")
def index() -> Response:
    (words, known), state = words_asked(), request.args.get("state", "")
    state = state if state in archive_rules().states else ""
    page = number(request.args.get("page"), 1, most=500)
    found = the_core().archive.volumes(the_actor(), words if known else "", state, page)
    return make_response(
        render_template("archive_volumes.html", page=found, words=words, state=state, states=archive_rules().states)
    )


@archive_volumes.get("/archive/volumes/<token>")
@audience("archive")
def one(token: str) -> Response:
    return _one(token)


def _one(token: str, said: Refusal | None = None, draft: str = "") -> Response:
    core, actor = the_core(), the_actor()
    view = core.archive.volume(actor, token[:40])
    page = number(request.args.get("page"), 1, most=500)
    held = core.archive.documents(actor, ArchiveFilter(volume=view.token), page)
    rules = library_rules().acts[VOLUME]
    text = render_template(
        "archive_volume.html", view=view, held=held, said=said, draft=draft, moments=archive_rules().moments,
        acts=[rules[act] for act in ACTS if view.state in rules[act].begins], fields=archive_rules().volume,
        filled=request.form if said else _shown(view),
        history=core.archive.history(actor, VOLUME, view.token),
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


def _shown(view: VolumeView) -> dict[str, str]:
    return {"title": view.title, "secrecy": view.secrecy, "box": view.box, "shelf": view.shelf}


@archive_volumes.post("/archive/volumes/<token>/<any(store, file, reopen, hand_over):act>")
@audience("archive")
def write(token: str, act: str) -> Response:
    """One act on a volume; filing and handing over make the check first and show its report when it found something."""
    core, actor = the_core(), the_actor()
    values = {field.key: request.form[field.key] for field in archive_rules().volume if field.key in request.form}
    told = LibraryAct(
        form_key(), VOLUME, act, token[:40], values, actor, " ".join(request.form.get("reason", "").split()),
        number(request.form.get("seen"), 0) or None,
    )  # fmt: skip
    try:
        done = core.archive.write(told)
    except Unknown:
        raise
    except Refusal as refusal:
        core.note_refusal(actor, f"{VOLUME}.{act}", f"{VOLUME}:{token[:40]}", refusal)
        return _one(token, refusal, act)
    flash(f"{done.sentence}。")
    return make_response(redirect(url_for("archive_volumes.one", token=token), 303))


@archive_volumes.post("/archive/volumes/<token>/check")
@audience("archive")
def check(token: str) -> Response:
    """The four properties judged now, on demand (§14)."""
    core, actor = the_core(), the_actor()
    moment = request.form.get("moment", "keeping")[:20]
    try:
        report = core.archive.check(form_key(), actor, token[:40], moment)
    except Unknown:
        raise
    except Refusal as refusal:
        core.note_refusal(actor, f"{VOLUME}.check", f"{VOLUME}:{token[:40]}", refusal)
        return _one(token, refusal)
    return make_response(redirect(url_for("archive_volumes.report", token=token, check=report.token), 303))


@archive_volumes.get("/archive/volumes/<token>/checks/<check>")
@audience("archive")
def report(token: str, check: str) -> Response:
    return make_response(render_template("archive_check.html", view=_report(token, check)))


@archive_volumes.get("/archive/volumes/<token>/checks/<check>.xlsx")
@audience("archive")
def report_sheet(token: str, check: str) -> Response:
    """The report as a file to keep with the volume."""
    view = _report(token, check)
    data = the_core().archive.report(the_actor(), view)
    name = f"四性检测-{view.volume_no}-{view.moment}.xlsx"
    return send_file(BytesIO(data), mimetype=XLSX, as_attachment=True, download_name=name)


@archive_volumes.post("/archive/volumes/<token>/export")
@audience("archive")
def export(token: str) -> Response:
    """The volume's papers with their hashes as a ZIP, with a reason, on record (D7)."""
    form_key()
    core, actor = the_core(), the_actor()
    try:
        name, file = core.archive.take(actor, token[:40], request.form.get("reason", ""))
    except Unknown:
        raise
    except Refusal as refusal:
        core.note_refusal(actor, f"{VOLUME}.exported", f"{VOLUME}:{token[:40]}", refusal)
        return _one(token, refusal, "export")
    return send_file(file, mimetype="application/zip", as_attachment=True, download_name=name)


def _report(token: str, check: str) -> CheckView:
    view = the_core().archive.volume(the_actor(), token[:40])
    found = next((one for one in view.checks if one.token == check[:40]), None)
    if found is None:
        raise Unknown(what="这份报告")
    return found
