"""The stand-in sources: rows that fit their own declaration, the same for the same question, alive through the day."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta

import pytest

from core.feeds.checking import check
from core.policy.feeds import Dataset, read_datasets
from tests.clock import SHANGHAI, StillClock
from tests.sandbox.feeds.plan import Plan, plans, read
from tests.sandbox.feeds.rows import Changed, changed
from tests.sandbox.feeds.source import BadQuestion, Feeds
from tests.sandbox.wire import ControlError

NOW = datetime(2026, 11, 27, 15, 20, tzinfo=SHANGHAI)  # a Friday afternoon
DATASETS = read_datasets()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def feeds() -> Feeds:
    return Feeds(StillClock(NOW))


def test_every_declared_dataset_has_a_stand_in() -> None:
    assert plans().keys() == DATASETS.keys()


@pytest.mark.parametrize("name", DATASETS)
def test_rows_fit_their_own_declaration(name: str) -> None:
    rows = [row for _, row in _some(plans()[name])]
    assert rows
    judged = check(DATASETS[name], rows, NOW, timedelta(minutes=1))
    assert not judged.faults, judged.faults[0]
    assert not judged.strange
    told = Counter(column for row in judged.rows for column in row.body)
    assert [column for column in DATASETS[name].columns if not told[column]] == [], "a column that is never told"
    if plans()[name].happen is None:
        assert len({row.key for row in judged.rows}) == len(rows), "two rows of one key"


def test_no_boat_lies_inland_and_no_harbour_stands_there() -> None:
    """Four of the eight towns lie on the strait."""
    inland = {"海秀镇", "石山镇", "永兴镇", "东山镇"}
    afloat = {"emergency.checks": {"渔业船舶", "港口作业"}, "city_dispatch.tasks": {"港口疏运"}}
    for name, kinds in afloat.items():
        rows = [row for _, row in changed(plans()[name], NOW - 30 * DAY, NOW)]
        assert {row["town"] for row in rows} >= inland
        found = {row["town"] for row in rows if row["kind"] in kinds}
        assert found
        assert not found & inland, name
    boats = {row["town"]: row["boats"] for _, row in changed(plans()["emergency.moved"], NOW - DAY, NOW)}
    assert {town for town, many in boats.items() if many} == boats.keys() - inland


def test_a_row_is_the_same_however_often_it_is_asked_for() -> None:
    plan = plans()["security.incidents"]
    whole = changed(plan, NOW - 6 * HOUR, NOW)
    assert whole == changed(plan, NOW - 6 * HOUR, NOW)
    assert [pair for pair in whole if pair[0] > NOW - 2 * HOUR] == changed(plan, NOW - 2 * HOUR, NOW)


def test_what_is_older_than_its_memory_a_source_leaves_out(feeds: Feeds) -> None:
    """A few old ones of many, told only because they changed, would read as a quiet month before this one."""
    plan = plans()["public_safety.hazards"]
    answer = feeds.answer(plan.name, "", "10000")
    assert answer is not None
    days = Counter(row["at"][:10] for row in answer["rows"])
    first = min(days)
    assert first == (NOW - plan.history).date().isoformat()
    assert sum(days.values()) / len(days) > 5, "days are whole from the first on"


def test_what_moves_on_is_told_again_under_its_number() -> None:
    plan, first = plans()["security.incidents"], NOW - 6 * HOUR
    states: dict[str, list[str]] = defaultdict(list)
    for step in range(36):
        since = first + step * timedelta(minutes=10)
        for _, row in changed(plan, since, since + timedelta(minutes=10)):
            states[row["number"]].append(row["state"])
    order = ["待出警", "处置中", "已办结"]
    assert all(told == sorted(told, key=order.index) for told in states.values()), "a state goes forward only"
    assert sum(told[-1] == "已办结" for told in states.values()) > len(states) / 3


def test_history_comes_in_pieces_and_nothing_is_lost(feeds: Feeds) -> None:
    name, since = "port.voyages", (NOW - 3 * DAY).isoformat()
    found, pieces, at = dict[str, str](), 0, since
    while True:
        answer = feeds.answer(name, at, "200")
        assert answer is not None
        pieces, at = pieces + 1, answer["next"]
        found |= {row["number"]: row["state"] for row in answer["rows"]}
        if not answer["more"]:
            break
        assert answer["rows"], "a piece that is not the last is not empty"
    assert pieces > 3
    assert answer["at"] == NOW.isoformat()
    whole = feeds.answer(name, since, "10000")
    assert whole is not None
    assert {row["number"]: row["state"] for row in whole["rows"]} == found
    assert whole["demo"] is True


def test_a_day_and_a_week_have_their_shape() -> None:
    calls = [row for _, row in changed(plans()["hotline.desk"], NOW - 3 * DAY, NOW)]
    by_hour: dict[int, float] = defaultdict(float)
    for row in calls:
        by_hour[datetime.fromisoformat(row["at"]).hour] += row["calls"]
    assert by_hour[10] > 4 * by_hour[3]
    visits = Counter[bool]()
    for _, row in changed(plans()["economy.tourism"], NOW - 29 * DAY, NOW):
        visits[datetime.fromisoformat(row["at"]).weekday() >= 5] += row["visitors"]
    assert visits[True] / 8 > visits[False] / 20, "a day of a weekend draws more than a weekday"


def test_an_event_reaches_every_place_at_once() -> None:
    """It rains on several stations or on none: what is said to come to all rows does."""
    wet = Counter(row["at"] for _, row in changed(plans()["weather.stations"], NOW - 8 * DAY, NOW) if row["rain"] > 2)
    assert wet
    assert max(wet.values()) >= 7


@pytest.mark.parametrize("name", ["weather.warnings", "emergency.warnings"])
def test_who_warns_of_rain_warns_when_it_rains(name: str) -> None:
    """Warnings of storms and what the stations measure come from one cause; what needs no rain keeps to its season."""
    first = NOW - 60 * DAY
    warned = [row for _, row in changed(plans()[name], first, NOW)]
    storms = [datetime.fromisoformat(one["at"]) for one in warned if one["kind"] in ("暴雨", "雷电", "雷雨大风")]
    rain: dict[datetime, float] = defaultdict(float)
    for _, row in changed(plans()["weather.stations"], first, NOW):
        at = datetime.fromisoformat(row["at"])
        rain[at] = max(rain[at], row["rain"])
    assert len(storms) > 4
    assert all(any(rain[hour] > 1 for hour in rain if at - HOUR <= hour <= at + 3 * HOUR) for at in storms)
    loud = [hour for hour, most in rain.items() if most > 5]
    assert loud
    assert all(any(at - HOUR <= hour <= at + 7 * HOUR for at in storms + _others(warned)) for hour in loud)
    assert "高温" not in {one["kind"] for one in warned if one["at"][5:7] == "11"}


def _others(warned: list[dict[str, object]]) -> list[datetime]:
    """Warnings of wind and sea that come with a storm too."""
    return [datetime.fromisoformat(str(one["at"])) for one in warned if one["kind"] in ("大风", "台风", "风暴潮")]


def test_a_forecast_knows_the_storms_that_stations_and_warnings_will_tell() -> None:
    """Every issue of every day: where it will pour it says rain, and how much; elsewhere nothing worse than drizzle."""
    until = NOW + 8 * DAY
    poured = Counter[str]()
    for _, row in changed(plans()["weather.stations"], NOW - 30 * DAY, until):
        poured[row["at"][:10]] = max(poured[row["at"][:10]], row["rain"])
    days = list(dict.fromkeys(row["day"] for _, row in changed(plans()["weather.forecast"], NOW - DAY, NOW)))
    told = Counter[tuple[bool, bool]]()
    for _, row in changed(plans()["weather.forecast"], NOW - 29 * DAY, NOW):
        date = datetime.fromisoformat(row["at"]) + days.index(row["day"]) * DAY
        wet = row["sky"] in ("阵雨", "雷阵雨", "中到大雨")
        told[(poured[date.date().isoformat()] > 5, wet)] += 1
        assert (row["rain"] >= 75) == wet
    assert told[(True, True)] > 20
    assert told[(True, False)] == 0, "it poured on a day that was to be dry"
    assert told[(False, True)] < told[(True, True)] / 2, "storms that fall between two hours' figures are few"
    assert told[(False, False)] > 100


def test_a_ferry_fills_while_it_loads_and_sails_with_what_it_has() -> None:
    plan, first = plans()["port.voyages"], NOW - 3 * HOUR
    told: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for step in range(36):
        since = first + step * timedelta(minutes=5)
        for _, row in changed(plan, since, since + timedelta(minutes=5)):
            told[row["number"]].append((row["state"], row["vehicles"]))
    whole = {number: rows for number, rows in told.items() if {state for state, _ in rows} >= {"装载", "航行"}}
    assert whole
    for rows in whole.values():
        loads = [load for _, load in rows]
        assert loads == sorted(loads), "nobody leaves a ship that loads"
        assert len({load for state, load in rows if state != "装载"}) == 1, "at sea nobody comes aboard"
    assert sum(rows[0][1] < rows[-1][1] for rows in whole.values()) > len(whole) / 2


def test_a_source_can_be_told_to_misbehave(feeds: Feeds) -> None:
    hour_ago = (NOW - HOUR).isoformat()
    feeds.tell({"bad": {"home.duty": 2}, "stale": ["port.voyages"], "fail": {"*": 503}, "slow": {"home.duty": 2}})
    assert feeds.status("water.spots") == 503
    assert feeds.pause("home.duty") == 2
    answer = feeds.answer("home.duty", hour_ago, "")
    assert answer is not None
    judged = check(DATASETS["home.duty"], answer["rows"], NOW, HOUR)
    assert [fault.row for fault in judged.faults] == [1, 2]
    feeds.clock = StillClock(NOW + 2 * HOUR)
    stands, goes = (feeds.answer(name, NOW.isoformat(), "") for name in ("port.voyages", "port.yards"))
    assert stands is not None
    assert goes is not None
    assert stands["rows"] == []
    assert goes["rows"]
    with pytest.raises(ControlError):
        feeds.tell({"stale": ["nobody.knows"]})
    assert feeds.tell({"clear": True})["stale"] == {}


@pytest.mark.parametrize(("since", "limit"), [("yesterday", ""), ("2026-11-27", ""), ("", "0"), ("", "many")])
def test_a_question_that_is_none_is_refused(feeds: Feeds, since: str, limit: str) -> None:
    with pytest.raises(BadQuestion):
        feeds.answer("home.duty", since, limit)


@pytest.mark.parametrize(
    "demo",
    [
        {"berths": 4}, {"state": {"guess": 1}}, {"state": {"level": 1, "colour": "red"}},
        {"step": "5 minutes"}, {"happen": {"a_day": 2}, "step": "1h"}, {"state": {"level": 1, "fills": "at"}},
        {"state": {"during": "flood", "is": 1, "else": 2}},
        {"state": {"level": 1, "event": {"like": "flood", "times": 2}}},
    ],
)  # fmt: skip
def test_a_demo_the_grammar_does_not_know_is_refused(demo: dict[str, object]) -> None:
    table = {"name": "x", "time": "at", "keep": 9, "every": 60, "columns": {"at": {}, "state": {}}, "demo": demo}
    with pytest.raises(ValueError, match=r"."):
        read("t", table)


def _some(plan: Plan) -> list[Changed]:
    """A hundred rows or so; of what is rare, the last there are."""
    return changed(plan, NOW - min(plan.history, plan.stretch(100)), NOW)


def test_datasets_are_believed_for_as_long_as_they_are_kept() -> None:
    """What is rarer than its keeping would never be seen."""
    short = [one.full for one in DATASETS.values() if _seen(one) > one.keep]
    assert short == []


def _seen(dataset: Dataset) -> float:
    return dataset.every / 86400 * 2
