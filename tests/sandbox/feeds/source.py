"""All stand-in sources together: a page of rows for a question, and the moods tests put them into."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ..wire import ControlError, Json
from .numbers import SHANGHAI
from .plan import Plan, plans
from .rows import changed

USUAL, MOST = 600, 10_000
MOODS = ("fail", "broken", "stale", "slow", "bad")


class Clock(Protocol):
    """Whatever tells the moment up to which the sources know."""

    def now(self) -> datetime: ...


class BadQuestion(Exception):
    """`since` or `limit` is not what the dialect asks for."""


@dataclass
class Feeds:
    """The sources and their moods; a mood's name of a dataset may be `*` for all.

    `fail`: the HTTP status they answer with; `broken`: the answer is no JSON; `slow`: seconds they take;
    `bad`: so many rows of each answer have a wrong type; `stale`: what they know stands still since this moment.
    """

    clock: Clock
    fail: dict[str, int] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    bad: dict[str, int] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    stale: dict[str, datetime] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)

    def answer(self, name: str, since: str, limit: str) -> Json | None:
        """What changed after `since`, in pieces of about `limit` rows; None for a dataset nobody declared.

        Raises:
            BadQuestion: see there.
        """
        plan = plans().get(name)
        if plan is None:
            return None
        try:
            size, first, now = int(limit or USUAL), self._since(plan, since), self.now(name)
        except (ValueError, TypeError) as error:
            raise BadQuestion(str(error)) from error
        if not 1 <= size <= MOST:
            raise BadQuestion(f"limit is 1 to {MOST}")
        rows: list[Json] = []
        oldest = (now - plan.history).astimezone(SHANGHAI).isoformat()
        while not rows and first < now:
            until = min(now, first + plan.stretch(size))
            told = (row for _, row in changed(plan, first, until))
            # What is older than its memory a source leaves out even where it changed since: a few of many would read
            # as a quiet month before.
            rows, first = [row for row in told if plan.happen is None or row[plan.time] >= oldest], until
        for row in rows[: self._mood(self.bad, name)]:
            row[plan.time] = "昨天"
        at = first.astimezone(SHANGHAI).isoformat()
        return {
            "topic": plan.topic, "dataset": plan.dataset, "demo": True, "at": at, "rows": rows, "next": at,
            "more": first < now,
        }  # fmt: skip

    def now(self, name: str) -> datetime:
        """The moment up to which a source knows."""
        held = self.stale.get(name, self.stale.get("*"))
        return held or self.clock.now().replace(microsecond=0)

    def tell(self, body: Json) -> Json:
        """Take moods, and say which there are.

        Raises:
            ControlError: it names a dataset nobody declared.
        """
        if body.get("clear"):
            self.fail, self.slow, self.bad, self.broken, self.stale = {}, {}, {}, set(), {}
        for mood in MOODS:
            if strange := set(body.get(mood, ())) - plans().keys() - {"*"}:
                raise ControlError(f"没有这样的数据集：{'、'.join(sorted(strange))}")
        self.fail.update(body.get("fail", {}))
        self.slow.update(body.get("slow", {}))
        self.bad.update(body.get("bad", {}))
        self.broken.update(body.get("broken", ()))
        self.stale.update({name: self.now(name) for name in body.get("stale", ())})
        return {
            "fail": self.fail, "slow": self.slow, "bad": self.bad, "broken": sorted(self.broken),
            "stale": {name: at.isoformat() for name, at in self.stale.items()}, "asked": dict(self.asked),
            "datasets": sorted(plans()),
        }  # fmt: skip

    def status(self, name: str) -> int:
        """The status a source fails with; 0 when it is well."""
        return self._mood(self.fail, name)

    def pause(self, name: str) -> float:
        """How long it takes, in seconds."""
        return float(self.slow.get(name, self.slow.get("*", 0)))

    def is_broken(self, name: str) -> bool:
        return bool(self.broken & {name, "*"})

    @staticmethod
    def _mood(moods: dict[str, int], name: str) -> int:
        return int(moods.get(name, moods.get("*", 0)))

    def _since(self, plan: Plan, told: str) -> datetime:
        oldest = self.now(plan.name) - plan.history
        if not told:
            return oldest
        moment = datetime.fromisoformat(told.replace(" ", "+"))  # a plus sign that nobody escaped
        if moment.tzinfo is None:
            raise ValueError("since has a zone")
        return max(moment, oldest)
