"""The memory of 树党旗 in plain values: a place known again, a ruling found again, on labelled sets of another seed."""

from __future__ import annotations

import pytest

from core.recall.places import distance, same_place, street_level
from core.recall.policy import load_recall
from core.recall.promises import Promises
from tests.bench.memory import JUDGED, TUNED, gazetteer, judge_promises, judge_rulings, names_in
from tests.bench.recall_set import PROMISES, rulings, shared_runs

RULES = load_recall().promises


def alike(one: str, two: str) -> float:
    known = gazetteer()
    return same_place(known.read(one), known.read(two), RULES.metres)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("港口路与南港路交叉口", "南港路口（港口路）"), ("港口路与南港路交叉口", "海口市秀英区港口路南港路口"),
        ("港口、南港两路交汇处", "南港路靠近港口路"), ("药谷2路永万路路口", "永万路与药谷二路交界处"),
        ("碧海花园小区东门", "碧海花园3号楼下"), ("碧海花园（文明巷）", "文明巷碧海花园对面"),
        ("望江路与和平路转角", "和平路口（近望江路）"), ("天海路口公交站", "天海路口公交站旁"),
        ("港口路 12 号", "港口路30号门前"),
    ],
)  # fmt: skip
def test_one_place_written_two_ways_is_one_place(one: str, two: str) -> None:
    assert alike(one, two) >= RULES.near
    assert alike(one, two) == pytest.approx(alike(two, one))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("港口路与南港路交叉口", "港口路与爱华路交叉口"), ("港口路", "港口村"),
        ("银湾路与明珠路口", "银湾大道与明珠路口"),
        ("碧海小学", "碧海农贸市场"), ("港口路5号", "港口路 280 号"), ("港口路", "港口二路"), ("", "港口路"),
        ("石山镇文化广场", "东山镇文化广场"),
    ],
)  # fmt: skip
def test_its_neighbour_is_another_place(one: str, two: str) -> None:
    assert alike(one, two) < RULES.near


def test_with_coordinates_on_both_sides_only_the_distance_counts() -> None:
    known = gazetteer()
    here = known.read("港口路公交站", "", (110.287, 20.018))
    assert distance((110.287, 20.018), (110.287, 20.019)) == pytest.approx(111.2, abs=0.5)
    near, far = known.read("码头东门", "", (110.288, 20.019)), known.read("港口路公交站", "", (110.293, 20.018))
    assert same_place(here, near, RULES.metres) >= RULES.near, "another name, 150 metres away"
    assert same_place(here, far, RULES.metres) == 0.0, "the same name, 600 metres away"
    held = Promises(load_recall())
    for at, spot in enumerate((near, far, known.read("港口路公交站"))):
        held.take(at, spot)
    assert [one for _, one in held.near(here)] == [2, 0], "by name where one side has none"


@pytest.mark.parametrize(
    ("place", "street"),
    [
        ("港口路 12 号 3 栋 401 室", "港口路"), ("碧海花园三号楼二单元", "碧海花园"),
        ("港口路公交站旁", "港口路公交站旁"),
        ("药谷二路", "药谷二路"), ("12号楼", "12号楼"),
    ],
)  # fmt: skip
def test_a_place_is_told_to_street_level(place: str, street: str) -> None:
    assert street_level(place) == street


def test_the_labelled_rulings_keep_their_rule() -> None:
    held, asks = rulings(JUDGED, "judge")
    names = names_in(held)
    assert len(asks) >= 200
    assert len(held) == 6 * len(asks), "five near-misses each"
    assert PROMISES >= 200
    for ask in asks:
        right = held[ask.right]
        assert (right.unit, right.kind) == (ask.query.unit, ask.query.kind)
        assert not shared_runs(ask.query, right, names), "no run of four characters but in names"


@pytest.mark.parametrize("judge", [judge_rulings, judge_promises])
def test_the_right_one_is_among_three_more_often_than_by_plain_search(judge: object) -> None:
    """joint.memory: on matters, places and a seed that no weight was chosen by."""
    assert callable(judge)
    told = judge(JUDGED, "judge")
    assert told.ours >= 0.9
    assert told.ours > told.plain
    assert TUNED != JUDGED
