"""The suggestion on the card of the desk: up to three units, each with the words or duty line that speak for it."""

from __future__ import annotations

import json

import pytest

from tests.contract.story_rig import DESK, WATER, Stage

pytestmark = pytest.mark.xdist_group("story-suggestion")


def lines(stage: Stage, user: str, track: str) -> dict[str, str]:
    rows = json.loads(stage[user].face(track)["details"] or "[]")
    return {row["k"]: row["v"] for row in rows if row["k"].startswith("建议")}


def test_the_card_names_the_likeliest_units_and_why(stage: Stage) -> None:
    done = stage.case("港口路雨水井堵塞路面积水")
    track = f"{done.no}:1"
    told = lines(stage, DESK, track)
    view = stage.core.case_view(stage.core.actor_for("dingtalk", DESK), done.case).suggestion
    assert view is not None
    assert 1 <= len(view.units) <= 3
    assert list(told) == [f"建议 {number}" for number in range(1, len(view.units) + 1)]
    for said, unit in zip(told.values(), view.units, strict=True):
        assert said.startswith(f"{unit.short}（")
        assert unit.because.startswith(said.removeprefix(f"{unit.short}（").rstrip("…）")[:12])
    assert "「" in told["建议 1"]
    assert any("职责：" in unit.because for unit in view.units)
    stage[DESK].tap(track, "case_dispatch", {"lead": "water"})
    assert lines(stage, DESK, track) == {}, "what was suggested is over once it is sent"
    assert lines(stage, WATER, stage[WATER].card(done.no)) == {}, "a unit is shown no suggestion"


def test_where_nobody_can_be_sure_the_card_says_so(stage: Stage) -> None:
    done = stage.case("请问一下", content="你好，想问一件事。", place="区内")
    view = stage.core.case_view(stage.core.actor_for("dingtalk", DESK), done.case).suggestion
    assert view is not None
    assert not view.units
    assert lines(stage, DESK, f"{done.no}:1") == {"建议": view.sentence}
