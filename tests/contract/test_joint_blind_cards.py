"""Mutual rating stays blind on the phones: no copy of the other side changes, nothing is sent to it, nothing rings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.contract.story_rig import CITY, HOUSING, WATER, Stage
from tests.contract.test_story_joint import CITY_HEAD, HOUSING_HEAD, WATER_HEAD, card, do, worked

pytestmark = pytest.mark.xdist_group("story-joint-blind")

RATINGS = (
    # who rates, with which button; the other side and the third unit may not notice
    (CITY, "rate_unit", (WATER, WATER_HEAD, HOUSING, HOUSING_HEAD)),
    (WATER, "rate_sponsor", (CITY, CITY_HEAD, HOUSING, HOUSING_HEAD)),
)
ratings = pytest.mark.parametrize(("rater", "action", "blind"), RATINGS, ids=["sponsor", "unit"])


def closed(stage: Stage) -> str:
    no = worked(stage)
    do(stage, CITY, no, "order_close")
    do(stage, CITY_HEAD, no, "order_approve_close")
    return no


def phones(stage: Stage, users: Sequence[str]) -> dict[str, Any]:
    """Everything these people see: chats, lines, cards with every value, SMS; without what only counts the calls."""

    def shown(told: Any) -> Any:
        if isinstance(told, dict):
            return {name: shown(one) for name, one in told.items() if name not in ("now", "version")}
        return [shown(one) for one in told] if isinstance(told, list) else told

    return {user: shown(stage.sandbox.phone(user)) for user in users}


def calls(stage: Stage, since: int) -> list[dict[str, Any]]:
    """The calls of card and robot API after a frame."""
    found: list[dict[str, Any]] = stage.sandbox.get("frames", since=since, direction="rest")
    return [one for one in found if "/card/" in one["kind"] or "/robot/" in one["kind"]]


def last_frame(stage: Stage) -> int:
    return max((int(one["seq"]) for one in stage.sandbox.get("frames", limit=1)), default=0)


@ratings
def test_a_rating_changes_nothing_on_the_other_sides_phones(
    stage: Stage, rater: str, action: str, blind: tuple[str, ...]
) -> None:
    no = closed(stage)
    before = phones(stage, blind)
    do(stage, rater, no, action, pleased="displeased", displeasure="来得太晚")
    assert phones(stage, blind) == before


@ratings
def test_a_rating_calls_for_nobody_on_the_other_side(
    stage: Stage, rater: str, action: str, blind: tuple[str, ...]
) -> None:
    """Neither the number nor the moment of card updates tells: whatever is sent is the rater's own side's alone."""
    no = closed(stage)
    track, since = card(stage[rater], no), last_frame(stage)
    do(stage, rater, no, action, pleased="displeased", displeasure="来得太晚")
    made = calls(stage, since)
    assert made, "the rater's own side follows"
    for call in made:
        body = call["body"]
        assert body["outTrackId"] == track
        assert "cardData" not in body, "the part everybody holds is left alone"
        assert not set(body["privateData"]) & set(blind), body["privateData"]
        assert "来得太晚" not in json.dumps(body, ensure_ascii=False)
    history = [one for one in stage.sandbox.get(f"cards/{track}")["history"] if one.get("user") in blind]
    assert history == [] or "来得太晚" not in json.dumps(history, ensure_ascii=False)


def test_both_sides_hear_at_the_same_moment_once_the_second_has_rated(stage: Stage) -> None:
    no = closed(stage)
    do(stage, CITY, no, "rate_unit", pleased="displeased", displeasure="来得太晚")
    do(stage, WATER, no, "rate_sponsor", pleased="pleased")
    for user in (CITY, CITY_HEAD, WATER, WATER_HEAD):
        assert "来得太晚" in stage[user].face(card(stage[user], no))["details"] or user in (CITY, CITY_HEAD)
    for user in (HOUSING, HOUSING_HEAD):
        assert "来得太晚" not in json.dumps(phones(stage, [user]), ensure_ascii=False), "the third unit never reads it"
