"""What must be true once the trouble is over: in the record, in the tray and on every phone."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select

from bots.dingtalk.faces import Faces
from core import Core
from core.models.cases import cases
from core.models.record import events, letters, receipts
from tests.reliability.plot import PLAIN_LIFE
from tests.reliability.pressure import Acks
from tests.sandbox.rig import Sandbox

ACTS = (
    select(receipts.c.key, events.c.flow, events.c.name, cases.c.no)
    .join(events, events.c.id == receipts.c.event_id)
    .join(cases, cases.c.id == events.c.case_id)
)
LOST = (
    select(receipts.c.key)
    .outerjoin(events, events.c.id == receipts.c.event_id)
    .where(receipts.c.event_id.is_not(None), events.c.id.is_(None))
)
DOUBLES = (
    select(receipts.c.event_id)
    .where(receipts.c.event_id.is_not(None))
    .group_by(receipts.c.event_id)
    .having(func.count() > 1)
)
COMPARED = ("case_seq", "state", "seq", "leg", "foot", "has_result")


def all_told(core: Core) -> dict[str, Counter[str]]:
    """Case number → how often each event stands in its record."""
    query = select(cases.c.no, events.c.flow, events.c.name).join(events, events.c.case_id == cases.c.id)
    found: dict[str, Counter[str]] = {}
    with core.engine.connect().execution_options(readonly=True) as tx:
        for row in tx.execute(query):
            found.setdefault(row.no, Counter())[f"{row.flow}.{row.name}"] += 1
    return found


def check_record(core: Core, acks: Acks) -> None:
    """Every acknowledged ticket is one case and every acknowledged click one event; nothing happened twice."""
    assert acks.pushed
    assert acks.clicks
    with core.engine.connect().execution_options(readonly=True) as tx:
        held = {row.outside_no: row.no for row in tx.execute(select(cases.c.no, cases.c.outside_no))}
        done = {row.key: (row.no, f"{row.flow}.{row.name}") for row in tx.execute(ACTS)}
        lost = tx.execute(LOST).scalars().all()
        doubles = tx.execute(DOUBLES).scalars().all()
    assert held == acks.pushed
    assert {key: done.get(key) for key in acks.clicks} == acks.clicks
    assert (lost, doubles) == ([], [])
    found = all_told(core)
    assert set(found) == set(held.values())
    assert {no: told for no, told in found.items() if not told <= PLAIN_LIFE} == {}
    verdict = core.verify_log()
    assert verdict.ok, verdict.why


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


def untrue_copies(core: Core, sandbox: Sandbox) -> list[str]:
    """Copies of case cards that do not show what the core holds, or not what the platform's server holds."""
    wrong, faces, shown = [], Faces(core), set[str]()
    for card in sandbox.get("cards"):
        track = str(card["outTrackId"])
        no, _, rest = track.partition(":")
        if no in ("digest", "home", "stats", "work") or not rest.isdigit():
            continue
        shown.add(no)
        case = core.case_of(no)
        for user in card["viewers"]:
            actor = core.actor_for("dingtalk", user)
            face = faces.case(core.own_view(actor, actor, case))
            should = {**face.public, **face.private}
            seen = sandbox.face(track, user)["variables"]
            off = [f"{name} {seen.get(name)!r}≠{should[name]!r}" for name in COMPARED if seen.get(name) != should[name]]
            wrong += [f"{track} {user}: {', '.join(off)}"] if off or user in card["differs"] else []
    return wrong + sorted(set(all_told(core)) - shown)
