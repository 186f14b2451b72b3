"""The product's colours and measures for drawings: the same tokens as the pages (look.md)."""

from __future__ import annotations

from types import MappingProxyType

INK, MUTED, LINE, GROUND, RAISED = "#1D2129", "#646F7D", "#E5E8EF", "#F6F7F9", "#FFFFFF"
BRAND, PARTY = "#1456C8", "#C8161D"
OK, NOTICE, WARN, ALARM = "#0C7F57", "#1456C8", "#A36200", "#CB2634"

# tone of a state → (words, ground behind them); always with the word, never colour alone
TONES = MappingProxyType(
    {
        "grey": (MUTED, "#EEF0F3"),
        "blue": (NOTICE, "#E8EFFB"),
        "orange": ("#A84C00", "#FFEBD9"),
        "red": ("#B71C1C", "#FDE7E7"),
        "green": (OK, "#E3F4EC"),
        "yellow": ("#8A6500", "#FFF6D6"),
    }
)
SIZE_NOTE, SIZE_SMALL, SIZE_BODY, SIZE_TITLE = 12, 14, 16, 20
STEP = 4  # every distance is a multiple of it
RADIUS_CARD, RADIUS_INPUT = 8, 4
TARGET = 44  # the least height of what a thumb presses
