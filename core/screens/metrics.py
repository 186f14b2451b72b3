"""One metric of a topic, told: by the feed's fold or by our own record, with its change, its level and its age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from core.feeds.folds import FILLED, Seen, folded, since
from core.feeds.grains import after, began, window
from core.feeds.stands import Stand, stand_of
from core.policy.feeds import Fold, read_datasets, trended
from core.policy.records import read_records
from core.policy.topics import Metric, Own
from core.screens import numbers, own_cases, own_joint, own_rest
from core.screens.opening import opens
from core.screens.told import Count, Look, Told, moments, whole_days
from core.timewords import when
from core.worktime import SHANGHAI

COUNTS: Mapping[str, Count] = {**own_cases.COUNTS, **own_joint.COUNTS, **own_rest.COUNTS}
BEFORE = {
    "today": (timedelta(days=1), "较昨日同期"),
    "24h": (timedelta(days=1), "较前 24 小时"),
    "7d": (timedelta(days=7), "较前 7 天"),
    "30d": (timedelta(days=30), "较前 30 天"),
}
OWN_BEFORE = {"7d": "较前 7 天", "30d": "较前 30 天", "month": "较上月同期", "year": "较去年同期"}
NOTHING_YET = {"today": "今天暂无", "month": "本月暂无", "year": "今年暂无"}
FAULT = "暂时算不出"
NO_TIME, A_DAY = timedelta(), timedelta(days=1)
NEARLY = 1.2
"""A figure comes about so many of its intervals after the last one: a month is not always thirty days."""
OLD = timedelta(minutes=10)
"""Our own figures are folded every minute; older than this, the worker stands still."""


class Teller:
    """Tells metrics within one look; what was told once is not counted again."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self._told: dict[tuple[str, str, str], Told] = {}
        self._stands: dict[str, Stand] = {}
        self._seen = Seen()
        self._since: dict[str, datetime | None] = {}

    def tell(self, metric: Metric, by: str = "", over: str = "") -> Told:
        """The metric, by groups if asked."""
        key = (metric.full, by, over)
        if key not in self._told:
            self._told[key] = (
                self._own(metric.of, by, over) if isinstance(metric.of, Own) else self._fold(metric.of, by, over)
            )
        return self._told[key]

    def stand(self, feed: str) -> Stand:
        """How a dataset stands."""
        if feed not in self._stands:
            dataset = read_datasets()[feed]
            self._stands[feed] = stand_of(dataset, self._seen.feed(self.look.tx, dataset), self.look.now)
        return self._stands[feed]

    def _fold(self, fold: Fold, by: str, over: str) -> Told:
        look, dataset = self.look, read_datasets()[fold.feed]
        told = folded(look.tx, dataset, trended(fold, over or fold.over, by or fold.by), look.now, self._seen)
        stands = self.stand(fold.feed)
        note = (
            ""
            if told.value is not None
            else (NOTHING_YET.get(over or fold.over, "暂无数据") if stands.as_of else stands.words)
        )
        since = stands.since if stands.stale else None
        return Told(told.value, told.groups, stands.upto, told.demo, since, note)

    def _own(self, own: Own, by: str, over: str) -> Told:
        look, asked = self.look, replace(own, by=by or own.by, over=over or own.over)
        told = COUNTS[own.measure](look, asked)
        stale = told.as_of is not None and look.now - told.as_of > OLD
        return replace(told, since=told.as_of) if stale else told

    def compared(self, metric: Metric) -> Compared:
        """The value beside that of the stretch before, which is as long; nothing where there is none to compare with.

        An hour or day that still runs is left out on both sides: 较昨日同期 at 13:40 compares what came until 13:00.
        A stretch that began before the feed did is no stretch to compare with: half of it would read as growth.
        Nor is one whose numbers have had weeks to grow where those of this one had days (`RecordBook.later`,
        `Column.later`).
        """
        of, look = metric.of, self.look
        if isinstance(of, Own):
            return self._own_compared(of)
        if of.over not in BEFORE or (until := self._until(of)) is None:
            return NOTHING
        back, words = BEFORE[of.over]
        end, dataset = until - timedelta(microseconds=1), read_datasets()[of.feed]
        if any(dataset.columns[name].later for name in of.where) or not self._covers(of, end - back):
            return NOTHING
        mine, before = (folded(look.tx, dataset, of, one, self._seen).value for one in (end, end - back))
        return Compared(mine, before, words, _span(until))

    def _own_compared(self, own: Own) -> Compared:
        """The same of our own record, as far back as it reaches."""
        look, records = self.look, read_records()
        name = records.at.get(own.measure, {}).get("whole", own.measure)
        hour = look.now.astimezone(SHANGHAI).replace(minute=0, second=0, microsecond=0)
        if own.over == "today" and name in own_cases.HOURLY and hour.hour:
            opens = hour.replace(hour=0)
            now, then = (own_cases.happened(look, own, name, opens - back, hour - back) for back in (NO_TIME, A_DAY))
            if not now and own_cases.happened(look, own, name, hour, look.now + timedelta(microseconds=1)):
                return NOTHING  # else the first of the day would stand beside 较昨日同期 -100%
            return Compared(now, then, BEFORE["today"][1], _span(hour))
        days = whole_days(own, look.today) if own.over in OWN_BEFORE and name not in records.later else None
        if days is None or not records.measures[own.measure].past:
            return NOTHING
        mine, before = (self._of_days(own, *span) for span in days)
        return Compared(mine, before, OWN_BEFORE[own.over], _span(hour.replace(hour=0)))

    def _of_days(self, own: Own, since: date, until: date) -> float | None:
        if own.measure in own_cases.FIGURES:
            return own_cases.figure_of(self.look, replace(own, by=""), since, until).value
        if own.measure in own_cases.HOURLY:
            return own_cases.happened(self.look, own, own.measure, *moments(since, until))
        return COUNTS[own.measure](replace(self.look, until=until), replace(own, by="")).value

    def _covers(self, fold: Fold, end: datetime) -> bool:
        """Whether the feed tells of the whole stretch that ends then, its first day or hour begun."""
        if fold.feed not in self._since:
            feed = self._seen.feed(self.look.tx, read_datasets()[fold.feed])
            self._since[fold.feed] = since(self.look.tx, feed.id) if feed else None
        asked, began_at = window(fold.over, fold.by, end), self._since[fold.feed]
        return began_at is not None and began_at < began(asked.grain, asked.first + 1)

    def _until(self, fold: Fold) -> datetime | None:
        """The end of the last whole hour (of spans of days: the last whole day); None before today's first is over."""
        now, as_of = self.look.now.astimezone(SHANGHAI), self.stand(fold.feed).as_of
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if (
            as_of is not None
            and day < as_of < now
            and read_datasets()[fold.feed].time in read_datasets()[fold.feed].key
        ):
            now = as_of.astimezone(SHANGHAI)  # a source that is late is compared as far as it has come
        if fold.over not in ("today", "24h"):
            return day
        hour = now.replace(minute=0, second=0, microsecond=0)
        return None if fold.over == "today" and hour == day else hour


@dataclass(frozen=True, slots=True)
class Compared:
    """Two stretches of one length. `words`: with what, 「较昨日同期」; `span`: up to when both are counted."""

    mine: float | None = None
    before: float | None = None
    words: str = ""
    span: str = ""


NOTHING = Compared()


def _span(until: datetime) -> str:
    """「到 13:00 的整点为止，两边一样长」, 「到 3月8日 的整天为止，两边一样长」."""
    end = until - timedelta(microseconds=1)
    said = f"到 {until:%H:%M} 的整点" if until.time() != time() else f"到 {end.month}月{end.day}日 的整天"
    return f"{said}为止，两边一样长"


def shown(teller: Teller, metric: Metric) -> dict[str, Any]:
    """A metric as a screen has it: number, words, level, age, and what the dictionary says of it."""
    told, now = teller.tell(metric), teller.look.now
    beside = teller.compared(metric)
    words, tone = numbers.change(metric, beside.mine, beside.before, beside.words)
    return _described(metric) | {
        "value": told.value,
        "text": numbers.short(told.value, metric.decimals), "exact": numbers.exact(told.value, metric.decimals),
        "note": told.note, "change": words, "tone": tone, "level": metric.level(told.value),
        "span": beside.span if words else "",
        "as_of": numbers.as_of(now, told.as_of, every_of(metric)), "demo": told.demo,
        "stale": "" if told.since is None else when(now, told.since), "opens": opens(metric, teller.look.today),
    }  # fmt: skip


def unknown(metric: Metric) -> dict[str, Any]:
    """The same of a metric that could not be counted: no number, and no level that somebody would have to act on."""
    nothing = dict.fromkeys(("change", "tone", "level", "span", "as_of", "stale", "opens"), "")
    dash = numbers.short(None)
    return _described(metric) | nothing | {"value": None, "text": dash, "exact": dash, "note": FAULT, "demo": False}


def _described(metric: Metric) -> dict[str, Any]:
    return {
        "name": metric.full, "title": metric.title, "unit": metric.unit, "good": metric.good,
        "target": metric.target, "target_text": numbers.aim(metric.target, metric.decimals),
        "warn": dict(metric.warn), "definition": metric.definition, "formula": metric.formula,
        "source": metric.source, "owner": metric.owner, "refresh": metric.refresh, "own": isinstance(metric.of, Own),
    }  # fmt: skip


def runs(teller: Teller, metric: Metric, by: str, name: str) -> bool:
    """Whether the last hour, day or month of a curve still grows, so that its end is no fall.

    Means, shares and last values stand as they are. Of figures told again and again the step is whole once the next
    one would be about another; of happenings, and of our own, once it is over.
    """
    of, now = metric.of, teller.look.now
    if metric.unit == "%" or (not isinstance(of, Own) and of.how not in FILLED):
        return False
    heard = now
    if not isinstance(of, Own) and read_datasets()[of.feed].time in read_datasets()[of.feed].key:
        dataset, as_of = read_datasets()[of.feed], teller.stand(of.feed).as_of
        heard = as_of + timedelta(seconds=dataset.every * NEARLY) if as_of else now
    return heard < after(by, name)


def every_of(metric: Metric) -> int:
    """How often its figures come when each is about a stretch of time; 0 for our own and for happenings."""
    if isinstance(metric.of, Own):
        return 0
    dataset = read_datasets()[metric.of.feed]
    return dataset.every if dataset.time in dataset.key else 0


def splits(metric: Metric) -> str:
    """The column by which the metric splits into towns, if any."""
    if isinstance(metric.of, Own):
        return "town" if "town" in read_records().measures[metric.of.measure].by else ""
    columns = read_datasets()[metric.of.feed].columns
    return next((name for name, one in columns.items() if one.type == "town"), "")
