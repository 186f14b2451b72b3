"""The limit table and the calendar table: the right row is chosen, and a wrong table stops the start."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from core.deadlines import Limit
from core.policy.limits import LIMITS_FILE, TYPES, URGENCIES, load_limits, read_limits
from core.policy.workdays import CALENDAR_FILE, load_calendar, published_rows, read_yaml

POLICY = read_limits()
TODAY = date(2026, 3, 9)


@pytest.mark.parametrize(
    ("facts", "flags", "row", "close"),
    [
        (("RX", "help", "normal"), {}, "ordinary", "5 workdays"),
        (("RX", "complain", "normal"), {}, "ordinary", "5 workdays"),
        (("RX", "ask", "normal"), {}, "short", "1 workday"),
        (("RX", "suggest", "normal"), {"hard": True}, "hard", "15 workdays"),
        (("RX", "help", "urgent"), {"hard": True}, "urgent", "1 workday"),
        (("RX", "help", "critical"), {"redo": True}, "critical", "1 workday"),
        (("RX", "help", "normal"), {"redo": True}, "redo", "3 workdays"),
        (("XF", "help", "normal"), {"supervised": True, "redo": True}, "supervised", "3 workdays"),
        (("XF", "ask", "normal"), {"hard": True}, "petition", "60 days"),
        (("LY", "ask", "normal"), {}, "board", "10 workdays"),
        (("SZ", "report", "normal"), {}, "sz", "5 workdays"),
        (("SZ", "report", "urgent"), {}, "sz_urgent", "8 urgent_work_hours"),
        (("SZ", "report", "critical"), {}, "sz_critical", "3 urgent_work_hours"),
    ],
)
def test_the_weightiest_row_that_fits_is_the_law(
    facts: tuple[str, str, str], flags: dict[str, bool], row: str, close: str
) -> None:
    rule = POLICY.rule_for(*facts, **flags, on=TODAY)  # type: ignore[arg-type]
    assert (rule.id, rule.close) == (row, Limit.parse(close))


def test_every_kind_of_case_finds_a_row_even_before_the_table_begins() -> None:
    for kind in TYPES:
        for urgency in URGENCIES:
            assert POLICY.rule_for("ZJ", kind, urgency, on=date(2001, 1, 1)).close


def test_the_other_limits_are_data_too() -> None:
    assert POLICY.review_return == Limit(4, "work_hours")
    assert POLICY.adjudicate == Limit(1, "workdays")
    assert (POLICY.callback_attempts, POLICY.callback_within) == (3, Limit(3, "workdays"))
    assert POLICY.archive_after == Limit(30, "days")


def test_a_rule_carries_what_may_stretch_it_and_how_to_cite_it() -> None:
    rule = POLICY.rule_for("RX", "help", "normal", on=TODAY)
    assert (rule.extend_times, rule.extend_limit, rule.approver) == (1, Limit(10, "workdays"), "command_center")
    assert rule.return_window == Limit(1, "workdays")
    assert rule.cite("close") == "求助、投诉、举报 · 办结时限 5 个工作日（2020年1月1日起施行）"
    critical = POLICY.rule_for("RX", "help", "critical", on=TODAY)
    assert (critical.on_site, critical.extend_times, critical.extend_limit) == (Limit(2, "hours"), 0, None)


def test_a_case_is_judged_by_the_row_of_its_dispatch_day() -> None:
    table: dict[str, Any] = deepcopy(dict(read_yaml(LIMITS_FILE)))
    old = next(row for row in table["rows"] if row["id"] == "ordinary")
    old["until"] = date(2026, 3, 31)
    table["rows"].append({**old, "id": "ordinary_2026", "from": date(2026, 4, 1), "until": None, "close": "4 workdays"})
    policy = load_limits(table)
    assert policy.rule_for("RX", "help", "normal", on=date(2026, 3, 31)).id == "ordinary"
    assert policy.rule_for("RX", "help", "normal", on=date(2026, 4, 1)).id == "ordinary_2026"


def row(table: Any, name: str) -> Any:
    return next(each for each in table["rows"] if each["id"] == name)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: row(t, "urgent").update(close="5 fortnights"), r"limits\.yaml row 2 \(urgent\) column close: unk"),
        (lambda t: row(t, "urgent").update(clsoe="5 days"), r"row 2 \(urgent\) column clsoe: unknown"),
        (lambda t: row(t, "urgent").pop("contact"), r"row 2 \(urgent\) column contact: missing"),
        (lambda t: row(t, "urgent").update({"from": "soon"}), r"row 2 \(urgent\) column from: expected a date"),
        (lambda t: row(t, "urgent").update(until=date(2019, 1, 1)), r"column until: 2019-01-01 is before"),
        (lambda t: row(t, "urgent")["extend"].update(times=0), r"row 2 \(urgent\) column extend\.times"),
        (lambda t: row(t, "urgent").update(match={"urgency": ["soon"]}), r"match column urgency: unknown value 'soon'"),
        (lambda t: row(t, "urgent").update(match={"colour": ["red"]}), r"match column colour: unknown"),
        (lambda t: row(t, "urgent").update(match={"hard": "yes"}), r"match column hard: expected true or false"),
        (lambda t: row(t, "urgent").update(match={"channel": "XF"}), r"match column channel: expected a list"),
        (lambda t: row(t, "urgent").update(id="critical"), r"row 2 \(critical\) column id: used twice"),
        (lambda t: row(t, "urgent").update(match={"urgency": ["critical", "urgent"]}), r"critical and urgent: both"),
        (lambda t: row(t, "ordinary").update(match={"hard": False}), r"empty match"),
        (lambda t: row(t, "ordinary").update(until=date(2030, 1, 1)), r"row ordinary column until"),
        (lambda t: row(t, "ordinary").update({"from": date(2021, 1, 1)}), r"row ordinary column from: begins later"),
        (lambda t: t["callback"].update(attempts="three"), r"callback column attempts"),
        (lambda t: t.pop("adjudicate"), r"limits\.yaml column adjudicate: missing"),
        (lambda t: t.update(rows="none"), r"limits\.yaml rows: expected a list"),
    ],
)  # fmt: skip
def test_a_wrong_limit_table_names_its_row_and_column(spoil: Callable[[Any], Any], message: str) -> None:
    table: dict[str, Any] = deepcopy(dict(read_yaml(LIMITS_FILE)))
    spoil(table)
    with pytest.raises(ValueError, match=message):
        load_limits(table)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: t["hours"].pop("duty"), r"calendar\.yaml hours: the preset 'duty' is missing"),
        (lambda t: t["hours"]["duty"].update(spans=["8-12"]), r"hours duty column spans: expected a span"),
        (lambda t: t["hours"]["duty"].update(spans=["12:00-08:00"]), r"does not run forward"),
        (lambda t: t["hours"]["duty"].update(spans=["08:00-12:00", "11:00-13:00"]), r"overlap"),
        (lambda t: t["hours"]["duty"].update(spans=[]), r"at least one span"),
        (lambda t: t["hours"]["duty"].update(every_day="yes"), r"column every_day"),
        (lambda t: t["hours"]["seasonal"]["seasons"][0].update({"from": "13-01"}), r"season 1 column from"),
        (lambda t: t["years"][2026][0].update(to=date(2025, 1, 1)), r"years 2026 row 1 column from"),
        (lambda t: t["years"][2026][0].update(make_up=[date(2026, 1, 5)]), r"make_up: 2026-01-05 is not a weekend"),
        (lambda t: t["years"][2026][1].update({"from": date(2026, 1, 2)}), r"row 2: 2026-01-02 is already holiday"),
        (lambda t: t["years"].update(next=[]), r"years next: expected a year"),
    ],
)  # fmt: skip
def test_a_wrong_calendar_names_its_row_and_column(spoil: Callable[[Any], Any], message: str) -> None:
    table: dict[str, Any] = deepcopy(dict(read_yaml(CALENDAR_FILE)))
    spoil(table)
    with pytest.raises(ValueError, match=message):
        load_calendar(table)


def test_a_new_year_can_be_printed_as_rows() -> None:
    assert published_rows(2026)[0] == "    - {name: 元旦, from: 2026-01-01, to: 2026-01-03, make_up: [2026-01-04]}"
    with pytest.raises(ValueError, match="2027"):
        published_rows(2027)


def test_seasonal_hours_may_run_across_the_new_year() -> None:
    table: dict[str, Any] = deepcopy(dict(read_yaml(CALENDAR_FILE)))
    table["hours"]["seasonal"]["seasons"][0].update({"from": "11-01", "to": "02-28"})
    hours = load_calendar(table).hours["seasonal"]
    assert [hours.on(date(2026, month, 2))[-1].closes for month in (1, 6, 12)] == [1080, 1050, 1080]
