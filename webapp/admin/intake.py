"""登记: a case the desk (新增办件, R084) or a unit (新建办件, R094) opens at its own table."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from core.arrivals.fields import RULES, USUAL, Filled
from core.errors import Refusal
from core.policy import URGENCIES
from webapp.auth import audience
from webapp.context import form_key, the_actor, the_core

DESK = frozenset({"dispatcher", "desk_head", "caller"})
intake = Blueprint("intake", __name__)


@intake.get("/intake")
@audience("intake")
def index() -> str:
    """An empty form, set as is usual for whoever opens it."""
    usual = {**USUAL, "wants_reply": "1"}
    if _at_desk():
        usual["channel"] = "RX"
    return _page(usual, {})


@intake.post("/intake")
@audience("intake")
def register() -> Response:
    """Open the case and go to it; a faulty form comes back as it was filled, each fault beside its field."""
    core, actor = the_core(), the_actor()
    filled = core.arrivals.fill(request.form)
    try:
        done = core.register(form_key(), filled.sure(), actor, "web")
    except Refusal as refusal:
        core.note_refusal(actor, "register", "case:new", refusal)
        return _refused(filled, refusal)
    flash(done.sentence)
    return make_response(redirect(url_for("cases.one", ref=done.no), 303))


def _refused(filled: Filled, refusal: Refusal) -> Response:
    return make_response(_page(filled.values, filled.faults, said=str(refusal)), refusal.status)


def _page(values: object, faults: object, said: str = "") -> str:
    core = the_core()
    policy, towns = core.policy, core.arrivals.towns()
    choices = {
        "channel": [(one.code, one.title) for one in policy.open_sources(core.today())],
        "type": list(policy.types.items()),
        "service_type": [(one.code, one.title) for one in policy.open_service_types(core.today())],
        "urgency": list(URGENCIES.items()),
        "town": [(name, name) for name in sorted(towns.towns)],
        "class_code": [
            f"{row.code} {row.title}（{policy.class_title(row.code)}）"
            for row in policy.classes.values()
            if row.level > 1
        ],
        "community": sorted(towns.communities),
    }
    return render_template(
        "intake.html",
        heading="新增办件" if _at_desk() else "新建办件",
        at_desk=_at_desk(),
        rules=RULES,
        choices=choices,
        values=values,
        faults=faults,
        said=said,
    )


def _at_desk() -> bool:
    return the_actor().role in DESK
