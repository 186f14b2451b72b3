"""巡查: what the units plan to look at, the walks of today, and what came of each plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from core.boards import WalkView
from core.errors import Refusal, Unknown
from core.policy.registers import ACTS
from core.register import Amend
from core.register.pages import FormField, RegisterView, RowView
from core.views import CaseView
from webapp.admin.settings import held, listed
from webapp.auth import audience, may_open
from webapp.context import form_key, the_actor, the_core

REGISTER = "patrol"
patrols = Blueprint("patrols", __name__)


@patrols.get("/patrols")
@audience("patrols")
def index() -> str:
    return _page()


@patrols.get("/patrols/<int:plan>")
@audience("patrols")
def one(plan: int) -> Response:
    return _one(plan)


@patrols.post("/patrols/plan/<act>")
@audience("patrols")
def amend(act: str) -> Response:
    """A plan added, changed or retired through its register; a refusal brings the form back as it was filled."""
    core, actor = the_core(), the_actor()
    if act not in ACTS:
        raise Unknown(what="这个动作")
    row = request.form.get("row", "")[:20]
    values = listed(core.registers.page(actor, REGISTER))
    try:
        done = core.registers.write(
            Amend(form_key(), REGISTER, act, row, values, actor, request.form.get("reason", ""))
        )
    except Refusal as refusal:
        core.note_refusal(actor, f"{REGISTER}.{act}", f"{REGISTER}:{row}", refusal)
        if row:
            return _one(int(row) if row.isdecimal() else 0, said=refusal, draft=act)
        return make_response(_page(said=refusal), refusal.status)
    flash(f"{done.sentence}。")
    return make_response(redirect(url_for("patrols.one", plan=done.no), 303))


@patrols.post("/patrols/walks/<int:walk>/<act>")
@audience("patrols")
def walk(walk: int, act: str) -> Response:
    """Begin or end a walk of one's own, as the card does."""
    core, actor = the_core(), the_actor()
    form_key()
    acts: Mapping[str, Callable[[], str]] = {
        "begin": lambda: core.patrols.begin(actor, walk),
        "finish": lambda: core.patrols.finish(actor, walk, request.form.get("note", "")),
    }
    if act not in acts:
        raise Unknown(what="这个动作")
    try:
        said = acts[act]()
    except Refusal as refusal:
        core.note_refusal(actor, f"walk.{act}", f"walk:{walk}", refusal)
        return make_response(_page(said=refusal), refusal.status)
    flash(f"{said}。")
    return make_response(redirect(url_for("patrols.index"), 303))


@patrols.app_template_global()
def patrol_of(view: CaseView) -> WalkView | None:
    """The walk on which a case was found, for a reader who may look at patrols."""
    actor = the_actor()
    return the_core().patrols.of_case(actor, view.id) if may_open(actor, "patrols") else None


def _page(said: Refusal | None = None) -> str:
    core, actor = the_core(), the_actor()
    view = _register()
    return render_template(
        "patrols.html",
        plans=core.patrols.plans(actor),
        walks=core.patrols.of_day(actor),
        view=view,
        said=said,
        **_filled(said),
    )


def _one(plan: int, *, said: Refusal | None = None, draft: str = "") -> Response:
    core, actor = the_core(), the_actor()
    found, walks, cases = core.patrols.plan(actor, plan)
    view = _register()
    row = next((row for row in view.rows if row.key == str(plan)), None) if found.own else None
    changes, _ = core.registers.history(actor, REGISTER, str(plan))
    text = render_template(
        "patrol.html", plan=found, walks=walks, cases=cases, view=view, row=row, changes=changes, said=said,
        draft=draft, **_filled(said),
    )  # fmt: skip
    return make_response(text, said.status if said else 200)


def _filled(said: Refusal | None) -> dict[str, object]:
    filled = {name: ",".join(request.form.getlist(name)) for name in request.form} if said else {}
    return {"filled": filled, "held": held, "acts": ACTS, "send_to": _send_to}


def _send_to(_view: RegisterView, act: str) -> str:
    return url_for("patrols.amend", act=act)


def _register() -> RegisterView:
    """The register of plans with walkers to choose among one's own people only."""
    core, actor = the_core(), the_actor()
    view = core.registers.page(actor, REGISTER)
    directory = core.directory()
    within = directory.within(actor.unit) if actor.unit is not None else frozenset[int]()
    ours = {str(post) for post, holder in directory.holders.items() if holder.unit in within}

    def narrowed(fields: tuple[FormField, ...]) -> tuple[FormField, ...]:
        return tuple(
            replace(one, options=tuple(option for option in one.options if option.value in ours))
            if one.column.name == "walkers"
            else one
            for one in fields
        )

    def row(one: RowView) -> RowView:
        return replace(one, form=narrowed(one.form))

    return replace(view, rows=tuple(map(row, view.rows)), blank=narrowed(view.blank))
