"""审批资料: papers listed and searched, one paper with its pages and versions, filed, corrected, renewed, withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from core.archive import ArchiveFilter
from core.archive.papers import JPEG
from core.archive.views import DocumentView
from core.arrivals.opening import WrongFile
from core.errors import Refusal, Unknown
from core.licences import LibraryAct
from core.policy.archive import DOCUMENT, archive_rules
from core.policy.arrivals import MEGA
from core.policy.library import library_rules
from webapp.admin.drawn import LOOKING
from webapp.auth import audience, takes_files
from webapp.context import form_key, number, the_actor, the_core
from webapp.sought import token_of, words_asked

MOST = archive_rules().paper.most_bytes + MEGA // 4
STATES = {"usable": "在有效期内", "expired": "已过期"}
archive = Blueprint("archive", __name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter of this request as the address carries it; `ignored` are the parts that could not be read."""

    filter: ArchiveFilter
    ignored: tuple[str, ...]

    def query(self, **changes: Any) -> dict[str, Any]:
        """The address of the same list with changes; empty parts are left out, the words go under seal."""
        one = self.filter
        values = {
            "category": one.category, "holder": one.holder, "state": one.state,
            "since": one.since.isoformat() if one.since else "", "until": one.until.isoformat() if one.until else "",
            "q": token_of(one.words), **changes,
        }  # fmt: skip
        return {name: value for name, value in values.items() if value}


@archive.get("/archive")
@audience("archive")
def index() -> Response:
    """Papers found by text, subject, category and date (R147)."""
    asked = _read_filter()
    page = the_core().archive.documents(the_actor(), asked.filter, number(request.args.get("page"), 1, most=500))
    text = render_template(
        "archive.html", page=page, asked=asked, categories=the_core().archive.categories(), states=STATES,
        kinds=library_rules().kinds,
    )  # fmt: skip
    return make_response(text)


def _read_filter() -> Asked:
    args, ignored = request.args, list[str]()
    days: dict[str, date | None] = {}
    for name, title in (("since", "形成起"), ("until", "形成止")):
        try:
            days[name] = date.fromisoformat(args[name][:10]) if args.get(name) else None
        except ValueError:
            days[name] = None
            ignored.append(title)
    known = {
        "category": {one.code for one in the_core().archive.categories()}, "holder": set(library_rules().kinds),
        "state": set(STATES),
    }  # fmt: skip
    given = {name: args.get(name, "") for name in known}
    titles = {"category": "分类", "holder": "主体", "state": "状态"}
    ignored += [titles[name] for name, value in given.items() if value and value not in known[name]]
    (words, readable) = words_asked()
    if not readable:
        ignored.append("搜索")
    kept = {name: value if value in known[name] else "" for name, value in given.items()}
    return Asked(
        ArchiveFilter(words if readable else "", **kept, since=days["since"], until=days["until"]), (*ignored,)
    )


@archive.get("/archive/new/<any(company, person):kind>")
@audience("archive")
def whose(kind: str) -> Response:
    """Whose the paper is that comes next."""
    (words, known), core = words_asked(), the_core()
    found = core.licences.subjects(the_actor(), kind, words) if words and known else None
    return make_response(
        render_template("archive_whose.html", found=found, words=words, kinds=library_rules().kinds, kind=kind)
    )


@archive.get("/archive/new")
@audience("archive")
def new() -> Response:
    return _new(request.args.get("subject", ""))


def _new(subject: str, said: Refusal | None = None) -> Response:
    """The form of a new paper of a known subject; without one, the question whose it is."""
    if not subject:
        return make_response(redirect(url_for("archive.whose", kind="company")))
    core = the_core()
    holder = core.licences.subject(the_actor(), subject[:40])
    text = render_template(
        "archive_new.html", holder=holder, said=said, categories=core.archive.categories(holder.kind),
        fields=archive_rules().fields, filled=request.form, megabytes=archive_rules().paper.most_bytes // MEGA,
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


@archive.post("/archive/new")
@takes_files(MOST)
@audience("archive")
def add() -> Response:
    """One paper of a known subject into its volume."""
    core, actor = the_core(), the_actor()
    subject, category = request.form.get("subject", "")[:40], request.form.get("category", "")[:10]
    try:
        done = core.archive.file(form_key(), actor, subject, category, _fields(), _sent())
    except Refusal as refusal:
        core.note_refusal(actor, f"{DOCUMENT}.file", f"{DOCUMENT}:new", refusal)
        return _new(subject, refusal)
    flash(f"{done.sentence}。")
    return make_response(redirect(url_for("archive.one", line=done.no), 303))


def _sent() -> bytes:
    """The file of this form. Raises WrongFile."""
    file = request.files.get("paper")
    if file is None or not file.filename:
        raise WrongFile(what="资料", why="请先选择文件")
    raw: bytes = file.read()
    return raw


def _fields() -> dict[str, str]:
    return {field.key: request.form[field.key] for field in archive_rules().fields if field.key in request.form}


@archive.get("/archive/papers/<line>")
@audience("archive")
def one(line: str) -> Response:
    return _one(line, version=request.args.get("version", "")[:40])


def _one(line: str, said: Refusal | None = None, draft: str = "", version: str = "") -> Response:
    core, actor = the_core(), the_actor()
    view = core.archive.document(actor, line[:40], token=version)
    rules = library_rules().acts[DOCUMENT]
    acts = [rule for rule in rules.values() if view.state in rule.begins and view.newest and not view.withdrawn]
    text = render_template(
        "archive_one.html", view=view, said=said, draft=draft, fields=archive_rules().fields,
        filled=_filled(view, said), acts=[rule for rule in acts if rule.key != "use" or view.usable],
        history=core.archive.history(actor, DOCUMENT, line[:40]), megabytes=archive_rules().paper.most_bytes // MEGA,
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


def _filled(view: DocumentView, said: Refusal | None) -> Mapping[str, str]:
    return request.form if said else {one.key: one.value for one in view.fields}


@archive.post("/archive/papers/<line>/<any(change, replace, withdraw, use):act>")
@takes_files(MOST)
@audience("archive")
def write(line: str, act: str) -> Response:
    """One act on a paper; a refusal brings the form back as it was filled."""
    core, actor = the_core(), the_actor()
    told = LibraryAct(
        form_key(), DOCUMENT, act, line[:40], _fields(), actor, " ".join(request.form.get("reason", "").split()),
        number(request.form.get("seen"), 0) or None,
    )  # fmt: skip
    try:
        if act == "replace":
            done = core.archive.renew(told, _sent())
        else:
            more = {"used_for": request.form.get("used_for", "")} if act == "use" else {}
            done = core.archive.write(replace(told, values={**told.values, **more}))
    except Unknown:
        raise
    except Refusal as refusal:
        core.note_refusal(actor, f"{DOCUMENT}.{act}", f"{DOCUMENT}:{line[:40]}", refusal)
        return _one(line, refusal, act)
    flash(f"{done.sentence}。")
    return make_response(redirect(url_for("archive.one", line=line), 303))


@archive.get("/archive/pages/<token>/<int:page>.jpg")
@audience("archive")
def page(token: str, page: int) -> Response:
    """A page of a paper, marked with who looks (R189); looking at it is on record (D4, F3)."""
    core, actor = the_core(), the_actor()
    raw = core.archive.page(actor, token[:40], min(page, 10_000))
    response = make_response(core.faces.marked(raw, LOOKING, actor))
    response.headers["Content-Type"] = JPEG
    response.headers["Content-Disposition"] = 'inline; filename="paper.jpg"'
    return response
