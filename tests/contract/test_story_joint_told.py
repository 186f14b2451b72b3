"""Who hears of a joint order, on their phones: cards, lines and SMS through both SDKs, on nobody else's phone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest

from tests.contract.story_rig import CITY, HOUSING, LEADER, WATER, Stage
from tests.contract.test_story_joint import (
    CITY_HEAD,
    CONTACT,
    FED,
    HOUSING_HEAD,
    WATER_HEAD,
    card,
    do,
    raised,
)

pytestmark = pytest.mark.xdist_group("story-joint-told")

CENTRE = ("xy009", "xy010")
CAST = (CITY, CITY_HEAD, WATER, WATER_HEAD, HOUSING, HOUSING_HEAD, LEADER, CONTACT, *CENTRE)


class Phones:
    """What everybody's phones have got of one order since it was last asked."""

    def __init__(self, stage: Stage, no: str) -> None:
        self._stage, self._tail = stage, no[-6:]
        held = [one[0] for one in stage.core.directory().by_person.values()]
        self._users = {one.dingtalk for one in held if one.dingtalk}
        self._mobiles = {row["mobile"]: row["userId"] for row in stage.sandbox.get("people") if row.get("mobile")}
        self._texts, self._lines = Counter[tuple[str, str]](), Counter[tuple[str, str]]()

    def texts(self) -> dict[str, list[str]]:
        """The SMS that came, on anybody's phone, as words → whose."""
        found = Counter(
            (self._mobiles[row["phone_number"]], row["text"])
            for row in self._stage.sandbox.get("sms")["texts"]
            if self._tail in row["text"]
        )
        fresh, self._texts = found - self._texts, found
        return _by_words(fresh.elements())

    def lines(self, users: Iterable[str] = CAST) -> dict[str, list[str]]:
        """The lines of the robot, as the bracketed word → whose."""
        found = Counter(
            (user, line.partition("】")[0][1:])
            for user in users
            for line in self._stage[user].lines()
            if self._tail in line
        )
        fresh, self._lines = found - self._lines, found
        return _by_words(fresh.elements())

    def skip(self) -> None:
        """Let pass what has come so far."""
        self.texts()
        self.lines()

    def of_others(self) -> dict[str, list[str]]:
        """The lines on phones of people who have no part in the order."""
        return self.lines(self._users - set(CAST))


def _by_words(told: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for user, words in told:
        found.setdefault(words, []).append(user)
    return {words: sorted(users) for words, users in found.items()}


def people(*users: str) -> list[str]:
    return sorted(users)


def sms(no: str, words: str) -> str:
    return f"尾号{no[-6:]}联动工单：港口路围墙倒塌，{words}。"


@pytest.mark.requirement("R111", "R112")
def test_both_people_of_each_unit_get_the_card_and_an_sms_with_number_and_title(stage: Stage) -> None:
    no = raised(stage)
    phones, called = Phones(stage, no), people(WATER, WATER_HEAD, HOUSING, HOUSING_HEAD)
    assert phones.texts() == {sms(no, "请在今天 10:00 前响应，详情见钉钉"): called}
    for user in called:
        assert len(stage[user].tracks(no)) == 1
        assert stage[user].face(card(stage[user], no))["title"] == "树党旗 · 港口路围墙倒塌"
    do(stage, CITY, no, "order_adjust", place="海秀路口")
    assert (phones.texts(), phones.lines()) == ({}, {"时间地点调整": called})
    assert phones.of_others() == {}
    assert stage.warnings() == []


@pytest.mark.requirement("R119", "R120")
def test_a_refusal_and_its_adjudication_go_by_sms_to_both_units_and_to_the_leader_and_contact(stage: Stage) -> None:
    no = raised(stage)
    phones = Phones(stage, no)
    phones.skip()
    do(stage, WATER, no, "refuse", reason="不属本单位职责", basis="三定方案")
    assert phones.texts() == {
        sms(no, "水务局申请不参加，请审核"): people(CITY, CITY_HEAD),
        sms(no, "本单位申请不参加，等发起单位审核"): people(WATER_HEAD),
    }
    assert phones.lines() == {"退回待审": people(CITY, CITY_HEAD), "已退回": people(WATER_HEAD)}
    do(stage, CITY, no, "contest", reason="属你单位职责")
    assert phones.texts() == {
        sms(no, "水务局是否参加，请在钉钉判定"): people(LEADER, CONTACT),
        sms(no, "水务局是否参加，已送分管区领导判定"): people(WATER, WATER_HEAD, CITY_HEAD),
    }
    assert phones.lines() == {"归属判定": people(LEADER, CONTACT, WATER, WATER_HEAD, CITY_HEAD)}
    assert phones.of_others() == {}


@pytest.mark.requirement("R138", "R139")
@pytest.mark.parametrize(("action", "result"), [("rule_in", "参加"), ("rule_out", "移出")])
def test_a_ruling_reaches_the_coordination_centre_and_both_units_by_dingtalk_and_sms(
    stage: Stage, action: str, result: str
) -> None:
    no = raised(stage)
    do(stage, WATER, no, "refuse", reason="不属本单位职责", basis="三定方案")
    do(stage, CITY, no, "contest", reason="属你单位职责")
    phones, units = Phones(stage, no), people(CITY, CITY_HEAD, WATER, WATER_HEAD)
    phones.skip()
    do(stage, LEADER, no, action, basis="权责清单")
    assert phones.texts() == {sms(no, f"判定水务局的结果是{result}，详情见钉钉"): people(*units, *CENTRE)}
    assert phones.lines() == {f"判定{result}": units, "归属判定": people(*CENTRE, CONTACT)}
    words = f"【归属判定】{no[-6:]} 港口路围墙倒塌：区政府 劳小军判定水务局{result}。"
    for user in CENTRE:
        assert stage[user].lines()[-1] == words
    assert phones.of_others() == {}


def test_a_whole_order_after_its_raising_costs_no_further_sms(stage: Stage) -> None:
    no = raised(stage)
    phones = Phones(stage, no)
    assert sum(map(len, phones.texts().values())) == 4
    for user in (WATER, HOUSING):
        do(stage, user, no, "accept")
    do(stage, CITY, no, "order_start_check_in")
    for user in (WATER, HOUSING):
        do(stage, user, no, "check_in")
    do(stage, CITY, no, "order_end_meeting")
    for user, head in ((WATER, WATER_HEAD), (HOUSING, HOUSING_HEAD)):
        do(stage, user, no, "report", **FED)
        do(stage, head, no, "approve")
    do(stage, CITY, no, "order_close")
    do(stage, CITY_HEAD, no, "order_approve_close")
    for user in (WATER, HOUSING):
        do(stage, user, no, "rate_sponsor", pleased="pleased")
        do(stage, CITY, no, "rate_unit", pleased="pleased")
    called = people(WATER, WATER_HEAD, HOUSING, HOUSING_HEAD)
    assert phones.texts() == {}
    assert phones.lines() == {
        "开始签到": called, "会议结束": called, "反馈待审批": people(WATER_HEAD, HOUSING_HEAD),
        "已反馈": people(CITY, CITY), "办结待批": people(CITY_HEAD), "联办办结": people(*called, CITY),
    }  # fmt: skip
    assert phones.of_others() == {}
    assert stage.differing(no) == []
    assert stage.warnings() == []


def test_the_clock_tells_an_overdue_answer_once_by_both_channels(stage: Stage) -> None:
    no = raised(stage, units="水务局")
    phones, late = Phones(stage, no), people(WATER, WATER_HEAD)
    phones.skip()
    stage.clock.advance(hours=1, minutes=5)
    stage.until(lambda: stage.core.joints.due_commands() == [])
    stage.settle()
    assert phones.texts() == {sms(no, "水务局待响应已超过时限，请督促办理"): late}
    assert phones.lines() == {"超时": late}
    stage.clock.advance(hours=3)
    stage.settle()
    assert (phones.texts(), phones.lines()) == ({}, {})
