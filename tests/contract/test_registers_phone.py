"""What an administrator keeps, on the phones: a new source on the home card, a retired one gone, a cover's own card."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.register import Amend
from tests.builders import fresh_key
from tests.contract.story_rig import DESK, HEAD, STREET, WATER, Person, Stage

pytestmark = pytest.mark.xdist_group("story-phone")


def amend(stage: Stage, by: str, register: str, act: str, row: str = "", **given: Any) -> None:
    actor = stage.core.actor_for("dingtalk", by)
    stage.core.registers.write(Amend(fresh_key("amend"), register, act, row, given, actor, "区里来文"))


def sources(person: Person, track: str) -> dict[str, str]:
    return {row["title"]: row["tag"] for row in json.loads(person.face(track)["sources"])}


def test_a_source_the_administrator_adds_is_on_the_home_card_and_opens_its_cases(stage: Stage) -> None:
    desk = stage[DESK]
    assert "应急电话" not in sources(desk, desk.home())
    amend(stage, "xy017", "source", "add", code="YJ", title="应急值守电话", short="应急电话", place="13")
    done = stage.case("水库水位上涨", channel="应急值守电话")
    home = desk.home()
    assert list(sources(desk, home).items())[-1] == ("应急电话", "1")
    desk.tap(home, "source", params={"code": "YJ"})
    assert [row["no"] for row in desk.rows(home)] == [done.no]
    amend(stage, "xy017", "source", "retire", "YJ")
    assert "应急电话" in sources(desk, desk.home()), "a pending case keeps its source on the card"
    desk.tap(desk.card(done.no), "case_dispatch", {"lead": "water"})
    assert "应急电话" not in sources(desk, desk.home())
    assert stage.differing(done.no) == []


def test_a_cover_gets_the_cards_of_the_post_and_signs_as_its_cover(stage: Stage) -> None:
    street, water = stage[STREET], stage.core.actor_for("dingtalk", WATER)
    cover = stage.core.actor_for("dingtalk", STREET)
    today = stage.core.today().isoformat()
    given = {"post_id": str(water.post), "cover_id": str(cover.person), "first_day": today, "last_day": today}
    amend(stage, HEAD, "absence", "add", **given)
    done = stage.sent_to("water")
    track = street.card(done.no)
    assert "已切换到「水务局 热线专办员（代）」" in street.say("岗位 水务局")
    assert street.tap(track, "sign").note.startswith("已签收")
    assert "（代）" in stage.core.case_view(stage.core.actor_for("dingtalk", DESK), done.case).timeline[-1].who
    assert stage.differing(done.no) == []
    street.say("岗位 海秀")
