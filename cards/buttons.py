"""Which buttons of a card are in sight: at most three, one of them primary, the rest behind 「更多」."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from cards.card import flag
from cards.manifest import buttons, manifests
from core.views import MoveView

VISIBLE = 3


def switches(template: str, offered: Mapping[str, MoveView]) -> dict[str, str]:
    """`can_…` and `more_…` for every button of a template, given the moves open to this reader by action id."""
    main = [name for name in _order(template) if name in offered and offered[name].face == "main"]
    primary = [name for name in main if offered[name].style == "primary"]
    seen = [name for name in main if name not in primary[1:]][:VISIBLE]
    shown = {name: "false" for name in manifests()[template].private if name.startswith(("can_", "more_"))}
    for name in offered:
        switch = f"can_{name}" if name in seen or name not in main else f"more_{name}"
        if switch in shown:
            shown[switch] = "true"
    shown["has_buttons"] = flag(bool(seen))
    shown["has_more"] = flag(len(offered) > len(seen))
    return shown


@cache
def _order(template: str) -> tuple[str, ...]:
    """The main buttons as the layout has them: primary first, dangerous last."""
    shown = [block for block in manifests()[template].layout if block["show"] == "buttons"]
    return tuple(button["action"] for block in shown for button in buttons(block))
