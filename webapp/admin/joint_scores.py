"""联办报表: scores, satisfaction and handling of joint orders, by unit and district; opened, taken, published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, send_file, url_for

from core.errors import BadField, Refusal, Unknown
from core.joint_scores.tables import HANDLING, SATISFACTION, rule_rows
from core.measures.exports import Taken
from core.score_views import Ask, Board, month_of
from core.scoring import AMOUNTS, rate
from core.worktime import local_date
from webapp.admin.stats import EXCEL
from webapp.auth import audience
from webapp.charts import handling_chart, satisfaction_chart, score_chart
from webapp.context import number, the_actor, the_core

SIZE = 50
MONTHS = 12
joint_scores = Blueprint("joint_scores", __name__)


@dataclass(frozen=True, slots=True)
class Query:
    """What the page shows, and its address with changes."""

    ask: Ask

    def address(self, endpoint: str = "joint_scores.index", **changes: Any) -> str:
        return url_for(endpoint, **self.values(**changes))

    def values(self, **changes: Any) -> dict[str, Any]:
        """The values of the address; a month stays named as one."""
        ask = self.ask
        days = {"since": ask.since.isoformat(), "until": ask.until.isoformat()}
        values: dict[str, Any] = {"month": ask.month} if ask.month else days
        values |= {"unit": ask.unit, "version": ask.version, **changes}
        return {name: value for name, value in values.items() if value}


@joint_scores.get("/joint/scores")
@audience("joint")
def index() -> str:
    return _page(read_query())


@joint_scores.get("/joint/scores/orders")
@audience("joint")
def orders() -> str:
    """The orders behind one number."""
    query, what = read_query(), request.args.get("what", "")[:40]
    page = the_core().joint_scores.opened(the_actor(), query.ask, what, number(request.args.get("page"), 1), SIZE)
    return render_template("joint_scores_orders.html", query=query, page=page, what=what)


@joint_scores.post("/joint/scores/export")
@audience("joint")
def export() -> Response:
    """The three reports as Excel, with a reason."""
    return _file(the_core().joint_scores.excel(the_actor(), read_query().ask, request.form.get("reason", "")))


@joint_scores.post("/joint/scores/orders/export")
@audience("joint")
def export_orders() -> Response:
    """The orders behind one number as Excel, with a reason."""
    what, reason = request.args.get("what", "")[:40], request.form.get("reason", "")
    return _file(the_core().joint_scores.excel_orders(the_actor(), read_query().ask, what, reason))


@joint_scores.post("/joint/scores/publish")
@audience("joint")
def publish() -> Response:
    """Freeze the month; a refusal shows the page with its sentence."""
    query = read_query()
    try:
        flash(the_core().joint_scores.months.publish(the_actor(), query.ask, request.form.get("note", "")))
    except Refusal as refusal:
        return make_response(_page(query, str(refusal)), refusal.status)
    return make_response(redirect(query.address(version=None), 303))


@joint_scores.post("/joint/scores/appeal")
@audience("joint")
def appeal() -> Response:
    """Ask that one order should not count; then back to where the number opened it."""
    query, form = read_query(), request.form
    item, no, words = form.get("item", "")[:40], form.get("no", "")[:40], form.get("words", "").replace("\r\n", "\n")
    try:
        flash(the_core().joint_scores.months.appeal(the_actor(), query.ask, no, item, words))
    except Refusal as refusal:
        return make_response(_page(query, str(refusal)), refusal.status)
    return make_response(redirect(query.address() + "#appeals", 303))


@joint_scores.post("/joint/scores/appeals/<int:appeal_id>")
@audience("joint")
def answer(appeal_id: int) -> Response:
    """Uphold or dismiss an appeal."""
    query, form = read_query(), request.form
    if appeal_id >= 2**53 or form.get("verdict") not in ("upheld", "dismissed"):
        raise Unknown(what="这条申诉")
    words = form.get("words", "").replace("\r\n", "\n")
    try:
        flash(the_core().joint_scores.months.answer(the_actor(), appeal_id, form["verdict"] == "upheld", words))
    except Refusal as refusal:
        return make_response(_page(query, str(refusal)), refusal.status)
    return make_response(redirect(query.address() + "#appeals", 303))


def _page(query: Query, said: str = "") -> str:
    core, actor = the_core(), the_actor()
    board = core.joint_scores.board(actor, query.ask)
    charts = {
        "scores": {group: score_chart(board, lines, query.address) for group, lines in board.groups},
        "pleased": satisfaction_chart(board, query.address),
        "handling": handling_chart(board, query.address),
    }
    return render_template(
        "joint_scores.html", query=query, board=board, charts=charts, said=said, amounts=AMOUNTS, rates=_pleased(board),
        satisfaction=SATISFACTION, handling=HANDLING, rules=rule_rows(board.rule), months=_months(query.ask),
        appeals=core.joint_scores.months.appeals(actor, query.ask.month) if query.ask.month else (),
    )  # fmt: skip


def _pleased(board: Board) -> dict[int, Any]:
    """Unit → how often others were satisfied with its handling."""
    least = board.rule.minimum
    return {one.unit: rate("pleased", "满意率", "pleased", "rated", one.counts, least) for one in board.scores}


def read_query() -> Query:
    """The query of this request. Raises BadField for days that are none, Unknown for a unit that is none."""
    args, today = request.args, local_date(the_core().clock.now())
    word, version = args.get("unit", ""), args.get("version", "")
    if word and not number(word, 0):
        raise Unknown(what="这个单位")
    if version and version != "-1" and not number(version, 0):
        raise Unknown(what="这一版考核")
    unit, chosen = number(word, 0) or None, -1 if version == "-1" else number(version, 0, most=10_000)
    if args.get("since") or args.get("until"):
        return Query(Ask(_day(args.get("since", ""), today), _day(args.get("until", ""), today), unit, chosen))
    month = args.get("month", "")
    first = _day(f"{month}-01", today) if month else today
    return Query(Ask(*month_of(first), unit, chosen))


def _day(text: str, otherwise: date) -> date:
    try:
        day = date.fromisoformat(text[:10]) if text else otherwise
    except ValueError:
        raise BadField(field="起止日期", why="请从日历中选择") from None
    if not 2000 <= day.year <= 2999:
        raise BadField(field="起止日期", why="请从日历中选择")
    return day


def _months(ask: Ask) -> list[tuple[str, str]]:
    """The months to choose from, this one first, and the one shown where it is older."""
    day, found = local_date(the_core().clock.now()).replace(day=1), []
    for _ in range(MONTHS):
        found.append((f"{day:%Y-%m}", f"{day.year}年{day.month}月"))
        day = month_of(day.replace(day=1) - date.resolution)[0]
    if ask.month and ask.month not in dict(found):
        found.append((ask.month, f"{ask.since.year}年{ask.since.month}月"))
    return found


def _file(taken: Taken) -> Response:
    return send_file(BytesIO(taken.data), mimetype=EXCEL, as_attachment=True, download_name=taken.name)
