"""Scores of joint orders on the statistics card (R134–R136, R144–R146): months turned, units chosen, orders opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from cards.card import Face, Row, array, flag, note_values
from cards.plain import clean, plain, scrub
from cards.stats import HALF, TEMPLATE
from cards.work import PAGE_SIZE, SUB, TITLE
from core.score_views import Ask, Board, Opened, OrderLine, month_of
from core.scoring import AMOUNTS, Score

HEAD = "joint"
"""The first part of the word of such a query; a query of cases begins with another."""
FIGURES = ("sponsored", "called", "fed_back", "unfed", "pleased", "displeased")
RED = frozenset({"unfed", "displeased"})
LOST = "lost."
MOST_PAGE = 9_999
EARLIEST = 2000


@dataclass(frozen=True, slots=True)
class ScoreQuery:
    """What a card of scores shows, travelling in its rows as one word. `unit` 0: everybody within the reader's right.

    `opens`: the number whose orders are listed below, empty for none.
    """

    month: date
    unit: int = 0
    page: int = 1
    opens: str = ""

    def word(self, **changes: object) -> str:
        """The query as its row carries it, with changes; whatever was open closes unless the change opens something."""
        other = replace(self, **{"page": 1, "opens": "", **changes})  # type: ignore[arg-type]
        return "|".join((HEAD, f"{other.month:%Y-%m}", str(other.unit), str(other.page), other.opens))

    @classmethod
    def read(cls, word: str) -> ScoreQuery:
        """The query of such a word. Raises ValueError when it is none."""
        head, month, unit, page, opens = word.split("|", 4)
        numbers = all(one.isascii() and one.isdigit() for one in (unit, page))
        if head != HEAD or not numbers or len(unit) > 15 or len(page) > 4 or len(opens) > 40:
            raise ValueError(word)
        first = date.fromisoformat(f"{month}-01")
        if not EARLIEST <= first.year <= 2999:
            raise ValueError(word)
        return cls(first, int(unit), max(1, int(page)), opens)

    @property
    def ask(self) -> Ask:
        return Ask(*month_of(self.month), self.unit or None)


def is_of_scores(word: str) -> bool:
    """Whether a row's word asks for scores of joint orders, not for figures of cases."""
    return word.partition("|")[0] == HEAD


def score_face(
    board: Board, query: ScoreQuery, today: date, opened: Opened | None = None, note: str = "", base: str = ""
) -> Face:
    """The card for one reader: whole numbers, months, the units or one unit's rates; below, the orders opened."""
    lines = _lines(board, query)
    private = {
        "ask": query.word(page=query.page, opens=query.opens),
        "scope": clean(board.title, 60),
        "as_of": clean(board.as_of, 40),
        "tallies": "[]",
        "kinds": array(_scopes(board, query)),
        "periods": array(_months(query, today)),
        "figures": array([_figure(board, query, name) for name in FIGURES]),
        "dims": "[]",
        "chapter": clean(_chapter(board, query), 60) if lines else "",
        "has_lines": flag(bool(lines)),
        "no_lines": flag(not lines),
        "nothing": "" if lines else "这个月没有联办工单。",
        "lines_a": array(lines[:HALF], shrink=("sub",)),
        "lines_b": array(lines[HALF : 2 * HALF], shrink=("sub",)),
        "can_chart": flag(bool(lines)),
        **_opened(opened, query),
        "link": f"{base.rstrip('/')}/joint/scores?month={query.month:%Y-%m}"
        + (f"&unit={query.unit}" if query.unit else ""),
        **note_values(note),
    }
    told = f"{query.month.year}年{query.month.month}月"
    return Face(TEMPLATE, {"title": "树党旗 · 联办考核"}, private, alert=f"【联办考核】{told} {clean(board.scope, 30)}")


def _scopes(board: Board, query: ScoreQuery) -> list[Row]:
    """Everybody again, where one unit was chosen."""
    if not query.unit or len(board.units) < 2:
        return []
    return [{"ask": query.word(unit=0), "title": "全部单位", "tag": "○"}]


def _months(query: ScoreQuery, today: date) -> list[Row]:
    """The month before, the one shown, the one after, and this one; none that has not begun."""
    this, first = today.replace(day=1), query.month
    before, after = month_of(first - date.resolution)[0], month_of(first)[1] + date.resolution
    rows: list[Row] = []
    if before.year >= EARLIEST:
        rows.append({"ask": query.word(month=before), "title": f"‹ {before.month}月", "tag": "○"})
    rows.append({"ask": query.word(), "title": f"{first.month}月", "tag": "●"})
    if after <= this:
        rows.append({"ask": query.word(month=after), "title": f"{after.month}月 ›", "tag": "○"})
    if after < this:
        rows.append({"ask": query.word(month=this), "title": "本月", "tag": "○"})
    return rows


def _figure(board: Board, query: ScoreQuery, name: str) -> Row:
    count = board.whole[name]
    tone = "red" if count and name in RED else "blue"
    return {"ask": query.word(opens=name), "title": AMOUNTS[name], "tag": f"{count:,}", "tone": tone}


def _chapter(board: Board, query: ScoreQuery) -> str:
    if query.unit and board.scores:
        return f"{board.names[query.unit]} · 各项指标，点开看失分的工单"
    return f"得分 · 共 {len(board.scores)} 个单位，点开看一个单位"


def _lines(board: Board, query: ScoreQuery) -> list[Row]:
    """One unit's rates and marks where it was chosen, else the units by group, best first."""
    mine = next((one for one in board.scores if one.unit == query.unit), None)
    if query.unit:
        return _of_unit(mine, query) if mine else []
    return [_of_score(one, group, board, query) for group, scores in board.groups for one in scores]


def _of_score(one: Score, group: str, board: Board, query: ScoreQuery) -> Row:
    place = f"第 {one.rank} 名" if one.rank else "未排名"
    pleased, rated, fed, called = (one.counts.get(name, 0) for name in ("pleased", "rated", "fed_back", "called"))
    sub = f"{group} {place} · 满意 {pleased}/{rated} · 已反馈 {fed}/{called}"
    tone = "grey" if one.score is None else "orange" if one.counts.get("unfed") else "blue"
    return {
        "ask": query.word(unit=one.unit), "title": clean(board.names[one.unit], 20), "sub": clean(sub, 48),
        "tag": one.text, "tone": tone,
    }  # fmt: skip


def _of_unit(one: Score, query: ScoreQuery) -> list[Row]:
    rates: list[Row] = [
        {
            "ask": query.word(opens=LOST + rate.name), "title": clean(rate.title, 20),
            "sub": f"{rate.of}/{rate.per}", "tag": rate.text, "tone": "orange" if rate.of < rate.per else "blue",
        }
        for rate in one.rates
    ]  # fmt: skip
    marks: list[Row] = [
        {
            "ask": query.word(opens=f"mark.{mark.name}"), "title": clean(mark.title, 20), "sub": f"{mark.count} 次",
            "tag": f"{mark.points:+g}", "tone": "orange" if mark.points < 0 else "green",
        }
        for mark in one.marks
        if mark.count
    ]  # fmt: skip
    return [*rates, *marks]


def _opened(opened: Opened | None, query: ScoreQuery) -> dict[str, str]:
    rows = [_row(one) for one in opened.lines[:PAGE_SIZE]] if opened else []
    half, turns = PAGE_SIZE // 2, _turns(opened, query)
    place = f"，第 {opened.page} / {opened.pages} 页" if opened and opened.pages > 1 else ""
    return {
        "show_list": flag(opened is not None),
        "list_title": clean(f"{opened.title} {opened.total:,} 件{place}", 60) if opened else "",
        "items_a": array(rows[:half], shrink=("sub", "title")),
        "items_b": array(rows[half:], shrink=("sub", "title")),
        "is_empty": flag(opened is not None and not rows),
        "empty": "这个数字后面没有工单。" if opened is not None and not rows else "",
        "has_pages": flag(bool(turns)),
        "pages": array(turns),
    }


def _row(one: OrderLine) -> Row:
    sub = " · ".join(part for part in (f"尾号 {one.tail}", one.unit, one.points, one.raised) if part)
    return {
        "no": one.no, "title": plain(scrub(one.title), TITLE), "sub": clean(sub, SUB), "tag": one.state,
        "tone": one.tone,
    }  # fmt: skip


def _turns(opened: Opened | None, query: ScoreQuery) -> Sequence[Row]:
    if opened is None:
        return ()
    ways = (("上一页", opened.page - 1), ("下一页", opened.page + 1))
    return [
        {"title": title, "ask": query.word(page=to, opens=query.opens)}
        for title, to in ways
        if 1 <= to <= min(opened.pages, MOST_PAGE)
    ]
