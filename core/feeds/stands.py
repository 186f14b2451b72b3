"""How a dataset stands: as of when, whether its source still speaks, invented or real, and by which delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from core.feeds.folds import current
from core.policy.feed_rules import feed_rules
from core.policy.feeds import Dataset


@dataclass(frozen=True, slots=True)
class Stand:
    """Lineage of every panel of a dataset. `heard`: when the source last spoke; `delivery`: its last one, by id.

    `state`: none (nothing yet), fine, due (old, but only because its turn to be asked is still to come, as after a
    start), stale (silent too long, or its figures stand still) or failing (asked in vain); `words` says so in Chinese;
    `since`: the moment up to which there is something new; `upto`: the one up to which nothing is missing, which of
    happenings is when a source that was asked to its end said that there are no more; `due_at`: when it is our turn to
    ask, None of what others bring; `brief`: the words without their reasons.
    """

    as_of: datetime | None
    stale: bool
    since: datetime | None
    demo: bool
    state: str
    words: str
    delivery: int | None
    heard: datetime | None = None
    upto: datetime | None = None
    due_at: datetime | None = None
    brief: str = ""


def stand(tx: Connection, dataset: Dataset, now: datetime) -> Stand:
    """How the dataset stands at `now`."""
    return stand_of(dataset, current(tx, dataset), now)


def stand_of(dataset: Dataset, feed: Row[Any] | None, now: datetime) -> Stand:
    """The same of a feed already read; None is one that nothing came for."""
    if feed is None or feed.heard_at is None:
        demo = bool(feed is not None and feed.demo)
        if feed is not None and feed.failures:
            return Stand(None, True, None, demo, "failing", f"连接不上：{feed.why}", None, brief="连接不上")
        return Stand(None, True, None, demo, "none", "还没有收到数据", None, brief="还没有收到数据")
    silent = feed_rules().silent * dataset.every
    late, still = now - feed.heard_at > timedelta(seconds=silent), _still(dataset, feed.as_of, now)
    state = "failing" if feed.failures else "fine"
    if state == "fine" and (late or still):
        state = "due" if _waits(dataset, feed, now) else "stale"
    brief = {
        "failing": f"已有 {feed.failures} 次没取到",
        "stale": f"超过 {said(silent)}没有收到数据" if late else "数据停着没有更新",
        "due": "到了取数的时间，正等着去取",
        "fine": "正常",
    }[state]
    words = brief if state != "failing" else f"{brief}：{feed.why}"
    if state == "stale" and not late:
        words = f"来源有应答，{brief}"
    since = feed.as_of if still and not late else feed.heard_at
    asked = state == "fine" and feed.next_at is not None and feed.next_at > feed.heard_at
    upto = feed.heard_at if feed.as_of and asked and dataset.time not in dataset.key else feed.as_of
    came = feed.delivery_id, feed.heard_at
    return Stand(feed.as_of, late or still, since, feed.demo, state, words, *came, upto, feed.next_at, brief)


def _waits(dataset: Dataset, feed: Row[Any], now: datetime) -> bool:
    """Whether it is our turn and not the source's: we are to ask, and when we last did there was nothing amiss."""
    if feed.next_at is None or feed.next_at > now:
        return False
    asked = feed.tried_at or feed.heard_at
    silent = timedelta(seconds=feed_rules().silent * dataset.every)
    if feed.heard_at - asked > timedelta(seconds=dataset.every):  # somebody brought it since: nobody waits to ask
        return False
    return asked - feed.heard_at <= silent and not _still(dataset, feed.as_of, asked)


def _still(dataset: Dataset, as_of: datetime | None, now: datetime) -> bool:
    """Whether figures that are told again and again stand still, though their source answers.

    What is told of an interval comes at its end, so that one more is allowed than for silence. Happenings, whose key
    has no time, come when they come.
    """
    rules = feed_rules()
    longest = max(timedelta(seconds=(rules.silent + 1) * dataset.every), rules.still)
    return as_of is not None and dataset.time in dataset.key and now - as_of > longest


def said(seconds: int) -> str:
    """A span in words, rounded to its greatest unit: 「30 分钟」, 「2 小时」."""
    for size, unit in ((86400, "天"), (3600, "小时"), (60, "分钟")):
        if seconds >= size:
            return f"{round(seconds / size)} {unit}"
    return f"{seconds} 秒"
