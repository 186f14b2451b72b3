"""巡查: on which days a walk is due, who walks it, what it finds, what the plan shows afterwards."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete

from bots.clock import Timetable
from core import Actor, Core, Refusal
from core.boards import PatrolView, WalkView
from core.digests import Digests
from core.errors import AlreadyThere, BadField, FieldMissing, NotYours, TooLong, Unknown
from core.models.arrivals import drafts
from core.models.patrols import patrol_findings, patrol_plans, patrol_walks
from core.patrols import WalkOver
from core.policy.registers import load_registers
from core.register import Amend
from core.register.patrols import falls_on
from tests.builders import BELOW, LEAD, OTHER, clerk, desk, fresh_key, head, person, rows
from tests.clock import StillClock

PLACE = "港口路公交站"
USUAL = {"title": "港口路沿线", "place": PLACE, "look_for": "井盖、占道", "weekdays": "1,3", "valid_from": "2026-03-01"}


def amend(core: Core, by: Actor, act: str, row: str = "", **given: str) -> str:
    """One change of a plan; returns its key."""
    return core.registers.write(Amend(fresh_key("plan"), "patrol", act, row, given, by, "调整安排")).no


def planned(core: Core, by: Actor | None = None, **given: str) -> int:
    """A plan of the clerk's own unit, walked by that clerk unless said otherwise."""
    by = by or clerk(core)
    return int(amend(core, by, "add", **{**USUAL, "walkers": str(by.post), **given}))


def day_of(core: Core, who: Actor | None = None) -> PatrolView:
    return core.patrols.today(who or clerk(core))


def only(core: Core, who: Actor | None = None) -> WalkView:
    (walk,) = day_of(core, who).walks
    return walk


def history(core: Core, plan: int, who: Actor | None = None) -> list[tuple[str, str]]:
    """The walks of a plan, oldest first: day and state."""
    _, walks, _ = core.patrols.plan(who or clerk(core), plan)
    return [(walk.day.isoformat()[5:], walk.state) for walk in reversed(walks)]


def refused(no: type[Refusal], core: Core, by: Actor, act: str, row: str = "", /, **given: str) -> str:
    with pytest.raises(no) as told:
        amend(core, by, act, row, **given)
    return str(told.value)


# --- on which days ---


@pytest.mark.parametrize(
    ("day", "due", "why"),
    [
        ("2026-03-09", True, "a Monday"), ("2026-03-10", False, "no day of the plan"), ("2026-03-08", True, "named"),
        ("2026-03-07", True, "a Saturday of the plan"), ("2026-04-06", False, "a Monday off for 清明"),
        ("2026-02-23", False, "before it begins"), ("2026-04-20", False, "it has ended"), ("2026-04-13", True, "week"),
    ],
)  # fmt: skip
def test_a_walk_falls_on_the_days_of_its_plan(core: Core, day: str, due: bool, why: str) -> None:
    plan = {
        "weekdays": ["1", "6"], "dates": ["2026-03-08"], "valid_from": date(2026, 3, 1), "valid_to": date(2026, 4, 20),
    }  # fmt: skip
    assert falls_on(plan, date.fromisoformat(day), core.calendar()) is due, why


def test_a_plan_is_walked_from_the_day_it_is_made_and_never_before(core: Core) -> None:
    plan = planned(core)
    assert history(core, plan) == [("03-09", "due")]
    assert only(core).place == PLACE


def test_the_clock_lays_out_each_day_once_and_a_day_that_is_over_is_missed(
    core: Core, second: Core, clock: StillClock
) -> None:
    plan = planned(core)
    clock.set("2026-03-11 00:05")
    assert (core.patrols.lay_out(), core.patrols.lay_out(), second.patrols.lay_out()) == (1, 0, 0)
    assert history(core, plan) == [("03-09", "missed"), ("03-11", "due")]
    clock.set("2026-03-20 09:00")
    Timetable(core, lambda: True, None).lay_out_walks()
    assert history(core, plan)[2:] == [("03-16", "missed"), ("03-18", "missed")], "days without a clock are not lost"
    assert day_of(core).walks == ()
    view, *_ = core.patrols.plan(clerk(core), plan)
    assert (view.done, view.missed, view.found) == (0, 4, 0)


def test_another_day_of_the_plan_holds_from_now_on_alone(core: Core, clock: StillClock) -> None:
    plan = planned(core)
    clock.set("2026-03-11 09:00")
    core.patrols.lay_out()
    amend(core, clerk(core), "change", str(plan), weekdays="2,4")
    assert history(core, plan) == [("03-09", "missed")], "nobody walked today, and Tuesday was no day of the plan"
    amend(core, clerk(core), "change", str(plan), dates="2026-03-11")
    assert history(core, plan)[-1] == ("03-11", "due")


def test_a_walk_that_was_begun_stays_when_the_plan_ends(core: Core) -> None:
    plan = planned(core)
    core.patrols.begin(clerk(core), only(core).id)
    amend(core, clerk(core), "retire", str(plan))
    assert core.patrols.finish(clerk(core), only(core).id) == "已记下走完，没有发现问题"
    (view,) = core.patrols.plans(clerk(core))
    assert (view.in_use, view.done, view.ended) == (False, 1, "3月9日 周一")


# --- whose it is ---


def test_a_plan_is_its_units_own(core: Core) -> None:
    plan, stranger = planned(core), clerk(core, OTHER)
    assert core.patrols.plans(stranger) == ()
    with pytest.raises(Unknown):
        core.patrols.plan(stranger, plan)
    refused(Unknown, core, stranger, "change", str(plan), title="别人的")
    refused(Unknown, core, stranger, "change", "99999", title="没有的")
    assert core.registers.page(stranger, "patrol").rows == ()
    refused(NotYours, core, desk(core), "add", **USUAL, walkers=str(clerk(core).post))
    for reader in (desk(core), head(core), person(core, "unit_head", LEAD)):
        assert [one.id for one in core.patrols.plans(reader)] == [plan]


def test_only_the_units_own_people_walk(core: Core) -> None:
    below = clerk(core, BELOW)
    text = refused(BadField, core, clerk(core), "add", **USUAL, walkers=str(clerk(core, OTHER).post))
    assert text == "「巡查人」填得不对：请选本单位或下属单位的人。"
    planned(core, walkers=f"{clerk(core).post},{below.post}")
    assert only(core, below).mine
    assert day_of(core, clerk(core, OTHER)).walks == ()
    with pytest.raises(Unknown):
        core.patrols.begin(clerk(core, OTHER), only(core).id)
    with pytest.raises(Unknown):
        core.patrols.begin(clerk(core), 2**70)


@pytest.mark.parametrize(
    ("given", "no", "told"),
    [
        ({"weekdays": "", "dates": ""}, FieldMissing, "每周哪几天"),
        ({"weekdays": "8"}, BadField, "每周哪几天"),
        ({"dates": "三月九日"}, BadField, "应形如 2026-03-09"),
        ({"dates": "1926-03-09"}, BadField, "2000 年"),
        ({"walkers": ""}, FieldMissing, "巡查人"),
        ({"walkers": "x"}, BadField, "巡查人"),
        ({"title": ""}, FieldMissing, "名称"),
        ({"title": "港" * 21}, TooLong, "名称"),
        ({"place": "港口路\x07"}, BadField, "地点"),
        ({"valid_to": "2026-02-01"}, BadField, "停用日期"),
    ],
)
def test_a_plan_that_says_too_little_or_too_much_is_refused(
    core: Core, given: dict[str, str], no: type[Refusal], told: str
) -> None:
    by = clerk(core)
    assert told in refused(no, core, by, "add", **{**USUAL, "walkers": str(by.post), **given})
    assert rows(core, patrol_plans) == []


def test_two_plans_of_a_unit_have_two_names(core: Core) -> None:
    planned(core)
    refused(AlreadyThere, core, clerk(core), "add", **USUAL, walkers=str(clerk(core).post))
    planned(core, clerk(core, OTHER))


# --- walking ---


def test_a_walk_is_begun_and_ended_once(core: Core) -> None:
    planned(core)
    me, walk = clerk(core), only(core).id
    for _ in range(2):
        assert core.patrols.begin(me, walk) == "开始了，发现问题拍照或说一句就行"
    assert day_of(core).current == only(core)
    for _ in range(2):
        assert core.patrols.finish(me, walk, " 一切 正常 ") == "已记下走完，没有发现问题"
    done = only(core)
    assert (done.state, done.note, done.who, done.began) == ("done", "一切 正常", me.name, "今天 09:00")
    assert day_of(core).current is None
    with pytest.raises(WalkOver, match="已由"):
        core.patrols.begin(me, walk)
    with pytest.raises(TooLong):
        core.patrols.finish(me, walk, "很" * 101)


def test_a_colleague_takes_over_and_the_last_one_has_it(core: Core) -> None:
    me, other = clerk(core), clerk(core, BELOW)
    planned(core, walkers=f"{me.post},{other.post}")
    walk = only(core).id
    core.patrols.begin(me, walk)
    assert core.patrols.begin(other, walk) == f"接着{me.name}走，发现问题拍照或说一句就行"
    assert [day_of(core, who).current is not None for who in (me, other)] == [False, True]
    core.patrols.finish(other, walk)
    with pytest.raises(WalkOver, match=f"已由{other.name}走完"):
        core.patrols.finish(me, walk)


def test_yesterdays_walk_is_over(core: Core, clock: StillClock) -> None:
    plan = planned(core)
    walk = only(core).id
    core.patrols.begin(clerk(core), walk)
    clock.advance(days=1)
    with pytest.raises(WalkOver, match="不在今天"):
        core.patrols.finish(clerk(core), walk)
    assert history(core, plan) == [("03-09", "missed")]
    assert day_of(core).current is None


# --- finding ---


def found(core: Core, text: str = "", who: Actor | None = None) -> str:
    return core.arrivals.drafts.tell(fresh_key("found"), who or clerk(core), text)


def test_a_photo_on_a_walk_is_a_filled_draft_and_its_case_remembers_the_walk(core: Core) -> None:
    plan, me = planned(core), clerk(core)
    core.patrols.begin(me, only(core).id)
    token = found(core)
    view = core.arrivals.drafts.view(me, token)
    assert view.lacks == ()
    assert (view.values["title"], view.values["place"]) == ("港口路公交站巡查发现问题", PLACE)
    assert view.content == "巡查「港口路沿线」时发现，详见图片。"
    told = dict(view.rows)
    assert (told["来源"], told["巡查"]) == ("单位自行登记与领导交办", "港口路沿线")
    assert only(core).found == 0, "nothing is a case before a person says so"
    case = core.case_of(core.arrivals.drafts.confirm(me, token).rpartition(" ")[2])
    assert core.arrivals.drafts.confirm(me, token), "said twice"
    walk = core.patrols.of_case(me, case)
    assert walk is not None
    assert (walk.plan, walk.found, walk.who) == (plan, 1, me.name)
    assert core.case_view(me, case).channel_title == core.policy.sources["ZJ"].title
    assert core.patrols.finish(me, walk.id) == "已记下走完，发现问题 1 处"
    listed, _, cases = core.patrols.plan(me, plan)
    assert (listed.done, listed.missed, listed.found) == (1, 0, 1)
    assert [one[0] for one in cases[walk.id]] == [case]


def test_words_on_a_walk_keep_what_they_say_and_get_what_they_leave_out(core: Core) -> None:
    planned(core)
    me = clerk(core)
    assert not core.arrivals.drafts.is_story(me, "井盖松了")
    core.patrols.begin(me, only(core).id)
    assert core.arrivals.drafts.is_story(me, "井盖松了")
    view = core.arrivals.drafts.view(me, found(core, "井盖松了"))
    assert (view.values["title"], view.content, view.values["place"]) == ("井盖松了", "井盖松了", PLACE)
    core.arrivals.drafts.drop(me, view.token)
    elsewhere = core.arrivals.drafts.view(me, found(core, "滨海公园东门路灯坏了三盏"))
    assert elsewhere.values["place"].startswith("滨海公园")
    assert "海秀街道" not in dict(elsewhere.rows).get("镇街社区", "")


def test_what_comes_of_no_draft_leaves_no_finding(core: Core, clock: StillClock) -> None:
    planned(core)
    me = clerk(core)
    core.patrols.begin(me, only(core).id)
    core.arrivals.drafts.drop(me, found(core, "井盖松了"))
    assert rows(core, patrol_findings) == []
    found(core, "路灯不亮")
    clock.advance(hours=80)
    assert core.arrivals.drafts.settle() == 1
    assert rows(core, patrol_findings) == []


def test_a_draft_off_a_walk_is_none_of_a_patrol(core: Core) -> None:
    planned(core)
    view = core.arrivals.drafts.view(clerk(core), found(core))
    assert view.lacks == ("标题", "内容", "地点")
    assert rows(core, patrol_findings) == []


def test_a_worker_that_died_after_the_registration_credits_the_walk(core: Core, clock: StillClock) -> None:
    planned(core)
    me = clerk(core)
    core.patrols.begin(me, only(core).id)
    token = found(core, "井盖松了")
    core.arrivals.drafts.confirm(me, token)
    (kept,) = rows(core, patrol_findings)
    with core.engine.begin() as tx:  # as it lay before the second commit
        tx.execute(patrol_findings.update().values(case_id=None))
        tx.execute(drafts.update().values(state="open", expires_at=clock.now()))
    assert core.arrivals.drafts.settle() == 1
    assert [row.case_id for row in rows(core, patrol_findings)] == [kept.case_id]


# --- hearing of it ---


def test_the_morning_names_the_walks_and_the_evening_tells_how_they_went(core: Core, clock: StillClock) -> None:
    planned(core)
    chief, digests = person(core, "unit_head", LEAD), Digests(core)
    morning = digests.view(clerk(core), "morning")
    assert morning is not None, "a walk alone is reason enough"
    assert morning.lines == ("今天要巡查 1 处：港口路沿线，发送「巡查」开始",)
    core.patrols.begin(clerk(core), only(core).id)
    core.arrivals.drafts.confirm(clerk(core), found(core, "井盖松了"))
    core.patrols.finish(clerk(core), only(core).id)
    later = digests.view(clerk(core), "morning")
    assert later is None or later.lines == (), "what is walked is not asked for again"
    clock.set("2026-03-09 17:30")
    evening = digests.view(chief, "evening")
    assert evening is not None
    unit = core.directory().unit_name(chief.unit)
    assert evening.lines[0] == f"{unit} 今天巡查 1 处，走完 1 处，发现问题 1 件"


def test_walks_and_plans_are_on_record(core: Core) -> None:
    plan = planned(core)
    amend(core, clerk(core), "change", str(plan), place="港口路全线")
    changes, total = core.registers.history(clerk(core), "patrol", str(plan))
    assert total == 2
    assert ("地点或片区", PLACE, "港口路全线") in changes[0].lines
    assert load_registers()["patrol"].apart


def test_a_walker_who_left_is_said_on_the_plan(core: Core) -> None:
    plan = planned(core)
    with core.engine.begin() as tx:
        tx.execute(delete(patrol_walks))
        tx.execute(patrol_plans.update().values(walkers={"all": [10**9]}))
    view, *_ = core.patrols.plan(clerk(core), plan)
    assert view.walkers == "无人，请修改计划"


def test_the_names_of_a_day(core: Core) -> None:
    planned(core, dates="2026-03-20、2026-03-01")
    (view,) = core.patrols.plans(clerk(core))
    told: Any = (view.when, view.walkers)
    assert told == ("每周一、周三、3月20日 周五", clerk(core).name)
