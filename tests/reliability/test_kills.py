"""kill -9 of web, bot and worker at random moments: whatever was acknowledged is in the record once, and the log holds."""

from __future__ import annotations

import json
import os
import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from core import Core, build_core
from core.adapters.signatures import sign
from core.models.cases import cases
from core.models.record import events, letters, receipts
from tests.contract.story_rig import shown
from tests.reliability.plot import PLAIN_LIFE, STEPS, Step, told
from tests.reliability.processes import Processes
from tests.sandbox.rig import Sandbox
from tests.town import settings_for
from tests.webapp.machine_room import PATH, a_ticket

KILLS = {"sqlite": 30, "postgresql": 20}
HANDS, SEED = 3, 20260309
MORNING = "2026-03-09T09:00:00+08:00"
FAST = {"DINGTALK__CALLS_PER_SECOND": "200"}


@dataclass(slots=True)
class Acknowledged:
    """What the far sides were told is done: ticket → case number, and the cause of each click → its event."""

    tickets: dict[str, str] = field(default_factory=dict)
    clicks: dict[str, tuple[str, str]] = field(default_factory=dict)
    unanswered: int = 0


class Load:
    """Hands that push tickets and carry their cases through the story, over and over, while processes die."""

    def __init__(self, core: Core, processes: Processes) -> None:
        self.core, self.sandbox, self.base = core, processes.sandbox, processes.base
        self.known, self.over = Acknowledged(), threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(hand,)) for hand in range(HANDS)]
        self.faults: list[BaseException] = []

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Let every hand finish the case it is at."""
        self.over.set()
        for thread in self._threads:
            thread.join(120)

    def _work(self, hand: int) -> None:
        number = 0
        try:
            while not self.over.is_set():
                number += 1
                no = self._push(f"K{hand}-{number:05}")
                case = self.core.case_of(no)
                for step in STEPS:
                    self._take(case, no, step)
        except BaseException as fault:
            self.faults.append(fault)

    def _push(self, ticket_no: str) -> str:
        """Push one ticket until the platform's answer says it was taken in."""
        body = json.dumps(a_ticket(ticket_no=ticket_no, urgency="normal"), ensure_ascii=True).encode()
        while True:
            at, nonce = str(int(time.time())), secrets.token_hex(16)
            signature = sign("practice", "POST", PATH, body, at, nonce)
            headers = {
                "X-App-Id": "hotline", "X-Timestamp": at, "X-Nonce": nonce, "X-Signature": signature,
                "Content-Type": "application/json",
            }  # fmt: skip
            try:
                answer = httpx.post(f"{self.base}{PATH}", content=body, headers=headers, timeout=5, trust_env=False)
            except httpx.HTTPError:
                self.known.unanswered += 1
                time.sleep(0.1)
                continue
            if answer.status_code == 200:
                no = str(answer.json()["accepted"][0]["case_no"])
                self.known.tickets[ticket_no] = no
                return no
            time.sleep(0.1)

    def _take(self, case: int, no: str, step: Step) -> None:
        """Press until the step is in the record; whatever was acknowledged as done is noted."""
        ends = time.monotonic() + 90
        while not told(self.core, case)[step.event]:
            assert time.monotonic() < ends, f"{step} never came about on {no}"
            if not self._press(no, step):
                time.sleep(0.1)

    def _press(self, no: str, step: Step) -> bool:
        track = f"{no}:1"
        seen = self.sandbox.http.get(f"/sandbox/cards/{track}", params={"userId": step.user})
        if seen.status_code != 200 or step.action not in {one["action"] for one in seen.json()["buttons"]}:
            return False
        params = shown(seen.json()["variables"], step.action)
        body = {"userId": step.user, "outTrackId": track, "action": step.action, "params": params}
        answer = self.sandbox.http.post("/sandbox/click", json={**body, "form": dict(step.form)}).json()
        if answer.get("code") != 200:
            self.known.unanswered += 1
            return False
        note = answer["response"]["userPrivateData"]["cardParamMap"].get("note", "")
        if note.startswith("已") and "刷新" not in note:
            self.known.clicks[f"dingtalk:{answer['messageId']}"] = (no, step.event)
        return True


@pytest.fixture
def world(town_url: str, sandbox: Sandbox, tmp_path: Path) -> Iterator[tuple[Core, Processes]]:
    """Web, bot and worker as processes, and a look at their database."""
    sandbox.post("clock", set=MORNING)
    core = build_core(settings_for(town_url, clock={"address": f"{sandbox.base}/sandbox/clock"}))
    processes = Processes(town_url, sandbox, tmp_path, **FAST)
    try:
        yield core, processes
    finally:
        processes.stop()
        core.engine.dispose()
        sandbox.post("clock", reset=True)


def kill_at_random(processes: Processes, kills: int) -> Counter[str]:
    """Kill and start again, one process after the other, each at a moment when it is at work."""
    dice, killed = random.Random(SEED), Counter[str]()
    while sum(killed.values()) < kills:
        victim = dice.choice(processes.all)
        victim.wait()
        time.sleep(dice.uniform(0.0, 0.4))
        victim.kill()
        killed[victim.name] += 1
        victim.start()
    for process in processes.all:
        process.wait()
    return killed


@pytest.mark.slow
def test_every_acknowledged_act_outlives_kill_9_exactly_once(world: tuple[Core, Processes]) -> None:
    core, processes = world
    processes.start()
    load, began = Load(core, processes), time.monotonic()
    load.start()
    killed = kill_at_random(processes, KILLS[core.engine.dialect.name])
    load.finish()
    assert not load.faults, load.faults
    processes.sandbox.until(lambda: not waiting(core), 60)
    known = load.known
    print(
        f"seed {SEED}: {dict(killed)} killed in {time.monotonic() - began:.0f} s, {len(known.tickets)} tickets and "
        f"{len(known.clicks)} clicks acknowledged, {known.unanswered} unanswered"
    )
    check_record(core, known)
    assert all(not one["differs"] for one in processes.sandbox.get("cards"))


def waiting(core: Core) -> int:
    """How many letters have not left."""
    with core.engine.connect().execution_options(readonly=True) as tx:
        return int(tx.execute(select(func.count()).select_from(letters).where(letters.c.state == "due")).scalar_one())


def check_record(core: Core, known: Acknowledged) -> None:
    """Each acknowledged ticket is one case, each acknowledged click one event; every story is whole; the log holds."""
    assert known.tickets
    assert known.clicks
    with core.engine.connect().execution_options(readonly=True) as tx:
        held = {row.outside_no: (row.id, row.no) for row in tx.execute(select(cases.c.id, cases.c.no, cases.c.outside_no))}
        named = select(receipts.c.key, events.c.flow, events.c.name, events.c.case_id)
        acts = {row.key: row for row in tx.execute(named.join(events, events.c.id == receipts.c.event_id))}
        doubles = tx.execute(
            select(receipts.c.event_id).where(receipts.c.event_id.is_not(None)).group_by(receipts.c.event_id)
            .having(func.count() > 1)
        ).all()  # fmt: skip
    assert {ticket: no for ticket, (_, no) in held.items()} == known.tickets
    ids = {no: case for case, no in held.values()}
    for key, (no, event) in known.clicks.items():
        act = acts[key]
        assert (f"{act.flow}.{act.name}", act.case_id) == (event, ids[no]), key
    assert doubles == []
    assert all(told(core, case) == PLAIN_LIFE for case in ids.values())
    verdict = core.verify_log()
    assert verdict.ok, verdict
