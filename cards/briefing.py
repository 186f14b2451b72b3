"""The briefing card (R024): a submitted briefing in short, for leaders' chats."""

from __future__ import annotations

from cards.card import Face, Row, array, fit, flag, note_values
from cards.plain import clean
from core.briefing_views import BEFORE, BriefingView, FigureRow
from core.worktime import SHANGHAI

TEMPLATE = "briefing"
ROWS = (
    "registered.registered", "handled.closed", "handled.on_time_rate", "handled.overdue", "handled.pleased_rate",
    "joint.sponsored",
)  # fmt: skip
"""The figures a card has room for, in order."""
WORDS = 900  # bytes of the summary: about 300 characters


def briefing_face(view: BriefingView, note: str = "", *, base: str = "") -> Face:
    """The card of one briefing; `base` is the console's address."""
    sheet = view.figures
    known = {one.key: one for one in sheet.rows}
    until = f"{sheet.as_of.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    words = fit(clean(view.texts[0][1], 400), WORDS) if view.texts else ""
    private = {
        "as_of": f"数字截至 {until}{' · 本期还没结束' if sheet.running else ''}",
        "rows": array([_row(known[key], sheet.before_title) for key in ROWS if key in known], shrink=("v",)),
        "words": words,
        "foot": clean(f"{view.by} {view.at} 提交 · 校验码 {view.digest[:8]}", 60),
        "has_link": flag(bool(base)),
        "link": f"{base.rstrip('/')}/m/briefings/{view.id}" if base else "",
        **note_values(note),
    }
    return Face(TEMPLATE, {"title": clean(view.title, 60)}, private, alert=f"【{view.kind_title}】{view.period.title}")


def _row(one: FigureRow, before: str) -> Row:
    unit = "" if one.unit == "%" or one.now.number is None else f" {one.unit}" if one.unit == "件" else ""
    change = one.change(BEFORE)
    said = f" · {f'与{before}持平' if change == '持平' else f'较{before} {change}'}" if change else ""
    return {"k": clean(one.title, 12), "v": f"{one.now.text}{unit}{said}"}
