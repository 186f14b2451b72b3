"""分析研判 on the phone (R024): briefings written, compared, submitted, shown, taken out and sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from io import BytesIO

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, send_file, url_for

from core.briefing_views import FigureSheet
from core.briefings import BriefingGone, Overtaken
from core.briefings.opening import CASES, ORDERS, opens
from core.briefings.papers import KINDS, LISTS
from core.errors import BadField, Malformed, Refusal
from core.sm import sm3
from webapp.auth import audience, may_open
from webapp.context import number, the_actor, the_core

WAS = "was_"
"""Before the name of a field: the mark of what it began with."""
briefings = Blueprint("briefings", __name__)


@briefings.get("/m/briefings")
@audience("briefings")
def index() -> str:
    """Drafts for whoever writes, and what was submitted."""
    return _shelf()


@briefings.post("/m/briefings")
@audience("briefings")
def begin() -> Response:
    """A draft of the period named, figures filled in; the one there is already. A refusal shows the list."""
    try:
        draft = the_core().briefings.begin(the_actor(), request.form.get("kind", ""), _day(request.form.get("day", "")))
    except Refusal as refusal:
        return make_response(_shelf(str(refusal)), refusal.status)
    return make_response(redirect(url_for("briefings.draft", number=draft), 303))


@briefings.get("/m/briefings/drafts/<int:number>")
@audience("briefings")
def draft(number: int) -> Response:
    """One draft: its figures, the drafted sentences, and the parts a person writes."""
    return _draft(number)


@briefings.post("/m/briefings/drafts/<int:number>")
@audience("briefings")
def save(number: int) -> Response:
    """Keep what was written; 采用 puts the drafted words in place of the summary."""
    drafted = request.form.get("words") == "drafted"
    try:
        the_core().briefings.save(the_actor(), number, _seq(), _texts(), drafted=drafted)
    except Refusal as refusal:
        return _refused(number, refusal)
    flash("已保存。")
    return make_response(redirect(url_for("briefings.draft", number=number), 303))


@briefings.post("/m/briefings/drafts/<int:number>/submit")
@audience("briefings")
def submit(number: int) -> Response:
    """Freeze it with these words; then the briefing itself."""
    try:
        filed = the_core().briefings.submit(the_actor(), number, _seq(), _texts())
    except BriefingGone as gone:
        mine = the_core().briefings.filed(the_actor(), number, _seq(), _texts())
        if mine is None:
            return _refused(number, gone)
        filed = mine  # the answer to the first press never arrived
    except Refusal as refusal:
        return _refused(number, refusal)
    flash("已提交，内容和数字都已固定。")
    return make_response(redirect(url_for("briefings.one", number=filed), 303))


@briefings.post("/m/briefings/drafts/<int:number>/figures")
@audience("briefings")
def retake(number: int) -> Response:
    """Take the figures anew; what was written stays."""
    try:
        the_core().briefings.retake(the_actor(), number, _seq())
    except Refusal as refusal:
        return _refused(number, refusal)
    flash("数字已更新。")
    return make_response(redirect(url_for("briefings.draft", number=number), 303))


@briefings.post("/m/briefings/drafts/<int:number>/delete")
@audience("briefings")
def delete(number: int) -> Response:
    """Throw the draft away."""
    try:
        the_core().briefings.delete(the_actor(), number, _seq())
    except Refusal as refusal:
        return _refused(number, refusal)
    flash("草稿已删除。")
    return make_response(redirect(url_for("briefings.index"), 303))


@briefings.get("/m/briefings/<int:number>")
@audience("briefings")
def one(number: int) -> str:
    """A submitted briefing as it was frozen."""
    return _one(number)


@briefings.post("/m/briefings/<int:number>/export")
@audience("briefings")
def export(number: int) -> Response:
    """The briefing as Word or PDF, with a reason; a refusal shows it with its sentence."""
    core, actor = the_core(), the_actor()
    view = core.briefings.one(actor, _known(number))
    try:
        taken = core.briefings.papers.take(actor, view, request.form.get("kind", ""), request.form.get("reason", ""))
    except Refusal as refusal:
        core.note_refusal(actor, "briefing.exported", f"briefing:{number}", refusal)
        return make_response(_one(number, str(refusal)), refusal.status)
    return send_file(BytesIO(taken.data), mimetype=taken.kind, as_attachment=True, download_name=taken.name)


@briefings.post("/m/briefings/<int:number>/send")
@audience("briefings")
def send(number: int) -> Response:
    """Bring it to people's chats as a card."""
    core, actor = the_core(), the_actor()
    view = core.briefings.one(actor, _known(number))
    try:
        flash(core.briefings.sending.send(actor, view, request.form.getlist("to")[:10]))
    except Refusal as refusal:
        return make_response(_one(number, str(refusal)), refusal.status)
    return make_response(redirect(url_for("briefings.one", number=number), 303))


def _shelf(said: str = "") -> str:
    kind, page = request.args.get("kind", "")[:10], number(request.args.get("page"), 1)
    shelf = the_core().briefings.shelf(the_actor(), kind, page)
    return render_template("screen/briefings.html", shelf=shelf, said=said, filled=request.form)


def _draft(number: int, refusal: Refusal | None = None, typed: Mapping[str, str] | None = None) -> Response:
    """The draft as it is kept; after a refusal with what was typed in its fields.

    Where somebody else wrote meanwhile, a field nobody typed in shows what they wrote, and one that both changed shows
    what was typed, with what is kept beside it.
    """
    core = the_core()
    was = {name.removeprefix(WAS): said for name, said in request.form.items() if name.startswith(WAS)}
    view, given = core.briefings.draft(the_actor(), _known(number)), dict(typed or {})
    beside: dict[str, str] = {}
    if isinstance(refusal, Overtaken):
        given = {name: text for name, text in given.items() if _mark(text) != was.get(name)}
        beside = {
            name: view.texts[name]
            for name in given
            if _mark(view.texts[name]) not in (was.get(name), _mark(given[name]))
        }
    page = render_template(
        "screen/briefing_draft.html", view=view, parts=core.briefings.policy.texts, texts={**view.texts, **given},
        said=refusal, lists=LISTS, opens=_opens(view.figures),
        beside=beside, was={name: _mark(text) for name, text in view.texts.items()},
    )  # fmt: skip
    return make_response(page, refusal.status if refusal else 200)


def _mark(text: str) -> str:
    """Tells one text from another, so that a form knows what its fields began with."""
    return sm3(text.strip().encode("utf-8", "surrogatepass")).hex()[:16]


def _refused(number: int, refusal: Refusal) -> Response:
    """Nothing that was typed is lost: it stands in the form again, or by itself where the draft is gone."""
    core, actor, typed = the_core(), the_actor(), _texts()
    if not core.briefings.may_write(actor):
        raise refusal
    if isinstance(refusal, BriefingGone):
        kept = [(one.title, typed[one.name]) for one in core.briefings.policy.texts if typed[one.name].strip()]
        page = render_template("screen/briefing_gone.html", said=refusal, kept=kept)
        return make_response(page, refusal.status)
    return _draft(number, refusal, {name: text for name, text in typed.items() if name in request.form})


def _one(number: int, said: str = "") -> str:
    core = the_core()
    view = core.briefings.one(the_actor(), _known(number))
    return render_template(
        "screen/briefing.html", view=view, said=said, kinds=KINDS, hears=core.briefings.policy.hears, lists=LISTS,
        opens=_opens(view.figures),
    )  # fmt: skip


def _opens(sheet: FigureSheet) -> dict[str, str]:
    """Number → address of what is behind it; nothing of a page that this reader may not open."""
    lists = {CASES: "stats.cases", ORDERS: "joint_scores.orders"}
    mine = {page: url_for(endpoint) for page, endpoint in lists.items() if may_open(the_actor(), page)}
    found = opens(sheet, the_core().world()).items()
    return {name: f"{mine[one.page]}?{one.asked}" for name, one in found if one.page in mine}


def _texts() -> dict[str, str]:
    """What was typed, by the name of its part."""
    names = [one.name for one in the_core().briefings.policy.texts]
    return {name: request.form.get(name, "").replace("\r\n", "\n") for name in names}


def _seq() -> int:
    """The version the form was drawn from. Raises Malformed."""
    found = number(request.form.get("seq"), 0)
    if not found:
        raise Malformed(why="表单不完整，请刷新页面再试")
    return found


def _known(given: int) -> int:
    """A number a database can hold; a longer one is nobody's."""
    return min(given, 2**53)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise BadField(field="日期", why="请从日历中选择") from None
