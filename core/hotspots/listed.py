"""Hot spots as a reader may see them: counted from the cases within their scope, in the query itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, exists, func, select
from sqlalchemy.sql.elements import ColumnElement

from core.hotspots.policy import HotspotPolicy
from core.hotspots.trend import trend_of
from core.hotspots.views import Spot, SpotPage
from core.models.cases import cases
from core.models.likeness import hotspot_cases, hotspots
from core.models.people import people
from core.people import Actor
from core.plain import scrub
from core.queries.lists import LIVE, scope
from core.timewords import when
from core.work import World

WORDS = {"accepted": "采纳", "dismissed": "不采纳"}
AS_OF = select(func.max(hotspots.c.seen_at))


def read_spots(
    tx: Connection, actor: Actor, world: World, now: datetime, policy: HotspotPolicy, hotspot: int | None = None
) -> SpotPage:
    """Every current hot spot with at least one case of this reader; one of them when `hotspot` names it."""
    which = [hotspots.c.current, *([hotspots.c.id == hotspot] if hotspot is not None else [])]
    told = select(hotspots, people.c.name.label("decider")).outerjoin(people, people.c.id == hotspots.c.person_id)
    rows = {row["id"]: dict(row) for row in tx.execute(told.where(*which)).mappings()}
    columns = (hotspot_cases.c.hotspot_id, cases.c.registered_at, cases.c.place, cases.c.state, cases.c.lead_unit)
    members = select(*columns).join(cases, cases.c.id == hotspot_cases.c.case_id)
    members = members.join(hotspots, hotspots.c.id == hotspot_cases.c.hotspot_id)
    held: dict[int, list[Any]] = defaultdict(list)
    for row in tx.execute(members.where(*which, scope(actor, world))):
        held[row.hotspot_id].append(row)
    spots = [_spot(rows[spot], mine, actor, world, now, policy) for spot, mine in held.items()]
    spots.sort(key=lambda one: (one.warning != "proposed", -policy.rank(one.level), -one.week, -one.total, one.id))
    return SpotPage(tuple(spots), tx.execute(AS_OF).scalar_one())


def members_of(hotspot: int) -> ColumnElement[bool]:
    """The cases of a hot spot, as a condition for a list; the list adds the reader's scope."""
    return exists().where(hotspot_cases.c.case_id == cases.c.id, hotspot_cases.c.hotspot_id == hotspot)


def _spot(
    row: Mapping[str, Any], mine: Sequence[Any], actor: Actor, world: World, now: datetime, policy: HotspotPolicy
) -> Spot:
    trend = trend_of([one.registered_at for one in mine], now, policy)
    level = policy.level_of(row["level"])
    units = Counter(one.lead_unit for one in mine if one.lead_unit is not None)
    return Spot(
        id=row["id"],
        name=row["name"],
        level=row["level"],
        level_title=level.title if level else "",
        warning=row["warning"],
        decided=_decided(row, now),
        may_decide=row["warning"] == "proposed" and actor.role in policy.decides,
        total=len(mine),
        open=sum(one.state in LIVE or one.state == "merged" for one in mine),
        week=trend.week,
        usual=trend.usual,
        growth=trend.growth,
        days=trend.days,
        places=tuple(Counter(scrub(one.place)[:16] for one in mine).most_common(3)),
        units=tuple(world.directory.unit_name(unit) for unit, _ in units.most_common(3)),
        newest=max(one.registered_at for one in mine),
    )


def _decided(row: Mapping[str, Any], now: datetime) -> str:
    if row["warning"] not in WORDS or row["decided_at"] is None:
        return ""
    line = f"{when(now, row['decided_at'])} {row['decider'] or ''} {WORDS[row['warning']]}"
    return f"{line}：{row['reason']}" if row["reason"] else line
