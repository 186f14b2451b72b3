"""直通联办 and 绩效考核: what leaders carry says what the console says, within each reader's right."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from core import Core
from core.briefings import direct
from core.briefings.direct import DirectView
from core.errors import AlreadyThere, BadField, Unknown
from core.figures import Ask, Pick
from core.register import Amend
from core.score_views import Ask as ScoreAsk
from tests.builders import clerk, dispatched, fresh_key, head, signed
from tests.clock import StillClock
from tests.core.joint_room import FIRST, SECOND
from tests.core.moments import at
from tests.core.score_room import LATE, REDONE, a_busy_month
from tests.core.watch_room import tick
from tests.databases import SQLite
from tests.town import a_core, settled

MARCH = date(2026, 3, 1)


@pytest.fixture(scope="module")
def clock() -> StillClock:
    return StillClock()


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory, clock: StillClock) -> Iterator[Core]:
    """A month of joint orders; on Tuesday one case is overdue and one only just sent. Nothing in here changes it."""
    folder: Path = tmp_path_factory.mktemp("carried")
    built = a_core(SQLite().prepared(settled, folder), clock)
    a_busy_month(built, clock)
    signed(built, FIRST, title="井盖松动", urgency="critical")
    clock.set(at("2026-03-12 10:00"))
    tick(built)
    dispatched(built, SECOND, title="电梯加装")
    built.measures.fold()
    yield built
    built.engine.dispose()


def levels(view: DirectView) -> dict[str, int]:
    return {one.name: one.count for one in view.levels}


def test_warnings_name_who_is_on_each_within_the_readers_right(core: Core) -> None:
    view = core.briefings.direct.view(head(core))
    assert levels(view) == {"red": 1, "orange": 0, "yellow": 0}
    (red,) = view.levels[0].rows
    assert (red.title, red.unit, red.who, red.overdue) == ("井盖松动", "水务局", clerk(core, FIRST).name, True)
    assert levels(core.briefings.direct.view(clerk(core, SECOND))) == {"red": 0, "orange": 0, "yellow": 0}
    assert levels(core.briefings.direct.view(clerk(core, FIRST))) == {"red": 1, "orange": 0, "yellow": 0}


def test_a_level_is_read_whole_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the day of a typhoon nobody is left behind the first five."""
    clock = StillClock()
    core = a_core(SQLite().prepared(settled, tmp_path), clock)
    for number in range(7):
        signed(core, FIRST, title=f"内涝 {number}", urgency="critical")
    clock.advance(days=3)
    monkeypatch.setattr(direct, "PAGE", 3)
    first = core.briefings.direct.view(head(core)).levels[0]
    assert (first.count, len(first.rows), first.page) == (7, 5, 0)
    pages = [core.briefings.direct.view(head(core), "red", page).levels[0] for page in (1, 2, 3, 99)]
    assert [(one.page, one.pages, len(one.rows)) for one in pages] == [(1, 3, 3), (2, 3, 3), (3, 3, 1), (3, 3, 1)]
    assert len({row.no for one in pages for row in one.rows}) == 7
    core.engine.dispose()


def test_a_kpi_is_the_consoles_measure_beside_its_target(core: Core) -> None:
    view = core.briefings.direct.view(head(core))
    stats = core.measures.stats(head(core), Ask(MARCH, date(2026, 3, 12)))
    shown = {one.title: one for one in stats.head}
    same = [one for one in view.kpis if one.title in shown]
    assert len(same) >= 3
    for one in same:
        assert one.text == shown[one.title].text
    opened = [pair for one in view.kpis for pair in one.parts if pair[0]]
    assert opened
    for count, amount in opened:
        page = core.measures.opened(head(core), Ask(view.since, view.until), Pick(amount))
        assert page.total == len(page.items) == count, amount
    assert [(one.title, one.met) for one in view.kpis if one.title == "按时办结率"] == [("按时办结率", None)]
    assert view.joint.tabs[0].title == "已联动"
    assert view.board.scores == core.joint_scores.board(head(core), ScoreAsk(MARCH, date(2026, 3, 31))).scores


def test_deductions_are_the_reports_own_and_name_their_orders(core: Core) -> None:
    pages = core.briefings.assessment
    board = pages.board(head(core), MARCH)
    lost = {one.title: one for one in pages.lost(head(core), MARCH, board)}
    assert {title: (one.count, one.points) for title, one in lost.items()} == {
        "补卡": (LATE, -0.5 * LATE), "重办": (REDONE, -1.0 * REDONE),
    }  # fmt: skip
    assert [one.orders.total for one in lost.values()] == [one.count for one in lost.values()]
    assert {line.unit for line in lost["补卡"].orders.lines} == {"水务局"}
    assert pages.lost(clerk(core, SECOND), MARCH, pages.board(clerk(core, SECOND), MARCH)) == ()


def test_a_units_report_is_its_line_of_the_assessment_with_its_cases(core: Core) -> None:
    pages, unit = core.briefings.assessment, core.directory().by_word[FIRST]
    report = pages.unit(head(core), MARCH, unit)
    line = next(one for one in pages.board(head(core), MARCH).scores if one.unit == unit)
    assert report.score is not None
    assert (report.score.score, report.score.rank, report.score.among) == (line.score, 2, 2)
    assert {one.measure: one.text for one in report.figures}["received"] == "1"
    with pytest.raises(Unknown):
        pages.unit(clerk(core, SECOND), MARCH, unit)


def test_a_place_in_the_city_is_entered_by_the_desk_and_shown_with_its_way_there(core: Core) -> None:
    def enter(month: str, place: str, among: str = "4") -> None:
        values = {"month": month, "item": "overall", "place": place, "among": among, "score": "93.72", "paper": ""}
        core.registers.write(Amend(fresh_key("rank"), "city_rank", "add", "", values, head(core)))

    assert core.briefings.assessment.city(MARCH) == ()
    assert core.briefings.assessment.latest_ranked() == MARCH
    enter("2026-02", "3")
    assert core.briefings.assessment.latest_ranked() == date(2026, 2, 1)  # what opens first: March is not told yet
    enter("2026-03", "2")
    assert core.briefings.assessment.latest_ranked() == MARCH
    (row,) = core.briefings.assessment.city(MARCH)
    assert (row.item, row.place, row.among, row.step, row.score) == ("综合", 2, 4, 1, "93.72")
    assert row.trend == (("2026-02", 3), ("2026-03", 2))
    with pytest.raises(AlreadyThere):
        enter("2026-03", "1")
    with pytest.raises(BadField, match="名次"):
        enter("2026-01", "5")
    with pytest.raises(BadField, match="月份"):
        enter("2026-04", "1")


def test_a_month_that_is_none_is_refused(core: Core) -> None:
    pages = core.briefings.assessment
    assert pages.month("") == MARCH
    for text in ("2026-13", "2026-04", "1999-01", "三月"):
        with pytest.raises(BadField):
            pages.month(text)
