"""The moves of a case from its page: the same commands as the card, through the same door."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, flash, make_response, redirect, request

from core import Command
from core.errors import Malformed, Refusal
from core.views import CaseView, MoveView
from webapp.admin.cases import case_address, case_page
from webapp.auth import audience
from webapp.context import form_key, number, the_actor, the_core
from webapp.flags import FLAG, must_be_seen, told

OWN = frozenset({"csrf_token", "token", "leg", "seen", "looked"})
"""Fields of the form itself; all others belong to the move."""
moves = Blueprint("moves", __name__)
log = structlog.get_logger(__name__)


@moves.post("/cases/<ref>/moves/<action>")
@audience("cases")
def take(ref: str, action: str) -> Response:
    """Execute one move; a refusal shows the case as it is now, the sentence, and the form as it was filled."""
    core, actor = the_core(), the_actor()
    case, leg = core.case_id(actor, ref[:40]), number(request.form.get("leg"), 0) or None
    seen = number(request.form.get("seen"), 0)
    if not seen:
        raise Malformed(why="表单不完整，请刷新页面再试")
    core.case_view(actor, case)  # a case of others is as good as none, whatever its number
    form = _listed(action)
    try:
        if action == "reveal":
            return _revealed(case, form.get("reason", ""))
        if action == FLAG and (look := must_be_seen(case, form)):
            view = core.case_view(actor, case)
            return case_page(view, said=told(look), draft=_same(view, action, leg))
        done = core.execute(Command(form_key(), case, action, actor, form, leg, seen, "web"))
    except Refusal as refusal:
        core.note_refusal(actor, "move", f"case:{case}", refusal)
        view = core.case_view(actor, case)
        return case_page(view, said=str(refusal), draft=_same(view, action, leg), status=refusal.status)
    flash(done.sentence)
    return make_response(redirect(case_address(done.no), 303))


def _revealed(case: int, reason: str) -> Response:
    """The caller in full, on this one answer: neither in an address nor in a cookie, and gone with the page."""
    core, actor = the_core(), the_actor()
    name, phone, address = core.reveal(actor, case, form_key(), reason)
    told = "，".join(part for part in (name, phone, address) if part) or "没有留下联系方式"
    return case_page(core.case_view(actor, case), said=f"诉求人：{told}。已记录您本次查看。")


def _listed(action: str) -> dict[str, str]:
    """The fields the action's rows list; others are ignored, and that is noted (control B4)."""
    rows = [move for flow in the_core().policy.flows.values() for move in flow.moves if move.action == action]
    listed = {name for move in rows for name in move.form}
    sent = {name: value.replace("\r\n", "\n") for name, value in request.form.items() if name not in OWN}
    if unlisted := sorted(set(sent) - listed):
        log.warning("fields ignored", action=action[:40], fields=[name[:40] for name in unlisted][:20])
    return {name: value for name, value in sent.items() if name in listed}


def _same(view: CaseView, action: str, leg: int | None) -> MoveView | None:
    return next((move for move in view.moves if move.action == action and move.leg == leg), None)
