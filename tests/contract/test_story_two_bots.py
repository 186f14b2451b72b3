"""Two bot processes on one application: the platform gives each click to one of them, and every click is answered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.story_rig import DESK
from tests.databases import PostgreSQL
from tests.reliability.processes import Processes
from tests.sandbox.rig import Sandbox
from tests.town import settled

CLICKS = 24


@pytest.fixture
def two_bots(running_sandbox: Sandbox, postgresql: PostgreSQL, tmp_path: Path) -> Iterator[Sandbox]:
    """Two bots and a worker over one PostgreSQL database."""
    running_sandbox.post("reset")
    (tmp_path / "second").mkdir()
    with postgresql.database(settled) as url:
        first = Processes(url, running_sandbox, tmp_path)
        second = Processes(url, running_sandbox, tmp_path / "second")
        try:
            first.start(first.bot, first.worker)
            second.start(second.bot)
            running_sandbox.until(lambda: len(running_sandbox.get("connections")) == 2)
            yield running_sandbox
        finally:
            second.stop()
            first.stop()


@pytest.mark.slow
def test_two_bots_share_the_clicks_and_answer_each_once(two_bots: Sandbox) -> None:
    two_bots.say(DESK, "首页")
    home = two_bots.until(lambda: _home(two_bots))
    before = {one["id"]: one["received"] for one in two_bots.get("connections")}
    results = [two_bots.click(DESK, home, "list", params={"key": "all"}) for _ in range(CLICKS)]
    assert {one["code"] for one in results} == {200}
    assert {len(one["answers"]) for one in results} == {1}
    shares = [one["received"] - before[one["id"]] for one in two_bots.get("connections")]
    assert min(shares) > 0
    assert sum(shares) == CLICKS


def _home(sandbox: Sandbox) -> str:
    tracks = [str(one["outTrackId"]) for one in sandbox.get("cards")]
    return next((track for track in tracks if track.startswith("home:")), "")
