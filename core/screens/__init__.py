"""数字中心: topics told for wall and phone from two kinds of truth, our own record and what other systems deliver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlencode

import structlog
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import Busy, TopicNotYours, Unknown
from core.models.feeds import feeds
from core.models.measures import rollup_state
from core.models.record import events
from core.policy import Policy
from core.policy.district import read_district
from core.policy.topics import Metric, Panel, Topic, metric_of, read_topics
from core.ports import Clock
from core.screens import evidence, lines, numbers, panels
from core.screens.metrics import Teller, shown, splits, unknown
from core.screens.opening import opens
from core.screens.shelf import Picture, Shelf
from core.screens.told import Look
from core.screens.walls import Walls
from core.work import World

WARNINGS = 12
NOT_NOW = (Busy, OperationalError, PoolTimeout)
"""Nobody can count anything at this moment, and the last picture is better than thirty apologies."""
log = structlog.get_logger(__name__)


class Wired(Protocol):
    """What of the core the screens need."""

    clock: Clock
    engine: Engine

    @property
    def policy(self) -> Policy: ...

    def world(self) -> World: ...

    def _read(self, run: Callable[[Connection], Any]) -> Any: ...
    def _ask(self, run: Callable[[Connection], Any]) -> Any: ...


class Screens:
    """The screens behind the facade. Thread-safe; a poll of what has not changed reads three numbers."""

    def __init__(self, core: Wired) -> None:
        self._core = core
        self._shelf = Shelf(lambda: core._read(_stamp))
        self.walls = Walls(core)

    @property
    def topics(self) -> Mapping[str, Topic]:
        return read_topics()

    def topic(self, name: str, role: str | None) -> Topic:
        """One topic for a reader of this role; None is a wall. Raises Unknown, TopicNotYours."""
        topic = self.topics.get(name)
        if topic is None:
            raise Unknown(what="这个专题")
        if not topic.is_for(role or ""):
            titles = (self._core.policy.roles.get(one, one) for one in sorted(topic.audience))
            raise TopicNotYours(holder="、".join(titles), topic=topic.title)
        return topic

    def for_reader(self, role: str | None) -> list[Topic]:
        """The topics this role may look at, in their order."""
        return [one for one in self.topics.values() if one.is_for(role or "")]

    def picture(self, topic: Topic) -> Picture:
        """Everything a page of the topic draws, as JSON: the same for all its readers, for it names nobody."""
        return self._shelf.get(topic.name, topic.refresh, lambda: self._told(topic))

    def towns(self, topic: Topic) -> Picture:
        """The topic's numbers by town, for the step from the district to a town."""
        return self._shelf.get(
            f"{topic.name}/towns", topic.refresh, lambda: self._core._read(lambda tx: self._towns(tx, topic))
        )

    def rows(self, topic: Topic, place: int, filters: Mapping[str, str]) -> Picture:
        """The newest rows of one panel, narrowed by its own filters. Raises Unknown."""
        if not 0 <= place < len(topic.panels) or topic.panels[place].show not in evidence.LISTED:
            raise Unknown(what="这个面板")
        panel = topic.panels[place]
        wanted = _narrowed(panel, filters)
        key = f"{topic.name}/{place}?{urlencode(sorted(wanted.items()))}"

        def make(tx: Connection) -> dict[str, Any]:
            teller = Teller(self._look(tx))
            found = lines.rows_of(teller, panel, wanted, panel.most or panels.MOST[panel.show])
            told = lines.cells(teller, lines.columns_of(panel), found)
            return {"rows": told, "marks": lines.marks_of(panel, found)}

        return self._shelf.get(key, topic.refresh, lambda: self._core._read(make))

    def evidence(self, asked: Mapping[str, str], role: str | None) -> dict[str, str] | None:
        """What was seen on a screen as the beginning of a case or a joint order: title, words, place.

        `asked`: `metric`, a number; or `topic` with `town`, its numbers of one town; or `topic`, `panel` and `row`, one
        line of a panel under the panel's filters. Taken from what people see, so that what is written is what was seen;
        None where there is no such thing, or it is not this reader's.
        """
        name, _, metric = asked.get("metric", "")[:80].partition(".")
        topic = self.topics.get(name or asked.get("topic", "")[:40])
        if topic is None or not topic.is_for(role or ""):
            return None
        known: Topic = topic

        def read(tx: Connection) -> dict[str, str] | None:
            teller = Teller(self._look(tx))
            if metric:
                return evidence.of_metric(teller, known, metric)
            if town := asked.get("town", "")[:40]:
                return evidence.of_town(teller, known, town)
            return self._of_line(teller, known, asked)

        found: dict[str, str] | None = self._core._read(read)
        return found

    # --- inside ---

    def _of_line(self, teller: Teller, topic: Topic, asked: Mapping[str, str]) -> dict[str, str] | None:
        told = asked.get("panel", "")[:3]
        place = int(told) if told.isascii() and told.isdigit() else len(topic.panels)
        if place >= len(topic.panels):
            return None
        panel, row = topic.panels[place], asked.get("row", "")[:80]
        given = tuple(metric_of(self.topics, topic, name) for name in panel.metrics)
        if panel.show in evidence.LISTED:
            return evidence.of_row(teller, topic, panel, given, row, _narrowed(panel, asked))
        return evidence.of_group(teller, topic, panel, given, row)

    def _look(self, tx: Connection) -> Look:
        return Look(tx, self._core.world(), self._core.clock.now())

    def _told(self, topic: Topic) -> dict[str, Any]:
        try:
            told: dict[str, Any] = self._core._read(lambda tx: self._read_topic(tx, topic))
            return told
        except NOT_NOW:
            raise
        except Exception as error:
            log.error("a topic is told in parts", topic=topic.name, exc_info=error)
            return self._in_parts(topic)

    def _read_topic(self, tx: Connection, topic: Topic) -> dict[str, Any]:
        teller = Teller(self._look(tx))
        return self._assembled(
            topic, lambda one: shown(teller, one), lambda panel, given: panels.told(teller, panel, given)
        )

    def _in_parts(self, topic: Topic) -> dict[str, Any]:
        """Each number and each panel counted by itself: what is at fault says so, the others go on."""

        def alone(count: Callable[[Teller], dict[str, Any]], otherwise: dict[str, Any]) -> dict[str, Any]:
            try:
                told: dict[str, Any] = self._core._read(lambda tx: count(Teller(self._look(tx))))
                return told
            except NOT_NOW:
                raise
            except Exception as error:
                log.error("a part of a screen is at fault", topic=topic.name, part=otherwise["title"], exc_info=error)
                return otherwise

        return self._assembled(
            topic,
            lambda one: alone(lambda teller: shown(teller, one), unknown(one)),
            lambda panel, given: alone(lambda teller: panels.told(teller, panel, given), panels.fault(panel, given)),
        )

    def _assembled(
        self,
        topic: Topic,
        number: Callable[[Metric], dict[str, Any]],
        drawn: Callable[[Panel, tuple[Metric, ...]], dict[str, Any]],
    ) -> dict[str, Any]:
        given = [tuple(metric_of(self.topics, topic, name) for name in panel.metrics) for panel in topic.panels]
        every = {one.full: one for some in (*given, topic.metrics.values()) for one in some}
        metrics = {name: number(one) for name, one in every.items()}
        made = [drawn(panel, some) for panel, some in zip(topic.panels, given, strict=True)]
        return {
            "topic": topic.name, "title": topic.title, "refresh": topic.refresh, "owner": topic.owner,
            "lead": f"{topic.name}.{topic.lead}", "metrics": metrics, "panels": made,
            "demo": any(one["demo"] for one in (*metrics.values(), *made)), "warnings": _warnings(metrics),
        }  # fmt: skip

    def _towns(self, tx: Connection, topic: Topic) -> dict[str, Any]:
        teller = Teller(self._look(tx))
        found: dict[str, list[dict[str, Any]]] = {town: [] for town in read_district().towns}
        for one in topic.metrics.values():
            if not (by := splits(one)):
                continue
            groups = dict(teller.tell(one, by).groups)
            for town, rows in found.items():
                told = {"metric": one.full, "title": one.title, "unit": one.unit, "value": groups.get(town)}
                words = numbers.short(groups.get(town), one.decimals)
                rows.append({**told, "text": words, "opens": opens(one, teller.look.today, town)})
        return {"topic": topic.name, "towns": found}


def _warnings(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The topic's numbers that stand at a level, the gravest first (domain-rules §8)."""
    order = ("red", "orange", "yellow")
    found = [
        {"level": row["level"], "metric": name, "text": f"{row['title']} {row['text']}{row['unit']}"}
        for name, row in metrics.items()
        if row["level"]
    ]
    return sorted(found, key=lambda one: order.index(one["level"]))[:WARNINGS]


def _narrowed(panel: Panel, asked: Mapping[str, str]) -> dict[str, str]:
    """The panel's own filters, as far as they are asked for."""
    return {name: asked[name][:60] for name in panel.filters if asked.get(name)}


def _stamp(tx: Connection) -> object:
    """What came in last: from our own doors, into the figures, and from each feed."""
    query = select(
        select(func.max(events.c.id)).scalar_subquery(),
        select(func.max(rollup_state.c.seq)).scalar_subquery(),
        select(func.max(feeds.c.delivery_id)).scalar_subquery(),
        select(func.sum(feeds.c.seq)).scalar_subquery(),
    )
    return tuple(tx.execute(query).one())


__all__ = ["Picture", "Screens"]
