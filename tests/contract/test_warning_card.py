"""Warnings in one's own chat: a number at a level with the two ways to act, an interface that fell silent and spoke."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from core import Core
from core.feed_watch import FeedWatch
from core.topic_watch import TopicWatch
from core.warning_views import WarningView
from tests.contract.dingtalk_rig import Rig

VIEW = WarningView(
    "按时办结率 78.4%", "red", "红色预警", "截至 09:40", (("现在", "78.4%"),), "口径：应办结里按时的。", "/m/hotline",
    "hotline.on_time_rate",
)  # fmt: skip


def face_of(rig: Rig, role: str) -> dict[str, Any]:
    """The newest warning on the phone of the first holder of a role."""
    user = next(one.dingtalk for one in rig.core.directory().by_role[role] if one.dingtalk)
    tracks = [one for one in rig.sandbox.cards_of(user) if one.startswith("warning:")]
    return dict(rig.sandbox.face(user, tracks[-1])) if tracks else {}


def tell(core: Core, role: str, view: WarningView) -> None:
    person = next(one.person for one in core.directory().by_role[role] if one.dingtalk)
    core.reply(f"warning:{role}", person, "warning", {**view.body(), "person": person})


def test_a_warning_is_a_card_from_which_two_taps_act(rig: Rig) -> None:
    for role in ("desk_head", "district_leader"):
        tell(rig.core, role, VIEW)
    rig.deliver()
    face = face_of(rig, "desk_head")
    assert (face["title"], face["state"], face["tone"]) == ("按时办结率 78.4%", "红色预警", "red")
    assert face["can_case"] == face["can_joint"] == "true"
    assert face["case"].endswith("/intake?metric=hotline.on_time_rate")
    assert face["joint"].endswith("/joint/new?metric=hotline.on_time_rate")
    assert face["link"].endswith("/m/hotline")
    leader = face_of(rig, "district_leader")
    assert (leader["can_case"], leader["case"]) == ("false", "")
    assert rig.sandbox.warnings() == []


def test_one_topic_that_cannot_be_told_costs_no_other(rig: Rig) -> None:
    core, told = rig.core, list[str]()
    watch = TopicWatch(core)
    first = next(iter(core.screens.topics))

    def warned(topic: Any) -> list[dict[str, Any]]:
        if topic.name == first:
            raise ZeroDivisionError
        told.append(topic.name)
        return []

    watch._warned = warned  # type: ignore[method-assign]
    assert watch.check() == 0
    assert told == [name for name in core.screens.topics if name != first]


def test_a_silent_interface_is_told_once_and_once_more_when_it_speaks(rig: Rig) -> None:
    core, watch = rig.core, FeedWatch(rig.core)
    dataset = core.feeds.dataset("emergency", "checks")

    def spoke() -> None:
        heard = core.clock.now()
        core.feeds.asked(dataset.full, heard + timedelta(days=1), demo=False)

    spoke()
    assert watch.check() == 0
    rig.clock.advance(seconds=dataset.every * core.feeds.rules.silent + 60)
    people = watch.check()
    assert people >= 1
    assert FeedWatch(core).check() == 0, "a restart repeats nothing"
    rig.deliver()
    face = face_of(rig, "system_admin")
    assert (face["title"], face["state"], face["can_case"]) == (f"{dataset.title}迟到", "迟到", "false")
    assert {row["k"]: row["v"] for row in json.loads(face["rows"])}["负责单位"] == dataset.owner
    spoke()
    assert watch.check() == people
    assert FeedWatch(core).check() == 0
    rig.deliver()
    assert face_of(rig, "system_admin")["state"] == "已恢复"
    rig.clock.advance(seconds=dataset.every * core.feeds.rules.silent + 60)
    assert watch.check() == people, "another silence is another trouble"


def test_invented_data_warn_nobody(rig: Rig) -> None:
    core = rig.core
    dataset = core.feeds.dataset("emergency", "checks")
    core.feeds.asked(dataset.full, core.clock.now(), demo=True)
    rig.clock.advance(seconds=dataset.every * core.feeds.rules.silent + 60)
    assert FeedWatch(core).check() == 0
