"""A text as the pairs of characters that stand for it, so that alike texts share rows of one small table."""

from __future__ import annotations

import itertools
import re
from functools import cache

from core.likeness.policy import load_likeness

KEPT = 48  # pairs kept of one case: all of title and place, the rest of the content
HEAD = 300  # characters of the content that are read
_BLANK = re.compile(r"[^\w]+|[_]")
_SMALL = re.compile("[的了是在有和与就都也还很把被让给这那个们我你他她它吗呢吧啊请希望解决处理反映您好尽快部门]")
_NUMBER = re.compile("[0-9a-z一二三四五六七八九十]+(?=栋|幢|号|期|楼|队|单元|区|巷|组|$)")
_MIX = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


def normal(text: str) -> str:
    """Signs, small words and blanks gone, every word of like meaning spelt one way."""
    line = _BLANK.sub("", text.lower())
    return _SMALL.sub("", _meanings().sub(lambda found: load_likeness().words[found[0]], line))


def name_of(place: str) -> str:
    """A place by what is its own, at least two characters of it: 「港口路公交站」 is 港口."""
    line = _NUMBER.sub("", _BLANK.sub("", place.lower()))
    while found := next((one for one in load_likeness().of_places if line.endswith(one)), ""):
        if len(line) - len(found) < 2:
            break
        line = line.removesuffix(found)
    return line


def matters_in(normal_text: str) -> frozenset[str]:
    """The words of a normal text that name a matter."""
    return frozenset(word for word in load_likeness().matters if word in normal_text)


@cache
def _meanings() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, load_likeness().words)) or "(?!)")


def pairs(text: str) -> frozenset[int]:
    """Each two neighbouring characters of a normal text as one number."""
    return frozenset(ord(one) << 21 | ord(two) for one, two in itertools.pairwise(text))


def grams_of(title: str, place: str, content: str) -> frozenset[int]:
    """What stands for a case: the pairs of its title and place, filled up with those of its content.

    Which of the content are kept depends on the pair alone, so two texts that share pairs keep the same ones.
    """
    first = sorted(pairs(normal(title)) | pairs(normal(place)), key=_rank)[:KEPT]
    rest = sorted(pairs(normal(content[:HEAD])) - set(first), key=_rank)
    return frozenset([*first, *rest[: KEPT - len(first)]])


def _rank(gram: int) -> int:
    return (gram * _MIX) & _MASK
