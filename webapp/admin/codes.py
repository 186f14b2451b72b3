"""证照码 at a desk: batches for the sticker printer, a hand scanner's field, binding, voiding, taking out."""

from __future__ import annotations

from collections.abc import Sequence
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

from core.errors import BadField, Refusal, Unknown
from core.licences import LibraryAct, LicenceFilter
from core.licences.codes import CodeView
from core.licences.codes.desk import Download
from core.licences.codes.drawing import PNG
from core.licences.codes.no import NoSuchCode, TooManyPicked
from core.licences.views import LicenceView
from core.policy.arrivals import arrival_rules
from core.policy.codes import code_rules
from core.policy.library import BATCH, CODE, library_rules
from webapp.auth import audience, takes_files
from webapp.check import texts_on
from webapp.context import form_key, number, the_actor, the_core

PHOTO = arrival_rules().photo.form_bytes
FOUND = 10
TAKING = "证照库下载存档"
codes = Blueprint("codes", __name__)


@codes.get("/library/codes")
@audience("library")
def index() -> Response:
    return _index()


def _index(said: Refusal | None = None) -> Response:
    page = the_core().licences.codes.batches(the_actor(), number(request.args.get("page"), 1, most=500))
    text = render_template(
        "codes.html", page=page, said=said, rules=code_rules(), filled=request.form if said else {}
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


@codes.post("/library/codes/order")
@audience("library")
def order() -> Response:
    """A batch of unbound codes, made by the clock (R183)."""
    try:
        values = {name: request.form.get(name, "")[:200] for name in ("count", "layout", "note")}
        done = the_core().licences.write(LibraryAct(form_key(), BATCH, "order", "", values, the_actor()))
    except Refusal as refusal:
        the_core().note_refusal(the_actor(), f"{BATCH}.order", f"{BATCH}:new", refusal)
        return _index(refusal)
    flash(f"{done.sentence}。")
    return make_response(redirect(url_for("codes.batch", token=done.no), 303))


@codes.get("/library/codes/batches/<token>")
@audience("library")
def batch(token: str) -> Response:
    return _batch(token)


def _batch(token: str, said: Refusal | None = None, *, voiding: bool = False) -> Response:
    core, actor, state = the_core(), the_actor(), request.args.get("state", "")
    state = state if state in ("free", "bound", "void") else ""
    view = core.licences.codes.batch(actor, token[:40])
    page = core.licences.codes.codes(actor, view.token, state, number(request.args.get("page"), 1, most=500))
    text = render_template(
        "code_batch.html", view=view, page=page, state=state, said=said, voiding=voiding,
        states=library_rules().code_states, history=core.licences.history(actor, BATCH, view.token),
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


@codes.get("/library/codes/batches/<token>/progress")
@audience("library")
def progress(token: str) -> Response:
    """How far a batch got, for the bar."""
    view = the_core().licences.codes.batch(the_actor(), token[:40])
    return jsonify(state="running" if view.state == "making" else view.state, settled=view.percent)


@codes.get("/library/codes/batches/<token>/<any(excel, pictures, sheet):what>")
@audience("library")
def file(token: str, what: str) -> Response:
    """What the sticker printer takes (R183, R184)."""
    return _sent(the_core().licences.codes.file(the_actor(), token[:40], what))


@codes.post("/library/codes/batches/<token>/void")
@audience("library")
def void_batch(token: str) -> Response:
    """Every sticker of a batch that is not in use, as when a box is lost."""
    core, actor = the_core(), the_actor()
    try:
        done = core.licences.write(LibraryAct(form_key(), BATCH, "void", token[:40], {}, actor, _reason()))
    except Unknown:
        raise
    except Refusal as refusal:
        core.note_refusal(actor, f"{BATCH}.void", f"{BATCH}:{token[:40]}", refusal)
        return _batch(token, refusal, voiding=True)
    flash(f"{done.sentence}。")
    return make_response(redirect(url_for("codes.batch", token=done.no), 303))


@codes.post("/library/codes/find")
@takes_files(PHOTO)
@audience("library")
def find() -> Response:
    """The code that a hand scanner typed, or that is on a photo."""
    form_key()
    try:
        view = the_core().licences.codes.code(the_actor(), _scanned())
    except Refusal as refusal:
        the_core().note_refusal(the_actor(), f"{CODE}.find", f"{CODE}:scan", refusal)
        return _index(refusal)
    return make_response(redirect(url_for("codes.one", code=view.code), 303))


@codes.get("/library/codes/<code>")
@audience("library")
def one(code: str) -> Response:
    return _one(code)


def _one(code: str, said: Refusal | None = None, draft: str = "") -> Response:
    """A code with its history; a free one with the licences that the words find, to choose from."""
    core, actor = the_core(), the_actor()
    view = _known(code)
    words = " ".join((request.form.get("words") or "").split())[:60]
    found = core.licences.licences(actor, LicenceFilter(words)).items[:FOUND] if words and view.state == "free" else ()
    licence = core.licences.licence(actor, view.line) if view.line else None
    text = render_template(
        "code.html", view=view, licence=licence, found=found, words=words, said=said, draft=draft,
        history=core.licences.history(actor, CODE, view.code),
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


def _known(code: str) -> CodeView:
    try:
        return the_core().licences.codes.code(the_actor(), code[:40])
    except NoSuchCode:
        raise Unknown(what="这个码") from None


@codes.post("/library/codes/<code>/choose")
@audience("library")
def choose(code: str) -> Response:
    """Licences to bind this sticker to, by number, case number or holder; the words stay out of the address."""
    form_key()
    return _one(code)


@codes.post("/library/codes/<code>/<any(bind, void):act>")
@audience("library")
def write(code: str, act: str) -> Response:
    """Bind a sticker to the licence that was chosen, or void it."""
    core, actor, view = the_core(), the_actor(), _known(code)
    try:
        values = {"line": request.form.get("line", "")[:40]} if act == "bind" else {}
        done = core.licences.write(LibraryAct(form_key(), CODE, act, view.code, values, actor, _reason()))
    except Refusal as refusal:
        core.note_refusal(actor, f"{CODE}.{act}", f"{CODE}:{view.code}", refusal)
        return _one(view.code, refusal, act)
    flash(f"{done.sentence}。")
    return make_response(redirect(url_for("codes.one", code=view.code), 303))


@codes.get("/library/codes/<code>/<any(qr, bars):kind>.png")
@audience("library")
def picture(code: str, kind: str) -> Response:
    """One code as a picture (R186)."""
    view = _known(code)
    data = the_core().licences.codes.picture(the_actor(), view.code, bars=kind == "bars")
    name = f"{view.number}{'条码' if kind == 'bars' else ''}.png"
    return send_file(BytesIO(data), PNG, as_attachment="take" in request.args, download_name=name)


# --- from the page of a licence ---


@codes.get("/library/licences/<line>/code")
@audience("library")
def of_licence(line: str) -> Response:
    return _of_licence(line)


def _of_licence(line: str, said: Refusal | None = None) -> Response:
    core, actor = the_core(), the_actor()
    view = core.licences.licence(actor, line[:40])
    text = render_template(
        "licence_code.html", licence=view, code=core.licences.codes.of_line(actor, view.line), said=said,
        filled=request.form if said else {}, layouts=code_rules().layouts,
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


@codes.post("/library/licences/<line>/code/<any(make, bind):act>")
@takes_files(PHOTO)
@audience("library")
def give(line: str, act: str) -> Response:
    """A code for a licence: a new one, or the sticker that was scanned (R180)."""
    core, actor = the_core(), the_actor()
    try:
        if act == "make":
            asked = LibraryAct(form_key(), CODE, "make", line[:40], {}, actor, _reason())
        else:
            code = core.licences.codes.code(actor, _scanned()).code
            asked = LibraryAct(form_key(), CODE, "bind", code, {"line": line[:40]}, actor, _reason())
        done = core.licences.write(asked)
    except Unknown:
        raise
    except Refusal as refusal:
        core.note_refusal(actor, f"{CODE}.{act}", f"licence:{line[:40]}", refusal)
        return _of_licence(line, refusal)
    flash(f"{done.sentence}。")
    return make_response(redirect(url_for("codes.of_licence", line=line), 303))


@codes.post("/library/codes/take/<any(zip, sheet):what>")
@audience("library")
def take(what: str) -> Response:
    """The codes of the licences that were picked, of everything of one holder, or ticked in a batch (R172, R177)."""
    form_key()
    core, actor, subject = the_core(), the_actor(), request.form.get("subject", "")[:40]
    lines: Sequence[str] = [line[:40] for line in request.form.getlist("line")]
    picked, batch = [code[:60] for code in request.form.getlist("chosen")], request.form.get("batch", "")[:40]
    try:
        more: Sequence[tuple[str, bytes]] = ()
        if subject:
            views = core.licences.of_subject(actor, subject)
            lines = [one.line for one in views]
            more = _faces(views, subject) if what == "zip" else ()
        taken = core.licences.codes.take(actor, lines, what, request.form.get("layout", "a4"), more, picked)
    except Unknown:
        raise
    except Refusal as refusal:
        core.note_refusal(actor, f"{CODE}.taken", f"{CODE}:picked", refusal)
        return _batch(batch, refusal) if batch else _index(refusal)
    return _sent(taken)


def _faces(views: Sequence[LicenceView], subject: str) -> list[tuple[str, bytes]]:
    """The electronic licences of one holder, masked for the office and marked with who took them (R172, R177)."""
    core, actor, most = the_core(), the_actor(), code_rules().faces
    if len(views) > most:
        raise TooManyPicked(limit=most)
    code = core.licences.subject(actor, subject).number
    links = [core.licences.codes.link(one.line) for one in views]
    drawn = [core.faces.of_licence(one, code, TAKING, actor, link) for one, link in zip(views, links, strict=True)]
    return [(f"{at:02} {one.type_name}.jpg", raw) for at, (one, raw) in enumerate(zip(views, drawn, strict=True), 1)]


def _scanned() -> str:
    """What the scanner typed, or the first code of ours on the photo. Raises WrongFile, BadField, NoSuchCode."""
    typed, photo = request.form.get("scan", "").strip()[:300], request.files.get("photo")
    if typed:
        return typed
    if photo is None or not photo.filename:
        raise BadField(field="码", why="请用扫码枪扫，或选一张拍下码的照片")
    texts = texts_on(photo.read())
    if not texts:
        raise NoSuchCode()
    return texts[0]


def _reason() -> str:
    return " ".join(request.form.get("reason", "").split())[:200]


def _sent(taken: Download) -> Response:
    return send_file(BytesIO(taken.data), taken.kind, as_attachment=True, download_name=taken.name)
