"""Texts for the duty list: one spelling, and the pairs of characters they hold. Plain Python, loaded at any time."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 6_000  # characters read of one text
_BLANK, _DIGIT = re.compile(r"\s+"), re.compile(r"\d")
HAN = re.compile("[\u4e00-\u9fff]+")


def normal(text: str) -> str:
    """One spelling of a text: half-width, lower case, without blanks; a digit is a digit, so no number is learnt."""
    return _DIGIT.sub("0", _BLANK.sub("", unicodedata.normalize("NFKC", text[:LONGEST]).lower()))


def pairs(text: str) -> list[str]:
    """Every two neighbouring Chinese characters."""
    return [run[at : at + 2] for run in HAN.findall(text) for at in range(len(run) - 1)]
