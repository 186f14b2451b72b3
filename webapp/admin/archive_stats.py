"""审批资料 in numbers (R147), and what a subject filed before offered again (§14)."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from core.errors import Refusal, Unknown
from core.policy.archive import DOCUMENT, archive_rules
from core.policy.library import library_rules
from webapp.admin.library import file_of
from webapp.auth import audience
from webapp.context import form_key, the_actor, the_core
from webapp.sought import words_asked

archive_stats = Blueprint("archive_stats", __name__)


@archive_stats.get("/archive/stats")
@audience("archive")
def index() -> Response:
    return _page()


def _page(said: Refusal | None = None) -> Response:
    since, until, wrong = _period()
    told = the_core().archive.stats(the_actor(), since, until)
    return make_response(
        render_template("archive_stats.html", told=told, said=said, wrong=wrong), said.status if said else 200
    )


def _period() -> tuple[date, date, bool]:
    """The days asked for, this year when none is; and whether what stands in the address is no period."""
    today = the_core().today()
    try:
        since = date.fromisoformat(request.args.get("since") or f"{today.year}-01-01")
        until = date.fromisoformat(request.args.get("until") or today.isoformat())
    except ValueError:
        return today.replace(month=1, day=1), today, True
    if not date(2000, 1, 1) <= since <= until <= date(2100, 1, 1):
        return today.replace(month=1, day=1), today, True
    return since, until, False


@archive_stats.post("/archive/stats/export")
@audience("archive")
def export() -> Response:
    """The same numbers as Excel, with a reason, on record."""
    form_key()
    since, until, _ = _period()
    try:
        return file_of(the_core().archive.stats_sheet(the_actor(), since, until, request.form.get("reason", "")))
    except Refusal as refusal:
        the_core().note_refusal(the_actor(), "archive_document.stats_taken", f"{DOCUMENT}:stats", refusal)
        return _page(refusal)


@archive_stats.get("/archive/reuse/<any(company, person):kind>")
@audience("archive")
def whose(kind: str) -> Response:
    """Whose papers are wanted again."""
    (words, known), core = words_asked(), the_core()
    found = core.licences.subjects(the_actor(), kind, words) if words and known else None
    text = render_template(
        "archive_whose.html", found=found, words=words, kinds=library_rules().kinds, kind=kind, reuse=True
    )
    return make_response(text)


@archive_stats.get("/archive/reuse/of/<subject>")
@audience("archive")
def offered(subject: str) -> Response:
    return _offered(subject)


def _offered(subject: str, said: Refusal | None = None) -> Response:
    core, actor = the_core(), the_actor()
    holder = core.licences.subject(actor, subject[:40])
    text = render_template(
        "archive_reuse.html", holder=holder, offered=core.archive.reuse.offered(actor, holder.token), said=said,
        filled=request.form if said else MultiDict(), most=archive_rules().used_for,
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


@archive_stats.post("/archive/reuse/of/<subject>")
@audience("archive")
def use(subject: str) -> Response:
    """These papers serve again: each use on record with what for."""
    core, actor = the_core(), the_actor()
    key, lines = form_key(), [line[:40] for line in request.form.getlist("paper")[:100]]
    try:
        used_for, case_no = request.form.get("used_for", ""), request.form.get("case_no", "")
        done = core.archive.reuse.use(key, actor, subject[:40], lines, used_for, case_no)
    except Unknown as refusal:
        if lines:
            raise
        return _offered(subject, refusal)
    except Refusal as refusal:
        core.note_refusal(actor, f"{DOCUMENT}.use", f"{DOCUMENT}:list", refusal)
        return _offered(subject, refusal)
    flash(f"已记下复用 {len(done)} 份，不用请申请人再交。")
    return make_response(redirect(url_for("archive_stats.offered", subject=subject), 303))
