"""Who hears of a joint order on which channel: each moment, each person, DingTalk and SMS, once and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from core import Actor, Core
from core.models.joint import joint_orders
from core.models.record import letters
from core.policy.joint import joint_faults, read_joint
from core.policy.texting import ONE, read_sms
from tests.builders import act, clerk, person, rows, signed
from tests.clock import StillClock
from tests.core.joint_room import FED, FIRST, REFUSAL, SECOND, SPONSOR, an_order, head, leg_of, lines, move
from tests.core.moments import local

Told = dict[str, set[int]]
"""Who heard, by the bracketed word of a line or by the template of an SMS."""
LINES = {"dingtalk.say": "text", "sms": "template"}


class Ear:
    """Hears what has been written to the tray since it last listened."""

    def __init__(self, core: Core) -> None:
        self._core, self._last = core, 0

    def told(self) -> Told:
        """By word or template; AssertionError when somebody hears twice on one channel."""
        fresh = [row for row in rows(self._core, letters) if row.id > self._last and row.channel in LINES]
        self.skip()
        for channel in LINES:
            heard = [one for row in fresh if row.channel == channel for one in row.body["people"]]
            assert len(heard) == len(set(heard)), f"twice on {channel}: {heard}"
        found: Told = {}
        for row in fresh:
            word = str(row.body[LINES[row.channel]]).split("】")[0].removeprefix("【")
            found.setdefault(word, set()).update(row.body["people"])
        return found

    def skip(self) -> None:
        """Let pass what was told so far."""
        self._last = max((row.id for row in rows(self._core, letters)), default=0)


class Town:
    """The people of the story by what they are."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.leader, self.contact = person(core, "district_leader"), person(core, "contact_person")
        self.sponsors, self.firsts, self.seconds = (self.pair(unit) for unit in (SPONSOR, FIRST, SECOND))
        self.rulers = self.ids(self.leader, self.contact)
        self.centre = {one.person for one in core.directory().by_role["desk_head"]}

    def pair(self, unit: str) -> set[int]:
        return self.ids(head(self.core, unit), clerk(self.core, unit))

    @staticmethod
    def ids(*actors: Actor) -> set[int]:
        return {one.person or 0 for one in actors}


def latest_sms(core: Core) -> dict[str, Any]:
    """The body of the SMS written last."""
    body: dict[str, Any] = max(rows(core, letters, letters.c.channel == "sms"), key=lambda row: row.id).body
    return body


@pytest.fixture
def town(core: Core) -> Town:
    return Town(core)


def test_each_moment_reaches_its_people_on_its_channels_once_and_nobody_else(core: Core, town: Town) -> None:
    ear, me, other = Ear(core), town.ids(clerk(core)), town.ids(clerk(core, SECOND))
    order = an_order(core)
    assert ear.told() == {"joint_raised": town.firsts | town.seconds}

    move(core, clerk(core), order, "adjust", place="海秀路口")
    assert ear.told() == {"时间地点调整": town.firsts | town.seconds}
    move(core, clerk(core), order, "urge")
    assert ear.told() == {"催办": town.firsts | town.seconds}
    move(core, clerk(core, SECOND), order, "refuse", SECOND, **REFUSAL)
    assert ear.told() == {
        "退回待审": town.sponsors, "joint_refused": town.sponsors,
        "已退回": town.seconds - other, "joint_leaving": town.seconds - other,
    }  # fmt: skip
    move(core, clerk(core), order, "contest", SECOND, reason="属你单位职责")
    aware = town.seconds | (town.sponsors - me)
    assert ear.told() == {
        "归属判定": town.rulers | aware, "joint_disputed": town.rulers, "joint_awaits": aware,
    }  # fmt: skip
    move(core, town.contact, order, "rule_in", SECOND)
    assert ear.told() == {
        "判定参加": town.seconds | town.sponsors, "归属判定": town.centre | town.ids(town.leader),
        "joint_ruled": town.seconds | town.sponsors | town.centre,
    }  # fmt: skip
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **REFUSAL)
    assert set(ear.told()) == {"退回待审", "joint_refused", "已退回", "joint_leaving"}
    move(core, clerk(core), order, "let_go", FIRST)
    assert ear.told() == {"已移出": town.firsts}


def test_from_check_in_to_the_end_nothing_goes_by_sms(core: Core, town: Town) -> None:
    order, ear = an_order(core), Ear(core)
    ear.skip()
    played: list[tuple[Actor, str, str, dict[str, str], Told]] = [
        (clerk(core, FIRST), "accept", FIRST, {}, {}),
        (clerk(core, SECOND), "accept", SECOND, {}, {}),
        (clerk(core), "start_check_in", "", {}, {"开始签到": town.firsts | town.seconds}),
        (clerk(core, FIRST), "check_in", FIRST, {}, {}),
        (clerk(core, SECOND), "check_in_late", SECOND, {"place": "路口", "note": "堵车"},
         {"补卡待审": town.ids(clerk(core))}),
        (clerk(core), "approve_late", SECOND, {}, {}),
        (clerk(core), "end_meeting", "", {}, {"会议结束": town.firsts | town.seconds}),
        (clerk(core, FIRST), "report", FIRST, FED, {"反馈待审批": town.ids(head(core, FIRST))}),
        (head(core, FIRST), "send_back", FIRST, {"reason": "写明时间"}, {"退回修改": town.ids(clerk(core, FIRST))}),
        (clerk(core, FIRST), "report", FIRST, FED, {"反馈待审批": town.ids(head(core, FIRST))}),
        (head(core, FIRST), "approve", FIRST, {}, {"已反馈": town.ids(clerk(core))}),
        (clerk(core), "redo", FIRST, {"reason": "还有积水"}, {"重办": town.firsts}),
        (clerk(core, FIRST), "report", FIRST, FED, {"反馈待审批": town.ids(head(core, FIRST))}),
        (head(core, FIRST), "approve", FIRST, {}, {"已反馈": town.ids(clerk(core))}),
        (clerk(core, SECOND), "report", SECOND, FED, {"反馈待审批": town.ids(head(core, SECOND))}),
        (head(core, SECOND), "approve", SECOND, {}, {"已反馈": town.ids(clerk(core))}),
        (clerk(core), "close", "", {}, {"办结待批": town.ids(head(core, SPONSOR))}),
        (head(core, SPONSOR), "approve_close", "", {},
         {"联办办结": town.firsts | town.seconds | town.ids(clerk(core))}),
        (clerk(core, FIRST), "rate_sponsor", FIRST, {"pleased": "pleased"}, {}),
    ]  # fmt: skip
    for who, action, unit, form, expected in played:
        move(core, who, order, action, unit, **form)
        assert ear.told() == expected, action


def test_a_ruling_out_is_told_to_both_units_and_the_centre_by_both_channels(core: Core, town: Town) -> None:
    order, ear = an_order(core), Ear(core)
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **REFUSAL)
    move(core, clerk(core), order, "contest", FIRST, reason="属你单位职责")
    ear.skip()
    move(core, town.leader, order, "rule_out", FIRST)
    told = ear.told()
    assert told["joint_ruled"] == told["判定移出"] | town.centre == town.firsts | town.sponsors | town.centre
    assert told["归属判定"] == town.centre | town.ids(town.contact)
    assert latest_sms(core)["values"]["result"] == "移出"


def respond_late(core: Core, order: int) -> None:
    """Nobody answers."""


def review_late(core: Core, order: int) -> None:
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **REFUSAL)


def ruling_late(core: Core, order: int) -> None:
    review_late(core, order)
    move(core, clerk(core), order, "contest", FIRST, reason="属你单位职责")


def feedback_late(core: Core, order: int) -> None:
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    move(core, clerk(core), order, "start_check_in")
    move(core, clerk(core, FIRST), order, "check_in", FIRST)
    move(core, clerk(core), order, "end_meeting")


@pytest.mark.parametrize(
    ("play", "late", "step"),
    [
        (respond_late, lambda town: town.firsts, "水务局待响应"),
        (review_late, lambda town: town.sponsors, "水务局退回待审"),
        (ruling_late, lambda town: town.rulers, "水务局待判定"),
        (feedback_late, lambda town: town.firsts, "水务局待反馈"),
    ],
)
def test_the_clock_tells_an_overdue_step_once_to_the_people_whose_step_it_is(
    core: Core,
    clock: StillClock,
    town: Town,
    play: Callable[[Core, int], None],
    late: Callable[[Town], set[int]],
    step: str,
) -> None:
    order = an_order(core, units=FIRST)
    play(core, order)
    ear = Ear(core)
    ear.skip()
    clock.advance(days=9)
    (command,) = core.joints.due_commands()
    for _ in range(2):
        core.execute(command)
    assert ear.told() == {"超时": late(town), "joint_overdue": late(town)}
    assert latest_sms(core)["values"]["step"] == step
    assert core.joints.due_commands() == []
    clock.advance(days=9)
    assert core.joints.due_commands() == []
    assert ear.told() == {}


def test_a_part_handed_on_still_has_its_unit_told_and_no_third_person_by_sms(core: Core, clock: StillClock) -> None:
    order = an_order(core, units=FIRST)
    station = core.directory().below(core.directory().by_word[FIRST])[0]
    other = core.directory().by_unit[station.id][0]
    move(core, clerk(core, FIRST), order, "hand_on", FIRST, next_person=str(other.person), note="请你站去")
    ear, pair = Ear(core), Town(core).firsts
    ear.skip()
    clock.advance(hours=2)
    (command,) = core.joints.due_commands()
    core.execute(command)
    assert ear.told() == {"超时": pair | {other.person}, "joint_overdue": pair}


def at_a_station(core: Core, order: int, unit: str = FIRST) -> int:
    """The part handed on to somebody of a station below the unit, who is neither of its two people."""
    station = core.directory().below(core.directory().by_word[unit])[0]
    other = core.directory().by_unit[station.id][0].person
    move(core, clerk(core, unit), order, "hand_on", unit, next_person=str(other), note="请你站去")
    return other


def test_whoever_a_part_was_handed_on_to_hears_what_changes_for_them_once_and_by_dingtalk(core: Core) -> None:
    order, town, ear = an_order(core, units=FIRST), Town(core), Ear(core)
    other = at_a_station(core, order)
    ear.skip()
    played: list[tuple[Actor, str, str, dict[str, str], Told]] = [
        (clerk(core), "adjust", "", {"place": "海秀路口"}, {"时间地点调整": town.firsts | {other}}),
        (clerk(core, FIRST), "accept", FIRST, {}, {}),
        (clerk(core), "start_check_in", "", {}, {"开始签到": town.firsts | {other}}),
        (
            clerk(core, FIRST),
            "check_in_late",
            FIRST,
            {"place": "路口", "note": "堵车"},
            {"补卡待审": town.ids(clerk(core))},
        ),
        (clerk(core), "refuse_late", FIRST, {"reason": "当时不在场"}, {"补卡未同意": town.firsts | {other}}),
        (clerk(core, FIRST), "check_in", FIRST, {}, {}),
        (clerk(core), "end_meeting", "", {}, {"会议结束": town.firsts | {other}}),
    ]
    for who, action, unit, form, expected in played:
        move(core, who, order, action, unit, **form)
        assert ear.told() == expected, action


@pytest.mark.parametrize(("ruling", "tag"), [("rule_in", "判定参加"), ("rule_out", "判定移出")])
def test_whoever_a_part_was_handed_on_to_hears_how_it_was_ruled(core: Core, town: Town, ruling: str, tag: str) -> None:
    order, ear = an_order(core, units=FIRST), Ear(core)
    other = at_a_station(core, order)
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **REFUSAL)
    move(core, clerk(core), order, "contest", FIRST, reason="属你单位职责")
    ear.skip()
    move(core, town.leader, order, ruling, FIRST)
    told = ear.told()
    assert told[tag] == town.firsts | town.sponsors | {other}
    assert other not in told["joint_ruled"]


def test_another_day_tells_those_who_had_agreed_to_answer_again_and_the_others_only_the_day(core: Core) -> None:
    order, town = an_order(core), Town(core)
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    before = len(lines(core))
    move(core, clerk(core), order, "adjust", meet_at="3月12日 9:00")
    fresh = lines(core)[before:]
    again = {person for person, line in fresh if "请今天 10:00 前重新响应" in line}
    assert again == town.firsts
    assert {person for person, line in fresh if "重新响应" not in line} == town.seconds
    assert all("：改为 周四 09:00 港口路公交站" in line for _, line in fresh), fresh
    assert len(fresh) == len(town.firsts | town.seconds), "each once"


def test_a_reminder_reaches_those_whose_step_it_is_whoever_they_are(core: Core, town: Town, clock: StillClock) -> None:
    order, ear, chief = an_order(core), Ear(core), person(core, "desk_head")
    move(core, clerk(core, FIRST), order, "accept", FIRST)
    move(core, clerk(core, SECOND), order, "refuse", SECOND, **REFUSAL)
    ear.skip()
    move(core, chief, order, "urge")
    assert ear.told() == {"催办": town.firsts | town.ids(clerk(core))}, "the review is the sponsor's step"
    move(core, clerk(core), order, "contest", SECOND, reason="属你单位职责")
    ear.skip()
    clock.advance(minutes=11)  # sooner the same words are no second message to whoever has read them
    move(core, chief, order, "urge")
    assert ear.told() == {"催办": town.firsts | town.rulers}
    move(core, town.leader, order, "rule_out", SECOND)
    move(core, clerk(core), order, "start_check_in")
    move(core, clerk(core, FIRST), order, "check_in", FIRST)
    ear.skip()
    move(core, chief, order, "urge")
    assert ear.told() == {"催办": town.ids(clerk(core))}, "all are there: the sponsor ends the meeting"


def test_an_sms_says_its_own_units_deadline_in_one_message_and_no_citizens_data(core: Core) -> None:
    case = signed(core, title="王某某 13900001111 反映围墙倒塌压住路面无人处理", place="海秀路 3 号")
    act(core, clerk(core), case, "raise_flag", SPONSOR, flag_kind="safety", flag_reason="beyond_us",
        units="水务局、住建局", meet_at="明天 9:30")  # fmt: skip
    order = rows(core, joint_orders)[0]
    sent = rows(core, letters, letters.c.channel == "sms")
    assert len({row.lane for row in sent}) == len(sent) == 4
    for row in sent:
        values = row.body["values"]
        assert values["tail"] == order.no[-6:]
        assert values["until"] == "今天 10:00 前"
        assert "13900001111" not in str(row.body)
        text = core.policy.sms.templates[row.body["template"]].fill(values)
        assert len(text) + len(core.settings.sms.sign_name) + 2 <= ONE


@pytest.mark.parametrize(
    ("at", "urgency", "until"),
    [
        ("2026-03-09 21:59", "normal", None),
        ("2026-03-09 22:00", "normal", "2026-03-10 07:00:00"),
        ("2026-03-10 03:00", "normal", "2026-03-10 07:00:00"),
        ("2026-03-09 23:00", "urgent", None),
        ("2026-03-10 03:00", "critical", None),
    ],
)
def test_sms_wait_for_the_morning_unless_it_is_urgent(
    core: Core, clock: StillClock, at: str, urgency: str, until: str | None
) -> None:
    case = signed(core, urgency=urgency)
    clock.set(at)
    act(core, clerk(core), case, "raise_flag", SPONSOR, flag_kind="safety", flag_reason="beyond_us",
        units="水务局、住建局", meet_at="3月11日 9:30")  # fmt: skip
    held = [row.hold_until for row in rows(core, letters, letters.c.channel == "sms")]
    assert [local(one) if one else None for one in held] == [until] * 4
    flags = {row.body["urgent"] for row in rows(core, letters, letters.c.channel == "sms")}
    assert flags == {urgency != "normal"}


def test_a_unit_without_a_deputy_has_its_contact_told_once(core: Core) -> None:
    policy = replace(core.printed, joint=replace(core.printed.joint, deputy=("desk_head",), contact=("unit_clerk",)))
    an_order(Core(core.settings, policy, core.engine, core.clock, core.vault))
    assert Ear(core).told() == {"joint_raised": Town.ids(clerk(core, FIRST), clerk(core, SECOND))}


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"to": "pair", "by": ["sms"], "template": "joint_gone"}, "which sms.yaml does not have"),
        ({"to": "pair", "by": ["sms"], "template": "reminded"}, "has no value due"),
        ({"to": "pair", "by": ["dingtalk"], "words": "【退回】{colour}"}, "has no value colour"),
    ],
)
def test_the_loader_proves_the_table_against_the_templates(core: Core, row: dict[str, object], fault: str) -> None:
    joint = core.printed.joint
    table = {
        "limits": [{"from": "2020-01-01", "respond": "1 workday", "review": "1 workday", "rule": "1 workday",
                    "feedback": "1 workday", "rate": "1 workday"}],
        "close_needs_approval": True, "deputy": joint.deputy, "contact": joint.contact, "centre": ["desk_head"],
        "basis_files": 3, "moments": {"joint_leg.refused": [row]},
        "showing": {"code_seconds": 30, "grace_seconds": 30, "keep_hours": 12, "near_metres": 200},
    }  # fmt: skip
    found = list(joint_faults(read_joint(table), {"joint_leg.refused"}, core.printed.roles, read_sms()))
    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize(
    "row",
    [
        {"to": "pair", "by": ["sms"]},
        {"to": "pair", "by": ["dingtalk"], "template": "joint_raised"},
        {"to": "pair", "by": ["dingtalk", "sms"], "words": "【退回】"},
        {"to": "pair", "by": ["fax"], "words": "【退回】"},
        {"to": "everybody", "by": ["dingtalk"], "words": "【退回】"},
    ],
)
def test_a_channel_without_what_it_says_is_no_row(row: dict[str, object]) -> None:
    table = {"limits": [], "close_needs_approval": True, "deputy": [], "contact": [], "centre": []}
    with pytest.raises(ValueError, match=r"joint_leg\.refused"):
        read_joint({**table, "moments": {"joint_leg.refused": [row]}})


# --- completeness: §7.3 rule 11 and the moments beyond it ---

BOTH, DINGTALK, SMS = frozenset({"dingtalk", "sms"}), frozenset({"dingtalk"}), frozenset({"sms"})
RULE_11 = [
    # moment, whom it means, on which channels; at `raised` the card itself is what DingTalk brings
    ("joint_order.raised", "every_pair", SMS),
    ("joint_order.adjusted", "every_pair", DINGTALK),
    ("joint_leg.refused", "pair", BOTH),
    ("joint_leg.refused", "sponsor_pair", BOTH),
    ("joint_leg.contested", "pair", BOTH),
    ("joint_leg.contested", "sponsor_pair", BOTH),
    ("joint_leg.contested", "rulers", BOTH),
    ("joint_leg.ruled_in", "pair", BOTH),
    ("joint_leg.ruled_in", "sponsor_pair", BOTH),
    ("joint_leg.ruled_in", "centre", BOTH),
    ("joint_leg.ruled_out", "pair", BOTH),
    ("joint_leg.ruled_out", "sponsor_pair", BOTH),
    ("joint_leg.ruled_out", "centre", BOTH),
    ("joint_order.check_in_started", "every_pair", DINGTALK),
    ("joint_leg.overdue", "late", DINGTALK),
    ("joint_leg.overdue", "late_pair", SMS),
    ("joint_order.closed", "every_pair", DINGTALK),
    ("joint_order.closed", "sponsor_pair", DINGTALK),
]
BY_SMS = {
    "joint_order.raised", "joint_leg.refused", "joint_leg.contested", "joint_leg.ruled_in", "joint_leg.ruled_out",
    "joint_leg.overdue",
}  # fmt: skip


@pytest.mark.parametrize(("moment", "to", "channels"), RULE_11)
def test_every_moment_of_rule_11_has_its_row(core: Core, moment: str, to: str, channels: frozenset[str]) -> None:
    found = {one.to: frozenset(one.by) for one in core.printed.joint.moments[moment]}
    assert found[to] == channels


def test_sms_goes_with_these_moments_and_with_no_other(core: Core) -> None:
    moments = core.printed.joint.moments
    assert {name for name, rows_of in moments.items() if any("sms" in one.by for one in rows_of)} == BY_SMS


def test_at_raised_both_people_of_each_unit_hold_the_card_and_so_does_the_sponsor(core: Core, town: Town) -> None:
    order = an_order(core)
    held = {one.person for one in core.joints.audience(order)}
    assert held == town.firsts | town.seconds | town.sponsors


def test_a_contact_who_rules_on_behalf_is_named_so_to_everybody_and_hears_nothing_themselves(
    core: Core, town: Town
) -> None:
    order, ear = an_order(core), Ear(core)
    move(core, clerk(core, FIRST), order, "refuse", FIRST, **REFUSAL)
    move(core, clerk(core), order, "contest", FIRST, reason="属你单位职责")
    ear.skip()
    last = max(row.id for row in rows(core, letters))
    move(core, town.contact, order, "rule_out", FIRST)
    said = [row.body["text"] for row in rows(core, letters, letters.c.id > last, letters.c.channel == "dingtalk.say")]
    assert said
    assert all("（代分管区领导）" in line for line in said), said
    told = ear.told()
    everybody = set[int]().union(*told.values())
    assert everybody == town.firsts | town.sponsors | town.centre | town.ids(town.leader)


def test_the_moments_beyond_rule_11_reach_their_people_too(core: Core, town: Town) -> None:
    order, ear, sponsor = an_order(core), Ear(core), town.ids(clerk(core))
    ear.skip()
    other = head(core, FIRST).person or 0
    chief = person(core, "desk_head")
    played: list[tuple[Actor, str, str, dict[str, str], Told]] = [
        (chief, "urge", "", {}, {"催办": town.firsts | town.seconds}),
        (clerk(core, FIRST), "hand_on", FIRST, {"next_person": str(other), "note": "请您到场"}, {"转您处理": {other}}),
        (head(core, FIRST), "accept", FIRST, {}, {}),
        (clerk(core, SECOND), "accept", SECOND, {}, {}),
        (clerk(core), "adjust", "", {"meet_at": "3月11日 15:00"}, {"时间地点调整": town.firsts | town.seconds}),
        (head(core, FIRST), "accept", FIRST, {}, {}),
        (clerk(core, SECOND), "accept", SECOND, {}, {}),
        (clerk(core), "start_check_in", "", {}, {"开始签到": town.firsts | town.seconds}),
        (clerk(core, FIRST), "check_in", FIRST, {}, {}),
        (clerk(core, SECOND), "check_in_late", SECOND, {"place": "路口", "note": "堵车"}, {"补卡待审": sponsor}),
        (clerk(core), "refuse_late", SECOND, {"reason": "当时不在场"}, {"补卡未同意": town.seconds}),
        (clerk(core), "end_meeting", "", {}, {"会议结束": town.firsts | town.seconds}),
        (clerk(core, FIRST), "report", FIRST, FED, {"反馈待审批": town.ids(head(core, FIRST))}),
        (head(core, FIRST), "approve", FIRST, {}, {"已反馈": sponsor}),
        (clerk(core), "redo_all", "", {"reason": "还有积水"}, {"重办": town.firsts}),
        (clerk(core, FIRST), "report", FIRST, FED, {"反馈待审批": town.ids(head(core, FIRST))}),
        (head(core, FIRST), "approve", FIRST, {}, {"已反馈": sponsor}),
        (clerk(core), "close_over", "", {"unfed": str(leg_of(core, order, SECOND)["id"])},
         {"办结待批": town.ids(head(core, SPONSOR))}),
        (head(core, SPONSOR), "refuse_close", "", {"reason": "再等一等"}, {"办结退回": sponsor}),
        (clerk(core), "close_over", "", {"unfed": str(leg_of(core, order, SECOND)["id"])},
         {"办结待批": town.ids(head(core, SPONSOR))}),
        (head(core, SPONSOR), "approve_close", "", {}, {"联办办结": town.firsts | town.seconds | sponsor}),
        (clerk(core, FIRST), "rate_sponsor", FIRST, {"pleased": "pleased"}, {}),
        (clerk(core), "rate_unit", FIRST, {"pleased": "pleased"}, {}),
        (clerk(core), "relaunch", "", {"units": "水务局", "meet_at": "3月20日 9:00", "flag_reason": "emergency"},
         {"joint_raised": town.firsts}),
    ]  # fmt: skip
    for who, action, unit, form, expected in played:
        move(core, who, order, action, unit, **form)
        assert ear.told() == expected, action
