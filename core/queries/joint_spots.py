"""Check-ins in words and on a sketch: evidence with how it was obtained, for whoever may read it (§7.3 rule 3)."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from datetime import datetime
from typing import Any

from core.crypto import place
from core.joint_views import SpotView
from core.queries.joint_sheet import JointSheet
from core.showing import Spot
from core.work import World
from core.worktime import SHANGHAI

HOW = {"scan": "扫码", "location": "定位", "typed": "自填位置", "late": "补卡"}


def check_in_words(leg: Mapping[str, Any], sheet: JointSheet, world: World) -> str:
    """「3月10日 15:02 港口路公交站旁 · 扫码 · 距会场 35 米」; a late one says so for ever."""
    rows = [row for row in sheet.check_ins if row["leg_id"] == leg["id"] and row["accepted"] is not False]
    if not rows:
        return ""
    row = rows[-1]
    late = "补卡 " if row["how"] == "late" else ""
    note = f"（{row['note']}）" if row["note"] else ""
    waits = "，待发起单位同意" if row["accepted"] is None else ""
    return " · ".join([f"{late}{_moment(row['at'])} {row['place']}{note}{waits}", *_evidence(row, leg, world)])


def came_words(leg: Mapping[str, Any], sheet: JointSheet) -> str:
    """「扫码 22 米」 while the unit is there; empty before and for a late check-in, which has its own mark."""
    rows = [row for row in sheet.check_ins if row["leg_id"] == leg["id"] and row["accepted"]]
    if not rows or rows[-1]["how"] not in ("scan", "location"):
        return ""
    far = metres(rows[-1]["distance"]) if rows[-1]["distance"] is not None else ""
    return f"{HOW[rows[-1]['how']]}{far}"


def _evidence(row: Mapping[str, Any], leg: Mapping[str, Any], world: World) -> Iterator[str]:
    if row["how"] in ("scan", "location"):
        yield HOW[row["how"]]
    if row["distance"] is not None:
        near = world.policy.joint.showing.near
        accuracy = _spot(row, leg["id"], world).accuracy if row["spot"] else None
        about = f"，误差约 {accuracy} 米" if accuracy is not None and accuracy > near else ""
        yield f"距会场{metres(row['distance'])}{about}"
    if row["sent_at"] is not None:
        yield f"离线扫码，{_moment(row['sent_at'])} 补传"


def metres(distance: int) -> str:
    """「 35 米」, 「 1.2 公里」."""
    return f" {distance} 米" if distance < 1000 else f" {distance / 1000:.1f} 公里"


def spots(sheet: JointSheet, legs: Container[int], world: World) -> Iterator[SpotView]:
    """Where each of these units' phones was, from the meeting's point; nothing while that is not known."""
    if not sheet.order["meet_spot"]:
        return
    sealed = place("joint_orders", "meet_spot", sheet.order["no"])
    meeting = Spot.read(world.cipher.open(sheet.order["meet_spot"], sealed))
    latest = {row["leg_id"]: row for row in sheet.check_ins if row["spot"] and row["accepted"] is not False}
    units = {leg["id"]: leg["unit_id"] for leg in sheet.legs}
    for leg_id, row in latest.items():
        if leg_id in legs:
            here = _spot(row, leg_id, world)
            away = meeting.metres_to(here)
            yield SpotView(
                world.directory.unit_name(units[leg_id]), *meeting.from_here(here), away, here.accuracy,
                HOW.get(row["how"], ""), away > world.policy.joint.showing.near,
            )  # fmt: skip


def _spot(row: Mapping[str, Any], leg_id: int, world: World) -> Spot:
    return Spot.read(world.cipher.open(row["spot"], place("joint_check_ins", "spot", leg_id)))


def _moment(at: datetime) -> str:
    local = at.astimezone(SHANGHAI)
    return f"{local.month}月{local.day}日 {local:%H:%M}"
