"""Three-level warning of the screens' own numbers (domain-rules §8): a card once a level and day to those named."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

import structlog

from core.facade import Core
from core.policy import read
from core.policy.topics import LEVELS, Topic
from core.warning_views import WarningView
from core.watch import quiet_until
from core.worktime import local_date

log = structlog.get_logger(__name__)
ROLES = {"desk": "dispatcher", "desk_head": "desk_head", "leaders": "district_leader"}


@dataclass(frozen=True, slots=True)
class Telling:
    """Level → the roles that hear of it, and the levels that do not wait for the morning."""

    hearers: Mapping[str, tuple[str, ...]]
    at_night: frozenset[str]


@cache
def telling() -> Telling:
    """As topic_warnings.yaml says. Raises ValueError for a role that nobody is or a level that is none."""
    raw = read("topic_warnings.yaml")
    told, at_night = raw["tell"], frozenset(raw["at_night"])
    strange = ({one for roles in told.values() for one in roles} - ROLES.keys()) | (set(told) ^ set(LEVELS))
    strange |= at_night - set(LEVELS)
    if strange:
        raise ValueError(f"topic_warnings.yaml: unknown {', '.join(sorted(strange))}")
    return Telling({level: tuple(ROLES[one] for one in roles) for level, roles in told.items()}, at_night)


class TopicWatch:
    """Looks at every topic now and then; repeating it says nothing twice, for a day's card has one key."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def check(self) -> int:
        """Tell what stands at a level; returns how many cards were new. Invented and old numbers warn nobody.

        In the quiet hours (§20) only the levels of `at_night` are told; what else still stands in the morning is told
        then, as it is then. Nobody hears of a topic that is not theirs.
        A topic whose numbers cannot be made costs only itself: it is logged with a reference, the others are told.
        """
        return sum(self._look_at(topic) for topic in self._core.screens.topics.values())

    def _look_at(self, topic: Topic) -> int:
        try:
            night = quiet_until(self._core.clock.now(), self._core.policy.quiet) is not None
            told = (one for one in self._warned(topic) if not night or one["level"] in telling().at_night)
            return sum(self._tell(topic, metric) for metric in told)
        except Exception:
            log.exception("topic cannot be watched", topic=topic.name, reference=secrets.token_hex(4).upper())
            return 0

    def _tell(self, topic: Topic, metric: Mapping[str, Any]) -> int:
        core, level = self._core, metric["level"]
        day, known = self._day(), core.directory().by_role
        body = self._view(topic, metric).body()
        heard = {one.person for role in telling().hearers[level] if topic.is_for(role) for one in known.get(role, ())}
        return sum(
            core.reply(f"topic:{metric['name']}:{level}:{day}:{person}", person, "warning", {**body, "person": person})
            for person in heard
        )

    def _day(self) -> date:
        """A day begins when the quiet hours end: what stands at midnight was told that day."""
        ends = self._core.policy.quiet.ends
        return local_date(self._core.clock.now() - timedelta(hours=ends.hour, minutes=ends.minute))

    def _view(self, topic: Topic, metric: Mapping[str, Any]) -> WarningView:
        label = next(one.label for one in self._core.policy.warnings.levels if one.name == metric["level"])
        line, unit = metric["warn"][metric["level"]], metric["unit"]
        sign = "≤" if metric["good"] == "up" else "≥"
        rows = (
            ("现在", f"{metric['exact']}{unit}"), (f"{label}线", f"{sign} {line:g}{unit}"), ("变化", metric["change"]),
            ("专题", topic.title), ("来源", f"{metric['source']}（{metric['owner']}）"),
        )  # fmt: skip
        return WarningView(
            f"{metric['title']} {metric['text']}{unit}", metric["level"], label, metric["as_of"],
            tuple(row for row in rows if row[1]), f"口径：{metric['definition']}。", f"/m/{topic.name}", metric["name"],
        )  # fmt: skip

    def _warned(self, topic: Topic) -> list[dict[str, Any]]:
        metrics = self._core.screens.picture(topic).told["metrics"]
        mine = (metric for name, metric in metrics.items() if name.startswith(f"{topic.name}."))
        return [one for one in mine if one["level"] and not (one["demo"] or one["stale"])]
