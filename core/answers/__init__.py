"""Plain questions of citizens, answered from a table by meaning; nothing is answered that was not understood."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from core.policy.answers import Answer, load_answers

if TYPE_CHECKING:
    from core.answers.match import Matcher

LONGEST_ASKED = 200
"""Characters of a question that are read."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was understood: `answer`, or `near` (two that lie too close together), or neither."""

    answer: Answer | None
    near: tuple[Answer, ...] = ()


class Answers:
    """The table and its matcher, which is built at the first question and kept."""

    @cached_property
    def _matcher(self) -> Matcher:
        from core.answers.match import Matcher

        return Matcher(load_answers())

    def to(self, text: str) -> Heard:
        """The answer to a question; one asked by its title is answered at once."""
        asked = text.strip()[:LONGEST_ASKED]
        named = next((one for one in load_answers().answers if asked.rstrip("？?。") == one.title), None)
        return Heard(named) if named else self._matcher.heard(asked)
