"""What must be true once the trouble is over: in the record, in the tray and on every phone."""

from __future__ import annotations

import json
import time
from collections import Counter

from sqlalchemy import func, select

from bots.dingtalk.faces import Faces
from core import Core
from core.models.cases import cases
from core.models.joint import joint_orders
from core.models.record import events, letters, receipts
from tests.reliability.plot import CASE, Plot
from tests.reliability.pressure import Acks
from tests.sandbox.rig import Sandbox

ACTS = (
    select(receipts.c.key, events.c.flow, events.c.name, func.coalesce(cases.c.no, joint_orders.c.no).label("no"))
    .join(events, events.c.id == receipts.c.event_id)
    .outerjoin(cases, cases.c.id == events.c.case_id)
    .outerjoin(joint_orders, joint_orders.c.id == events.c.joint_id)
)
LOST = (
    select(receipts.c.key)
    .outerjoin(events, events.c.id == receipts.c.event_id)
    .where(receipts.c.event_id.is_not(None), events.c.id.is_(None))
)
DOUBLES = (
    select(receipts.c.event_id)
    .where(receipts.c.event_id.is_not(None), receipts.c.key.not_like("once:%"))
    .group_by(receipts.c.event_id)
    .having(func.count() > 1)
)
COMPARED = ("case_seq", "order_seq", "state", "seq", "leg", "foot", "has_result", "units", "details", "meeting")
ADVICE = ("建议", "可能重复")
"""How the rows begin that were true when the card was drawn: what others did since has changed them."""
AGREED_S = 120.0
APART = ("digest", "home", "stats", "work", "joint_new", "joint_list")
"""Cards that belong to no case and no order."""


def all_told(core: Core, plot: Plot) -> dict[str, Counter[str]]:
    """Number of a case or order → how often each event stands in its record."""
    table = cases if plot is CASE else joint_orders
    with core.engine.connect().execution_options(readonly=True) as tx:
        known = {row.no: row.id for row in tx.execute(select(table.c.no, table.c.id))}
    return {no: plot.told(core, one) for no, one in known.items()}


def check_record(core: Core, plot: Plot, acks: Acks) -> None:
    """Every acknowledged beginning is one case or order and every acknowledged click one event; nothing happened twice.

    A platform's ticket is found again under its own number; of an order it is enough that there is no other.
    """
    assert acks.pushed
    assert acks.clicks
    with core.engine.connect().execution_options(readonly=True) as tx:
        tickets = {row.outside_no: row.no for row in tx.execute(select(cases.c.no, cases.c.outside_no))}
        done = {row.key: (row.no, f"{row.flow}.{row.name}") for row in tx.execute(ACTS)}
        lost = tx.execute(LOST).scalars().all()
        doubles = tx.execute(DOUBLES).scalars().all()
    assert tickets == (acks.pushed if plot is CASE else {})
    acts = {key: (no, event.partition("@")[0]) for key, (no, event) in acks.clicks.items()}
    assert {key: done.get(key) for key in acts} == acts
    assert (lost, doubles) == ([], [])
    found = all_told(core, plot)
    assert sorted(found) == sorted(acks.pushed.values())
    assert {no: told for no, told in found.items() if not told <= plot.life} == {}
    verdict = core.verify_log()
    assert verdict.ok, verdict.why


def agree(core: Core, sandbox: Sandbox, plot: Plot = CASE) -> None:
    """Every phone comes to show what the core holds; each look goes through all cards of all people."""
    ends, wrong = time.monotonic() + AGREED_S, untrue_copies(core, sandbox, plot)
    while wrong and time.monotonic() < ends:
        wrong = untrue_copies(core, sandbox, plot)
    assert wrong == []


def own(value: str | None) -> object:
    """A value of a card without the rows that only advise."""
    if not value or '"k":' not in value:
        return value
    return [row for row in json.loads(value) if not row["k"].startswith(ADVICE)]


def waiting(core: Core) -> int:
    """How many letters have not left."""
    query = select(func.count()).select_from(letters).where(letters.c.state == "due")
    with core.engine.connect().execution_options(readonly=True) as tx:
        return int(tx.execute(query).scalar_one())


def fates(core: Core) -> Counter[str]:
    """What became of all letters."""
    query = select(letters.c.state, func.count()).group_by(letters.c.state)
    with core.engine.connect().execution_options(readonly=True) as tx:
        return Counter({row[0]: row[1] for row in tx.execute(query)})


def untrue_copies(core: Core, sandbox: Sandbox, plot: Plot = CASE) -> list[str]:
    """Copies of shared cards that do not show what the core holds, or not what the platform's server holds."""
    wrong, faces, shown = [], Faces(core), set[str]()
    for card in sandbox.get("cards"):
        track = str(card["outTrackId"])
        no, _, rest = track.partition(":")
        if no in APART or not rest.isdigit():
            continue
        shown.add(no)
        for user in card["viewers"]:
            actor = core.actor_for("dingtalk", user)
            if plot is CASE:
                face = faces.case(core.own_view(actor, actor, core.case_of(no)))
            else:
                face = faces.joint(core.joints.own_view(actor, core.joints.numbered(no)))
            should = {name: one for name, one in {**face.public, **face.private}.items() if name in COMPARED}
            seen = sandbox.face(track, user)["variables"]
            off = [f"{k} {seen.get(k)!r}≠{one!r}" for k, one in should.items() if own(seen.get(k)) != own(one)]
            wrong += [f"{track} {user}: {', '.join(off)}"] if off or user in card["differs"] else []
    return wrong + sorted(set(all_told(core, plot)) - shown)
