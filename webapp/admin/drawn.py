"""One licence of the library drawn: its face with the mark, as a page, and its texts for its paper (R187–R189)."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from core.errors import FieldMissing, Refusal, Unknown
from core.licences.views import LicenceView
from webapp.admin.faces import JPEG, PDF, as_file
from webapp.auth import audience
from webapp.context import form_key, number, the_actor, the_core

LOOKING = "证照库内部查看"
WHATS = {"face": "电子证照", "form": "套打"}
drawn = Blueprint("drawn", __name__, url_prefix="/licence-faces/of")


@drawn.get("/<line>")
@audience("library")
def one(line: str) -> str:
    return _page(the_core().licences.licence(the_actor(), line[:40]))


@drawn.get("/<line>/face.jpg")
@audience("library")
def image(line: str) -> Response:
    """The face as the office sees it: numbers of persons masked, the reader's name in the mark."""
    core, actor = the_core(), the_actor()
    view = core.licences.licence(actor, line[:40])
    code = core.licences.subject(actor, view.subject).number
    return as_file(
        core.faces.of_licence(view, code, LOOKING, actor, core.licences.codes.link(view.line)), JPEG, "licence.jpg"
    )


@drawn.post("/<line>/<what>.pdf")
@audience("library")
def paper(line: str, what: str) -> Response:
    """In full, with a reason that is on record and stands in the mark: the face on A4, or the texts for its paper."""
    core, actor = the_core(), the_actor()
    form_key()
    reason, printer = " ".join(request.form.get("reason", "").split())[:100], request.form.get("printer")
    try:
        if what not in WHATS:
            raise Unknown(what="这种打印")
        if not reason:
            raise FieldMissing(field="用途", action="打印")
        view = core.licences.licence(actor, line[:40], reason=reason)
        code = core.licences.subject(actor, view.subject, reason=reason).number
        link = core.licences.codes.link(view.line)
        if what == "face":
            raw = core.faces.page_of_licence(view, code, reason, actor, link)
        else:
            raw = core.faces.form_of_licence(view, code, number(printer, 0) if printer else None, link)
    except Refusal as refusal:
        core.note_refusal(actor, f"licence.{what[:10]}_printed", f"licence:{line[:40]}", refusal)
        return make_response(_page(core.licences.licence(actor, line[:40]), str(refusal)), refusal.status)
    return as_file(raw, PDF, f"licence-{what}.pdf")


def _page(view: LicenceView, said: str = "") -> str:
    core = the_core()
    has_form = core.faces.face(core.faces.kind(view.type))[1] is not None
    return render_template("drawn.html", view=view, said=said, printers=core.faces.printers(), has_form=has_form)
