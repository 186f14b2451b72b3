"""The statistics card (R105, R106): figures by source, nature, class, town or unit, each opening its cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cards.card import Face, Row, array, flag, note_values
from cards.home import tally_rows
from cards.plain import clean
from cards.work import Query, list_values
from core.figures import KINDS, PERIODS, Line, Shown, Stats
from core.views import HomeView, WorkPage

TEMPLATE = "stats"
HALF = 5  # lines of one variable; twice as many on a card, the rest on the page
TILES = 6
IN_LINE = frozenset({"closed", "overdue", "done", "open", "closing_rate", "done_rate"})
DIM_TITLES: Mapping[str, str] = {"channel": "来源", "type": "性质", "class": "分类", "town": "镇街", "unit": "单位"}
MOST_PAGE = 9_999
SHORT_PERIODS = {**PERIODS, "recent": "30 天"}  # five stand side by side


@dataclass(frozen=True, slots=True)
class StatsQuery:
    """What a statistics card shows, travelling in its rows as one word. `opens` is an amount with dimension and value
    (`overdue:channel:RX`), or one of the five lists (`list:todo`); empty: nothing is open below the figures.
    """

    kind: str = "handled"
    period: str = "recent"
    dim: str = "channel"
    page: int = 1
    opens: str = ""

    def word(self, **changes: str | int) -> str:
        """The query as its row carries it, with changes; whatever was open closes unless the change opens something."""
        other = replace(self, **{"page": 1, "opens": "", **changes})  # type: ignore[arg-type]
        return "|".join((other.kind, other.period, other.dim, str(other.page), other.opens))

    @classmethod
    def read(cls, word: str) -> StatsQuery:
        """The query of such a word. Raises ValueError when it is none."""
        kind, period, dim, page, opens = word.split("|", 4)
        fits = kind in KINDS and period in PERIODS and dim in DIM_TITLES and page.isascii() and page.isdigit()
        if not fits or len(page) > 4 or (opens and opens.count(":") < 1):
            raise ValueError(word)
        return cls(kind, period, dim, max(1, int(page)), opens)


def stats_face(
    stats: Stats, home: HomeView, query: StatsQuery, page: WorkPage | None = None, note: str = "", base: str = ""
) -> Face:
    """The card for one reader; with a page, the cases behind one number are listed below the figures."""
    chapter = stats.chapter(query.dim)
    lines = [_line(line, query) for line in chapter.lines[: 2 * HALF]]
    lists = list_values(page, Query("all"))
    private = {
        **lists,
        "ask": query.word(page=query.page, opens=query.opens),
        "scope": clean(f"{stats.scope} · {PERIODS[query.period]} · {stats.period}", 60),
        "as_of": clean(stats.as_of, 40),
        "tallies": array([{**row, "ask": query.word(opens=f"list:{row['key']}")} for row in tally_rows(home)]),
        "figures": array([_tile(cell, query) for cell in stats.head[:TILES]]),
        "kinds": array(_choices({"handled": "办理情况", "registered": "登记情况"}, query.kind, "kind", query)),
        "periods": array(_choices(SHORT_PERIODS, query.period, "period", query)),
        "dims": array(_choices(DIM_TITLES, query.dim, "dim", query)),
        "chapter": clean(f"{chapter.title} · 共 {len(chapter.lines)} 项，点开看办件", 60) if lines else "",
        "has_lines": flag(bool(lines)),
        "no_lines": flag(not lines),
        "nothing": clean(f"这段时间没有{stats.counted}的办件。", 40),
        "lines_a": array(lines[:HALF], shrink=("sub",)),
        "lines_b": array(lines[HALF:], shrink=("sub",)),
        "can_chart": flag(bool(lines)),
        "show_list": flag(page is not None),
        "pages": array(_turns(page, query)),
        "link": f"{base.rstrip('/')}/stats?kind={query.kind}&period={query.period}",
        **note_values(note),
    }
    for unused in ("groups", "has_groups"):
        private.pop(unused)
    told = " · ".join(f"{cell.title} {cell.text}" for cell in stats.head[:3])
    return Face(TEMPLATE, {"title": "总客服 · 办件统计"}, private, alert=f"【统计】{clean(told, 60)}")


def _tile(cell: Shown, query: StatsQuery) -> Row:
    count, amount = cell.parts[0]
    title = cell.title if len(cell.parts) == 1 else f"{cell.title} {count:,}/{cell.parts[1][0]:,}"
    tone = "red" if cell.measure in ("overdue", "late") and count else "blue"
    return {"ask": query.word(opens=f"{amount}:all:"), "title": clean(title, 20), "tag": cell.text, "tone": tone}


def _line(line: Line, query: StatsQuery) -> Row:
    """「热线电话 33.3%」, its other figures in grey, its number as the tag."""
    told = [cell for cell in line.cells if cell.measure in IN_LINE]
    sub = " · ".join(f"{cell.title} {_text(cell)}" for cell in told)
    late = any(cell.measure in ("overdue", "late") and cell.number for cell in line.cells)
    return {
        "ask": query.word(opens=f"received:{query.dim}:{line.value}"),
        "title": clean(f"{line.title} {line.share}".strip(), 24),
        "sub": clean(sub, 48),
        "tag": f"{line.count:,}",
        "tone": "orange" if late else "blue",
    }


def _text(cell: Shown) -> str:
    if len(cell.parts) == 1:
        return cell.text
    return f"{cell.text}（{cell.parts[0][0]:,}/{cell.parts[1][0]:,}）"


def _choices(titles: Mapping[str, str], current: str, field: str, query: StatsQuery) -> list[Row]:
    return [
        {"ask": query.word(**{field: name}), "title": title, "tag": "●" if name == current else "○"}
        for name, title in titles.items()
    ]


def _turns(page: WorkPage | None, query: StatsQuery) -> Sequence[Row]:
    if page is None:
        return ()
    ways = (("上一页", page.page - 1), ("下一页", page.page + 1))
    return [
        {"title": title, "ask": query.word(page=to, opens=query.opens)}
        for title, to in ways
        if 1 <= to <= min(page.pages, MOST_PAGE)
    ]
