"""The home card in chat: who I am here, five numbers, twelve sources, and the work behind them (R102–R104)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.people import Actor
from tests.contract.dingtalk_rig import CLERK, DISPATCHER, Rig

Row = dict[str, str]


def private(result: dict[str, Any]) -> dict[str, str]:
    """What an answer put on the clicker's own copy."""
    found: dict[str, str] = result["response"]["userPrivateData"]["cardParamMap"]
    return found


def note(result: dict[str, Any]) -> str:
    return private(result)["note"]


def rows(face: dict[str, str], *names: str) -> list[Row]:
    return [row for name in names for row in json.loads(face[name])]


def home_of(rig: Rig, user: str) -> str:
    """Ask for the home card; its track."""
    rig.sandbox.say(user, "首页")
    rig.deliver()
    return rig.sandbox.cards_of(user)[-1]


@pytest.fixture
def listening(rig: Rig) -> Rig:
    rig.listen()
    return rig


@pytest.mark.requirement("R103")
def test_each_of_the_five_numbers_opens_a_list_of_that_many(listening: Rig) -> None:
    for number in range(3):
        listening.case(f"HK-2026-{number}")
    home = home_of(listening, DISPATCHER)
    tallies = rows(listening.sandbox.face(DISPATCHER, home), "tallies")
    assert [one["key"] for one in tallies] == ["today", "todo", "done", "all", "overdue"]
    assert {one["key"]: one["tag"] for one in tallies}["todo"] == "3"
    for one in tallies:
        face = private(listening.sandbox.click(DISPATCHER, home, "list", params={"key": one["key"]}))
        assert len(rows(face, "items_a", "items_b")) == int(one["tag"])


@pytest.mark.requirement("R104")
def test_a_source_shows_its_pending_cases_and_one_is_handled_from_there(listening: Rig) -> None:
    no, _, clerk = listening.sent_out()
    home = home_of(listening, clerk)
    sources = rows(listening.sandbox.face(clerk, home), "sources")
    assert len(sources) == 12
    assert {one["code"]: one["tag"] for one in sources}["RX"] == "1"
    other = private(listening.sandbox.click(clerk, home, "source", params={"code": "WX"}))
    assert rows(other, "items_a") == []
    face = private(listening.sandbox.click(clerk, home, "source", params={"code": "RX"}))
    assert [row["no"] for row in rows(face, "items_a")] == [no]
    assert note(listening.sandbox.click(clerk, home, "open", params={"no": no})) == "已发到聊天里"
    listening.deliver()
    assert note(listening.sandbox.click(clerk, listening.sandbox.cards_of(clerk)[-1], "sign")).startswith("已签收")


def test_a_home_card_opens_its_lists_and_a_case_without_a_call(listening: Rig) -> None:
    _, _, clerk = listening.sent_out()
    home = home_of(listening, clerk)
    before = listening.sandbox.calls()
    result = listening.sandbox.click(clerk, home, "list", params={"key": "todo"})
    shown = rows(private(result), "items_a")
    assert [row["title"] for row in shown] == ["港口路积水"]
    opened = listening.sandbox.click(clerk, home, "open", params={"no": shown[0]["no"]})
    assert note(opened) == "已发到聊天里"
    assert rows(listening.sandbox.face(clerk, home), "items_a") == shown
    assert listening.sandbox.calls() == before
    listening.deliver()
    assert listening.sandbox.cards_of(clerk)[-1].startswith(f"{shown[0]['no']}:p")


@pytest.mark.requirement("R102")
def test_the_post_is_switched_on_the_home_card(listening: Rig) -> None:
    home = home_of(listening, CLERK)
    options = rows(listening.sandbox.face(CLERK, home), "post_options")
    actor: Actor = listening.core.actor_for("dingtalk", CLERK)
    other = next(one for one in options if one["value"] != str(actor.post))
    result = listening.sandbox.click(CLERK, home, "switch_post", form={"post": other["value"]})
    assert note(result).startswith("已切换到")
    assert listening.core.actor_for("dingtalk", CLERK).post == int(other["value"])
