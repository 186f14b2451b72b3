"""The draft card: a sentence as a form, to confirm, change or drop; nothing on it acts by itself (C12)."""

from __future__ import annotations

from collections.abc import Mapping

from cards.card import Face, array, fit, flag, note_values
from cards.plain import clean, plain, scrub
from core.boards import DraftView

TEMPLATE = "draft"
BODY, LINE = 300, 60
BEFORE = "请核对，点「登记」之前不会派给任何人"
ENDS: Mapping[str, str] = {
    "registered": "已登记，编号 {no}，随后会收到办件卡片",
    "dropped": "已放弃，没有登记，内容没有保留",
    "expired": "放得太久没有确认，内容已抹去，需要时请重新发",
}


def draft_face(view: DraftView, note: str = "") -> Face:
    """The card of its writer: open with three buttons, ended with one line."""
    is_open = view.state == "open"
    photos = f"已附图片 {view.photos} 张" if view.photos else ""
    hint = "。".join(one for one in (BEFORE, photos) if one) if is_open else ENDS[view.state].format(no=view.case_no)
    subject = plain(scrub(view.values["title"]), 40) or "还没有标题"
    lacks = f"还缺：{'、'.join(view.lacks)}，请点「修改」补上" if view.lacks else ""
    private = {
        "state": view.state_title,
        "tone": view.tone,
        "hint": clean(hint, 120),
        "has_hint": flag(True),
        "subject": subject if is_open else "",
        "rows": array([{"k": label, "v": plain(text, LINE)} for label, text in view.rows], shrink=("v",)),
        "body": fit(plain(scrub(view.content), BODY)) if is_open else "",
        "is_open": flag(is_open),
        "lacks": lacks,
        "has_lacks": flag(bool(lacks)),
        **_form(view, is_open),
        "can_register": flag(is_open and not view.lacks),
        "can_change": flag(is_open),
        "can_drop": flag(is_open),
        **note_values(note),
    }
    return Face(
        TEMPLATE, {"title": "登记单"}, private, f"【登记单】{subject}" if is_open else f"【登记单】{view.state_title}"
    )


def _form(view: DraftView, is_open: bool) -> dict[str, str]:
    """What the fields of 修改 begin with, and their choices; nothing once the draft is over."""
    values = view.values if is_open else dict.fromkeys(view.values, "")
    types, sources, classes = (
        [{"value": one.value, "text": clean(one.text, 20)} for one in options] if is_open else []
        for options in (view.types, view.sources, view.classes)
    )
    return {
        "value_title": fit(clean(values["title"])),
        "value_place": fit(clean(values["place"])),
        "value_type": values["type"],
        "value_urgency": values["urgency"],
        "value_channel": values["channel"],
        "value_class": values["class_code"],
        "type_options": array(types, shrink=("text",)),
        "channel_options": array(sources, shrink=("text",)),
        "class_options": array(classes, shrink=("text",)),
    }
