"""Hot spots: found by meaning, place and time, counted within the reader's scope, warned of once, decided on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core import Actor, Core, Refusal
from core.errors import FieldMissing, NotYours, TooLong, Unknown, WarningDecided
from core.hotspots.clusters import Appeal, find_clusters
from core.hotspots.naming import all_of, words_of
from core.hotspots.policy import load_hotspots
from core.hotspots.trend import level_of, trend_of
from core.models.likeness import hotspots
from core.models.record import letters
from tests.builders import LEAD, OTHER, a_case, act, clerk, desk, dispatched, head, last_entry, person, rows, sizes
from tests.clock import StillClock
from tests.core.labelled import MATTERS, PLACES

POLICY = load_hotspots()
START = datetime(2026, 3, 1, tzinfo=UTC)


def appeals_of(topics: range, each: int) -> list[Appeal]:
    """`each` appeals about every topic, all at one place a topic."""
    found = []
    for topic in topics:
        for number in range(each):
            title, content = MATTERS[topic][number % len(MATTERS[topic])]
            place = PLACES[topic][0]
            at = START + timedelta(hours=number)
            case = topic * 100 + number
            found.append(Appeal(case, title.format(p=place), content.format(p=place), place, "", at))
    return found


def many(core: Core, count: int, **fields: Any) -> list[int]:
    """Appeals about one matter: the tellings of standing water, in turn."""
    told = [MATTERS[0][number % 4] for number in range(count)]
    return [
        a_case(core, title=title.format(p="港口路"), content=content.format(p="港口路"), place="港口路", **fields)
        for title, content in told
    ]


def test_appeals_of_one_matter_are_found_together_and_named_by_their_words() -> None:
    found = find_clusters(appeals_of(range(8), 6), POLICY)
    assert len(found) >= 6
    for cluster in found:
        assert len({case // 100 for case in cluster.members}) == 1, cluster.words
        assert all(len(word) >= 2 and not word.isascii() for word in cluster.words)
    assert sum(len(cluster.members) for cluster in found) >= 8 * 6 * 0.7


def test_one_place_alone_makes_no_matter_of_what_is_said_there() -> None:
    told = ("养猪场臭味", "村道破损", "饮水管道破裂", "手机没信号", "广场舞太吵", "有人违规建房")
    appeals = [
        Appeal(n, f"道堂村{matter}", f"道堂村{matter}，请尽快来看。", "道堂村", "石山镇", START + timedelta(days=n))
        for n, matter in enumerate(told)
    ]
    assert find_clusters(appeals, POLICY) == []


def test_ways_of_asking_join_nothing_and_name_nothing() -> None:
    asked = ("法律援助怎么申请", "退役军人优待证怎么办", "医保断缴怎么补", "个体户怎么注销执照", "养老金资格怎么认证")
    places = ("港口路", "海盛路", "爱华路", "滨海大道", "长秀大道")
    several = [
        Appeal(n, title, f"请问{title}，要带什么材料？", place, "海秀街道", START)
        for n, (title, place) in enumerate(zip(asked, places, strict=True))
    ]
    assert find_clusters(several, POLICY) == []
    alike = [
        Appeal(n, "个体户怎么注销执照", "个体户不做了，请问怎么注销执照？", place, "海秀街道", START)
        for n, place in enumerate(places)
    ]
    (cluster,) = find_clusters(alike, POLICY)
    assert cluster.words == ("个体户", "注销执照")


def test_a_hot_spot_at_one_place_says_what_is_the_matter_there() -> None:
    title = "东方洋公园步道栏杆损坏"
    appeals = [Appeal(n, title, "孩子差点掉下去，请尽快修。", "东方洋公园", "海秀街道", START) for n in range(3)]
    (cluster,) = find_clusters(appeals, POLICY)
    assert cluster.words == ("东方洋公园", "步道栏杆损坏")


def test_the_same_words_in_another_town_or_another_month_are_another_matter() -> None:
    one = [Appeal(n, "小区停水两天没人管", "从昨天开始停水", "中心小区", "长流镇", START) for n in range(4)]
    two = [Appeal(10 + n, "小区停水两天没人管", "从昨天开始停水", "中心小区", "东山镇", START) for n in range(4)]
    later = START + timedelta(days=POLICY.joining.days_apart + 1)
    three = [Appeal(20 + n, "小区停水两天没人管", "从昨天开始停水", "中心小区", "长流镇", later) for n in range(4)]
    found = find_clusters([*one, *two, *three], POLICY)
    assert sorted(sorted(one.members) for one in found) == [[0, 1, 2, 3], [10, 11, 12, 13], [20, 21, 22, 23]]


def test_few_appeals_or_none_are_no_hot_spot() -> None:
    assert find_clusters([], POLICY) == []
    assert find_clusters(appeals_of(range(1), 2), POLICY) == []
    silent = [Appeal(n, "？", "", "", "", START) for n in range(5)]
    assert all(cluster.words for cluster in find_clusters(silent, POLICY))


def test_a_name_holds_no_number_of_a_person() -> None:
    titles = ["港口路积水致电19900001234", "港口路积水联系19900001234", "港口路积水找19900001234"]
    assert not any(sign.isdigit() for word in words_of(titles, all_of(titles)) for sign in word)


@pytest.mark.parametrize(
    ("week", "growth", "level"),
    [(10, 3.0, "orange"), (9, 9.0, "yellow"), (10, 2.9, "yellow"), (4, 2.0, "yellow"), (3, 9.0, ""), (50, 1.9, "")],
)
def test_the_levels_are_those_of_the_policy(week: int, growth: float, level: str) -> None:
    assert level_of(week, growth, POLICY) == level


def test_the_usual_is_what_came_in_as_many_days_before() -> None:
    now = START + timedelta(days=40)
    before = [now - timedelta(days=8 + 2 * n) for n in range(11)]
    trend = trend_of([*before, *[now - timedelta(days=n) for n in range(6)]], now, POLICY)
    assert (trend.week, round(trend.usual, 1), len(trend.days)) == (6, 3.3, POLICY.window_days)
    assert sum(trend.days) == 17
    assert trend.level == ""


def a_hot_spot(core: Core) -> int:
    """Twelve appeals about one matter within the hour, five of them with a unit; the id of the hot spot."""
    for case in many(core, 12)[:5]:
        act(core, desk(core), case, "dispatch", lead=LEAD)
    core.hotspots.refresh()
    (spot,) = core.hotspots.listed(desk(core)).spots
    return spot.id


def test_the_desk_sees_a_hot_spot_with_its_trend_and_a_proposed_warning(core: Core) -> None:
    a_hot_spot(core)
    page = core.hotspots.listed(desk(core))
    (spot,) = page.spots
    assert (spot.total, spot.week, spot.level_title, spot.warning, spot.may_decide) == (
        12, 12, "橙色预警", "proposed", True
    )  # fmt: skip
    assert "港口路" in spot.name
    assert spot.places[0] == ("港口路", 12)
    _, listed = core.hotspots.one(desk(core), spot.id)
    assert listed.total == 12
    assert page.as_of == core.clock.now()


def test_a_unit_sees_only_its_own_cases_of_a_hot_spot(core: Core) -> None:
    spot = a_hot_spot(core)
    mine, listed = core.hotspots.one(clerk(core), spot)
    assert (mine.total, mine.week, listed.total, mine.may_decide) == (5, 5, 5, False)
    assert core.hotspots.listed(clerk(core, OTHER)).spots == ()
    with pytest.raises(Unknown):
        core.hotspots.one(clerk(core, OTHER), spot)


def test_a_leader_sees_what_lies_within_reach(core: Core) -> None:
    spot = a_hot_spot(core)
    unit = core.directory().by_word[LEAD]
    for holder in core.directory().by_role["district_leader"]:
        seen = [one.id for one in core.hotspots.listed(holder.actor).spots]
        assert seen == ([spot] if unit in holder.actor.in_charge else [])


def test_an_accepted_warning_tells_the_heads_of_the_lead_units_and_the_desk_head_once(core: Core) -> None:
    spot = a_hot_spot(core)
    assert core.hotspots.accept(desk(core), spot).startswith("已采纳，已通知")
    told = list(rows(core, letters, letters.c.key.like("hotspot:%")))
    people = {one for row in told for one in row.body["people"]}
    unit = core.directory().by_word[LEAD]
    heads = {holder.person for holder in core.directory().by_unit[unit] if holder.role == "unit_head"}
    assert heads <= people
    assert head(core).person in people
    assert all(row.body.get("sealed") and "text" not in row.body for row in told)
    before = sizes(core, letters)
    with pytest.raises(WarningDecided):
        core.hotspots.accept(desk(core), spot)
    with pytest.raises(WarningDecided):
        core.hotspots.dismiss(desk(core), spot, "另有安排")
    assert sizes(core, letters) == before
    (seen,) = core.hotspots.listed(desk(core)).spots
    assert "采纳" in seen.decided
    assert not seen.may_decide
    assert core.verify_log().ok


def test_a_dismissed_warning_says_why_and_is_not_proposed_again_at_that_level(core: Core) -> None:
    spot = a_hot_spot(core)
    core.hotspots.dismiss(desk(core), spot, "计划停水，已提前通知")
    assert (last_entry(core).action, last_entry(core).reason) == ("hotspot.dismissed", "计划停水，已提前通知")
    core.hotspots.refresh()
    (seen,) = core.hotspots.listed(desk(core)).spots
    assert (seen.id, seen.warning) == (spot, "dismissed")
    assert "计划停水" in seen.decided
    assert rows(core, letters, letters.c.key.like("hotspot:%")) == []


def test_a_graver_level_is_proposed_anew_and_going_down_is_silent(core: Core, clock: StillClock) -> None:
    many(core, 5)
    core.hotspots.refresh()
    (spot,) = core.hotspots.listed(desk(core)).spots
    assert spot.level == "yellow"
    core.hotspots.dismiss(desk(core), spot.id, "已在抽排")
    many(core, 8)
    core.hotspots.refresh()
    (spot,) = core.hotspots.listed(desk(core)).spots
    assert (spot.level, spot.warning) == ("orange", "proposed")
    clock.advance(days=POLICY.recent_days + 1)
    core.hotspots.refresh()
    (spot,) = core.hotspots.listed(desk(core)).spots
    assert (spot.level, spot.warning, spot.week) == ("", "none", 0)


def test_a_hot_spot_that_dissolved_stays_on_record(core: Core, clock: StillClock) -> None:
    spot = a_hot_spot(core)
    clock.advance(days=POLICY.window_days + 1)
    assert core.hotspots.refresh() == 0
    assert core.hotspots.listed(desk(core)).spots == ()
    with core.engine.connect() as tx:
        assert tx.execute(select(hotspots.c.id, hotspots.c.current)).all() == [(spot, False)]
    with pytest.raises(Unknown):
        core.hotspots.accept(desk(core), spot)


@pytest.mark.parametrize(
    ("who", "reason", "kind"),
    [("clerk", "x", NotYours), ("desk", " ", FieldMissing), ("desk", "长" * 201, TooLong), ("caller", "x", NotYours)],
)
def test_every_other_attempt_is_refused_and_changes_nothing(
    core: Core, who: str, reason: str, kind: type[Refusal]
) -> None:
    spot = a_hot_spot(core)
    actors: dict[str, Actor] = {"clerk": clerk(core), "desk": desk(core), "caller": person(core, "caller")}
    with pytest.raises(kind):
        core.hotspots.dismiss(actors[who], spot, reason)
    if kind is NotYours:
        with pytest.raises(kind):
            core.hotspots.accept(actors[who], spot)
    assert [row.warning for row in rows(core, hotspots)] == ["proposed"]


@pytest.mark.parametrize("hotspot", [0, -1, 10**6, 2**63, 2**80])
def test_a_hot_spot_nobody_knows_is_not_there(core: Core, hotspot: int) -> None:
    with pytest.raises(Unknown):
        core.hotspots.one(desk(core), hotspot)


def test_merged_and_dispatched_cases_still_count_and_invalid_ones_do_not(core: Core) -> None:
    first, second, *_ = many(core, 6)
    leading = dispatched(core, title="港口路积水", place="港口路")
    act(core, desk(core), first, "merge", leading=core.case_view(desk(core), leading).no)
    act(core, desk(core), second, "mark_invalid", reason="duplicate")
    core.hotspots.refresh()
    (spot,) = core.hotspots.listed(desk(core)).spots
    assert spot.total == 6
