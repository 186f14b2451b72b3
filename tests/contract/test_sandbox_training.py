"""Training: one plays, the practice ground plays everybody else by clicks and words, and tells how it went."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from sqlalchemy import select

from core.models.joint import joint_orders
from core.models.record import events
from tests.contract.story_rig import CITY, LEADER, WATER, Stage
from tests.contract.test_story_joint import FORM
from tests.sandbox.training.story import scenarios

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("story-training")]

PACE, NO_LIMIT = 180, 1e6
GLANCE_S = 0.1
WORDS: Mapping[str, Mapping[str, str]] = {
    "refuse": {"reason": "不属本单位职责", "basis": "三定方案"},
    "report": {"measures": "抽排", "result": "积水已退"},
    "rate_sponsor": {"pleased": "pleased"},
    "rule_in": {"basis": "权责清单"},
}


@pytest.fixture
def ground(stage: Stage) -> Iterator[Stage]:
    """The practice ground at the product's own moment."""
    stage.sandbox.post("clock", set=stage.clock.now().isoformat())
    yield stage
    stage.sandbox.post("training", stop=True)
    stage.sandbox.post("clock", reset=True)
    stage.settle()


def begin(stage: Stage, scenario: str, part: str, **more: Any) -> dict[str, Any]:
    asked = {"scenario": scenario, "part": part, "pace": PACE, "limit": NO_LIMIT, "seed": 7, **more}
    run: dict[str, Any] = stage.sandbox.post("training", start=asked)["run"]
    return run


def how_it_stands(stage: Stage) -> dict[str, Any]:
    run: dict[str, Any] = stage.sandbox.get("training")["run"]
    return run


def play(stage: Stage, user: str, *wanted: str) -> dict[str, Any]:
    """Press the first of these buttons wherever it is on this person's cards, until the training is over."""

    def look() -> dict[str, Any] | None:
        time.sleep(GLANCE_S)  # people look at their phones now and then; asking all the time keeps the others waiting
        run = how_it_stands(stage)
        for one in run["open"]:
            track = f"{one['no']}:1"
            action = next((name for name in wanted if name in stage[user].buttons(track)), None)
            if action:
                stage[user].press(track, action, WORDS.get(action))
        return run if run["over"] else None

    over: dict[str, Any] = stage.until(look, 900)
    return over


def actors(stage: Stage) -> dict[str, set[int]]:
    """Which people did what on record."""
    found: dict[str, set[int]] = {}
    with stage.core.engine.connect() as tx:
        for row in tx.execute(select(events.c.name, events.c.person_id).where(events.c.joint_id.is_not(None))):
            found.setdefault(row.name, set()).add(row.person_id)
    return found


def test_the_choice_names_scenarios_parts_and_goals(ground: Stage) -> None:
    told = {one["name"]: one for one in ground.sandbox.get("training")["scenarios"]}
    assert {name: one["title"] for name, one in told.items()} == {"typhoon": "台风", "refusal_war": "退单战"}
    assert told["typhoon"]["orders"] == 20
    assert {"韩德玲", "梁志兰", "劳小军"} <= {part["name_of"] for part in told["typhoon"]["parts"]}
    assert all(part["goal"] for one in told.values() for part in one["parts"])


def test_typhoon_is_played_to_its_end_by_one_clerk_and_the_others_by_themselves(ground: Stage) -> None:
    begin(ground, "typhoon", "water")
    run = play(ground, WATER, "accept", "check_in", "report", "rate_sponsor")
    assert run["over"] == "全部办完"
    assert (run["events"], run["orders"], run["completed"]) == (20, 20, 20)
    assert run["open"] == []
    mine = run["mine"]
    assert mine["owed"] == mine["done"] == mine["in_time"] + mine["late"] > 20
    assert {one["state"] for one in run["each"]} == {"已完成"}
    assert "联办" not in {one["title"] for one in run["each"]}, "each flag says what it is about"
    assert sum(one["did"] for one in run["people"] if not one["mine"]) > 100
    with ground.core.engine.connect() as tx:
        assert set(tx.execute(select(joint_orders.c.state)).scalars()) == {"completed"}
    learner = ground.core.actor_for("dingtalk", WATER).person
    assert learner in actors(ground)["accepted"]
    assert len(actors(ground)["accepted"]) >= 4, "each unit answered by its own hand"
    assert ground.core.verify_log().ok
    kinds = {one["kind"] for one in ground.warnings()}
    assert kinds <= {"put_inside_callback"}, "many hands on one card at once, and nothing worse"


def test_the_refusal_war_is_ruled_by_the_learner_and_late_rulings_are_told(ground: Stage) -> None:
    begin(ground, "refusal_war", "leader")
    waiting = ground.until(lambda: how_it_stands(ground)["open"], 600)
    assert {one["duty"] for one in waiting} == {"归属判定"}
    ground.sandbox.post("training", pause=True)
    ground.sandbox.post("clock", advance_s=40 * 60)
    ground.sandbox.post("training", pause=False)
    run = play(ground, LEADER, "rule_in")
    assert run["over"] == "全部办完"
    assert run["mine"]["late"] >= len(waiting)
    assert {one["duty"] for one in run["late"]} == {"归属判定"}
    assert all(one["minutes"] > one["within"] for one in run["late"])
    learner = ground.core.actor_for("dingtalk", LEADER).person
    assert learner in actors(ground)["ruled_in"]
    (me,) = [one for one in run["people"] if one["mine"]]
    assert me["did"] == run["mine"]["done"] > 0


def test_a_learner_who_raises_gets_reports_and_the_flag_counts(ground: Stage) -> None:
    begin(ground, "typhoon", "sponsor")
    report = ground.until(lambda: how_it_stands(ground)["reports"])[0]
    assert report["form"]["units"] == "水务局、住建局"
    assert ground[CITY].say("树旗") == ""
    form = {**FORM, **report["form"]}
    track = ground[CITY].tracks("joint_new:")[-1]
    hand = ground[CITY]
    note = ground.until(lambda: hand.press(track, "raise", form).note or hand.press(track, "confirm").note)
    assert note.startswith("已树旗"), note
    no = note.removeprefix("已树旗，编号 ")[:18]
    ground.until(lambda: report["title"] not in [one["title"] for one in how_it_stands(ground)["reports"]])
    ground.until(lambda: "同意报到" in str(how_it_stands(ground)["acts"]), 300)
    ground.sandbox.post("training", stop=True)
    run = how_it_stands(ground)
    assert run["over"] == "已结束"
    (order,) = run["each"]
    assert (order["no"], order["title"]) == (no, report["title"])
    assert order["acts"][0]["mine"]
    assert run["mine"]["done"] >= 1


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"scenario": "flood"}, "没有这个演练"),
        ({"scenario": "typhoon", "part": "mayor"}, "这个演练里没有这个角色"),
        ({"scenario": "typhoon", "part": "water_head", "pace": 0.1}, "快慢要在 1 到 3600 之间"),
    ],
)
def test_a_wrong_choice_starts_nothing(ground: Stage, asked: dict[str, Any], words: str) -> None:
    before = how_it_stands(ground)
    answer = ground.sandbox.http.post("/sandbox/training", json={"start": asked})
    assert (answer.status_code, answer.json()["error"]) == (400, words)
    assert how_it_stands(ground) == before


def test_every_button_and_person_of_the_scenarios_exists(ground: Stage) -> None:
    actions = _actions(ground)
    people = {one["userId"] for one in ground.sandbox.get("people")}
    for scenario in scenarios().values():
        for part in scenario.cast:
            assert part.user in people
            assert {name for duty in part.duties for name in duty.press} <= actions
        for event in scenario.events:
            for unit in event.units:
                assert unit in ground.core.directory().by_word


def _actions(stage: Stage) -> set[str]:
    flows = stage.core.policy.flows
    legs = {move.action for move in flows["joint_leg"].moves}
    return legs | {f"order_{move.action}" for move in flows["joint_order"].moves} | {"raise", "confirm"}
