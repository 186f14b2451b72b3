"""Who holds a card: the people a case concerns now, and the copies already on their phones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from core.models.cases import card_copies
from core.notices import staff_of
from core.people import Actor
from core.queries.people import Holder
from core.queries.sheets import Sheet
from core.work import World

AT_WORK = ("to_sign", "handling", "paused")
COPIES = select(card_copies).where(card_copies.c.case_id == bindparam("case")).order_by(card_copies.c.id)
KEEP = (
    update(card_copies)
    .where(card_copies.c.track == bindparam("on_track"), card_copies.c.person_id == bindparam("whom"))
    .values(face_hash=bindparam("face"), delivered_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class Copy:
    """One person's copy of one card instance, with the fingerprint of the face last sent."""

    track: str
    template: str
    person: int
    post: int
    delivered_at: datetime | None
    face_hash: str | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody a card is drawn for; `turn` says that the next step is theirs."""

    person: int
    post: int
    actor: Actor
    dingtalk: str
    turn: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What a sender reports of a delivered face."""

    person: int
    post: int
    face_hash: str
    delivered: bool


def audience(sheet: Sheet, world: World) -> list[Reader]:
    """Those who should hold this case's card: the desk, and the staff of every unit with a live leg.

    Units at work come first, so that somebody with posts at two of them is a reader at the one whose turn it is.
    """
    rules, directory = world.policy.audience, world.directory
    desk = rules["desk"] | (rules["follow_up"] if sheet.case["state"] == "follow_up" else frozenset())
    desk |= rules["adjudicating"] if any(leg["state"] == "adjudicating" for leg in sheet.legs) else frozenset()
    holders = [holder for role in sorted(desk) for holder in directory.by_role.get(role, ())]
    live = [leg for leg in sheet.legs if leg["state"] not in ("settled", "released")]
    units = [leg["unit_id"] for leg in sorted(live, key=lambda leg: leg["state"] not in AT_WORK)]
    if sheet.case["state"] == "pending" and sheet.case["registered_unit"]:
        units.append(sheet.case["registered_unit"])
    for unit in dict.fromkeys(units):
        holders += staff_of(directory.by_unit.get(unit, ()), rules["unit"], rules["unit_fallback"])
    return readers(holders, world)


def readers(holders: Iterable[Holder], world: World) -> list[Reader]:
    """One reader a person, at the post that concerns the case, with the person's other posts as standings too."""
    found: dict[int, Reader] = {}
    for holder in holders:
        if holder.dingtalk and holder.person not in found:
            found[holder.person] = Reader(holder.person, holder.post, holder.actor, holder.dingtalk, False)
    return list(found.values())


def reader_at(person: int, post: int, world: World) -> Reader | None:
    """A known holder of a copy; None when they or their post are gone."""
    held = world.directory.by_person.get(person, ())
    holder = next((one for one in held if one.post == post), held[0] if held else None)
    return None if holder is None else Reader(person, holder.post, holder.actor, holder.dingtalk, False)


def read_copies(tx: Connection, case_id: int) -> list[Copy]:
    return [
        Copy(row.track, row.template, row.person_id, row.post_id, row.delivered_at, row.face_hash)
        for row in tx.execute(COPIES, {"case": case_id})
    ]


def keep_copies(tx: Connection, case_id: int, track: str, template: str, kept: Sequence[Kept], now: datetime) -> None:
    """Remember what each holder of a track was sent."""
    known: Mapping[int, Any] = {
        row.person_id: row for row in tx.execute(COPIES, {"case": case_id}) if row.track == track
    }
    fresh, changed = [], []
    for one in kept:
        earlier = known.get(one.person)
        at = (earlier.delivered_at if earlier else None) or (now if one.delivered else None)
        if earlier is None:
            row = {
                "track": track,
                "template": template,
                "case_id": case_id,
                "person_id": one.person,
                "post_id": one.post,
            }
            fresh.append({**row, "delivered_at": at, "told_at": None, "face_hash": one.face_hash})
        else:
            changed.append({"on_track": track, "whom": one.person, "face": one.face_hash, "at": at})
    if fresh:
        tx.execute(insert(card_copies), fresh)
    if changed:
        tx.execute(KEEP, changed)
