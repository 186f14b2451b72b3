"""The reports as tables for Excel: every rate with its numbers beside it, each group by itself, then the formula."""

from __future__ import annotations

from core.measures.sheets import Cell, Sheet
from core.plain import scrub
from core.score_views import Board, Opened
from core.scoring import AMOUNTS, Rule, rate

SATISFACTION = ("rated", "pleased", "displeased", "unrated", "sponsor_rated", "sponsor_pleased")
HANDLING = (
    "called", "responded", "refused", "released", "check_in_due", "checked_in", "late", "fed_back", "unfed", "running",
    "redone", "overdue", "sponsored",
)  # fmt: skip
"""The columns of the second and the third report, in order."""


def board_sheets(board: Board) -> list[Sheet]:
    """Assessment, satisfaction, handling, what changed since the version before, and the formula."""
    sheets = [_assessment(board), _satisfaction(board), _handling(board)]
    if board.changes:
        rows = tuple((one.unit, one.title, one.was, one.now) for one in board.changes)
        sheets.append(Sheet("与上一版的差异", ("单位", "项目", "上一版", "这一版"), rows))
    return [*sheets, Sheet("公式和权重", ("项目", "权重或分值", "算法"), tuple(rule_rows(board.rule)))]


def rule_rows(rule: Rule) -> list[tuple[str, str, str]]:
    """The formula as people read it: title, weight or points, how it comes about."""
    rows = [(one.title, f"权重 {one.weight:g}", one.formula) for one in rule.indicators]
    return rows + [(one.title, f"{one.points:+g} 分，每月最多 {one.cap:g} 分", one.formula) for one in rule.marks]


def _assessment(board: Board) -> Sheet:
    columns = ["分组", "名次", "单位", "得分", "稳健分", "联办件数", "指标得分"]
    for indicator in board.rule.indicators:
        columns += [indicator.title, f"{indicator.title}（分子）", f"{indicator.title}（分母）"]
    for mark in board.rule.marks:
        columns += [f"{mark.title}（次）", f"{mark.title}（分）"]
    rows: list[tuple[Cell, ...]] = []
    for one in board.scores:
        head = [
            one.group, one.rank, board.names[one.unit], one.text if one.score is None else one.score, one.cautious,
            one.orders, one.base,
        ]  # fmt: skip
        rates = [value for got in one.rates for value in (got.text, got.of, got.per)]
        rows.append((*head, *rates, *(value for got in one.marks for value in (got.count, got.points))))
    return Sheet("考核评分", tuple(columns), tuple(rows))


def _satisfaction(board: Board) -> Sheet:
    columns = ("单位", *(AMOUNTS[name] for name in SATISFACTION), "满意率", "满意率（发起）")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            board.names[one.unit], *(one.counts[name] for name in SATISFACTION),
            rate("", "", "pleased", "rated", one.counts, board.rule.minimum).text,
            rate("", "", "sponsor_pleased", "sponsor_rated", one.counts, board.rule.minimum).text,
        )
        for one in board.scores
    )  # fmt: skip
    return Sheet("处置满意度", columns, rows)


def _handling(board: Board) -> Sheet:
    columns = ("单位", *(AMOUNTS[name] for name in HANDLING))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (board.names[one.unit], *(one.counts[name] for name in HANDLING)) for one in board.scores
    )
    return Sheet("工单处置", columns, tuple(rows))


def opened_sheet(page: Opened) -> Sheet:
    """The orders behind one number; what people wrote is masked as on a card."""
    columns = ("编号", "标题", "联办单位", "发起单位", "树旗日期", "状态", "分值", "发生日期")
    rows = tuple(
        (one.no, scrub(one.title), one.unit, one.sponsor, one.raised, one.state, one.points, one.day)
        for one in page.lines
    )
    return Sheet("联办工单", columns, rows)
