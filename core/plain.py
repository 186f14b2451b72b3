"""Other people's words made harmless: no markup, no tricks of direction, no numbers that belong to a person."""

from __future__ import annotations

import re
import unicodedata

# Full-width twins: they read the same in Chinese text and mean nothing to a markdown reader (security-reliability E2).
_SIGNS = str.maketrans(
    {
        "\\": "＼", "`": "｀", "*": "＊", "_": "＿", "{": "｛", "}": "｝", "[": "［", "]": "］", "(": "（", ")": "）",
        "<": "＜", ">": "＞", "#": "＃", "!": "！", "|": "｜", "~": "～", "@": "＠", "&": "＆", "$": "＄", "^": "＾",
    }
)  # fmt: skip
_SCHEME = re.compile(r":\s*//")
_WWW = re.compile(r"(?i)www\.")
_LIST_MARK = re.compile(r"^\s*(?:(\d+)\.|([-+=]))")
_TWINS = {"-": "－", "+": "＋", "=": "＝"}

_MOBILE = re.compile(r"(?<!\d)(?:\+?86[- ]?)?(1[3-9]\d)[- ]?\d{4}[- ]?(\d{4})(?!\d)")
_IDENTITY = re.compile(r"(?<![\dA-Za-z])(\d{3})\d{11,14}([\dXx])(?![\dA-Za-z])")
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3})[- ]?\d{5,6}(\d{2})(?!\d)")
_LONG_NUMBER = re.compile(r"(?<![\dA-Za-z])(?!20\d\d-\d{1,2}-\d{1,2}(?!\d))(\d{2})(?:[ -]?\d){4,}(\d)(?![\dA-Za-z])")
_DOOR = re.compile(r"\d+\s*(?=号楼|栋|幢|单元|室|房(?!屋)|门牌)")
_STREET_NUMBER = re.compile(r"(?<=[路街道巷里村])\s*\d+(?:[-－—]\d+)*\s*(?=号)")

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might take this text for a formula (control D6)."""
    return text.startswith(_RUNS)


def as_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if is_formula(text) else text


def cut(text: str, limit: int) -> str:
    """At most `limit` characters; what was longer ends in 「…」."""
    return text if len(text) <= limit else f"{text[: max(limit - 1, 0)].rstrip()}…"


def clean(text: str, limit: int = 0) -> str:
    """One line of plain text: control, bidi, invisible and unpaired characters gone, blanks joined; 0 = no limit."""
    kept = text
    if not text.isprintable():  # printable text has none of the five categories, and no blank but the plain one
        kept = "".join(" " if one.isspace() else one for one in text if one.isspace() or _is_visible(one))
    line = " ".join(kept.split())
    return cut(line, limit) if limit else line


def plain(text: str, limit: int = 0) -> str:
    """Citizen text for card markdown: `clean`, and every markdown sign replaced by its full-width twin (E2).

    No sign is left that could make a link, an image, a mention, a heading, a list or a tag.
    """
    line = _WWW.sub("www．", _SCHEME.sub("：／／", clean(text))).translate(_SIGNS)
    line = _LIST_MARK.sub(lambda found: f"{found[1]}．" if found[1] else _TWINS[found[2]], line)
    return cut(line, limit) if limit else line


def scrub(text: str) -> str:
    """One line for eyes that are not the reader's alone: phone, identity, door numbers hidden (domain-rules §17)."""
    text = clean(text)  # first, so that an invisible character cannot split a number
    for pattern in (_IDENTITY, _MOBILE, _LANDLINE, _LONG_NUMBER):
        text = pattern.sub(r"\1****\2", text)
    return _STREET_NUMBER.sub("*", _DOOR.sub("*", text))


def _is_visible(one: str) -> bool:
    return unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co", "Cn")
