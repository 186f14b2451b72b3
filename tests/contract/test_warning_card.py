"""Warnings in one's own chat: a number at a level with the two ways to act, an interface that fell silent and spoke."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from core import Core
from core.feed_watch import FeedWatch
from core.models.feeds import feeds
from core.policy.topics import Own
from core.screens.own_rest import alarm_rows
from core.screens.told import Look
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


def test_a_start_is_no_alarm_before_every_source_had_its_turn(rig: Rig) -> None:
    """Neither of those that are asked nor of those that bring; that nobody is asked for long is one alarm of ours."""
    core, bringer = rig.core, rig.core.feeds.dataset("emergency", "checks")
    names = [one.full for one in core.feeds.datasets.values() if one.topic == "port"]
    for name in (*names, bringer.full):
        core.feeds.asked(name, core.clock.now() + timedelta(minutes=5), demo=False)
    with core.engine.begin() as tx:
        tx.execute(update(feeds).where(feeds.c.name == bringer.full).values(next_at=None))
    rig.clock.advance(days=2)

    def alarms() -> list[str]:
        return core._read(
            lambda tx: [row["what"] for row in alarm_rows(Look(tx, core.world(), core.clock.now()), Own("alarms"))]
        )

    assert alarms()[0] == f"{len(names)} 个接口到了时间没有去取"
    assert len(alarms()) == 2
    core.feeds.begun(names)
    assert len(alarms()) == 1
    began = core.clock.now()
    assert FeedWatch(core, began).check() == 0
    rig.clock.advance(seconds=bringer.every * core.feeds.rules.silent + 60)
    assert FeedWatch(core, began).check() >= 1, "it had its time to speak"
    core.feeds.failed(names[0], "对方答复状态 503，要求转到别的地址")
    assert "已有 1 次没取到" in alarms(), "a wall's line holds what happened; why stands on the console"


def test_invented_data_warn_nobody(rig: Rig) -> None:
    core = rig.core
    dataset = core.feeds.dataset("emergency", "checks")
    core.feeds.asked(dataset.full, core.clock.now(), demo=True)
    rig.clock.advance(seconds=dataset.every * core.feeds.rules.silent + 60)
    assert FeedWatch(core).check() == 0
