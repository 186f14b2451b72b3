"""从表格导入: a sheet is checked as a whole, its faults shown row by row, then registered while a bar shows how far."""

from __future__ import annotations

import csv
import io

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, render_template, request, url_for

from core.arrivals.fields import RULES, flat
from core.arrivals.opening import WrongFile
from core.arrivals.rows import COLUMNS, NEEDED
from core.errors import Refusal
from core.plain import as_cell
from core.policy import URGENCIES
from core.policy.arrivals import MEGA, arrival_rules
from webapp.auth import audience, takes_files
from webapp.context import form_key, the_actor, the_core

MOST = arrival_rules().sheet.most_bytes + MEGA // 4
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXAMPLE = {
    "title": "港口路下雨就积水", "content": "雨停两小时水还没退，电动车过不去。", "place": "港口路公交站",
    "channel": "热线电话", "type": "投诉", "urgency": "一般", "caller_phone": "19900001234", "wants_reply": "是",
}  # fmt: skip
sheets = Blueprint("sheets", __name__)


@sheets.get("/intake/sheets")
@audience("intake")
def index() -> str:
    return _page()


def _page(said: str = "") -> str:
    rules = arrival_rules().sheet
    return render_template(
        "sheets.html", latest=the_core().arrivals.imports.latest(the_actor()), said=said, rows=rules.rows,
        megabytes=rules.most_bytes // MEGA,
    )  # fmt: skip


@sheets.post("/intake/sheets")
@takes_files(MOST)
@audience("intake")
def bring() -> Response:
    """Take a file in and check all of it; nothing is registered yet."""
    core, actor, file = the_core(), the_actor(), request.files.get("file")
    try:
        if file is None or not file.filename:
            raise WrongFile(what="表格", why="请先选择文件")
        made = core.arrivals.imports.bring(actor, flat(file.filename).replace("\0", "")[:80] or "表格", file.read())
    except Refusal as refusal:
        core.note_refusal(actor, "sheet.checked", "sheet:new", refusal)
        return make_response(_page(str(refusal)), refusal.status)
    return make_response(redirect(url_for("sheets.one", sheet=made), 303))


@sheets.get("/intake/sheets/<int:sheet>")
@audience("intake")
def one(sheet: int) -> Response:
    return _shown(sheet)


def _shown(sheet: int, said: str = "", status: int = 200) -> Response:
    view = the_core().arrivals.imports.view(the_actor(), sheet)
    return make_response(render_template("sheet.html", view=view, said=said), status)


@sheets.post("/intake/sheets/<int:sheet>")
@audience("intake")
def decide(sheet: int) -> Response:
    """All of it, only what is in order, or nothing."""
    form_key()
    core, actor, wish = the_core(), the_actor(), request.form.get("wish", "")
    try:
        if wish == "drop":
            core.arrivals.imports.drop(actor, sheet)
            flash("已放弃，没有登记，内容没有保留。")
            return make_response(redirect(url_for("sheets.index"), 303))
        core.arrivals.imports.start(actor, sheet, only_good=wish == "good")
    except Refusal as refusal:
        core.note_refusal(actor, "sheet.started", f"sheet:{sheet}", refusal)
        return _shown(sheet, str(refusal), refusal.status)
    return make_response(redirect(url_for("sheets.one", sheet=sheet), 303))


@sheets.get("/intake/sheets/<int:sheet>/progress")
@audience("intake")
def progress(sheet: int) -> Response:
    """How far it got, for the bar."""
    view = the_core().arrivals.imports.view(the_actor(), sheet)
    return jsonify(state=view.state, settled=view.settled, good=view.good)


@sheets.get("/intake/sheets/<int:sheet>/faults.csv")
@audience("intake")
def faults(sheet: int) -> Response:
    """Every fault as a file a spreadsheet opens; no cell of it is a formula."""
    view = the_core().arrivals.imports.view(the_actor(), sheet, every_fault=True)
    held = io.StringIO()
    table = csv.writer(held)
    table.writerow(("行", "列", "原因"))
    table.writerows((fault.row, as_cell(fault.column or "整行"), as_cell(fault.why)) for fault in view.faults)
    return _file(b"\xef\xbb\xbf" + held.getvalue().encode(), "text/csv; charset=utf-8", "faults.csv")


@sheets.get("/intake/sheets/template.xlsx")
@audience("intake")
def template() -> Response:
    """An empty sheet with our columns, all of them text, and one line as an example."""
    import xlsxwriter

    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True, "strings_to_formulas": False}) as book:
        text, head = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "bg_color": "#EDF3FD"})
        page = book.add_worksheet("登记")
        page.set_column(0, len(COLUMNS) - 1, 18, text)
        page.freeze_panes(1, 0)
        for at, name in enumerate(COLUMNS):
            page.write_string(0, at, f"{RULES[name].label}{'*' if name in NEEDED else ''}", head)
            page.write_string(1, at, EXAMPLE.get(name, ""), text)
            if choices := _choices(name):
                page.data_validation(1, at, arrival_rules().sheet.rows, at, {"validate": "list", "source": choices})
    return _file(held.getvalue(), XLSX, "template.xlsx")


def _choices(name: str) -> list[str]:
    """The words a column chooses from, where a cell's own list can hold them."""
    policy, today = the_core().policy, the_core().today()
    if name in ("keep_secret", "wants_reply", "hard", "sensitive"):
        return ["是", "否"]
    titles = {
        "channel": [one.short for one in policy.open_sources(today)],
        "type": list(policy.types.values()),
        "service_type": [one.title for one in policy.open_service_types(today)],
        "urgency": list(URGENCIES.values()),
        "town": sorted(the_core().arrivals.towns().towns),
    }
    return titles.get(name, [])


def _file(body: bytes, kind: str, name: str) -> Response:
    response = make_response(body)
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
