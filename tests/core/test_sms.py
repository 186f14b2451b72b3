"""SMS in the tray: the year's budget and its reserve, quiet hours, merging, sealed numbers, who gets one of what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from bots.sms import sms_sender
from core import Core, outbox
from core.models.people import people
from core.models.record import letters
from core.models.sms import sms_sends
from core.outbox import Relay
from core.policy.notices import notice_faults, read_batons
from core.policy.texting import Template, parts_of, read_sms, sms_faults
from core.ports import SmsFault, SmsReport
from tests.builders import Post, act, dispatched, head, person, rows
from tests.clock import StillClock
from tests.core.mail_room import Moving
from tests.core.watch_room import live_until

PHONE = "19987650123"


class Platform:
    """The SMS platform in memory: keeps what it accepted."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, Mapping[str, str]]] = []
        self.failures: list[SmsFault] = []

    def send(self, phone: str, template: str, values: Mapping[str, str], out_id: str) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.got.append((phone, template, values))
        return f"{len(self.got)}^0"

    def ask(self, phone: str, day: date) -> Sequence[SmsReport]:
        return []


class Room:
    """A core, a relay for its SMS, and real time in the test's hand."""

    def __init__(self, core: Core, clock: StillClock, time: Moving) -> None:
        self.core, self.clock, self.time, self.platform = core, clock, time, Platform()
        self.far = Post()
        others = dict.fromkeys(("dingtalk.say", "dingtalk.card", "hotline"), self.far)
        self.relay = Relay(core.engine, clock, {**others, "sms": sms_sender(core, self.platform)})
        self.who = person(core, "unit_head", "water").person or 0

    def write(self, key: str, template: str = "joint_overdue", urgent: bool = False, **values: str) -> None:
        told = {"tail": "000421", "title": f"积水{key}", "step": "水务局待响应", "due": "期限今天 17:30", **values}
        assert self.core.sms.write(key, self.who, template, told, urgent=urgent)

    def deliver(self) -> None:
        while self.relay.run_once():
            pass

    def letter(self, key: str) -> Any:
        (row,) = rows(self.core, letters, letters.c.key == key)
        return row

    def fates(self, *keys: str) -> list[str]:
        return [self.letter(key).error or self.letter(key).state for key in keys]

    def spend(self, parts: int) -> None:
        """Messages of this year that others have sent."""
        self.write("spent")
        (letter,) = rows(self.core, letters, letters.c.key == "spent")
        row = {
            "letter_id": letter.id, "out_id": f"spent-{parts}", "person_id": self.who, "template": "reminded",
            "purpose": "reminder", "parts": parts, "state": "delivered", "words_index": "", "phone_index": "",
            "at": self.clock.now() - timedelta(hours=1), "handed_at": self.time(), "looks": 0, "lost": 0,
        }  # fmt: skip
        with self.core.engine.begin() as tx:
            tx.execute(insert(sms_sends), row)
            tx.execute(update(letters).where(letters.c.key == "spent").values(state="sent"))

    def say_lines(self) -> list[str]:
        return [str(self.core.opened(one).body["text"]) for one in self.far.got if one.key.startswith("sms-")]


@pytest.fixture
def room(core: Core, clock: StillClock, monkeypatch: pytest.MonkeyPatch) -> Room:
    moving = Moving()
    monkeypatch.setattr(outbox, "real_now", moving)
    return Room(core, clock, moving)


@pytest.fixture
def poor(room: Room) -> Room:
    """Ten messages a year, the last four for the duty."""
    core = room.core
    policy = replace(core.printed, sms=replace(core.printed.sms, a_year=10, reserve=4))
    return Room(Core(core.settings, policy, core.engine, room.clock, core.vault), room.clock, room.time)


# --- the budget -----------------------------------------------------------------------------------------------------


def test_a_reminder_stops_at_the_reserve_and_the_duty_goes_on(poor: Room) -> None:
    poor.spend(6)
    poor.write("reminder", "reminded")
    poor.write("duty")
    poor.deliver()
    assert poor.fates("reminder", "duty") == ["未发短信：额度", "sent"]
    assert (poor.letter("reminder").state, len(poor.platform.got)) == ("dead", 1)


def test_when_nothing_is_left_the_duty_too_says_why_it_was_not_sent(poor: Room) -> None:
    poor.spend(9)
    poor.write("last")
    poor.write("too late")
    poor.deliver()
    assert poor.fates("last", "too late") == ["sent", "未发短信：额度"]
    assert poor.core.sms.usage().left == 0


def test_a_letter_without_budget_goes_when_a_person_sends_it_again_in_the_next_year(poor: Room) -> None:
    poor.spend(10)
    poor.write("late")
    poor.deliver()
    poor.clock.set("2027-01-01 09:00")
    assert poor.core.sms.usage().left == 10
    poor.core.resend(person(poor.core, "system_admin"), "web:again", poor.letter("late").id)
    poor.deliver()
    assert poor.fates("late") == ["sent"]


def test_administrators_hear_once_of_each_mark_of_year_and_month(poor: Room) -> None:
    poor.spend(6)
    for number in range(4):
        poor.write(f"k{number}")
        poor.deliver()
    assert [line for line in poor.say_lines() if "今年" in line] == [
        "短信今年已用 70%（7 / 10 条），请留意额度。",
        "短信今年已用 85%（9 / 10 条），请留意额度。",
        "短信今年已用 95%（10 / 10 条），请留意额度。",
    ]
    assert len(set(poor.say_lines())) == len(poor.say_lines())


def test_parts_are_counted_as_they_are_billed() -> None:
    assert [parts_of("字" * size, "秀英联办") for size in (64, 65, 128, 129)] == [1, 2, 2, 3]


# --- hours and repeats ----------------------------------------------------------------------------------------------


def test_at_night_an_sms_waits_for_the_morning_unless_it_is_urgent(room: Room) -> None:
    room.clock.set("2026-03-09 22:30")
    room.write("calm")
    room.write("urgent", urgent=True)
    room.deliver()
    assert room.fates("calm", "urgent") == ["due", "sent"]
    room.clock.set("2026-03-10 07:00")
    room.deliver()
    assert room.fates("calm") == ["sent"]


def test_one_written_by_day_and_delayed_into_the_night_waits_too(room: Room) -> None:
    room.clock.set("2026-03-09 21:59")
    room.write("late")
    room.platform.failures = [SmsFault("again", "isp.SYSTEM_ERROR", "短信平台忙")]
    room.relay.run_once()
    room.clock.set("2026-03-09 22:01")
    room.time.advance(seconds=5)
    room.deliver()
    held = room.letter("late")
    assert (held.state, len(room.platform.got), held.error) == ("due", 0, "夜间不打扰")
    room.clock.set("2026-03-10 07:00")
    room.deliver()
    assert room.fates("late") == ["sent"]


def test_the_same_words_to_the_same_person_within_ten_minutes_are_one_message(room: Room) -> None:
    for key in ("a", "b"):
        room.write(key, title="积水")
    room.deliver()
    room.clock.advance(minutes=9)
    room.write("c", title="积水")
    room.write("d", title="塌方")
    room.deliver()
    room.clock.advance(minutes=2)
    room.write("e", title="积水")
    room.deliver()
    assert [room.letter(key).state for key in "abcde"] == ["sent", "merged", "merged", "sent", "sent"]
    assert len(room.platform.got) == 3


# --- whom and where -------------------------------------------------------------------------------------------------


def test_a_person_without_a_number_gets_none_and_the_tray_says_so(room: Room) -> None:
    with room.core.engine.begin() as tx:
        tx.execute(update(people).where(people.c.id == room.who).values(phone_sealed=None))
    room.write("a")
    room.deliver()
    assert (room.letter("a").state, room.letter("a").error) == ("dead", "未发短信：没有登记手机号")


def test_without_a_platform_the_tray_says_so(room: Room) -> None:
    room.relay._senders = {**room.relay._senders, "sms": sms_sender(room.core, None)}
    room.write("a")
    room.deliver()
    assert room.letter("a").error == "未发短信：没有开通短信"


def test_a_value_is_cut_scrubbed_and_never_empty(room: Room) -> None:
    room.write("a", title=f"【急】请回电{PHONE}，井盖没了大家小心脚下谢谢", step="")
    room.deliver()
    ((_, _, values),) = room.platform.got
    assert values == {"tail": "000421", "title": "急请回电199＊＊＊＊0123，井盖没…", "step": "详见钉钉"}
    assert len(values["title"]) == 20


def test_the_number_is_stored_under_seal_only_and_wiped_once_the_fate_is_known(room: Room) -> None:
    core = room.core
    room.write("a")
    room.deliver()
    (row,) = rows(core, sms_sends)
    assert room.platform.got[0][0] == "19900000022"
    assert core.cipher.open(row.phone_sealed, f"sms_sends|phone|{row.out_id}") == "19900000022"
    assert "19900000022" not in f"{row._mapping} {room.letter('a')._mapping}"
    core.sms.report([SmsReport(row.out_id, "", True, "DELIVERED")])
    assert rows(core, sms_sends)[0].phone_sealed is None


# --- moment × recipient × channel -----------------------------------------------------------------------------------


def texts_of(core: Core, case: int) -> list[tuple[str, tuple[int, ...]]]:
    """The SMS of a case so far: template and person, in order."""
    found = rows(core, letters, letters.c.case_id == case, letters.c.channel == "sms")
    return [(row.body["template"], tuple(row.body["people"])) for row in found]


def test_supervision_goes_by_sms_to_the_head_of_each_unit_that_works_on_it(core: Core) -> None:
    case = dispatched(core, "city_management", ["water"])
    act(core, head(core), case, "oversee", opinion="请抓紧")
    heads = {person(core, "unit_head", unit).person for unit in ("city_management", "water")}
    told = texts_of(core, case)
    assert sorted(told) == sorted(("overseen", (one,)) for one in heads if one is not None)


def test_the_ladder_sends_an_sms_where_a_rung_says_so_and_one_a_person(core: Core, clock: StillClock) -> None:
    case = dispatched(core, "water")
    live_until(core, clock, "2026-03-10 18:00")
    leader = core.directory().by_role["district_leader"][0].person
    assert texts_of(core, case) == [
        ("reminded", (person(core, "unit_head", "water").person,)),
        ("reminded", (leader,)),
    ]


def test_an_urgent_supervision_does_not_wait_for_the_morning(core: Core, clock: StillClock) -> None:
    clock.set("2026-03-09 23:00")
    held = {}
    for urgency in ("normal", "urgent"):
        case = dispatched(core, "water", urgency=urgency)
        act(core, head(core), case, "oversee", opinion="请抓紧")
        (held[urgency],) = rows(core, letters, letters.c.case_id == case, letters.c.channel == "sms")
    assert held["normal"].hold_until is not None
    assert (held["urgent"].hold_until, held["urgent"].body["urgent"]) == (None, True)


@pytest.mark.parametrize("template", sorted(read_sms().templates))
def test_every_template_leaves_through_the_tray_in_one_part(room: Room, template: str) -> None:
    longest = "一二三四五六七八九十" * 4
    values = {**dict.fromkeys(read_sms().templates[template].limits, longest), "code": "123456"}
    room.write("longest", template, False, **values)
    room.deliver()
    assert room.fates("longest") == ["sent"]
    assert [row.parts for row in rows(room.core, sms_sends)] == [1]


# --- the tables -----------------------------------------------------------------------------------------------------

ROW: dict[str, Any] = {"to": "desk", "words": "【待办】{tail}"}


@pytest.mark.parametrize(
    "row",
    [
        {"to": "desk", "by": ["fax"], "words": "x"},
        {"to": "desk", "by": [], "words": "x"},
        {"to": "desk", "by": ["sms"], "words": "x"},
        {"to": "desk", "by": ["chat", "sms"], "words": "x"},
        {"to": "desk", "by": ["chat"], "words": "x", "template": "overseen"},
        {"to": "desk"},
    ],
    ids=["unknown channel", "no channel", "words without chat", "sms without template", "template unused", "nothing"],
)
def test_a_row_whose_channel_and_words_do_not_match_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"notices\.yaml case\.overseen"):
        read_batons("case.overseen", [row])


def test_templates_that_do_not_exist_or_need_more_are_found() -> None:
    batons = {
        "case.closed": read_batons("case.closed", [{"to": "desk", "by": ["sms"], "template": "nowhere"}]),
        "case.done": read_batons("case.done", [{"to": "desk", "by": ["sms"], "template": "joint_ruled"}]),
        "case.overseen": read_batons("case.overseen", [{"to": "desk", "by": ["sms"], "template": "overseen"}]),
    }
    assert notice_faults(batons, read_sms()) == [
        "notices: case.closed sends template nowhere, which sms.yaml does not have",
        "notices: case.done has no value result for template joint_ruled",
        "notices: case.done has no value unit for template joint_ruled",
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("reserve: 6000", "reserve: 60000"),
        ("purpose: reminder,", "purpose: gossip,  "),
        ("，多次提醒仍未处理，${due}", "${due}"),
        ("${due}，请在钉钉处理。", "请在钉钉处理。"),
        ("due: 17}", "due: 36}"),
        ("merge_within: 10 minutes", "merge_within: soon"),
        ("请督促办理。", "请【督促】办理。"),
    ],
    ids=["reserve", "purpose", "touching", "missing variable", "limit", "span", "brackets"],
)
def test_what_the_platform_would_refuse_is_refused_at_the_start(tmp_path: Path, old: str, new: str) -> None:
    text = (Path(__file__).parents[2] / "core/policy/sms.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "sms.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=r"sms\.yaml"):
        read_sms(tmp_path / "sms.yaml")


def test_a_deployment_without_a_code_or_with_too_long_a_signature_is_named() -> None:
    policy, codes = read_sms(), dict.fromkeys(read_sms().templates, "SMS_1")
    assert sms_faults(policy, "秀英联办", codes) == []
    assert sms_faults(policy, "秀英联办", {**codes, "old": "SMS_2", "overseen": ""}) == [
        "sms.templates.overseen (no code)",
        "sms.templates.old (unknown)",
    ]
    assert any("two messages" in fault for fault in sms_faults(policy, "秀英区社会治理平台", codes))
    assert sms_faults(policy, "【秀英】", codes)[0].startswith("sms.sign_name")


def test_a_template_fills_each_hole_once() -> None:
    one = Template("x", "duty", "${a}号${b}。", {"a": 2, "b": 3})
    assert (one.fill({"a": "甲", "b": "${a}"}), one.longest()) == ("甲号${a}。", 7)
