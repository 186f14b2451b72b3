"""联办: the lists of joint orders for each who has a part in them, one order with its process, and raising the flag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, send_file, url_for

from core import Command
from core.errors import Malformed, NotYours, Refusal
from core.flag_views import FlagLook
from core.joint_papers import KINDS, numbers_of
from core.joint_views import JointLegView, JointView
from core.policy.arrivals import MEGA, arrival_rules
from core.queries.joint_lists import SOURCES as KINDS_OF_SOURCE
from core.queries.joint_lists import JointFilter
from core.register import Amend
from core.views import MoveView
from webapp.admin.photos import keep_basis, kept_photos
from webapp.auth import audience, takes_files
from webapp.context import form_key, number, the_actor, the_core
from webapp.flags import AGAIN, must_be_seen, seen_of, told, unseen

OWN = frozenset({"csrf_token", "token", "leg", "seen", "looked", "photo", "photos", "bases"})
SOURCES = {"": "全部来源", **KINDS_OF_SOURCE}
FORM = ("title", "flag_kind", "flag_reason", "matter", "units", "meet_at", "place")
WITH_PHOTOS = frozenset({"report", "keep_promise"})
REFUSE = "refuse"
MOST = arrival_rules().photo.form_bytes + MEGA
joint = Blueprint("joint", __name__)


@dataclass(frozen=True, slots=True)
class Step:
    """One stage on the line of progress; `at` when it was reached."""

    title: str
    at: datetime | None
    now: bool


@joint.get("/joint")
@audience("joint")
def index() -> str:
    """One list, the reader's first unless another is asked for, narrowed by source, state and words."""
    wanted = JointFilter(
        source=request.args.get("source", "") if request.args.get("source") in SOURCES else "",
        state=request.args.get("state", "") if request.args.get("state") in _states() else "",
        words=request.args.get("q", "")[:60],
    )
    page = the_core().joints.listed(
        the_actor(), request.args.get("list", ""), wanted, number(request.args.get("page"), 1)
    )
    query = {"list": page.key, "source": wanted.source, "state": wanted.state, "q": wanted.words}
    return render_template(
        "joint.html", page=page, wanted=wanted, query={name: value for name, value in query.items() if value},
        sources=SOURCES, states=_states(), may_raise=_may_raise(),
    )  # fmt: skip


@joint.get("/joint/new")
@audience("joint")
def new() -> str:
    """The empty form, from a screen with its number. Raises NotYours for whoever may not raise a flag."""
    the_core().joints.may_raise(the_actor())
    seen = the_core().screens.evidence(request.args, the_actor().role)
    return _new({"title": seen["title"], "matter": seen["content"], "place": seen["place"]} if seen else {})


@joint.post("/joint")
@audience("joint")
def raise_flag() -> Response:
    """Raise the flag and go to the order; a refused form comes back as it was filled, with the sentence."""
    core, actor = the_core(), the_actor()
    core.joints.may_raise(actor)
    form = {name: request.form.get(name, "").replace("\r\n", "\n") for name in FORM}
    ticked = _ticked()
    written = (form["units"].strip(), *ticked)
    whole = {**form, "units": "、".join(part for part in written if part)}
    try:
        look = core.flags.read_over(actor, whole)
        if unseen(look):
            return make_response(_new(form, told(look), look, ticked))
        done = core.joints.raise_flag(form_key(), whole, actor, "web")
    except Refusal as refusal:
        core.note_refusal(actor, "raise_flag", "joint_order:new", refusal)
        return make_response(_new(form, str(refusal), ticked=ticked), refusal.status)
    flash(done.sentence)
    return make_response(redirect(url_for("joint.one", ref=done.no), 303))


@joint.post("/joint/look")
@audience("joint")
def look() -> str:
    """What is open at a place and whom a matter calls for, while the form is filled in: a fragment of its page.

    A POST, though nothing changes: what a matter is about belongs in no address.
    """
    the_core().joints.may_raise(the_actor())
    title, matter, place = (request.form.get(name, "").strip()[:1000] for name in ("title", "matter", "place"))
    found = the_core().flags.look(the_actor(), title, matter, place)
    return render_template("joint_look.html", look=found, looked=seen_of(found), ticked=_ticked())


@joint.post("/joint/groups")
@audience("joint")
def save_group() -> Response:
    """Keep units as a group for the next time, or take one of one's own back; then the empty form again."""
    core, actor = the_core(), the_actor()
    core.joints.may_raise(actor)
    row = request.form.get("row", "")[:20]
    names = core.directory().by_word
    members = ",".join(str(names[one]) for one in request.form.getlist("unit")[:40] if one in names)
    values = {"title": request.form.get("title", "").strip(), "members": members}
    act = "retire" if row else "add"
    try:
        core.registers.write(Amend(form_key(), "unit_group", act, row, {} if row else values, actor))
    except Refusal as refusal:
        core.note_refusal(actor, "unit_group", f"unit_group:{row or 'new'}", refusal)
        return make_response(_new({}, str(refusal)), refusal.status)
    flash("单位组已停用" if row else f"已存为单位组「{values['title']}」")
    return make_response(redirect(url_for("joint.new"), 303))


@joint.get("/joint/<ref>")
@audience("joint")
def one(ref: str) -> Response:
    """One order by its number or a tail of it. Raises Unknown alike for a foreign and for a missing one."""
    core, actor = the_core(), the_actor()
    return _one(core.joints.view(actor, core.joints.find(actor, ref)))


@joint.post("/joint/<ref>/export")
@audience("joint")
def export(ref: str) -> Response:
    """The order's process as Word, PDF or CSV, with a reason; a refusal shows the order with its sentence."""
    core, actor = the_core(), the_actor()
    order = core.joints.find(actor, ref)
    try:
        taken = core.joint_papers.take(actor, order, request.form.get("kind", ""), request.form.get("reason", ""))
    except Refusal as refusal:
        core.note_refusal(actor, "joint.exported", f"joint_order:{order}", refusal)
        return _one(core.joints.view(actor, order), said=str(refusal), status=refusal.status)
    return send_file(BytesIO(taken.data), mimetype=taken.kind, as_attachment=True, download_name=taken.name)


@joint.post("/joint/<ref>/moves/<action>")
@takes_files(MOST)
@audience("joint")
def take(ref: str, action: str) -> Response:
    """Execute one move; a refusal shows the order as it is now, the sentence, and the form as it was filled."""
    core, actor = the_core(), the_actor()
    order, leg = core.joints.find(actor, ref), number(request.form.get("leg"), 0) or None
    seen = number(request.form.get("seen"), 0)
    if not seen:
        raise Malformed(why="表单不完整，请刷新页面再试")
    form = {name: value.replace("\r\n", "\n") for name, value in request.form.items() if name not in OWN}
    try:
        photos, wrong = kept_photos(form_key()) if action in WITH_PHOTOS else ([], None)
        if wrong is not None:
            raise wrong
        if action == REFUSE:
            keep_basis(form_key(), order)
        if action == AGAIN and (near := must_be_seen(None, form, order)):
            return _refused(order, action, leg, told(near), 200)
        done = core.execute(Command(form_key(), order, action, actor, form, leg, seen, "web", "joint_order"))
        core.arrivals.photos.attach_to_leg(actor, photos, leg or 0)
    except Refusal as refusal:
        core.note_refusal(actor, "move", f"joint_order:{order}", refusal)
        return _refused(order, action, leg, str(refusal), refusal.status)
    flash(done.sentence)
    return make_response(redirect(url_for("joint.one", ref=done.no), 303))


def _refused(order: int, action: str, leg: int | None, said: str, status: int) -> Response:
    """The order as it is now, the sentence, and the form as it was filled."""
    view = the_core().joints.view(the_actor(), order)
    same = next((move for move in view.moves if move.action == action and move.leg == leg), None)
    return _one(view, said=said, draft=same, status=status)


def _one(view: JointView, *, said: str = "", draft: MoveView | None = None, status: int = 200) -> Response:
    filled = request.form if said else {}
    own, order = view.own, [move for move in view.moves if move.leg is None]
    bar = [*(move for move in view.moves if own is not None and move.leg == own.id), *order]
    bars: dict[int, Sequence[MoveView]] = {
        leg.id: [move for move in view.moves if move.leg == leg.id] for leg in view.legs if leg is not own
    }
    main = [move for move in (*bar, *(move for moves in bars.values() for move in moves)) if move.face == "main"]
    page = render_template(
        "joint_one.html", view=view, said=said, draft=draft, filled=filled, bar=bar, bars=bars, steps=_steps(view),
        primary=next((move for move in main if move.style == "primary"), None), legs=_in_order(view.legs),
        kinds=KINDS, numbers=numbers_of(view),
    )  # fmt: skip
    return make_response(page, status)


def _in_order(legs: Sequence[JointLegView]) -> list[JointLegView]:
    """One's own part first; those that left last."""
    return sorted(legs, key=lambda leg: (not leg.own, leg.state == "released"))


def _steps(view: JointView) -> list[Step]:
    """Where the order stands, by the events that brought it there."""
    reached = {line.name.partition(".")[2]: line.at for line in view.timeline if line.name.startswith("joint_order.")}
    titles = (
        ("树旗", "raised", "answering"), ("签到", "check_in_started", "signing"),
        ("会议结束", "meeting_ended", "working"), ("办结", "closed", "close_review"), ("双向评价", "closed", "to_rate"),
        ("完成", "", "completed"),
    )  # fmt: skip
    over = next((reached[name] for name in ("rated", "rating_ended") if name in reached), None)
    over = over or (reached.get("closed") if view.ended else None)
    return [Step(title, reached.get(event) if event else over, view.state == state) for title, event, state in titles]


def _ticked() -> list[str]:
    """Units and groups ticked anywhere on the page, each once."""
    return list(dict.fromkeys((*request.form.getlist("unit")[:40], *request.form.getlist("group")[:10])))


def _new(values: dict[str, str], said: str = "", look: FlagLook | None = None, ticked: Sequence[str] = ()) -> str:
    core = the_core()
    found = look or FlagLook(())
    return render_template(
        "joint_new.html", fields=core.joints.form(), values=values, said=said, look=found, looked=seen_of(found),
        ticked=ticked, choices=core.flags.choices(the_actor()),
    )  # fmt: skip


def _states() -> dict[str, str]:
    return {name: state.title for name, state in the_core().policy.flows["joint_order"].states.items()}


def _may_raise() -> bool:
    try:
        the_core().joints.may_raise(the_actor())
    except NotYours:
        return False
    return True
