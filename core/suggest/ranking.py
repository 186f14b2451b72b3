"""The duty list at work: which lines a message calls up, by words, likeness, class and place. Needs no training."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from core.policy.duties import TOWN, Duty, DutyList
from core.suggest.plaintext import normal, pairs

NAME = re.compile("[路街](?![段口面边上旁灯道])|大道")
"""What makes a word part of a street's name: 港口路 is no harbour, 积水路段 is a flood."""
TITLE_COUNTS = 1.6  # a word in the title says more than one in the story
LIKENESS, NAMED_IN_DUTY = 3.0, 1.0
CLASS = {6: 4.0, 4: 1.2, 2: 0.3}
COMMON = 24  # a pair of characters in more lines than that says nothing
SECOND = 0.3  # what a unit's second-best line adds
SHARPNESS = 0.9
SPREAD = 0.3  # likelihood shared by all the lines that were not called up at all


@dataclass(frozen=True, slots=True)
class Matter:
    """What a suggestion may look at: the words of a case, its class, and the unit code of its town when known."""

    title: str
    content: str
    class_code: str = ""
    town: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A duty line that a message calls up: for which unit, how strongly, by which words."""

    unit: str
    duty: Duty
    score: float
    words: tuple[str, ...]


class Ranking:
    """The duty list of one day, prepared once. `leads` is the usual lead of each class code."""

    def __init__(self, listed: DutyList, day: date, leads: Mapping[str, str] | None = None) -> None:
        self.duties = tuple(duty for duty in listed.duties if duty.holds_on(day))
        self._leads = dict(leads or {})
        self._by_word: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for at, duty in enumerate(self.duties):
            for word, weight in duty.words.items():
                self._by_word[normal(word)].append((at, weight * _force(word)))
        self._by_sign: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._by_word, key=len, reverse=True):
            self._by_sign[word[0]].append(word)

    @cached_property
    def _likeness(self) -> tuple[dict[str, list[tuple[int, float]]], dict[str, float]]:
        """Which lines hold a pair of characters, and how rare the pair is in the list."""
        told = [Counter(pairs("。".join((duty.duty, *duty.like)))) for duty in self.duties]
        held = Counter(pair for one in told for pair in one)
        rare = {pair: math.log(1 + len(told) / count) for pair, count in held.items()}
        lines: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for at, one in enumerate(told):
            length = math.sqrt(sum(rare[pair] ** 2 for pair in one)) or 1.0
            for pair in one:
                lines[pair].append((at, rare[pair] / length))
        return {pair: held for pair, held in lines.items() if len(held) <= COMMON}, rare

    def calls(self, matter: Matter) -> list[Call]:
        """Every line that was called up, strongest first; @town lines go to the matter's town, or nowhere."""
        title, content = normal(matter.title), normal(matter.content)
        score: dict[int, float] = defaultdict(float)
        words: dict[int, list[tuple[float, str]]] = defaultdict(list)
        for word in self._found(title, content):
            for at, weight in self._by_word[word]:
                force = weight * (TITLE_COUNTS if word in title else 1.0)
                score[at] += force
                words[at].append((force, word))
        for at, likeness in self._like(title + "。" + content):
            score[at] += LIKENESS * likeness
        for at, duty in enumerate(self.duties if matter.class_code else ()):
            if bonus := self._of_class(duty, matter.class_code):
                score[at] += bonus
        told = [self._call(self.duties[at], worth, words[at], matter) for at, worth in score.items()]
        return sorted((call for call in told if call), key=lambda call: (-call.score, call.duty.id))

    @staticmethod
    def _call(duty: Duty, worth: float, words: Sequence[tuple[float, str]], matter: Matter) -> Call | None:
        unit = matter.town if duty.unit == TOWN else duty.unit
        best = tuple(word for _, word in sorted(words, reverse=True)[:2])
        return Call(unit, duty, worth, best) if unit else None

    def _found(self, title: str, content: str) -> list[str]:
        """The words of the list that the message holds, without those that only stand inside a longer one of them."""
        text, reach = f"{title}\n{content}", 0
        found: dict[str, None] = {}
        for at, sign in enumerate(text):
            for word in self._by_sign.get(sign, ()):
                if at + len(word) > reach and text.startswith(word, at) and not NAME.match(text, at + len(word)):
                    found[word], reach = None, at + len(word)
                    break
        return list(found)

    def _like(self, text: str) -> Iterable[tuple[int, float]]:
        """How like each line the message is: 0 to 1, by rare pairs of characters in common."""
        lines, rare = self._likeness
        mine = {pair for pair in pairs(text) if pair in lines}
        near: dict[int, float] = defaultdict(float)
        for pair in mine:
            for at, share in lines[pair]:
                near[at] += share * rare[pair]
        length = math.sqrt(sum(rare[pair] ** 2 for pair in mine)) or 1.0
        return [(at, worth / length) for at, worth in near.items()]

    def _of_class(self, duty: Duty, code: str) -> float:
        """A class named by the registrar speaks for its lines, and for every line of the unit that usually leads."""
        if not code:
            return 0.0
        near = max((size for size in CLASS for own in duty.classes if own[:size] == code[:size]), default=0)
        usual = self._leads.get(code)
        return CLASS.get(near if near <= len(code) else 0, 0.0) + (1.0 if usual == duty.unit else 0.0)


def likely(calls: Sequence[Call]) -> dict[str, float]:
    """The likelihood of each unit by its strongest lines; what is missing to one is the chance of a unit unnamed."""
    worth: dict[str, list[float]] = defaultdict(list)
    for call in calls:
        worth[call.unit].append(call.score)
    scores = {unit: one[0] + SECOND * (one[1] if len(one) > 1 else 0.0) for unit, one in worth.items()}
    raised = {unit: math.expm1(SHARPNESS * score) for unit, score in scores.items()}
    total = sum(raised.values()) + math.exp(SHARPNESS) / SPREAD
    return {unit: value / total for unit, value in raised.items()}


def _force(word: str) -> float:
    """Longer words are surer: 路灯 1, 公交站 1.4, 农贸市场 1.8."""
    return {1: 0.5, 2: 1.0, 3: 1.4}.get(len(word), 1.8)
