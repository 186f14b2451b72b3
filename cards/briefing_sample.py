"""An invented weekly briefing for the drawings and the stored faces."""

from __future__ import annotations

from datetime import UTC, datetime

from core.briefing_views import (
    BriefingView,
    Cell,
    FigureRow,
    FigureSheet,
    RedRow,
    Sentence,
    TopicRow,
    WorstRow,
    period_of,
)

AT = datetime(2026, 3, 13, 9, 0, tzinfo=UTC)


def _count(key: str, title: str, now: int, before: int, year: int, good: str = "none") -> FigureRow:
    mine, earlier, ago = (Cell(f"{one:,}", one, (one,)) for one in (now, before, year))
    return FigureRow(key, title, "件", good, mine, earlier, ago)


def _rate(key: str, title: str, *pairs: tuple[int, int]) -> FigureRow:
    mine, before, year = (Cell(f"{of / per:.1%}", round(of / per * 100, 1), (of, per)) for of, per in pairs)
    return FigureRow(key, title, "%", "up", mine, before, year)


def a_briefing() -> BriefingView:
    """The week of the practice district, submitted on Friday."""
    period = period_of("week", AT.date())
    rows = (
        _count("handled.closed", "已办结", 1_087, 1_012, 940, "up"),
        _rate("handled.on_time_rate", "按时办结率", (1_042, 1_103), (981, 1_020), (900, 961)),
        _count("handled.overdue", "超期", 61, 39, 61, "down"),
        _rate("handled.pleased_rate", "满意率", (812, 870), (790, 851), (655, 720)),
        _count("registered.registered", "登记", 1_204, 1_098, 1_010),
        _count("joint.sponsored", "联办发起", 7, 7, 3),
    )
    words = (
        "2026年3月9日—15日截至目前全区登记 1,204 件，较上一周同期增加 106 件（9.7%）。其中已办结 1,087 件，"
        "按时办结率 94.5%（1,042/1,103），较上一周同期下降 1.7 个百分点。诉求最多的是市政设施 312 件、市容环卫 268 件。"
    )
    sheet = FigureSheet(
        period, AT, True, "上一周同期", "去年同期", rows, (TopicRow("市政设施", 312, "25.9%", 280, 240),), 1_204,
        (WorstRow("住建局", "78.0%", 39, 50, "91.2%"),),
        (RedRow("XYRX20260309004213", "港口路积水", "水务局", "已超期", "3月12日 周四 09:00", "办理中", False),), 3, 1,
        10,
        (Sentence(words, ("registered.registered",)),),
    )  # fmt: skip
    texts = (
        ("情况综述", words),
        ("研判分析", "港口路一带集中，和雨水口堵塞有关。"),
        ("下一步建议", "水务局汛前清掏。"),
    )
    return BriefingView(
        12, period, "周报", 1, True, texts, sheet, "蔡婉强", "3月13日 周五 17:05",
        "8f3b7c1d9e2a4f60b1c2d3e4f5a6978800112233445566778899aabbccddeeff", True, False, False, AT,
    )  # fmt: skip
