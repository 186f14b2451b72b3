"""A card told in words, block by block as its template is drawn, for when the card itself cannot be shown (C9)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

from cards.card import Face
from cards.manifest import manifests
from cards.plain import plain

LONGEST = 3_000
"""Characters of one message; what is beyond stands on the page."""
LINE = 120


def in_words(face: Face, base: str = "") -> tuple[str, str]:
    """Title and markdown of everything a face shows but its buttons; `base`: the console's address for the link."""
    values = {**face.public, **face.private}
    lines = [line for block in manifests()[face.template].layout for line in _block(block, values) if line]
    page = f"[网页]({base.rstrip('/')}/)" if base else "网页"
    last = f"卡片没有发出来，先看文字；要办理请打开{page}，或过一会儿再发一次。"
    ends = accumulate(len(line) + 2 for line in lines)
    told = [line for line, end in zip(lines, ends, strict=True) if end <= LONGEST]
    return plain(values.get("title", ""), 20) or face.alert[:20], "\n\n".join((*told, last))


def _block(block: Mapping[str, Any], values: Mapping[str, str]) -> Iterator[str]:
    if (condition := block.get("if")) and values.get(condition) != "true":
        return
    match block["show"]:
        case "header":
            tag = values.get(block.get("tag", ""), "")
            yield f"**{plain(values.get(block['title'], ''), 40)}{f'（{plain(tag)}）' if tag else ''}**"
        case "markdown":
            yield values.get(block["text"], "")
        case "muted" | "emphasis" | "private" | "foot":
            yield plain(values.get(block["text"], ""), LINE)
        case "rows":
            yield from (plain(f"{row.get('k', '')}：{row.get('v', '')}", LINE) for row in _array(values, block["of"]))
        case "list":
            yield from (line for item in _array(values, block["of"]) for line in _item(item))


def _item(item: Mapping[str, str]) -> Iterator[str]:
    """One entry of a list; one that only leads elsewhere says nothing."""
    if item.get("caption"):
        yield f"**{plain(item['caption'], 20)}**"
    title, tag, sub = (item.get(name, "") for name in ("title", "tag", "sub"))
    if item.get("words") and "page" not in item:
        yield plain(f"{title}：发送「{item['words']}」", LINE)
    elif sub or tag.strip("●○"):
        yield " · ".join(plain(one, 60) for one in (title, sub, tag) if one)


def _array(values: Mapping[str, str], name: str) -> list[dict[str, str]]:
    rows = json.loads(values.get(name) or "[]")
    return [row for row in rows if isinstance(row, dict)]
