"""Two months of practice cases: all of them through the doors, every course of a case among them, the desk alive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from core import Core
from core.models.cases import case_legs, cases
from core.models.joint import joint_legs, joint_orders
from core.models.record import audit_log, events, letters
from core.policy import read
from core.seeding.cases import Told, seed_cases
from tests.clock import StillClock
from tests.core.moments import at
from tests.databases import SQLite
from tests.town import a_core, settled

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("seeding")]
OPEN = ("pending", "dispatched", "handling", "closing", "follow_up")


@dataclass(frozen=True, slots=True)
class Ground:
    """A database with cases, and how they came in."""

    core: Core
    told: Told


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A practice ground of the usual size, on a Monday morning."""
    core = a_core(SQLite().prepared(settled, tmp_path_factory.mktemp("seeding")), StillClock())
    yield Ground(core, seed_cases(core, 320, 60))
    core.engine.dispose()


def tally(ground: Ground, column: object, *where: object) -> dict[str, int]:
    query = select(column, func.count()).where(*where).group_by(column)  # type: ignore[call-overload]
    with ground.core.engine.connect() as tx:
        return {row[0]: row[1] for row in tx.execute(query)}


def test_every_act_of_the_stories_is_allowed(ground: Ground) -> None:
    assert ground.told.refused == ()
    assert ground.told.cases >= 300
    assert ground.core.verify_log().ok


def test_every_state_source_and_kind_occurs(ground: Ground) -> None:
    policy = ground.core.policy
    assert set(tally(ground, cases.c.state)) == set(policy.flows["case"].states)
    assert set(tally(ground, case_legs.c.state)) == set(policy.flows["case_leg"].states)
    assert set(tally(ground, cases.c.channel)) == set(policy.sources)
    assert set(tally(ground, cases.c.type)) == set(policy.types)
    assert set(tally(ground, cases.c.urgency)) == {"normal", "urgent", "critical"}
    assert set(tally(ground, cases.c.outcome)) >= {"satisfied", "basically", "unreached", "done"}
    assert set(tally(ground, case_legs.c.part)) == {"lead", "support", "below"}


def test_what_goes_wrong_in_life_went_wrong_here(ground: Ground) -> None:
    of_case, of_leg = (tally(ground, events.c.name, events.c.flow == flow) for flow in ("case", "case_leg"))
    wanted = "fell_back sent_back redone redone_supervised overseen nudged marked_invalid restored revised call_missed"
    assert of_case.keys() >= set(wanted.split())
    wanted = (
        "return_asked return_accepted return_refused return_disputed ruled_in passed_on passed_down sent_back paused"
        " resumed extension_asked extension_granted extension_refused"
    )
    assert of_leg.keys() >= set(wanted.split())
    with ground.core.engine.connect() as tx:
        again = tx.execute(select(func.count()).where(cases.c.parent_id.is_not(None))).scalar_one()
        secret = tx.execute(select(func.count()).where(cases.c.keep_secret)).scalar_one()
        nameless = tx.execute(select(func.count()).where(cases.c.phone_index.is_(None))).scalar_one()
    assert min(again, secret, nameless) >= 3


def test_the_desk_looks_alive(ground: Ground) -> None:
    states = tally(ground, cases.c.state)
    assert (states["pending"], states["closing"], states["follow_up"]) == (6, 4, 5)
    assert 25 <= states["dispatched"] + states["handling"] <= 36
    legs = tally(ground, case_legs.c.state)
    assert (legs["adjudicating"], legs["paused"], legs["returning"]) == (1, 1, 2)
    working = cases.c.state.in_(("dispatched", "handling"))
    assert len(tally(ground, cases.c.lead_unit, working)) >= 8
    with ground.core.engine.connect() as tx:
        asked = tx.execute(select(func.count()).where(case_legs.c.extension == "asked")).scalar_one()
        late = tx.execute(select(func.count()).where(working, cases.c.due_at < ground.core.clock.now())).scalar_one()
    assert asked == 1
    assert 7 <= late <= 10


def test_time_runs_forward_and_ends_now(ground: Ground) -> None:
    now = ground.core.clock.now()
    with ground.core.engine.connect() as tx:
        told = list(tx.execute(select(events.c.at).order_by(events.c.id)).scalars())
        logged = list(tx.execute(select(audit_log.c.at).order_by(audit_log.c.seq)).scalars())
    assert told == sorted(told)
    assert logged[1:] == sorted(logged[1:])  # the first entry is the import of the district
    assert now - timedelta(days=61) < told[0]
    assert now - timedelta(hours=2) < told[-1] <= now


def test_only_the_newest_card_of_each_open_case_and_joint_order_goes_out(ground: Ground) -> None:
    assert tally(ground, letters.c.state).keys() == {"due", "merged"}
    due = letters.c.state == "due"
    assert tally(ground, letters.c.kind, due).keys() == {"card"}
    with ground.core.engine.connect() as tx:
        told = sorted(tx.execute(select(letters.c.case_id).where(due, letters.c.case_id.is_not(None))).scalars())
        still = sorted(tx.execute(select(cases.c.id).where(cases.c.state.in_(OPEN))).scalars())
        flags = sorted(tx.execute(select(letters.c.lane).where(due, letters.c.case_id.is_(None))).scalars())
        flying = tx.execute(select(joint_orders.c.id).where(joint_orders.c.state != "completed")).scalars().all()
    assert told == still
    assert flags == sorted(f"joint:{order}" for order in flying)


def test_joint_orders_stand_in_every_state_a_desk_meets(ground: Ground) -> None:
    states = {"answering", "signing", "working", "to_rate", "completed"}
    assert set(tally(ground, joint_orders.c.state)) >= states
    legs = {"invited", "coming", "disputed", "on_site", "reporting", "fed_back", "no_feedback"}
    assert set(tally(ground, joint_legs.c.state)) >= legs


def test_every_case_can_be_read_by_the_desk_and_by_its_audience(ground: Ground) -> None:
    core = ground.core
    desk = core.actor_for("dingtalk", "xy011")
    with core.engine.connect() as tx:
        ids = tx.execute(select(cases.c.id, cases.c.state)).all()
    for row in ids:
        view = core.case_view(desk, row.id)
        assert view.timeline
        assert bool(core.audience(row.id)) or row.state not in OPEN


def test_the_same_seed_tells_the_same_stories(tmp_path: Path) -> None:
    def titles() -> list[tuple[object, ...]]:
        core = a_core(SQLite().prepared(settled, tmp_path), StillClock())
        seed_cases(core, 70, 30)
        with core.engine.connect() as tx:
            query = select(cases.c.no, cases.c.title, cases.c.state).order_by(cases.c.id)
            return [tuple(row) for row in tx.execute(query)]

    first = titles()
    assert len(first) >= 65
    assert titles() == first


def test_a_busy_ground_has_a_day_that_looks_like_one(tmp_path: Path) -> None:
    """Dozens of cases today, as many by this hour yesterday, most of what was asked answered, and no act refused."""
    core = a_core(SQLite().prepared(settled, tmp_path), StillClock())
    core.clock.set("2026-03-10 15:00")  # type: ignore[attr-defined]
    told = seed_cases(core, 66, 20, busy=True)
    assert told.refused == ()

    def counted(column: Any, first: str, last: str) -> int:
        with core.engine.connect() as tx:
            query = select(func.count()).where(column >= at(first), column <= at(last))
            return tx.execute(query).scalar_one()

    today = counted(cases.c.registered_at, "2026-03-10 00:00", "2026-03-10 15:00")
    by_now = counted(cases.c.registered_at, "2026-03-09 00:00", "2026-03-09 15:00")
    assert 25 <= today <= 60
    assert 0.5 <= today / by_now <= 2
    assert counted(cases.c.finished_at, "2026-03-10 00:00", "2026-03-10 15:00") >= 5
    assert counted(cases.c.registered_at, "2026-02-18 00:00", "2026-03-10 15:00") == told.cases > 66 + 100
    walks_are_made(core)
    reports_are_written(core)
    suggestions_are_measured(core)
    registers_are_kept(core)
    core.engine.dispose()


def walks_are_made(core: Core) -> None:
    """Every plan has walks, some not made, some that found a case of their unit."""
    desk = core.actor_for("dingtalk", "xy011")
    plans = core.patrols.plans(desk)
    assert len(plans) == len(read("seed/patrols.yaml")["plans"])
    assert all(plan.done for plan in plans)
    assert sum(plan.missed for plan in plans)
    assert sum(plan.found for plan in plans) >= 3
    assert {walk.state for walk in core.patrols.of_day(desk)} == {"done"}  # all of a Tuesday, by three


def reports_are_written(core: Core) -> None:
    shelf = core.briefings.shelf(core.actor_for("dingtalk", "xy009"))
    assert {one.kind for one in shelf.filed} == {"day", "week", "month"}
    assert shelf.drafts


def suggestions_are_measured(core: Core) -> None:
    told = core.suggest.accuracy()
    assert told.whole.spoken >= 20
    assert (told.whole.top3 or 0) > 0.8


def registers_are_kept(core: Core) -> None:
    head = core.actor_for("dingtalk", "xy009")
    assert all(core.registers.page(head, name).total for name in ("duty_turn", "city_rank", "unit_group"))
    assert core.briefings.assessment.city(date(2026, 2, 1))
