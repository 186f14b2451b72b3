"""证照库, 平台接入 (R185): what came from the 一体化平台, what became of it, and why something was refused."""

from __future__ import annotations

from math import ceil

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from core.licences.feed import PAGE, REFUSED, SETTLED, TAKEN
from core.policy.feeds import WAYS
from webapp.auth import audience
from webapp.context import form_key, number, the_actor, the_core

KINDS = {"": "全部", REFUSED: "不收的", TAKEN: "收下的", SETTLED: "已重发的"}
licence_feed = Blueprint("licence_feed", __name__)


@licence_feed.get("/library/platform")
@audience("library")
def index() -> str:
    core, page = the_core(), number(request.args.get("page"), 1, most=100_000)
    kind = request.args.get("kind", "")
    kind = kind if kind in KINDS else ""
    view = core.licences.feed.view(the_actor(), kind, page)
    many = {TAKEN: view.taken, REFUSED: view.refused, SETTLED: view.settled}
    total = many.get(kind, sum(many.values()))
    return render_template(
        "licence_feed.html", view=view, kind=kind, kinds=KINDS, page=page, pages=max(1, ceil(total / PAGE)), ways=WAYS,
        connected=bool(core.settings.service_platform.address),
    )  # fmt: skip


@licence_feed.post("/library/platform/<int:row>/again")
@audience("library")
def again(row: int) -> Response:
    """Try a refused licence again, such as after its holder's name was corrected here."""
    form_key()
    verdict = the_core().licences.feed.again(the_actor(), row)
    flash("已收下，登记到证照库。" if verdict.result != "rejected" else f"还是不能收：{verdict.reason}")
    return make_response(redirect(url_for("licence_feed.index", kind=REFUSED), 303))
