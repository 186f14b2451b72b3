"""The two small cards of 树党旗: the form that raises a flag, and a list of joint orders with its siblings."""

from __future__ import annotations

from collections.abc import Sequence

from cards.card import Face, Row, array, fit, flag, note_values
from cards.plain import clean, plain, scrub
from cards.text import until
from core.flag_views import FlagView, UnitChoice
from core.joint_views import JointPage, JointRow

NEW, LIST = "joint_new", "joint_list"
HALF, TITLE, SUB = 4, 16, 40
SPONSORS = frozenset({"raised", "returned"})
"""The lists of what one raised oneself: they tell where it came from and what happened last (R107)."""
WHOLE_SUB = 60
LINE, OPEN, MOST_PICKS = 60, 300, 14
LOOK = "这个地点还有 {count} 件没了的事，先看看再树旗；也可以直接到那一单上办理。"
HINT = "填好问题类型、启动原因、事项、联办单位、报到时间和地点，点「树旗」后各单位立即收到卡片。"
RAISED = "已树旗，编号 {no}。再有事项请发送「树旗」。"
EMPTY = {
    "called": "没有等本单位的联办。别的单位树旗叫到本单位时，会直接发卡片来。",
    "raised": "没有在办的发起。需要几家一起办的事，发送「树旗」发起。",
    "returned": "没有退回的联办单位。",
    "rulings": "没有等您判定的归属。",
}


def joint_new_face(
    no: str = "", note: str = "", *, choices: Sequence[UnitChoice] = (), held: FlagView | None = None
) -> Face:
    """The form to raise a flag with; held back, what is open at its place and what it says; once raised, its number.

    `choices`: units and groups to pick from.
    """
    waits = held is not None and not no
    private = {
        "state": "已树旗" if no else "待核对" if waits else "待填写",
        "tone": "green" if no else "orange",
        "hint": RAISED.format(no=no) if no else LOOK.format(count=held.look.count) if held else HINT,
        **_held(held if waits else None),
        "pick_options": _picks(choices) if not no else array([]),
        "can_raise": flag(not no and not waits),
        "can_confirm": flag(waits),
        "can_change": flag(waits),
        "can_drop": flag(waits),
        **note_values(note),
    }
    return Face(NEW, {"title": "树党旗 · 发起联办"}, private, alert="【树党旗】发起联办")


def _held(view: FlagView | None) -> dict[str, str]:
    """What is open at the place comes first: it is why the form was held back."""
    rows: list[Row] = [{"k": label, "v": clean(text, LINE)} for label, text in view.rows] if view else []
    here: list[Row] = (
        [{"k": f"此处 {at}", "v": fit(one.said, OPEN)} for at, one in enumerate(view.look.promises, 1)] if view else []
    )
    if view and view.look.unlisted:
        here.append({"k": "此处另有", "v": f"{view.look.unlisted} 件，没有列出"})
    clashes = f"同一时段另有联办：{'、'.join(view.look.clashes[:3])}" if view and view.look.clashes else ""
    units = f"这类事常要叫：{'、'.join(view.look.suggested)}" if view and view.look.suggested else ""
    aside = clean("。".join(part for part in (clashes, units) if part), 120)
    return {
        "flag": view.token if view else "",
        "subject": plain(scrub(view.title), 40) if view else "",
        "rows": array(rows, shrink=("v",)),
        "open_here": array(here, shrink=("v",)),
        "is_held": flag(view is not None),
        "has_open_here": flag(bool(here)),
        "aside": aside,
        "has_aside": flag(bool(aside)),
    }


def _picks(choices: Sequence[UnitChoice]) -> str:
    """Groups first, one tap each, then single units; the value is the name, as somebody would write it."""
    groups = [(one.title, f"{one.title}：{'、'.join(one.units)}") for one in choices if one.key]
    last = [(unit, unit) for one in choices if not one.key for unit in one.units]
    told: list[Row] = [{"value": value, "text": clean(text, 30)} for value, text in (*groups, *last)]
    return array(told[:MOST_PICKS], shrink=("text",))


def joint_list_face(page: JointPage, note: str = "", *, may_raise: bool = True) -> Face:
    """One list and the tabs to the others; eight rows a card."""
    rows = [_row(one, page.key) for one in page.rows[: 2 * HALF]]
    tabs = [
        {"title": tab.title, "key": tab.key, "tag": tab.said, "tone": _tone(tab.key, tab.count)} for tab in page.tabs
    ]
    sources: list[Row] = [
        {"title": tab.title, "key": tab.key, "tag": tab.said, "tone": "blue" if tab.key == page.chosen else "grey"}
        for tab in page.sources
    ]
    more = f"，卡片上只列最近 {2 * HALF} 件，其余见网页" if page.total > 2 * HALF else ""
    private = {
        "list_title": fit(f"{page.title} {page.total} 件{more}"),
        "tabs": array(tabs, shrink=("title",)),
        "sources": array(sources),
        "has_sources": flag(bool(sources)),
        "items_a": array(rows[:HALF], shrink=("sub", "title")),
        "items_b": array(rows[HALF:], shrink=("sub", "title")),
        "is_empty": flag(not rows),
        "empty": "" if rows else EMPTY.get(page.key, "这里还没有联办工单。"),
        "can_raise": flag(may_raise),
        **note_values(note),
    }
    return Face(LIST, {"title": "树党旗 · 联办工单"}, private, alert=f"【联办】{page.title} {page.total} 件")


def _tone(key: str, count: int) -> str:
    return "orange" if count and key in ("called", "returned", "rulings") else "grey"


def _row(one: JointRow, key: str) -> Row:
    files = f"依据材料 {one.basis} 份" if one.basis else ""
    own = key in SPONSORS
    due, whose = until(one.left) or one.meet, one.whose and f"{one.whose} "
    told = (one.source, due, files, one.last) if own else (f"{whose}{due}", one.sponsor, files)
    sub = " · ".join(part for part in (f"尾号 {one.tail}", *told) if part)
    return {
        "no": one.no, "title": plain(scrub(one.title), TITLE), "sub": clean(sub, WHOLE_SUB if own else SUB),
        "tag": one.state_title, "tone": one.tone,
    }  # fmt: skip
