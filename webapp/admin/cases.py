"""办件: the lists of the desk with their filters, and one case beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request

from core.boards import Outcome
from core.views import CaseView, LegView, MoveView, WorkItem, WorkPage
from webapp.admin.filters import Wanted, chips, read_filter
from webapp.admin.steps import steps
from webapp.auth import audience
from webapp.context import the_actor, the_core

SIZE = 50
cases = Blueprint("cases", __name__)


@dataclass(frozen=True, slots=True)
class Bar:
    """Moves that stand together; `leg` is None for the bar under 现在该谁."""

    leg: LegView | None
    moves: tuple[MoveView, ...]


@cases.get("/cases")
@audience("cases")
def index() -> Response:
    return list_page()


def list_page(*, said: str = "", outcomes: Sequence[Outcome] = (), status: int = 200) -> Response:
    """The list alone; after a batch with what became of each case, and with a refused one's choice still made."""
    chosen = frozenset(request.form.getlist("chosen")) if said else frozenset()
    parts = list_parts(read_filter())
    page = render_template("cases.html", **parts, view=None, said=said, outcomes=outcomes, chosen=chosen)
    return make_response(page, status)


@cases.get("/cases/<ref>")
@audience("cases")
def one(ref: str) -> Response:
    """One case by its number or a tail of it. Raises Unknown alike for a foreign and for a missing one."""
    core, actor = the_core(), the_actor()
    return case_page(core.case_view(actor, core.case_id(actor, ref[:40])))


def case_page(view: CaseView, *, said: str = "", draft: MoveView | None = None, status: int = 200) -> Response:
    """One case with the list beside it; `draft` is the move whose refused form is shown again as it was filled."""
    filled = request.form if draft is not None or said else {}
    parts = list_parts(read_filter())
    before, after = _neighbours(parts["page"], view.no)
    page = render_template(
        "case.html", **parts, view=view, said=said, draft=draft, filled=filled, bars=_bars(view), before=before,
        after=after, steps=steps(the_core().policy.flows["case"], view), chosen=frozenset(), outcomes=(),
    )  # fmt: skip
    return make_response(page, status)


def case_address(no: str) -> str:
    """The page of a case, with the list beside it filtered as it is now."""
    return replace(read_filter(), page=1).case(no)


def list_parts(wanted: Wanted) -> dict[str, Any]:
    """Everything the list needs, for templates."""
    core, actor = the_core(), the_actor()
    return {
        "wanted": wanted,
        "board": core.board(actor),
        "page": core.work(actor, wanted.key, wanted=wanted.filter, page=wanted.page, size=SIZE),
        "chips": chips(wanted),
        "views": core.desk.views(actor),
        "empty": _empty(wanted),
    }


def _empty(wanted: Wanted) -> str:
    """What would fill the list."""
    if wanted.words:
        return f"没有找到「{wanted.words}」，可以换个编号、尾号或词语。"
    return "没有符合这些条件的办件，可以去掉几个条件再看。" if wanted.narrowed else wanted.row.empty


def _neighbours(page: WorkPage, no: str) -> tuple[WorkItem | None, WorkItem | None]:
    """The cases before and after this one in the list; for one that has left it, the first that waits."""
    at = next((at for at, item in enumerate(page.items) if item.no == no), None)
    if at is None:
        return None, page.items[0] if page.items else None
    return page.items[at - 1] if at else None, page.items[at + 1] if at + 1 < len(page.items) else None


def _bars(view: CaseView) -> list[Bar]:
    """The reader's moves in bars: the case's own first, then one a leg; a single leg's moves join the first bar."""
    own = [move for move in view.moves if move.leg is None]
    legs = [(leg, [move for move in view.moves if move.leg == leg.id]) for leg in view.legs]
    legs = [(leg, moves) for leg, moves in legs if moves]
    if len(legs) == 1:
        return [Bar(None, (*legs[0][1], *own))]
    return [Bar(None, tuple(own)), *(Bar(leg, tuple(moves)) for leg, moves in legs)]
