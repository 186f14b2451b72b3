"""Before a flag goes up, as pages ask and show it: what is open at the place, and whether it has been seen."""

from __future__ import annotations

from collections.abc import Mapping

from flask import g, request

from core.errors import Refusal
from core.flag_views import FlagLook
from core.joint_views import JointView
from core.views import CaseView
from webapp.context import the_actor, the_core

FLAG, AGAIN = "raise_flag", "relaunch"


def seen_of(look: FlagLook) -> str:
    """What a form sends back of what its page showed."""
    return " ".join(one.tail for one in look.promises)


def unseen(look: FlagLook) -> bool:
    """Whether something is open at the place that the page sent in did not show."""
    return not set(seen_of(look).split()) <= set(request.form.get("looked", "")[:400].split())


def told(look: FlagLook) -> str:
    """The sentence with which a form comes back."""
    return f"这个地点还有 {look.count} 件没了的事，请看过再树旗。"


def flag_look(view: CaseView) -> FlagLook:
    """What is open where a case lies, for whoever may raise a flag from it; what a sent form found goes first."""
    if "flag_look" not in g:
        g.flag_look = FlagLook(())
        if any(move.action == FLAG for move in view.moves):
            g.flag_look = the_core().flags.look(the_actor(), view.title, view.content, view.place, view.id)
    found: FlagLook = g.flag_look
    return found


def again_look(view: JointView) -> FlagLook:
    """What is open at the place of a finished order, for whoever may go on from it; what a sent form found goes first.

    Among it the order's own next steps that nobody has told done (R123, place memory).
    """
    if "flag_look" not in g:
        g.flag_look = FlagLook(())
        if any(move.action == AGAIN for move in view.moves):
            g.flag_look = the_core().flags.look(the_actor(), view.title, view.matter, view.place, order=view.id)
    found: FlagLook = g.flag_look
    return found


def must_be_seen(case: int | None, form: Mapping[str, str], order: int | None = None) -> FlagLook | None:
    """What is open at the place a form on a case or finished order names and was not shown yet; None when it may go up.

    A form that cannot be read is left to the door, which refuses it.
    """
    try:
        look = the_core().flags.read_over(the_actor(), form, case, order)
    except Refusal:
        return None
    if not unseen(look):
        return None
    g.flag_look = look
    return look
