"""证照库, sheets (R181, R182): a template a type, a whole file checked, then registered while a bar runs."""

from __future__ import annotations

from io import BytesIO

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

from core.arrivals.fields import flat
from core.arrivals.opening import WrongFile
from core.errors import Refusal, Unknown
from core.licences.sheets import report, template
from core.policy.arrivals import MEGA
from core.policy.library import library_rules
from core.policy.licences import licence_types
from webapp.admin.licences import by_group
from webapp.admin.sheets import XLSX
from webapp.auth import audience, takes_files
from webapp.context import form_key, the_actor, the_core

MOST = library_rules().sheet.most_bytes + MEGA // 4
licence_sheets = Blueprint("licence_sheets", __name__)


@licence_sheets.get("/library/sheets")
@audience("library")
def index() -> Response:
    return _page()


def _page(said: Refusal | None = None) -> Response:
    rules = library_rules().sheet
    text = render_template(
        "library_sheets.html", latest=the_core().licences.imports.latest(the_actor()), said=said, types=by_group(),
        rows=rules.rows, megabytes=rules.most_bytes // MEGA, chosen=licence_types().get(request.values.get("type", "")),
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


@licence_sheets.post("/library/sheets")
@takes_files(MOST)
@audience("library")
def bring() -> Response:
    """Take a file in and check all of it; nothing is registered yet."""
    core, actor, file = the_core(), the_actor(), request.files.get("file")
    form_key()
    try:
        if file is None or not file.filename:
            raise WrongFile(what="表格", why="请先选择文件")
        name = flat(file.filename).replace("\0", "")[:80] or "表格"
        made = core.licences.imports.bring(actor, request.form.get("type", ""), name, file.read())
    except Refusal as refusal:
        core.note_refusal(actor, "licence.sheet_checked", "sheet:new", refusal)
        return _page(refusal)
    return make_response(redirect(url_for("licence_sheets.one", sheet=made), 303))


@licence_sheets.get("/library/sheets/template/<type_key>.xlsx")
@audience("library")
def blank(type_key: str) -> Response:
    """The empty sheet of one type. Raises Unknown."""
    kind = licence_types().get(type_key)
    if kind is None:
        raise Unknown(what="这种证照")
    return send_file(BytesIO(template(kind)), mimetype=XLSX, as_attachment=True, download_name=f"{kind.name}.xlsx")


@licence_sheets.get("/library/sheets/template")
@audience("library")
def choose() -> Response:
    """The template that was chosen from the list. Raises Unknown."""
    return blank(request.args.get("type", ""))


@licence_sheets.get("/library/sheets/<int:sheet>")
@audience("library")
def one(sheet: int) -> Response:
    return _shown(sheet)


def _shown(sheet: int, said: Refusal | None = None) -> Response:
    view, kind = the_core().licences.imports.view(the_actor(), sheet)
    text = render_template("sheet.html", view=view, kind=kind, said=said, unit="份")
    return make_response(text, said.status if said else 200)


@licence_sheets.post("/library/sheets/<int:sheet>")
@audience("library")
def decide(sheet: int) -> Response:
    """All of it, only what is in order, or nothing."""
    form_key()
    core, actor, wish = the_core(), the_actor(), request.form.get("wish", "")
    try:
        if wish == "drop":
            core.licences.imports.drop(actor, sheet)
            flash("已放弃，没有登记，内容没有保留。")
            return make_response(redirect(url_for("licence_sheets.index"), 303))
        core.licences.imports.start(actor, sheet, only_good=wish == "good")
    except Refusal as refusal:
        core.note_refusal(actor, "licence.sheet_started", f"sheet:{sheet}", refusal)
        return _shown(sheet, refusal)
    return make_response(redirect(url_for("licence_sheets.one", sheet=sheet), 303))


@licence_sheets.get("/library/sheets/<int:sheet>/progress")
@audience("library")
def progress(sheet: int) -> Response:
    """How far it got, for the bar."""
    view, _ = the_core().licences.imports.view(the_actor(), sheet)
    return jsonify(state=view.state, settled=view.settled, good=view.good)


@licence_sheets.get("/library/sheets/<int:sheet>/faults.xlsx")
@audience("library")
def faults(sheet: int) -> Response:
    """Row, column and reason of every fault, as a file to work through."""
    view, kind = the_core().licences.imports.view(the_actor(), sheet, every_fault=True)
    name = f"{kind.name}-要改的地方.xlsx"
    return send_file(BytesIO(report(view.faults)), mimetype=XLSX, as_attachment=True, download_name=name)
