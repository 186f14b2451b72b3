"""The card of a joint order in its group: one face for everybody, fit for eyes that are not the reader's alone."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from cards.card import Face, Row, array, fit, flag, note_values
from cards.plain import clean
from core.joint_views import JointGroupView
from core.timewords import clock, day_words
from core.worktime import closing_date, local_date

TEMPLATE = "joint_group"
MOST_UNITS = 8
FOOT = "群里只显示进度；原因、反馈和签到在各人单聊的卡片里"


def joint_group_face(view: JointGroupView, note: str = "", *, base: str = "") -> Face:
    """Number, title, street, deadline and states; `base` is the console's address, where each reads by their right."""
    day = local_date(view.meet_at)
    meeting = f"报到：{day_words(day, day)} {clock(view.meet_at)} {view.place}"
    left = "" if view.ended or view.due_at is None else f"最近时限：{_until(view.due_at)} 前"
    public = {
        "title": fit(f"树党旗 · {view.title}"),
        "state": view.state_title,
        "tone": view.tone,
        "subtitle": fit(f"{view.no} · 发起：{view.sponsor}"),
        "meeting": fit(f"地点：{view.place}" if view.met else meeting),
        "left": left,
        "has_left": flag(bool(left)),
        "units": _units(view),
        "can_show": "true",
        "has_link": flag(bool(base)),
        "link": f"{base.rstrip('/')}/joint/{view.no}" if base else "",
        "foot": "联办已完成" if view.ended else FOOT,
    }
    return Face(TEMPLATE, public, note_values(note), alert=f"【联办】{view.tail} {view.title}")


def _until(due: datetime) -> str:
    day = closing_date(due)
    return f"{day_words(day, day)} {clock(due, closing=True)}"


def _units(view: JointGroupView) -> str:
    """Each unit and how far it is; where they are many, the states counted."""
    rows: list[Row] = [{"k": clean(unit, 16), "v": state} for unit, state in view.units[:MOST_UNITS]]
    more = view.units[MOST_UNITS:]
    if more:
        counted = Counter(state for _, state in more)
        rows.append({"k": f"另 {len(more)} 个", "v": "、".join(f"{state} {n}" for state, n in counted.items())})
    return array(rows, shrink=("v",))
