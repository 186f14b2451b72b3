"""设置: the registers an administrator keeps, a tab each: list, add, change, retire, delete, history of changes."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

import structlog
from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from core.errors import Refusal, Unknown
from core.policy.registers import ACTS
from core.register import Amend
from core.register.pages import SIZE, FormField, RegisterView
from webapp.auth import audience
from webapp.context import form_key, number, the_actor, the_core
from webapp.sought import words_asked

OWN = frozenset({"csrf_token", "token", "row", "reason"})
"""Fields of the form itself; all others belong to the register."""
settings = Blueprint("settings", __name__)
log = structlog.get_logger(__name__)


@settings.get("/settings")
@audience("settings")
def index() -> str:
    return _page(the_core().registers.page(the_actor()))


@settings.get("/settings/<register>")
@audience("settings")
def one(register: str) -> str:
    (words, _), page = words_asked(), number(request.args.get("page"), 1, most=100_000)
    return _page(the_core().registers.page(the_actor(), register[:40], words, page), words)


@settings.get("/settings/<register>/history")
@audience("settings")
def history(register: str) -> str:
    """Who changed what and why; of one row when `row` names it."""
    core, actor = the_core(), the_actor()
    row, page = request.args.get("row", "")[:40], number(request.args.get("page"), 1, most=100_000)
    changes, total = core.registers.history(actor, register[:40], row, page)
    view = core.registers.page(actor, register[:40])
    pages = max(1, ceil(total / SIZE))
    return render_template(
        "settings_history.html", view=view, changes=changes, total=total, row=row, page=page, pages=pages
    )


@settings.post("/settings/<register>/<act>")
@audience("settings")
def amend(register: str, act: str) -> Response:
    """One change; a refusal shows the register with the sentence, and the form as it was filled."""
    core, actor = the_core(), the_actor()
    if act not in ACTS:
        raise Unknown(what="这个动作")
    row = request.form.get("row", "")[:40]
    values = listed(core.registers.page(actor, register[:40]))
    command = Amend(form_key(), register[:40], act, row, values, actor, request.form.get("reason", ""))
    try:
        done = core.registers.write(command)
    except Refusal as refusal:
        core.note_refusal(actor, f"{register[:40]}.{act}", f"{register[:40]}:{row}", refusal)
        view = core.registers.page(actor, register[:40])
        return make_response(_page(view, said=str(refusal), draft=(act, row)), refusal.status)
    flash(f"{done.sentence}。")
    return make_response(redirect(url_for("settings.one", register=register), 303))


def listed(view: RegisterView) -> dict[str, str]:
    """The fields the register declares; others are ignored, and that is noted (control B4)."""
    sent = {name: ",".join(request.form.getlist(name)) for name in request.form if name not in OWN}
    if unlisted := sorted(set(sent) - set(view.register.fields)):
        log.warning("fields ignored", register=view.register.name, fields=[name[:40] for name in unlisted][:20])
    return {name: value for name, value in sent.items() if name in view.register.fields}


def _page(view: RegisterView, words: str = "", *, said: str = "", draft: tuple[str, str] = ("", "")) -> str:
    filled: Mapping[str, str] = {name: ",".join(request.form.getlist(name)) for name in request.form} if said else {}
    return render_template(
        "settings.html", view=view, words=words, said=said, draft=draft, filled=filled, acts=ACTS, held=held
    )


def held(field: FormField, filled: Mapping[str, str], mine: bool) -> str:
    """What a field of a form shows: what was just refused, or what is on record."""
    return filled.get(field.column.name, "") if mine else field.value
