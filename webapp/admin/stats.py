"""统计: figures by unit, time, source, nature, class and town; every number opens its cases; Excel with a reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from typing import Any

from flask import Blueprint, Response, render_template, request, send_file, url_for

from core.errors import BadField, Unknown
from core.figures import ALL, HANDLED, KINDS, MACHINES, PERIODS, STEPS, Ask, Line, Pick, Shown, Stats, period
from core.measures.exports import Taken
from core.measures.telling import book_rows
from core.worktime import local_date
from webapp.auth import audience
from webapp.charts import chart_of
from webapp.context import number, the_actor, the_core

SIZE = 50
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STEP_TITLES = {"day": "按日", "week": "按周", "month": "按月"}
stats = Blueprint("stats", __name__)


@dataclass(frozen=True, slots=True)
class Query:
    """What a page of statistics shows: the ask, and by which of the usual periods it was named."""

    ask: Ask
    period: str

    def address(self, **changes: Any) -> str:
        """The page with changes; a usual period stays named, so that its address stays true tomorrow."""
        ask = self.ask
        values: dict[str, Any] = {"kind": ask.kind, "unit": _unit_word(ask.unit), "step": ask.step, **self._days()}
        if "period" in changes:
            values |= {"since": None, "until": None}
        values |= changes
        return url_for("stats.index", **{name: value for name, value in values.items() if value})

    def _days(self) -> dict[str, str | None]:
        if self.period:
            return {"period": self.period}
        return {"since": self.ask.since.isoformat(), "until": self.ask.until.isoformat()}


@stats.get("/stats")
@audience("stats")
def index() -> str:
    core, query = the_core(), read_query()
    found = core.measures.stats(the_actor(), query.ask)
    charts = {chapter.dim: chart_of(chapter, found, _opens(found)) for chapter in found.chapters}
    return render_template(
        "stats.html", query=query, stats=found, charts=charts, kinds=core.measures.book.kinds, periods=PERIODS,
        steps=STEP_TITLES, dictionary=book_rows(core.measures.book, query.ask.kind), all_units=_all_units(found),
        minimum=core.measures.book.minimum, open_cell=open_cell, unit_word=_unit_word,
    )  # fmt: skip


@stats.get("/stats/cases")
@audience("stats")
def cases() -> str:
    """The cases behind one number."""
    query, pick = read_query(), read_pick()
    page = the_core().measures.opened(the_actor(), query.ask, pick, number(request.args.get("page"), 1), SIZE)
    return render_template("stats_cases.html", query=query, page=page, pick=pick, address=_address_of(query.ask, pick))


@stats.post("/stats/export")
@audience("stats")
def export() -> Response:
    """The tables of the page as Excel, with a reason."""
    taken = the_core().measures.exports.stats(the_actor(), read_query().ask, request.form.get("reason", ""))
    return _file(taken)


@stats.post("/stats/cases/export")
@audience("stats")
def export_cases() -> Response:
    """The cases behind one number as Excel, with a reason."""
    exports = the_core().measures.exports
    return _file(exports.cases(the_actor(), read_query().ask, read_pick(), request.form.get("reason", "")))


def read_query() -> Query:
    """The query of this request. Raises BadField for days that are none, Unknown for a unit or kind that is none."""
    args, today = request.args, local_date(the_core().clock.now())
    since, until, named = args.get("since", ""), args.get("until", ""), args.get("period", "")
    if since or until:
        days, named = (_day(since, today), _day(until, today)), ""
    else:
        named = named if named in PERIODS else "recent"
        days = period(named, today)
    kind, step = args.get("kind", HANDLED), args.get("step", "")
    if kind not in KINDS or step not in ("", *STEPS):
        raise Unknown(what="这项统计")
    return Query(Ask(*days, kind, _unit(args.get("unit", "")), step), named)


def read_pick() -> Pick:
    args = request.args
    return Pick(args.get("amount", "")[:40], args.get("dim", ALL)[:20], args.get("value", "")[:60])


def _day(text: str, otherwise: date) -> date:
    if not text:
        return otherwise
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise BadField(field="起止日期", why="请从日历中选择") from None


def _unit(word: str) -> int | None:
    if word == "machines":
        return MACHINES
    if word and not number(word, 0):
        raise Unknown(what="这个单位")
    return number(word, 0) or None


def _unit_word(unit: int | None) -> str:
    return "" if unit is None else "machines" if unit == MACHINES else str(unit)


def _address_of(ask: Ask, pick: Pick, endpoint: str = "stats.cases", **more: Any) -> str:
    values = {
        "kind": ask.kind, "unit": _unit_word(ask.unit), "since": ask.since.isoformat(), "until": ask.until.isoformat(),
        "amount": pick.amount, "dim": "" if pick.dim == ALL else pick.dim, "value": pick.value, **more,
    }  # fmt: skip
    if pick.dim != ALL:
        return url_for(endpoint, **{name: value for name, value in values.items() if value or name == "value"})
    return url_for(endpoint, **{name: value for name, value in values.items() if value})


def asked_by(found: Stats, dim: str, line: Line | None) -> tuple[Ask, str, str]:
    """What a line of a table stands for: the ask, the dimension and the value its numbers open."""
    ask = found.ask
    if line is None:
        return ask, ALL, ""
    if dim == "unit":
        return replace(ask, unit=int(line.value)), ALL, ""
    if line.since is not None and line.until is not None:
        return replace(ask, since=line.since, until=line.until), ALL, ""
    return ask, dim, line.value


def open_cell(found: Stats, dim: str, line: Line | None, cell: Shown, part: int) -> str:
    """The address of the cases behind one number of a table."""
    ask, by, value = asked_by(found, dim, line)
    return _address_of(ask, Pick(cell.parts[part][1], by, value))


def _opens(found: Stats) -> Any:
    def opens(dim: str, line: Line, amount: str) -> str:
        ask, by, value = asked_by(found, dim, line)
        return _address_of(ask, Pick(amount, by, value))

    return opens


def _all_units(found: Stats) -> str:
    """How the choice of no unit in particular reads for this reader."""
    return "全区" if the_core().measures.may_see_all(the_actor()) else "本单位" if the_actor().unit else found.scope


def _file(taken: Taken) -> Response:
    """The file under its Chinese name, which a header spells in a way of its own."""
    return send_file(BytesIO(taken.data), mimetype=EXCEL, as_attachment=True, download_name=taken.name)
