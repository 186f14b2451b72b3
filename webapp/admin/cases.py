"""办件: one list with search, and one case beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request, url_for

from core.views import CaseView, LegView, MoveView, WorkPage
from webapp.auth import audience
from webapp.context import number, the_actor, the_core

SIZE = 50
KEYS = ("today", "todo", "done", "all", "overdue")
LOOKS_LIKE_NUMBER = re.compile(r"(?:尾号)?\s*[A-Za-z]{0,4}[\d\s-]{4,24}")
EMPTY = {
    "today": "今天登记的办件会出现在这里。",
    "todo": "现在没有等您处理的办件，新派来的会出现在这里。",
    "done": "您办结的件会出现在这里。",
    "all": "还没有办件，登记或 12345 推送后会出现在这里。",
    "overdue": "没有超期的办件。",
}
cases = Blueprint("cases", __name__)


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list shows: a key of the five tallies, one source, words."""

    key: str
    source: str
    words: str
    page: int

    def query(self, **changes: str | int) -> dict[str, str | int]:
        """The filter as a query, with changes; what is usual is left out of the address."""
        values: dict[str, str | int] = {"key": self.key, "source": self.source, "q": self.words, "page": 1, **changes}
        usual = {"key": "todo", "source": "", "q": "", "page": 1}
        return {name: value for name, value in values.items() if value != usual[name]}


@dataclass(frozen=True, slots=True)
class Bar:
    """Moves that stand together; `leg` is None for the bar under 现在该谁."""

    leg: LegView | None
    moves: tuple[MoveView, ...]


@cases.get("/cases")
@audience("cases")
def index() -> str:
    wanted = read_filter()
    return render_template("cases.html", **list_parts(wanted), view=None)


@cases.get("/cases/<ref>")
@audience("cases")
def one(ref: str) -> Response:
    """One case by its number or a tail of it. Raises Unknown alike for a foreign and for a missing one."""
    core, actor = the_core(), the_actor()
    return case_page(core.case_view(actor, core.case_id(actor, ref[:40])))


def case_page(view: CaseView, *, said: str = "", draft: MoveView | None = None, status: int = 200) -> Response:
    """One case with the list beside it; `draft` is the move whose refused form is shown again as it was filled."""
    filled = request.form if draft is not None or said else {}
    page = render_template(
        "case.html", **list_parts(read_filter()), view=view, said=said, draft=draft, filled=filled, bars=_bars(view)
    )
    return make_response(page, status)


def case_address(no: str) -> str:
    """The page of a case, with the list beside it filtered as it is now."""
    query: dict[str, Any] = {**read_filter().query()}
    return url_for("cases.one", ref=no, **query)


def read_filter() -> Filter:
    """The filter of this request's query; unknown values read as the usual ones."""
    key, source = request.args.get("key", ""), request.args.get("source", "")
    words = request.args.get("q", "").strip()[:60]
    usual = "all" if words else "todo"
    return Filter(
        key if key in KEYS else usual,
        source if source in the_core().policy.sources else "",
        words,
        number(request.args.get("page"), 1, most=100_000),
    )


def list_parts(wanted: Filter) -> dict[str, object]:
    """Everything the list needs, for templates."""
    home = the_core().home(the_actor())
    page = _found(wanted)
    empty = f"没有找到「{wanted.words}」，可以换个编号、尾号或词语。" if wanted.words else EMPTY[wanted.key]
    return {"wanted": wanted, "home": home, "page": page, "empty": empty}


def _found(wanted: Filter) -> WorkPage:
    core, actor = the_core(), the_actor()
    if wanted.words and LOOKS_LIKE_NUMBER.fullmatch(wanted.words):
        return core.find(actor, wanted.words)
    return core.work(actor, wanted.key, channel=wanted.source or None, words=wanted.words, page=wanted.page, size=SIZE)


def _bars(view: CaseView) -> list[Bar]:
    """The reader's moves in bars: the case's own first, then one a leg; a single leg's moves join the first bar."""
    own = [move for move in view.moves if move.leg is None]
    legs = [(leg, [move for move in view.moves if move.leg == leg.id]) for leg in view.legs]
    legs = [(leg, moves) for leg, moves in legs if moves]
    if len(legs) == 1:
        return [Bar(None, (*legs[0][1], *own))]
    return [Bar(None, tuple(own)), *(Bar(leg, tuple(moves)) for leg, moves in legs)]
