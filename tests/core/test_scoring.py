"""The formula of joint orders' scores against numbers worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from core.policy.scoring import read_rule, read_scoring, told
from core.scoring import CALLED, Indicator, Mark, MarkRule, Part, Rule, lower_bound, scores

DAY = date(2026, 3, 9)
RULE = Rule(
    "试", date(2026, 1, 1), 10, 5, 0.5,
    (
        Indicator("respond", "按时响应", 60, "responded_in_time", "response_due", ""),
        Indicator("pleased", "满意", 40, "pleased", "rated", ""),
    ),
    (MarkRule("late", "补卡", "late", -0.5, 2, ""), MarkRule("thanked", "获满意", "sponsor_pleased", 0.2, 1, "")),
)  # fmt: skip
ALL = frozenset({"called", "response_due", "responded_in_time", "rated", "pleased"})


def parts(unit: int, count: int, *, missed: int = 0, first: int = 1, amounts: frozenset[str] = ALL) -> list[Part]:
    """So many orders, the first `missed` of them not answered in time."""
    late = amounts - {"responded_in_time"}
    return [Part(n, n, unit, CALLED, DAY, late if n < first + missed else amounts) for n in range(first, first + count)]


def marks(kind: str, unit: int, count: int, month: str = "2026-03") -> list[Mark]:
    return [Mark(kind, n, n, unit, DAY, month) for n in range(1, count + 1)]


def test_the_lower_bound_is_wilsons() -> None:
    """Worked out by hand: 1 of 1 is 1 / (1 + 3.8415), 980 of 1,000 about 96.9 %."""
    assert lower_bound(1, 1) == pytest.approx(0.2065, abs=1e-4)
    assert lower_bound(980, 1000) == pytest.approx(0.9693, abs=1e-4)
    assert lower_bound(0, 10) == 0
    assert lower_bound(0, 0) == 0


def test_a_score_is_the_weighted_rates_and_the_marks() -> None:
    """20 orders, 5 answered late, all satisfied: 60 × 0.75 + 40 = 85; three late check-ins take 1.5: 83.5."""
    (one,) = scores(parts(1, 20, missed=5), marks("late", 1, 3), {1: "部门"}, RULE)
    assert (one.base, one.extra, one.score, one.rank, one.among) == (85, -1.5, 83.5, 1, 1)
    assert [(got.of, got.per, got.rate) for got in one.rates] == [(15, 20, 0.75), (20, 20, 1.0)]


def test_marks_are_capped_in_each_month_and_together() -> None:
    """Ten late check-ins take 2 in a month; over two months 4; with the limit of 5 no three months take 6."""
    rows = parts(1, 20)
    for months, points in ((1, -2), (2, -4), (3, -5)):
        many = [one for n in range(months) for one in marks("late", 1, 10, f"2026-0{n + 1}")]
        (got,) = scores(rows, many, {}, RULE)
        assert got.extra == points
        assert got.score == 100 + points


def test_an_indicator_of_too_few_hands_its_weight_to_the_others() -> None:
    few = parts(1, 6, amounts=ALL) + parts(1, 6, first=7, missed=6, amounts=ALL - {"rated", "pleased"})
    (one,) = scores(few, [], {}, RULE)
    assert [got.text for got in one.rates] == ["50.0%", "样本不足"]
    assert one.score == 50


def test_too_little_weight_known_is_no_score() -> None:
    """Only satisfaction, 40 of 100, has enough samples: half is needed."""
    (one,) = scores(parts(1, 12, amounts=frozenset({"called", "rated", "pleased"})), [], {}, RULE)
    assert (one.text, one.rank, [got.text for got in one.rates]) == ("样本不足", None, ["—", "100.0%"])


def test_a_unit_with_too_few_orders_has_no_score_and_no_rank() -> None:
    few, many = scores(parts(1, 9) + parts(2, 12), [], {1: "部门", 2: "部门"}, RULE)[::-1]
    assert (few.unit, few.text, few.rank, few.score) == (1, "样本不足", None, None)
    assert (many.unit, many.rank, many.among) == (2, 1, 1)


def test_groups_are_ranked_apart_and_a_small_perfect_one_does_not_beat_a_large_good_one() -> None:
    """10 of 10 is 72.2 % at the least, 97 of 100 is 91.5 %: the larger one is first in its group."""
    rows = parts(1, 10) + parts(2, 100, missed=3, first=100) + parts(3, 20, missed=20, first=300)
    told = {
        one.unit: (one.group, one.rank, one.score) for one in scores(rows, [], {1: "部门", 2: "部门", 3: "镇街"}, RULE)
    }
    assert told[1] == ("部门", 2, 100)
    assert told[2][:2] == ("部门", 1)
    assert told[3][:2] == ("镇街", 1)


def test_the_rule_in_force_is_that_of_the_day_and_reads_back_as_it_was_stored() -> None:
    policy = read_scoring()
    rule = policy.rule(date(2026, 3, 31))
    assert sum(one.weight for one in rule.indicators) == 100
    assert read_rule(told(rule)) == rule
    assert policy.rule(date(1999, 1, 1)) == policy.rules[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"from": date(2026, 1, 2)},
        {"indicators": [{"name": "x", "title": "x", "weight": 1, "of": "guessed", "per": "rated", "formula": ""}]},
        {"marks": [{"name": "x", "title": "x", "of": "guessed", "points": -1, "cap": 1, "formula": ""}]},
    ],
)
def test_a_wrong_rule_is_named(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"joint_scores\.yaml"):
        read_rule({**told(RULE), **changes})
