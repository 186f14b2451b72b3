"""证照库, whom licences belong to: companies and persons listed, searched, changed, deleted, taken out as Excel."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, send_file, url_for

from core.errors import Refusal, Unknown
from core.licences import LibraryAct
from core.measures.exports import Taken
from core.policy.library import SUBJECT, library_rules
from webapp.admin.stats import EXCEL
from webapp.auth import audience
from webapp.context import form_key, number, the_actor, the_core
from webapp.sought import words_asked

KIND = "<any(company, person):kind>"
library = Blueprint("library", __name__)


@library.get("/library")
@audience("library")
def index() -> Response:
    return make_response(redirect(url_for("library.listed", kind="company")))


@library.get(f"/library/{KIND}")
@audience("library")
def listed(kind: str) -> Response:
    return _list(kind)


def _list(kind: str, said: Refusal | None = None) -> Response:
    (words, known), page = words_asked(), number(request.args.get("page"), 1, most=500)
    found = the_core().licences.subjects(the_actor(), kind, words if known else "", page)
    rules = library_rules()
    text = render_template(
        "library.html", page=found, kind=rules.kinds[kind], words=words, kinds=rules.kinds, said=said,
        filled=request.form if said else {}, most=rules.limits.export,
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


@library.get(f"/library/{KIND}/<token>")
@audience("library")
def one(kind: str, token: str) -> Response:
    return _one(kind, token)


def _one(kind: str, token: str, said: Refusal | None = None, draft: str = "", reason: str = "") -> Response:
    core, actor = the_core(), the_actor()
    view = core.licences.subject(actor, token[:40], reason=reason)
    if view.kind != kind:
        raise Unknown(what="这个企业或个人")
    rules = library_rules()
    text = render_template(
        "library_one.html", view=view, kind=rules.kinds[kind], licences=core.licences.of_subject(actor, view.token),
        history=core.licences.history(actor, SUBJECT, view.token), said=said, draft=draft, revealed=bool(reason),
        filled=request.form if said else {one.key: one.value for one in view.fields},
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


@library.post(f"/library/{KIND}/<act>")
@audience("library")
def write(kind: str, act: str) -> Response:
    """One act on a company or a person; a refusal brings the form back as it was filled."""
    core, actor, row = the_core(), the_actor(), request.form.get("row", "")[:40]
    try:
        if act not in library_rules().acts[SUBJECT]:
            raise Unknown(what="这个动作")
        values = sent(kind, core.licences.subject(actor, row).fields if act == "change" else ())
        reason, seen = request.form.get("reason", ""), number(request.form.get("seen"), 0) or None
        done = core.licences.write(LibraryAct(form_key(), SUBJECT, act, row, values, actor, reason, seen))
    except Refusal as refusal:
        core.note_refusal(actor, f"{SUBJECT}.{act[:20]}", f"{SUBJECT}:{row}", refusal)
        return _one(kind, row, refusal, act) if row and not isinstance(refusal, Unknown) else _list(kind, refusal)
    flash(f"{done.sentence}。")
    gone = act == "delete"
    target = url_for("library.listed", kind=kind) if gone else url_for("library.one", kind=kind, token=done.no)
    return make_response(redirect(target, 303))


def sent(kind: str, shown: tuple[object, ...]) -> dict[str, str]:
    """The fields of the form; what still reads as it was shown, masked or not, is left out and so stays as it is."""
    before: Mapping[str, str] = {one.key: one.value for one in shown}  # type: ignore[attr-defined]
    names = [field.key for field in library_rules().kinds[kind].fields if field.key in request.form]
    given = {name: request.form[name] for name in names}
    return {
        "kind": kind,
        **{name: text for name, text in given.items() if text.strip() != before.get(name) or not before},
    }


@library.post(f"/library/{KIND}/<token>/reveal")
@audience("library")
def reveal(kind: str, token: str) -> Response:
    """Numbers in full for once, with the reason on record (F3)."""
    form_key()
    reason = " ".join(request.form.get("reason", "").split())[: library_rules().limits.reason]
    return _one(kind, token, reason=reason)


@library.post(f"/library/{KIND}/export")
@audience("library")
def export(kind: str) -> Response:
    """What the list shows as Excel (R170, R176): masked, or in full when that was asked for; on record either way."""
    form_key()
    words, known = words_asked()
    full = request.form.get("full", "") == "yes"
    try:
        taken = the_core().licences.exports.subjects(
            the_actor(), kind, words if known else "", request.form.get("reason", ""), full=full
        )
    except Refusal as refusal:
        the_core().note_refusal(the_actor(), "subject.exported", f"{SUBJECT}:{kind}", refusal)
        return _list(kind, refusal)
    return file_of(taken)


def file_of(taken: Taken) -> Response:
    """An Excel file under its Chinese name."""
    return send_file(BytesIO(taken.data), mimetype=EXCEL, as_attachment=True, download_name=taken.name)
