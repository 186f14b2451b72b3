"""组织导入: lists of units and people compared first, shown line by line, and changed only after a yes."""

from __future__ import annotations

import io

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from core.adapters.opus import build_opus
from core.arrivals.fields import flat
from core.arrivals.opening import WrongFile
from core.errors import Refusal, Unknown
from core.policy.arrivals import MEGA, arrival_rules
from core.policy.registers import ACTS, load_registers
from core.policy.roster import roster_rules
from core.ports import DirectorySource
from core.register.pages import tabs_of
from core.roster.plan import PlanView
from core.roster.rosters import SOURCES
from core.roster.sheets import NEEDED, labels_of
from webapp.admin.sheets import MOST, XLSX
from webapp.auth import audience, takes_files
from webapp.context import form_key, the_actor, the_core
from webapp.dingtalk import the_address_book

EXAMPLES = {
    "unit": ("xx_bureau", "秀英区某某局", "某某局", "部门", "区直部门", "", "", "", "是"),
    "person": ("wang_xm", "王小明", "19900001234", "", "是", "水务局", "经办人", "专办员"),
}
SHOWN = 300
"""Lines of one kind a page shows; all of them are done."""
GROUPS = (("unit", "单位"), ("person", "人员"), ("post", "岗位"))
roster = Blueprint("roster", __name__)


@roster.get("/settings/directory")
@audience("settings")
def index() -> Response:
    return _list()


@roster.post("/settings/directory")
@takes_files(MOST)
@audience("settings")
def bring() -> Response:
    """Take a sheet in and compare all of it; nothing is changed yet."""
    core, actor, file = the_core(), the_actor(), request.files.get("file")
    try:
        form_key()
        if file is None or not file.filename:
            raise WrongFile(what="表格", why="请先选择文件")
        name = flat(file.filename).replace("\0", "")[:80] or "表格"
        made = core.rosters.bring(actor, name, file.read())
    except Refusal as refusal:
        core.note_refusal(actor, "roster.checked", "roster:sheet", refusal)
        return _list(str(refusal), refusal.status)
    return _to(made)


@roster.post("/settings/directory/from/<source>")
@audience("settings")
def look(source: str) -> Response:
    """Read an outside directory now and compare; nothing is changed yet."""
    core, actor = the_core(), the_actor()
    form_key()
    try:
        made = core.rosters.look(actor, source_of(source))
    except Refusal as refusal:
        core.note_refusal(actor, "roster.checked", f"roster:{source[:20]}", refusal)
        return _list(str(refusal), refusal.status)
    return _to(made)


@roster.get("/settings/directory/<int:number>")
@audience("settings")
def one(number: int) -> Response:
    return _shown(the_core().rosters.view(the_actor(), min(number, 2**53)))


@roster.post("/settings/directory/<int:number>")
@audience("settings")
def decide(number: int) -> Response:
    """Do what is this reader's to do, or nothing of it."""
    form_key()
    core, actor, number = the_core(), the_actor(), min(number, 2**53)
    try:
        if request.form.get("wish") == "drop":
            core.rosters.drop(actor, number)
            flash("已放弃，没有改动，内容没有保留。")
            return make_response(redirect(url_for("roster.index"), 303))
        view = core.rosters.apply(actor, number, leaving_confirmed=request.form.get("leaving") == "yes")
    except Refusal as refusal:
        core.note_refusal(actor, "roster.applied", f"roster:{number}", refusal)
        return _shown(core.rosters.view(actor, number), str(refusal), refusal.status)
    return _shown(view)


@roster.get("/settings/directory/template-<kind>.xlsx")
@audience("settings")
def template(kind: str) -> Response:
    """An empty sheet of units or of people, all of it text, and one line as an example."""
    import xlsxwriter

    if kind not in EXAMPLES:
        raise Unknown(what="这个模板")
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True, "strings_to_formulas": False}) as book:
        text, head = book.add_format({"num_format": "@"}), book.add_format({"bold": True, "bg_color": "#EDF3FD"})
        page = book.add_worksheet("单位" if kind == "unit" else "人员和岗位")
        labels = labels_of(kind)
        page.set_column(0, len(labels) - 1, 18, text)
        page.freeze_panes(1, 0)
        for at, (label, name) in enumerate(labels.items()):
            page.write_string(0, at, f"{label}{'*' if name in NEEDED[kind] else ''}", head)
            page.write_string(1, at, EXAMPLES[kind][at], text)
    response = make_response(held.getvalue())
    response.headers["Content-Type"] = XLSX
    response.headers["Content-Disposition"] = f'attachment; filename="template-{kind}.xlsx"'
    return response


def source_of(name: str) -> DirectorySource:
    """An outside directory by its name. Raises Unknown where there is none, or no address is set."""
    found: DirectorySource | None = None
    if name == "dingtalk":
        found = the_address_book()
    elif name == "opus":
        found = build_opus(the_core().settings)
    if found is None:
        raise Unknown(what=SOURCES.get(name, "这个来源"))
    return found


def _list(said: str = "", status: int = 200) -> Response:
    core, rules = the_core(), arrival_rules().sheet
    page = render_template(
        "roster.html", latest=core.rosters.latest(the_actor()), said=said, tabs=tabs_of(the_actor()), sources=SOURCES,
        rows=rules.rows, megabytes=rules.most_bytes // MEGA, rules=roster_rules(),
        opus=bool(core.settings.opus.address),
    )  # fmt: skip
    return make_response(page, status)


def _shown(view: PlanView, said: str = "", status: int = 200) -> Response:
    groups = [(title, name, [line for line in view.plan.lines if line.register == name]) for name, title in GROUPS]
    registers = load_registers()
    holders = {name: [the_core().policy.roles[role] for role in registers[name].writes] for name, _ in GROUPS}
    page = render_template(
        "roster_plan.html", view=view, groups=groups, acts=ACTS, said=said, holders=holders, shown=SHOWN,
        sources=SOURCES,
    )  # fmt: skip
    return make_response(page, status)


def _to(number: int) -> Response:
    return make_response(redirect(url_for("roster.one", number=number), 303))
