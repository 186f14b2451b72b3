"""绩效考核 on the phone (R025): the city's ranking, the district's assessment, deductions with orders, unit reports."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from core import Actor
from core.errors import Unknown
from core.policy.registers import load_registers
from core.score_views import Board
from webapp.auth import audience
from webapp.context import number, the_actor, the_core

PARTS = {"city": "市级排名", "district": "区级考核", "lost": "扣分情况", "unit": "单位报表"}
assessment = Blueprint("assessment", __name__)


@assessment.get("/m/assessment")
@audience("assessment")
def index() -> str:
    """One of four parts, of one month: the one asked for, else this one; of the city's ranking the last there is.

    Raises Unknown for a unit beyond the reader's right, BadField for no month.
    """
    core, actor, args = the_core(), the_actor(), request.args
    pages = core.briefings.assessment
    part = args.get("part", "") if args.get("part") in PARTS else "city"
    asked, unit = args.get("month", ""), number(args.get("unit"), 0) or None
    month = pages.month(asked) if asked or part != "city" else pages.latest_ranked()
    if args.get("unit") and unit is None:
        raise Unknown(what="这个单位")
    board = pages.board(actor, month, unit if part != "unit" else None)
    told: dict[str, Any] = {"city": pages.city(month) if part == "city" else ()}
    if part == "lost":
        told["lost"] = pages.lost(actor, month, board)
    if part == "unit" and board.units:
        told["report"] = pages.unit(actor, month, unit or _usual(board, actor))
    keeps = part == "city" and actor.role in load_registers()["city_rank"].writes
    return render_template(
        "screen/assessment.html", keeps=keeps, part=part, parts=PARTS, month=month, months=pages.months(), unit=unit,
        asked=asked, board=board, **told,
    )  # fmt: skip


def _usual(board: Board, actor: Actor) -> int:
    """Whose report opens first: one's own unit's, else that of the first unit with a score."""
    units = [one.unit for one in board.scores] or [one for one, _ in board.units]
    own = [one for one, _ in board.units if one == actor.unit and (board.scores == () or one in units)]
    return (own or units)[0]
