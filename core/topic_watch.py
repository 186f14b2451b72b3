"""Three-level warning of the screens' own numbers (domain-rules §8): a card once a level and day to those named."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import cache
from typing import Any

import structlog

from core.facade import Core
from core.policy import read
from core.policy.topics import LEVELS, Topic
from core.warning_views import WarningView
from core.worktime import local_date

log = structlog.get_logger(__name__)
ROLES = {"desk": "dispatcher", "desk_head": "desk_head", "leaders": "district_leader"}


@cache
def hearers() -> Mapping[str, tuple[str, ...]]:
    """Level → the roles that hear of it. Raises ValueError for one that nobody is."""
    raw = read("topic_warnings.yaml")
    strange = ({one for told in raw.values() for one in told} - ROLES.keys()) | (set(raw) ^ set(LEVELS))
    if strange:
        raise ValueError(f"topic_warnings.yaml: unknown {', '.join(sorted(strange))}")
    return {level: tuple(ROLES[one] for one in told) for level, told in raw.items()}


class TopicWatch:
    """Looks at every topic now and then; repeating it says nothing twice, for a day's card has one key."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def check(self) -> int:
        """Tell what stands at a level; returns how many cards were new. Invented and old numbers warn nobody.

        Nobody hears of a topic that is not theirs.

        A topic whose numbers cannot be made costs only itself: it is logged with a reference, the others are told.
        """
        return sum(self._look_at(topic) for topic in self._core.screens.topics.values())

    def _look_at(self, topic: Topic) -> int:
        try:
            return sum(self._tell(topic, metric) for metric in self._warned(topic))
        except Exception:
            log.exception("topic cannot be watched", topic=topic.name, reference=secrets.token_hex(4).upper())
            return 0

    def _tell(self, topic: Topic, metric: Mapping[str, Any]) -> int:
        core, level = self._core, metric["level"]
        day, known = local_date(core.clock.now()), core.directory().by_role
        body = self._view(topic, metric).body()
        heard = {one.person for role in hearers()[level] if topic.is_for(role) for one in known.get(role, ())}
        return sum(
            core.reply(f"topic:{metric['name']}:{level}:{day}:{person}", person, "warning", {**body, "person": person})
            for person in heard
        )

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
