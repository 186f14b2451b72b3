"""审批资料, existing papers (R148–R152): templates, a manifest and a ZIP taken in, repaired on a screen, filed."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import (
    Blueprint,
    Response,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)

from core.archive.batch_views import READING, RUNNING, STATES
from core.archive.items import MATCHED
from core.archive.naming import EXAMPLE, RULE
from core.archive.sheets import rows_told, template, title_of
from core.arrivals.fields import flat
from core.errors import Refusal
from core.licences.sheets import report
from core.policy.archive import archive_rules
from core.policy.arrivals import MEGA
from core.policy.library import library_rules
from webapp.admin.sheets import XLSX
from webapp.auth import audience, takes_files
from webapp.context import form_key, number, the_actor, the_core

KIND = "<any(company, person):kind>"
MOST = archive_rules().batch.most_bytes + library_rules().sheet.most_bytes + MEGA
SIZE = 50
archive_batches = Blueprint("archive_batches", __name__)


@archive_batches.get("/archive/batches")
@audience("archive")
def index() -> Response:
    return _page()


def _page(said: Refusal | None = None) -> Response:
    rules = archive_rules().batch
    text = render_template(
        "archive_batches.html", latest=the_core().archive.batches.latest(the_actor()), said=said, rule=RULE,
        examples=EXAMPLE, kinds=library_rules().kinds, chosen=request.values.get("kind", ""), entries=rules.entries,
        megabytes=rules.most_bytes // MEGA, rows=rules.rows,
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


@archive_batches.get(f"/archive/batches/template/{KIND}.xlsx")
@audience("archive")
def blank(kind: str) -> Response:
    """The empty manifest of companies (R149) or persons (R151)."""
    data = template(kind, the_core().archive.categories(kind))
    return send_file(BytesIO(data), mimetype=XLSX, as_attachment=True, download_name=f"{title_of(kind)}.xlsx")


@archive_batches.post("/archive/batches")
@takes_files(MOST)
@audience("archive")
def bring() -> Response:
    """Take a manifest and a ZIP in; nothing is registered yet."""
    core, actor = the_core(), the_actor()
    form_key()
    listed, papers = request.files.get("manifest"), request.files.get("papers")
    try:
        manifest = None
        if listed is not None and listed.filename:
            manifest = (flat(listed.filename).replace("\0", "")[:80] or "清单", listed.read())
        raw = papers.read() if papers is not None and papers.filename else None
        made = core.archive.batches.bring(actor, request.form.get("kind", ""), manifest, raw)
    except Refusal as refusal:
        core.note_refusal(actor, "archive_batch.brought", "archive_batch:new", refusal)
        return _page(refusal)
    return make_response(redirect(url_for("archive_batches.one", token=made), 303))


@archive_batches.get("/archive/batches/<token>")
@audience("archive")
def one(token: str) -> Response:
    return _one(token)


def _one(token: str, said: Refusal | None = None, item: str = "") -> Response:
    core, actor = the_core(), the_actor()
    view, state = core.archive.batches.view(actor, token[:40]), request.args.get("state", "")
    state = state if state in view.counts else ""
    total = view.counts[state] if state else sum(view.counts.values())
    page = number(request.args.get("page"), 1, most=500)
    items = core.archive.batches.items(actor, view.token, state, page, SIZE) if view.state != READING else ()
    loose = [one for one in core.archive.batches.loose(actor, view.token) if view.state != READING]
    text = render_template(
        "archive_batch.html", view=view, items=items, loose=loose, said=said, opened=item, state=state, states=STATES,
        page=page, pages=max(1, -(-total // SIZE)), fields=archive_rules().fields,
        categories=core.archive.categories(view.kind), subject=library_rules().kinds[view.kind].fields[:2],
        good=view.counts.get(MATCHED, 0), busy=view.state in (READING, RUNNING),
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


@archive_batches.post("/archive/batches/<token>/items/<item>")
@audience("archive")
def mend(token: str, item: str) -> Response:
    """One item repaired on the screen: other words, another file, a yes, or left out."""
    form_key()
    core, actor = the_core(), the_actor()
    try:
        state = core.archive.batches.mend(actor, token[:40], item[:40], request.form.to_dict())
    except Refusal as refusal:
        core.note_refusal(actor, "archive_batch.mended", f"archive_batch:{token[:40]}", refusal)
        return _one(token, refusal, item)
    flash(f"这一条现在是「{STATES[state][0]}」。")
    asked = {"state": request.form.get("back_state", ""), "page": request.form.get("back_page", "")}
    back: dict[str, Any] = {name: text for name, text in asked.items() if text}
    return make_response(redirect(url_for("archive_batches.one", token=token, **back), 303))


@archive_batches.post("/archive/batches/<token>")
@audience("archive")
def decide(token: str) -> Response:
    """File what matched, or keep nothing of it."""
    form_key()
    core, actor = the_core(), the_actor()
    try:
        if request.form.get("wish") == "drop":
            core.archive.batches.drop(actor, token[:40])
            flash("已放弃，没有归档的内容没有保留。")
            return make_response(redirect(url_for("archive_batches.index"), 303))
        core.archive.batches.start(actor, token[:40])
    except Refusal as refusal:
        core.note_refusal(actor, "archive_batch.started", f"archive_batch:{token[:40]}", refusal)
        return _one(token, refusal)
    return make_response(redirect(url_for("archive_batches.one", token=token), 303))


@archive_batches.get("/archive/batches/<token>/progress")
@audience("archive")
def progress(token: str) -> Response:
    """How far it got, for the bar."""
    view = the_core().archive.batches.view(the_actor(), token[:40])
    return jsonify(state="running" if view.state in (READING, RUNNING) else view.state, settled=view.settled)


@archive_batches.get("/archive/batches/<token>/report.xlsx")
@audience("archive")
def faults(token: str) -> Response:
    """What did not match and why, by row and file, as a file to work through."""
    core, actor = the_core(), the_actor()
    view = core.archive.batches.view(actor, token[:40])
    told = rows_told(core.archive.batches.every(actor, view.token), STATES)
    name = f"{view.kind_title}资料-核对结果.xlsx"
    return send_file(BytesIO(report(told)), mimetype=XLSX, as_attachment=True, download_name=name)
