"""A cluster named by its own words: what most of its titles say and few others do."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import log

from core.plain import scrub

LONGEST, SHORTEST, MOST = 10, 2, 3
SHARE = 0.4  # of the titles that a word must stand in
READ = 300  # titles of one cluster that are read
_SIGNS = re.compile(r"[^\w]+|[_\d]+")
_EDGE = "的了是在有和与就都也还很把被让给这那们我你他她它吗呢吧啊及到从于为之其等来去要能不没请求将已又再"
_FIRST, _LAST = frozenset(f"{_EDGE}会"), frozenset(f"{_EDGE}个对向上下中问")
"""With what no word begins and none ends: 个体户 and 下水道 are words, and so is 业委会."""
ASKING = (
    "为什么", "怎么样", "怎么办", "怎么", "怎样", "如何", "什么时候", "什么", "哪里", "哪儿", "哪些", "哪个", "多少",
    "多久", "能不能", "能否", "是否", "可不可以", "有没有",
)  # fmt: skip
"""How people ask; longer ones first. They name no matter."""
_EMPTY = (
    *ASKING, "再次反映", "反映", "投诉", "咨询", "建议", "希望", "请问", "关于", "问题", "情况", "解决", "处理", "相关",
    "有关",
)  # fmt: skip


def all_of(titles: Sequence[str]) -> str:
    """Every title in one text, against which the words of a cluster are weighed."""
    return "\n".join(map(_plain, titles))


def words_of(titles: Sequence[str], everything: str) -> tuple[str, ...]:
    """Up to three words, the most characteristic first; the clearest title's opening where the titles share none."""
    lines = [_plain(title) for title in titles[:READ]]
    counted = Counter(word for line in lines for word in _inside(line))
    common = {word: count for word, count in counted.items() if count >= max(2, SHARE * len(lines))}
    whole = {word: count for word, count in common.items() if not _within_longer(word, count, common)}
    likely = sorted(whole, key=lambda word: (-whole[word] * len(word), word))[:40]
    total = everything.count("\n") + 1
    rated = {}
    for word in likely:
        rare = log(total / (everything.count(word) or 1) + 1)
        rated[word] = whole[word] / len(lines) * len(word) ** 0.5 * rare
    chosen: list[str] = []
    for word in sorted(rated, key=lambda one: (-rated[one], one)):
        if len(chosen) < MOST and not any(set(word) & set(other) for other in chosen):
            chosen.append(word)
    return tuple(_in_order(chosen, lines)) or (scrub(titles[0])[:12],)


def _plain(title: str) -> str:
    line = _SIGNS.sub(" ", scrub(title))
    for word in _EMPTY:
        line = line.replace(word, " ")
    return line


def _inside(line: str) -> set[str]:
    """Every run of characters that could be a word of this title."""
    return {
        run[at : at + size]
        for run in line.split()
        for at in range(len(run))
        for size in range(SHORTEST, LONGEST + 1)
        if at + size <= len(run) and run[at] not in _FIRST and run[at + size - 1] not in _LAST
    }


def _within_longer(word: str, count: int, common: dict[str, int]) -> bool:
    """A piece of a longer word that stands almost as often is no word of its own."""
    return any(word != other and word in other and many >= 0.75 * count for other, many in common.items())


def _in_order(words: list[str], lines: Sequence[str]) -> list[str]:
    """As a title would say them: by where they usually stand."""

    def place(word: str) -> float:
        found = [line.index(word) for line in lines if word in line]
        return sum(found) / len(found) if found else 0.0

    return sorted(words, key=place)
