"""The rules of directory imports: when they run by themselves, and what an administrator has to confirm (A6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from core.policy import read


@dataclass(frozen=True, slots=True)
class RosterRules:
    """All of roster.yaml. Shares are parts of the people known by that source."""

    hour: int
    minute: int
    few: int
    people: int
    share: float
    absurd: float
    arriving: int
    leader: tuple[str, str]
    member: tuple[str, str]
    moved: frozenset[str]
    keep: timedelta
    retries: int

    def is_absurd(self, leaving: int, known: int) -> bool:
        """So many are missing at once that the answer was rather not whole: nobody is disabled for it."""
        return leaving > self.few and leaving >= self.absurd * known

    def wants_confirmation(self, leaving: int, known: int) -> bool:
        """More people would be disabled than may be without a word of an administrator."""
        return leaving > self.few and (leaving > self.people or leaving > self.share * known)


@cache
def roster_rules() -> RosterRules:
    """The table, read once. Raises KeyError where a line is missing."""
    raw = read("roster.yaml")
    leaving, posts = raw["leaving"], raw["posts"]
    pair = {name: (posts[name]["role"], posts[name]["title"]) for name in ("leader", "member")}
    return RosterRules(
        raw["hour"], raw["minute"], leaving["few"], leaving["people"], leaving["share"], leaving["absurd"],
        raw["arriving"]["people"], pair["leader"], pair["member"], frozenset(posts["moved"]),
        timedelta(days=raw["keep_days"]), raw["retries"],
    )  # fmt: skip
