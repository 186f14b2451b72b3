"""The warning card: a number of the screens at a level, or a silent interface, with the two ways to act on it."""

from __future__ import annotations

from cards.card import Face, array, fit, flag, note_values
from cards.plain import clean
from core.warning_views import LEVEL_TONES, WarningView

TEMPLATE = "warning"


def warning_face(view: WarningView, note: str = "", *, base: str = "", case: str = "", joint: str = "") -> Face:
    """The card for one reader. `base`: the console's address; `case`, `joint`: where this reader may begin one."""
    private = {
        "state": clean(view.label, 10),
        "tone": LEVEL_TONES[view.level],
        "as_of": clean(view.as_of, 60),
        "rows": array([{"k": clean(k, 12), "v": clean(v, 60)} for k, v in view.rows], shrink=("v",)),
        "words": fit(clean(view.words, 300)),
        "can_case": flag(bool(base and case)),
        "case": f"{base}{case}" if base and case else "",
        "can_joint": flag(bool(base and joint)),
        "joint": f"{base}{joint}" if base and joint else "",
        "has_link": flag(bool(base)),
        "link": f"{base}{view.place}" if base else "",
        **note_values(note),
    }
    title = clean(view.title, 20)
    return Face(TEMPLATE, {"title": title}, private, alert=clean(f"【{view.label}】{title}", 60))
