"""The digest card (C14): what waits for a person this morning, or what a unit's day brought; rows one can tap."""

from __future__ import annotations

from cards.card import Face, array, fit, flag, note_values
from cards.plain import clean
from cards.work import item_rows
from core.boards import DigestView
from core.views import Tally

TEMPLATE = "digest"
TONES = {"已超期": "red", "超期": "red", "今天到期": "orange", "下一工作日到期": "orange"}


def digest_face(view: DigestView, note: str = "") -> Face:
    """The digest of one person; only the morning's can be refused."""
    morning = view.kind == "morning"
    private = {
        "greeting": clean(f"{view.name}，{'早上好' if morning else '辛苦了'} · {view.post}", 60),
        "day": clean(view.day, 40),
        "tallies": array([_tally(one) for one in view.tallies], shrink=("title",)),
        "has_items": flag(bool(view.items)),
        "heading": "先看这几件",
        "items": array(list(item_rows(view.items, grouped=False)), shrink=("sub", "title")),
        "has_lines": flag(bool(view.lines)),
        "lines": fit("\n\n".join(clean(one, 80) for one in view.lines)),
        "can_refuse_digest": flag(morning),
        **note_values(note),
    }
    told = "，".join(f"{one.title} {one.count:,} 件" for one in view.tallies if one.count)
    return Face(TEMPLATE, {"title": view.title}, private, alert=f"【{view.title}】{told or '请查看'}")


def _tally(tally: Tally) -> dict[str, str]:
    tone = TONES.get(tally.title, "blue") if tally.count else "grey"
    return {"key": tally.key, "title": clean(tally.title, 8), "tag": f"{tally.count:,}", "tone": tone}
