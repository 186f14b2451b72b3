"""Hot spots kept: what the latest look found, matched with what was known, and the decision on a proposed warning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from core.errors import Unknown, WarningDecided
from core.hotspots.clusters import Appeal, Cluster
from core.hotspots.policy import HotspotPolicy
from core.hotspots.trend import since, trend_of
from core.models.cases import cases
from core.models.likeness import hotspot_cases, hotspots
from core.people import Actor

SAME = 0.5  # of the smaller one that two looks must share to be one hot spot
MOST_READ = 30_000  # appeals of one look at most, the newest
APPEALS = (
    select(cases.c.id, cases.c.title, cases.c.content, cases.c.place, cases.c.town, cases.c.registered_at)
    .where(cases.c.registered_at >= bindparam("since"), cases.c.state != "invalid")
    .order_by(cases.c.registered_at.desc())
    .limit(MOST_READ)
)
KNOWN = (
    select(hotspot_cases.c.hotspot_id, hotspot_cases.c.case_id)
    .join(hotspots, hotspots.c.id == hotspot_cases.c.hotspot_id)
    .where(hotspots.c.current)
)
ONE = select(hotspots).where(hotspots.c.id == bindparam("hotspot")).with_for_update()
CHANGE = update(hotspots).where(hotspots.c.id == bindparam("row"))


def read_appeals(tx: Connection, now: datetime, policy: HotspotPolicy) -> list[Appeal]:
    """The appeals of the window as the search looks at them."""
    rows = tx.execute(APPEALS, {"since": since(now, policy)})
    return [Appeal(row.id, row.title, row.content, row.place, row.town or "", row.registered_at) for row in rows]


def keep_clusters(
    tx: Connection, found: Sequence[Cluster], appeals: Sequence[Appeal], now: datetime, policy: HotspotPolicy
) -> int:
    """Write what was found over what was known; a hot spot that dissolved stays on record. Returns how many there are.

    A level graver than the one last warned of proposes a warning; going down is silent (domain-rules §8).
    """
    known: dict[int, set[int]] = defaultdict(set)
    for hotspot, case in tx.execute(KNOWN):
        known[hotspot].add(case)
    moments = {one.id: one.at for one in appeals}
    tx.execute(update(hotspots).where(hotspots.c.current).values(current=False))
    for cluster in found:
        level = trend_of([moments[case] for case in cluster.members], now, policy).level
        hotspot = _same(cluster, known)
        values = {"name": " ".join(cluster.words), "words": {"words": list(cluster.words)}, "level": level}
        if hotspot is None:
            hotspot = _new(tx, values, now)
        else:
            _renew(tx, hotspot, values, now, policy)
        tx.execute(delete(hotspot_cases).where(hotspot_cases.c.hotspot_id == hotspot))
        tx.execute(insert(hotspot_cases), [{"hotspot_id": hotspot, "case_id": case} for case in cluster.members])
    return len(found)


def _same(cluster: Cluster, known: dict[int, set[int]]) -> int | None:
    """The known hot spot that shares most with a cluster; each is taken once."""
    members = set(cluster.members)
    shared = {spot: len(members & held) / min(len(members), len(held)) for spot, held in known.items() if held}
    best = max(shared, key=lambda spot: (shared[spot], -spot), default=None)
    if best is None or shared[best] < SAME:
        return None
    known.pop(best)
    return best


def _new(tx: Connection, values: Mapping[str, Any], now: datetime) -> int:
    level = values["level"]
    row = {
        **values, "current": True, "found_at": now, "seen_at": now, "warning": "proposed" if level else "none",
        "warned_level": level, "person_id": None, "post_id": None, "decided_at": None, "reason": None,
    }  # fmt: skip
    hotspot: int = tx.execute(insert(hotspots).returning(hotspots.c.id), row).scalar_one()
    return hotspot


def _renew(tx: Connection, hotspot: int, values: Mapping[str, Any], now: datetime, policy: HotspotPolicy) -> None:
    row = tx.execute(ONE, {"hotspot": hotspot}).mappings().one()
    changed: dict[str, Any] = {**values, "current": True, "seen_at": now}
    if policy.rank(values["level"]) > policy.rank(row["warned_level"]):
        changed |= {"warning": "proposed", "warned_level": values["level"]}
    elif row["warning"] == "proposed" and not values["level"]:
        changed |= {"warning": "none", "warned_level": ""}
    tx.execute(CHANGE, {"row": hotspot, **changed})


def decide_warning(
    tx: Connection, hotspot: int, actor: Actor, warning: str, reason: str, now: datetime
) -> Mapping[str, Any]:
    """Accept or dismiss a proposed warning. Raises Unknown, WarningDecided."""
    row = tx.execute(ONE, {"hotspot": hotspot}).mappings().first() if abs(hotspot) < 2**63 else None
    if row is None or not row["current"]:
        raise Unknown(what="热点")
    if row["warning"] != "proposed":
        raise WarningDecided()
    changed = {
        "warning": warning, "person_id": actor.person, "post_id": actor.post, "decided_at": now,
        "reason": reason or None,
    }  # fmt: skip
    tx.execute(CHANGE, {"row": hotspot, **changed})
    return dict(row)
