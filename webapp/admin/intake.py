"""登记: a case the desk (新增办件, R084) or a unit (新建办件, R094) opens at its own table, with photos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from core.arrivals.fields import RULES, USUAL, Filled
from core.boards import WalkView
from core.errors import Refusal
from core.policy import URGENCIES
from core.policy.arrivals import MEGA, arrival_rules
from webapp.admin.photos import kept_photos
from webapp.auth import audience, takes_files
from webapp.context import form_key, number, the_actor, the_core

DESK = frozenset({"dispatcher", "desk_head", "caller"})
MOST = arrival_rules().photo.form_bytes + MEGA
intake = Blueprint("intake", __name__)


@intake.get("/intake")
@audience("intake")
def index() -> str:
    """An empty form, set as is usual for whoever opens it; on a walk with its place, from a screen with its number."""
    usual = {**USUAL, "wants_reply": "1"}
    if _at_desk():
        usual["channel"] = "RX"
    walk = _walk(request.args.get("walk"))
    if walk is not None:
        usual |= {"channel": USUAL["channel"], "place": walk.place, "anonymous": "1", "wants_reply": ""}
    elif seen := the_core().screens.evidence(request.args, the_actor().role):
        usual |= {"channel": USUAL["channel"], "anonymous": "1", "wants_reply": "", **seen}
    return _page(usual, {}, walk=walk)


@intake.post("/intake")
@takes_files(MOST)
@audience("intake")
def register() -> Response:
    """Open the case and go to it; a faulty form comes back as it was filled, each fault beside its field.

    Photos that are in order are kept meanwhile, so nobody has to choose them again.
    """
    core, actor, key = the_core(), the_actor(), form_key()
    filled, walk = core.arrivals.fill(request.form), _walk(request.form.get("walk"))
    photos, wrong = kept_photos(key)
    try:
        if wrong is not None:
            raise wrong
        done = core.register(key, filled.sure(), actor, "web")
        core.arrivals.photos.attach(actor, photos, done.case)
        if walk is not None:
            core.patrols.credit(actor, walk.id, done.case)
    except Refusal as refusal:
        core.note_refusal(actor, "register", "case:new", refusal)
        return _refused(filled, refusal, photos, walk)
    flash(done.sentence)
    return make_response(redirect(url_for("cases.one", ref=done.no), 303))


def _walk(told: str | None) -> WalkView | None:
    walk = number(told, 0)
    return the_core().patrols.may_find(the_actor(), walk) if walk else None


def _refused(filled: Filled, refusal: Refusal, photos: Sequence[str], walk: WalkView | None) -> Response:
    page = _page(filled.values, filled.faults, said=str(refusal), photos=photos, walk=walk)
    return make_response(page, refusal.status)


def _page(
    values: Mapping[str, str],
    faults: Mapping[str, str],
    said: str = "",
    photos: Sequence[str] = (),
    walk: WalkView | None = None,
) -> str:
    core = the_core()
    policy, towns, rules = core.policy, core.arrivals.towns(), arrival_rules().photo
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
        "intake.html", heading="新增办件" if _at_desk() else "新建办件", at_desk=_at_desk(), rules=RULES,
        choices=choices, values=values, faults=faults, said=said, photos=photos, walk=walk, most=rules.most,
        megabytes=rules.most_bytes // MEGA,
    )  # fmt: skip


def _at_desk() -> bool:
    return the_actor().role in DESK
