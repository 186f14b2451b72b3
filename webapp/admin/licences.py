"""证照库, the licences: the list with its filters, one licence with pictures and versions, and every act on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from core.archive.views import DocumentView
from core.arrivals.opening import open_photo
from core.arrivals.photos import JPEG
from core.errors import BadField, Refusal, Unknown
from core.licences import LibraryAct, LicenceFilter
from core.licences.views import LicenceView
from core.policy.archive import archive_rules
from core.policy.arrivals import arrival_rules
from core.policy.library import LICENCE, library_rules
from core.policy.licences import LicenceField, LicenceType, licence_types
from webapp.admin.drawn import LOOKING
from webapp.admin.library import file_of
from webapp.auth import audience, takes_files
from webapp.context import form_key, number, the_actor, the_core
from webapp.sought import token_of, words_asked

CASE_NO = LicenceField("case_no", "办件编号", "text", False, "none", 40)
SUBMIT = ("draft", "issue")
WITH_FORM = ("change", "replace", "edit", "issue")
licences = Blueprint("licences", __name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter of this request as the address carries it; `ignored` are the parts that could not be read."""

    filter: LicenceFilter
    ignored: tuple[str, ...]

    def query(self, **changes: Any) -> dict[str, Any]:
        """The address of the same list with changes; empty parts are left out, the words go under seal."""
        one = self.filter
        values = {
            "type": one.type, "state": one.state, "case_no": one.case_no,
            "since": one.issued_from.isoformat() if one.issued_from else "",
            "until": one.issued_to.isoformat() if one.issued_to else "", "q": token_of(one.words), **changes,
        }  # fmt: skip
        return {name: value for name, value in values.items() if value}


@licences.get("/library/licences")
@audience("library")
def listed() -> Response:
    return _list()


def _list(said: Refusal | None = None) -> Response:
    asked = read_filter()
    page = the_core().licences.licences(the_actor(), asked.filter, number(request.args.get("page"), 1, most=500))
    text = render_template(
        "licences.html", page=page, asked=asked, said=said, types=by_group(), states=library_rules().states,
        kinds=library_rules().kinds, most=library_rules().limits.export,
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


def read_filter() -> Asked:
    """What the address asks for; what is no day or no known word is ignored and said."""
    args, ignored = request.args, list[str]()
    days: dict[str, date | None] = {}
    for name, title in (("since", "发证起"), ("until", "发证止")):
        try:
            days[name] = date.fromisoformat(args[name][:10]) if args.get(name) else None
        except ValueError:
            days[name] = None
            ignored.append(title)
    kind, state = args.get("type", ""), args.get("state", "")
    words, known = words_asked()
    ignored += [
        title for title, wrong in (("种类", kind and kind not in licence_types()), ("搜索", not known)) if wrong
    ]
    return Asked(
        LicenceFilter(
            words if known else "", kind if kind in licence_types() else "",
            state if state in library_rules().states and state != "replaced" else "",
            " ".join(args.get("case_no", "").split())[:40], days["since"], days["until"],
        ),
        tuple(ignored),
    )  # fmt: skip


@licences.post("/library/licences/export")
@audience("library")
def export() -> Response:
    """The list as Excel, with a reason."""
    form_key()
    try:
        return file_of(the_core().licences.exports.licences(the_actor(), read_filter().filter, _reason()))
    except Refusal as refusal:
        the_core().note_refusal(the_actor(), "licence.exported", f"{LICENCE}:list", refusal)
        return _list(refusal)


@licences.get("/library/licences/new")
@audience("library")
def new() -> Response:
    return _new()


def _new(said: Refusal | None = None) -> Response:
    """The form of one type, for one holder when the page of theirs was left for it; else the choice of a type."""
    core, actor, source = the_core(), the_actor(), request.form if said else request.args
    kind = licence_types().get(source.get("type", ""))
    subject = source.get("subject", "")[:40]
    holder = core.licences.subject(actor, subject) if subject else None
    if holder is not None and kind is not None and kind.holder != holder.kind:
        kind = None
    text = render_template(
        "licence_new.html", kind=kind, holder=holder, said=said, types=by_group(holder.kind if holder else ""),
        fields=form_fields(kind, holder=holder is None) if kind else (), filled=request.form if said else {},
        offered=_offered(holder.token) if holder and kind else (), ticked=request.form.getlist("paper") if said else (),
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


@licences.post("/library/licences/new")
@audience("library")
def add() -> Response:
    """A new licence, or a draft of one."""
    core, actor, act = the_core(), the_actor(), request.form.get("act", "issue")
    kind = licence_types().get(request.form.get("type", ""))
    try:
        if kind is None or act not in SUBMIT:
            raise Unknown(what="这种证照")
        names = [field.key for field in form_fields(kind, holder=True)]
        values = {name: request.form[name] for name in ("type", "subject", *names) if request.form.get(name)}
        key, again = form_key(), _again(values.get("subject", "")[:40])
        if again:
            values["files"] = ",".join(again.values())
        done = core.licences.write(LibraryAct(key, LICENCE, act, "", values, actor))
        if again:
            used_for = f"登记{kind.name}"[: archive_rules().used_for]
            core.archive.reuse.use(key, actor, values["subject"], list(again), used_for, values.get("case_no", ""))
    except Refusal as refusal:
        core.note_refusal(actor, f"{LICENCE}.{act[:20]}", f"{LICENCE}:new", refusal)
        return _new(refusal)
    flash(f"{done.sentence}。")
    return make_response(redirect(url_for("licences.one", line=done.no), 303))


def _offered(subject: str) -> list[DocumentView]:
    """Pictures this holder filed before that may serve again (§14)."""
    return [one for one in the_core().archive.reuse.offered(the_actor(), subject) if one.kind == JPEG]


def _again(subject: str) -> Mapping[str, str]:
    """The filed papers that were ticked, by line, as files."""
    lines = [line[:40] for line in request.form.getlist("paper")[: library_rules().limits.pictures]]
    return the_core().archive.reuse.pictures(the_actor(), subject, lines) if subject and lines else {}


@licences.get("/library/licences/<line>")
@audience("library")
def one(line: str) -> Response:
    return _one(line, version=request.args.get("version", "")[:40])


def _one(line: str, said: Refusal | None = None, draft: str = "", reason: str = "", version: str = "") -> Response:
    core, actor, rules = the_core(), the_actor(), library_rules()
    view = core.licences.licence(actor, line[:40], token=version, reason=reason)
    kind = licence_types()[view.type]
    acts = [rule for rule in rules.acts[LICENCE].values() if view.state in rule.begins and view.newest]
    text = render_template(
        "licence.html", view=view, kind=kind, acts=acts, said=said, draft=draft, revealed=bool(reason),
        history=core.licences.history(actor, LICENCE, view.line), fields=form_fields(kind, holder=False),
        filled=request.form if said else as_form(view, kind), with_form=WITH_FORM,
        reading=core.licences.readings.of_line(actor, view.line),
        pictures=rules.limits.pictures, megabytes=arrival_rules().photo.most_bytes // (1024 * 1024),
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


@licences.post("/library/licences/<line>/reveal")
@audience("library")
def reveal(line: str) -> Response:
    """Numbers in full for once, with the reason on record (F3)."""
    form_key()
    return _one(line, reason=_reason())


@licences.post("/library/licences/<line>/<act>")
@takes_files(arrival_rules().photo.form_bytes)
@audience("library")
def write(line: str, act: str) -> Response:
    """One act on a licence; a refusal brings the form back as it was filled."""
    core, actor = the_core(), the_actor()
    try:
        if act not in library_rules().acts[LICENCE] or act == "draft":
            raise Unknown(what="这个动作")
        values = _values(core.licences.licence(actor, line[:40]), act)
        seen = number(request.form.get("seen"), 0) or None
        done = core.licences.write(LibraryAct(form_key(), LICENCE, act, line[:40], values, actor, _reason(), seen))
    except Unknown:
        raise
    except Refusal as refusal:
        core.note_refusal(actor, f"{LICENCE}.{act[:20]}", f"{LICENCE}:{line[:40]}", refusal)
        return _one(line, refusal, act)
    flash(f"{done.sentence}。")
    target = url_for("licences.listed") if act == "discard" else url_for("licences.one", line=line)
    return make_response(redirect(target, 303))


def _values(view: LicenceView, act: str) -> dict[str, str]:
    """What the form changes: pictures kept first, fields that no longer read as they were shown. Raises WrongFile."""
    if act == "picture":
        raw = [file.read() for file in request.files.getlist("pictures") if file.filename]
        if not raw:
            raise BadField(field="图片", why="请先选择图片")
        fresh = [open_photo(one, arrival_rules().photo) for one in raw]
        return {"files": ",".join(the_core().files.keep(one, JPEG) for one in fresh)}
    if act == "unpicture":
        return {"picture": request.form.get("picture", "")[:40]}
    kind = licence_types()[view.type]
    before = as_form(view, kind)
    names = [field.key for field in form_fields(kind, holder=False) if field.key in request.form]
    return {name: request.form[name] for name in names if request.form[name].strip() != before.get(name, "")}


@licences.get("/library/pictures/<token>")
@audience("library")
def picture(token: str) -> Response:
    """The picture of a licence for the office, marked with who looks (R189); looking at it is on record (D4, F3)."""
    core, actor = the_core(), the_actor()
    response = make_response(core.faces.marked(core.licences.picture(actor, token[:40]), LOOKING, actor))
    response.headers["Content-Type"] = JPEG
    response.headers["Content-Disposition"] = 'inline; filename="licence.jpg"'
    return response


def form_fields(kind: LicenceType, *, holder: bool) -> tuple[LicenceField, ...]:
    """What the form of a type asks for; whose it is only where that is not known."""
    columns = [field for field in kind.columns if holder or field.key not in ("holder", "holder_code")]
    return (*columns, CASE_NO)


def as_form(view: LicenceView, kind: LicenceType) -> dict[str, str]:
    """A licence as its form shows it, masked where its reader sees it masked."""
    return {
        **{field.key: "" for field in kind.fields}, **{one.key: one.value for one in view.fields},
        "number": view.number, "issuer": view.issuer, "case_no": view.case_no,
        "issued_on": view.issued_on.isoformat(), "valid_from": view.valid_from.isoformat(),
        "valid_to": view.valid_to.isoformat() if view.valid_to else "长期",
    }  # fmt: skip


def by_group(holder: str = "") -> Mapping[str, list[LicenceType]]:
    """The types by the sector they belong to, of one kind of holder when it is said."""
    found: dict[str, list[LicenceType]] = {}
    for kind in licence_types().values():
        if not holder or kind.holder == holder:
            found.setdefault(kind.group, []).append(kind)
    return found


def _reason() -> str:
    return " ".join(request.form.get("reason", "").split())
