"""Who a topic is for, and that it tells its readers nothing of a topic that is not theirs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from core.policy.feeds import Fold

if TYPE_CHECKING:
    from core.policy.topics import Topic

EVERYONE = "everyone"
Audience = frozenset[str]


def unseen(topic: Topic, audiences: Mapping[str, Audience]) -> Iterator[str]:
    """Faults: what the topic shows of others that some of its readers may not look at.

    A picture is one for all its readers, so that nothing in it may be for some of them only.
    """
    shown = [(one.name, one.of.feed) for one in topic.metrics.values() if isinstance(one.of, Fold)]
    for panel in topic.panels:
        shown += [(panel.title, name) for name in (*panel.metrics, panel.feed) if "." in name]
    for where, name in shown:
        other = audiences.get(name.partition(".")[0], frozenset({EVERYONE}))
        if EVERYONE not in other and not topic.audience <= other:
            yield f"{where}: {name} is for {', '.join(sorted(other))} only, and this topic for others too"
