"""Bad input on a joint order, on the card and on the console's page alike: one clear sentence, and nothing changed."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from core import Command, seeding
from core.models.people import accounts
from core.models.record import letters
from tests.builders import fresh_key
from tests.contract.story_rig import CITY, LEADER, STREET, TRANSPORT, WATER, Stage
from tests.contract.test_bad_input import is_one_sentence
from tests.contract.test_story_joint import CITY_HEAD, CONTACT, FED, FORM, WATER_HEAD
from tests.webapp.visitor import Visitor
from webapp import create_app

pytestmark = pytest.mark.xdist_group("story-joint-bad-input")

HEALTH, FAR_LEADER, FAR_CONTACT = "xy031", "xy002", "xy006"
"""A clerk of another district leader's unit, that leader, and their contact person."""
REFUSAL = {"reason": "不属本单位职责", "basis": "三定方案"}
Told = dict[str, str]


class Scene:
    """One order, moved on by the core; cards follow by the worker."""

    def __init__(self, stage: Stage, units: str = "水务局、秀英街道") -> None:
        self.stage, self.core = stage, stage.core
        actor = self.core.actor_for("dingtalk", CITY)
        self.order = self.core.joints.raise_flag(fresh_key("flag"), {**FORM, "units": units}, actor).case
        stage.settle()

    def move(self, user: str, action: str, unit: str = "", **form: str) -> None:
        leg = self.leg(unit)["id"] if unit else None
        actor = self.core.actor_for("dingtalk", user)
        self.core.execute(Command(fresh_key(), self.order, action, actor, form, leg, flow="joint_order"))
        if action == "contest":  # now the rulers get the card, who lose it with the ruling
            self.stage.settle()

    def leg(self, unit: str) -> Any:
        unit_id = self.core.directory().by_word[unit]
        return next(leg for leg in self.core.joints.sheet(self.order).legs if leg["unit_id"] == unit_id)

    @property
    def no(self) -> str:
        return str(self.core.joints.sheet(self.order).order["no"])

    @property
    def seq(self) -> str:
        return str(self.core.joints.sheet(self.order).order["seq"])


Prepare = Callable[[Stage], Scene]


def invited(stage: Stage) -> Scene:
    return Scene(stage)


def coming(stage: Stage) -> Scene:
    scene = Scene(stage)
    for user, unit in ((WATER, "water"), (STREET, "xiuying")):
        scene.move(user, "accept", unit)
    return scene


def signing(stage: Stage) -> Scene:
    scene = coming(stage)
    scene.move(CITY, "start_check_in")
    return scene


def working(stage: Stage) -> Scene:
    """The meeting is over; only the first unit was there."""
    scene = signing(stage)
    scene.move(WATER, "check_in", "water")
    scene.move(CITY, "end_meeting")
    return scene


def reported(stage: Stage) -> Scene:
    scene = working(stage)
    scene.move(WATER, "report", "water", **FED)
    return scene


def to_rate(stage: Stage) -> Scene:
    scene = reported(stage)
    scene.move(WATER_HEAD, "approve", "water")
    scene.move(CITY, "close_over", unfed=str(scene.leg("xiuying")["id"]))
    scene.move(CITY_HEAD, "approve_close")
    return scene


def rated(stage: Stage) -> Scene:
    scene = to_rate(stage)
    scene.move(WATER, "rate_sponsor", "water", pleased="pleased")
    return scene


def disputed(stage: Stage) -> Scene:
    """Two units of two district leaders wait for their rulings, so both leaders hold the card."""
    scene = Scene(stage, "水务局、卫健委")
    for user, unit in ((WATER, "water"), (HEALTH, "health")):
        scene.move(user, "refuse", unit, **REFUSAL)
        scene.move(CITY, "contest", unit, reason="属你单位职责")
    return scene


def ruled_in(stage: Stage) -> Scene:
    """Ruled in, then asked again because the day changed: it is invited, and barred from refusing."""
    scene = Scene(stage)
    scene.move(WATER, "refuse", "water", **REFUSAL)
    scene.move(CITY, "contest", "water", reason="属你单位职责")
    scene.move(LEADER, "rule_in", "water")
    return scene


@dataclass(frozen=True)
class Bad:
    """Somebody's wrong step in a scene, and the sentence they read; `unit` is whose part, empty for the order."""

    name: str
    scene: Prepare
    user: str
    action: str
    sentence: str
    unit: str = ""
    form: Told = field(default_factory=dict)


BAD = (
    Bad("check-in before the start", coming, WATER, "check_in", "发起单位还没有开始签到，请等通知", "water"),
    Bad("check-in after the meeting", working, STREET, "check_in", "会议已结束，请改用「补卡」并写明原因", "xiuying"),
    Bad("check-in after the close", to_rate, STREET, "check_in", "此件现在是「未反馈」，不能签到", "xiuying"),
    Bad("check-in before an answer", invited, WATER, "check_in", "此件现在是「待响应」，不能签到", "water"),
    Bad("check-in for another unit", signing, STREET, "check_in", "签到由联办单位办理，您当前岗位不能操作", "water"),
    Bad("check-in twice", working, WATER, "check_in", "此件现在是「待反馈」，不能签到", "water"),
    Bad("late check-in without a remark", working, STREET, "check_in_late", "请填写「", "xiuying",
        {"place": "路口", "note": " "}),
    Bad("refusal without basis", invited, WATER, "refuse", "请写明依据，也可以附上依据材料", "water",
        {**REFUSAL, "basis": " "}),
    Bad("refusal without reason", invited, WATER, "refuse", "请填写「", "water", {**REFUSAL, "reason": " "}),
    Bad("refusal after the ruling", ruled_in, WATER, "refuse", "此件现在是「待签到」，不能不报到", "water", REFUSAL),
    Bad("ruling by another district leader", disputed, FAR_LEADER, "rule_in", "判定参加由", "water"),
    Bad("ruling by another leader's contact", disputed, FAR_CONTACT, "rule_out", "判定移出由", "water"),
    Bad("ruling by the sponsor", disputed, CITY, "rule_in", "判定参加由", "water"),
    Bad("ruling by the unit itself", disputed, WATER, "rule_out", "判定移出由", "water"),
    Bad("ruling on what is not disputed", ruled_in, LEADER, "rule_out", "此件现在是「待签到」，不能判定移出", "water"),
    Bad("feedback before the meeting is over", signing, WATER, "report", "请先签到或补卡，再报进展", "water", FED),
    Bad("feedback without check-in", working, STREET, "report", "请先签到或补卡，再报进展", "xiuying", FED),
    Bad("approval by the unit's clerk", reported, WATER, "approve", "审批通过由", "water"),
    Bad("closing over an open part", working, CITY, "close", "水务局、秀英街道还没有反馈，可催办或「按未反馈办结」"),
    Bad("closing over others than were listed", reported, CITY, "close_over",
        "未反馈的单位有变化，请核对名单再确认一次", form={"unfed": "1"}),
    Bad("closing by a called unit", working, WATER, "close", "联办办结由"),
    Bad("approval of closing by the clerk", reported, CITY, "approve_close", "此件现在是「处置中」，不能同意办结"),
    Bad("starting with nobody coming", invited, CITY, "start_check_in", "还没有单位同意报到，请等一等或催办"),
    Bad("a change that changes nothing", invited, CITY, "adjust", "内容没有变化，请修改后再保存",
        form={"place": FORM["place"]}),
    Bad("a meeting in the past", invited, CITY, "adjust", "报到时间请写成「3月10日 15点」，且不早于现在",
        form={"meet_at": "3月1日 9:00"}),
    Bad("a change after check-in began", signing, CITY, "adjust", "此件现在是「签到中」，不能调整时间地点",
        form={"place": "海秀路口"}),
    Bad("handing on to a stranger", invited, WATER, "hand_on", "下一处理人请从本单位或下属单位中选择", "water",
        {"next_person": "1"}),
    Bad("rating before the close", reported, CITY, "rate_unit", "此件现在是「待审批」，不能评价联办单位", "water",
        {"pleased": "pleased"}),
    Bad("rating twice", rated, WATER, "rate_sponsor", "已经评价过了，评价不能更改", "water", {"pleased": "pleased"}),
    Bad("displeased without a reason", to_rate, WATER, "rate_sponsor", "请填写「不满意的原因」后再评价", "water",
        {"pleased": "displeased"}),
    Bad("a next step done without a word", to_rate, WATER, "keep_promise", "请填写「做到的情况」", "water",
        {"note": " "}),
    Bad("a next step of another unit", to_rate, CITY, "keep_promise", "报下一步已做到由联办单位办理", "water",
        {"note": "已换管"}),
    Bad("a next step before the feedback", working, WATER, "keep_promise", "此件现在是「待反馈」，不能报下一步已做到",
        "water", {"note": "已换管"}),
    Bad("redo without a reason", reported, CITY, "redo", "请填写「", "water", {"reason": " "}),
)  # fmt: skip
bad_inputs = pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)


def record(stage: Stage) -> tuple[int, ...]:
    """What may not change: the record, and what was said."""
    with stage.core.engine.connect() as tx:
        return (*stage.counts(), int(tx.execute(select(func.count()).select_from(letters)).scalar_one()))


def signed_in(stage: Stage, user: str) -> Visitor:
    """The console with this person signed in; who has no account in the practice district gets one."""
    login, person = f"p{user[2:]}", stage.core.actor_for("dingtalk", user).person
    with stage.core.engine.begin() as tx:
        known = {row.login: dict(row._mapping) for row in tx.execute(select(accounts))}
        if login not in known:
            row = {name: value for name, value in known["p021"].items() if name != "id"}
            tx.execute(insert(accounts), {**row, "login": login, "person_id": person})
    visitor = Visitor(create_app(stage.core))
    visitor.sign_in(login, seeding.PASSWORD)
    return visitor


@bad_inputs
def test_on_the_card(stage: Stage, bad: Bad) -> None:
    scene = bad.scene(stage)
    stage.settle()
    track = f"{scene.no}:1"
    leg = scene.leg(bad.unit) if bad.unit else None
    params = {"leg": str(leg["id"]), "seq": str(leg["seq"])} if leg else {"order_seq": scene.seq}
    before, face = record(stage), stage[bad.user].face(track)
    action = bad.action if bad.unit else f"order_{bad.action}"
    answer = stage[bad.user].press(track, action, bad.form, params=params)
    stage.settle()
    assert answer.note.startswith(bad.sentence)
    assert is_one_sentence(answer.note)
    assert record(stage) == before
    kept = {name: value for name, value in stage[bad.user].face(track).items() if name not in ("note", "has_note")}
    assert kept == {name: value for name, value in face.items() if name not in ("note", "has_note")}


@bad_inputs
def test_on_the_page(stage: Stage, bad: Bad) -> None:
    scene = bad.scene(stage)
    stage.settle()
    visitor = signed_in(stage, bad.user)
    page = f"/joint/{scene.no}"
    leg = scene.leg(bad.unit) if bad.unit else None
    fields = {"leg": str(leg["id"]), "seen": str(leg["seq"])} if leg else {"seen": scene.seq}
    before = record(stage)
    answer = visitor.post(f"{page}/moves/{bad.action}", page=page, **fields, **bad.form)
    assert 400 <= answer.status_code < 500
    found = re.search(r'<p class="said[^"]*"[^>]*>([^<]*)</p>', answer.text)
    assert found, answer.text[:2000]
    told = html.unescape(found[1])
    assert told.startswith(bad.sentence)
    assert is_one_sentence(told)
    assert record(stage) == before


def test_whoever_was_not_called_finds_nothing_by_word_or_on_the_page(stage: Stage) -> None:
    scene = signing(stage)
    stage.settle()
    before = record(stage)[:-1]  # a typed word is answered by a letter of its own
    assert stage[TRANSPORT].tracks(scene.no) == []
    for words in ("签到", "报到", "查"):
        told = stage[TRANSPORT].say(f"{words} {scene.no}")
        assert told.startswith("没有找到")
        assert is_one_sentence(told)
    visitor = signed_in(stage, TRANSPORT)
    leg = scene.leg("water")
    answer = visitor.post(f"/joint/{scene.no}/moves/check_in", page="/joint", leg=str(leg["id"]), seen=str(leg["seq"]))
    assert answer.status_code == 404
    assert record(stage)[:-1] == before


def test_the_cast_of_the_table_is_as_it_says(stage: Stage) -> None:
    """The other leader and their contact are in charge of the one unit and not of the other."""
    directory = stage.core.directory()
    water, health = directory.by_word["water"], directory.by_word["health"]
    for user, here in ((LEADER, True), (CONTACT, True), (FAR_LEADER, False), (FAR_CONTACT, False)):
        actor = stage.core.actor_for("dingtalk", user)
        assert (water in actor.in_charge, health in actor.in_charge) == (here, not here)
    assert stage.core.actor_for("dingtalk", WATER_HEAD).role == "unit_head"
