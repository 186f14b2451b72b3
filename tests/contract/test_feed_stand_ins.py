"""The stand-in sources over the wire: fetched as any other system's, marked as invented, and trouble told as it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from core import Core
from core.adapters.feeds import build_feeds
from core.feeds.folds import folded
from core.feeds.rounds import Rounds
from core.feeds.stands import Stand, stand
from core.policy.feeds import Fold, read_datasets
from core.screens.metrics import Teller
from core.screens.told import Look
from core.worktime import SHANGHAI
from tests.clock import StillClock
from tests.core.feed_room import line_of
from tests.sandbox.rig import Sandbox
from tests.town import a_core

NAMES = ("port.yards", "security.incidents", "economy.quarters", "emergency_service.teams")


class Ground:
    """A core that fetches four datasets from the sandbox, both at nine on the same Monday."""

    def __init__(self, core: Core, sandbox: Sandbox, clock: StillClock) -> None:
        self.core, self.sandbox, self.clock = core, sandbox, clock
        address = f"{sandbox.base}/feeds/{{topic}}/{{dataset}}"
        settings = core.settings.model_validate(
            {**core.settings.model_dump(), "feeds": {"sources": {"*": {**SOURCE, "address": address}}}}
        )
        known = {name: read_datasets()[name] for name in NAMES}
        self.rounds = Rounds(core.feeds, core.clock, build_feeds(settings, known, _no_sheets))
        self.sandbox.post("clock", stop=True)
        self.keep_time()

    def keep_time(self, minutes: float = 0) -> None:
        """Both clocks go on together."""
        self.clock.advance(minutes=minutes)
        self.sandbox.post("clock", set=self.clock.now().astimezone(SHANGHAI).isoformat())

    def fill(self) -> int:
        """Fetch until there is no more history; how many rows that was."""
        total = 0
        while new := self.rounds.run():
            total += new
        return total

    def stand(self, name: str) -> Stand:
        with self.core.engine.connect() as tx:
            return stand(tx, read_datasets()[name], self.clock.now())

    def number(self, topic: str, metric: str) -> Any:
        with self.core.engine.connect() as tx:
            look = Look(tx, self.core.world(), self.clock.now())
            return Teller(look).tell(self.core.screens.topics[topic].metrics[metric])


SOURCE = {"token": "practice", "demo": True}


def _no_sheets(raw: bytes, name: str) -> Any:
    raise AssertionError("nothing here comes as a file")


@pytest.fixture
def ground(migrated_url: str, running_sandbox: Sandbox, clock: StillClock) -> Iterator[Ground]:
    core = a_core(migrated_url, clock)
    running_sandbox.post("feeds", clear=True)
    yield Ground(core, running_sandbox, clock)
    running_sandbox.post("feeds", clear=True)
    running_sandbox.post("clock", reset=True)
    core.engine.dispose()


def test_the_first_fill_is_history_and_the_next_only_what_is_new(ground: Ground) -> None:
    first = ground.fill()
    assert first > 5000
    for name in NAMES:
        assert (ground.stand(name).state, ground.stand(name).demo) == ("fine", True)
    waiting = ground.number("port", "waiting")
    assert waiting.demo
    assert 500 < waiting.value < 5000
    assert ground.number("security", "incidents_30d").value > 3000
    assert ground.number("economy", "gdp").value > 0
    ground.keep_time(minutes=20)
    again = ground.rounds.run()
    assert 0 < again < 100
    assert ground.number("port", "waiting").as_of > waiting.as_of


def test_an_event_moves_on_by_itself(ground: Ground) -> None:
    ground.rounds.run()
    before = ground.number("security", "pending").value
    for _ in range(4):
        ground.keep_time(minutes=30)
        ground.rounds.run()
    asked = Fold("security.incidents", "count", where={"state": "已办结"}, over="today")
    assert asked.feed in NAMES
    with ground.core.engine.connect() as tx:
        closed = folded(tx, read_datasets()[asked.feed], asked, ground.clock.now()).value
    assert closed is not None
    assert closed > 0
    assert ground.number("security", "pending").value < before + 60, "what came in goes out again"


@pytest.mark.parametrize(("mood", "words"), [({"fail": {"*": 503}}, "503"), ({"broken": ["*"]}, "JSON")])
def test_a_source_out_of_order_costs_nothing_that_was_there(ground: Ground, mood: Any, words: str) -> None:
    ground.rounds.run()
    whole = ground.number("port", "waiting").value
    ground.sandbox.post("feeds", **mood)
    ground.keep_time(minutes=20)
    ground.rounds.run()
    told = ground.stand("port.yards")
    assert told.state != "fine"
    assert words in told.words
    assert ground.number("port", "waiting").value == whole
    ground.sandbox.post("feeds", clear=True)
    ground.keep_time(minutes=60)
    assert ground.rounds.run() > 0
    assert ground.stand("port.yards").state == "fine"


def test_a_source_that_stands_still_does_not_pass_for_new(ground: Ground) -> None:
    ground.rounds.run()
    stood = ground.number("port", "waiting").as_of
    ground.sandbox.post("feeds", stale=["port.yards"])
    for _ in range(3):
        ground.keep_time(minutes=10)
        ground.rounds.run()
    assert ground.number("port", "waiting").as_of == stood
    assert ground.number("emergency_service", "teams_all").as_of > stood


def test_a_bad_row_is_refused_and_the_others_are_not(ground: Ground) -> None:
    ground.rounds.run()
    ground.sandbox.post("feeds", bad={"emergency_service.teams": 2})
    ground.keep_time(minutes=15)
    ground.rounds.run()
    assert line_of(ground.core.feeds, "emergency_service.teams").refused_today == 2
    assert ground.number("emergency_service", "teams_all").value == 12


def test_nobody_is_let_in_without_the_token(running_sandbox: Sandbox) -> None:
    answer = httpx.get(f"{running_sandbox.base}/feeds/port/yards", headers={"Authorization": "Bearer guess"})
    assert answer.status_code == 401
    right = {"Authorization": "Bearer practice"}
    assert httpx.get(f"{running_sandbox.base}/feeds/port/nothing", headers=right).status_code == 404
    assert httpx.get(f"{running_sandbox.base}/feeds/port/yards?limit=0", headers=right).status_code == 400
