"""分析研判 on both databases: the console's own figures, words that rest on them, a life from draft to paper."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl

import docx
import pypdfium2
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from core import Core, Refusal
from core.briefing_views import BEFORE, YEAR, DraftView, FigureSheet, Sentence, period_of
from core.briefings import BriefingGone, Overtaken
from core.briefings.opening import ORDERS, Question, opens
from core.briefings.wording import RED, TOPICS, WORST, sheet_of
from core.errors import BadField, FieldMissing, NotYours, TooLong, Unknown
from core.figures import HANDLED, REGISTERED, Ask, Pick
from core.models.briefings import briefing_drafts, briefings
from core.models.record import audit_log, letters
from core.score_views import Ask as ScoreAsk
from tests.builders import clerk, confirmed, desk, head, person, rows
from tests.clock import StillClock
from tests.core.briefing_room import BUSY, LAST_WEEK, LAST_YEAR, THIS_WEEK, a_fortnight
from tests.core.joint_room import an_order
from tests.core.moments import at
from tests.databases import SQLite
from tests.town import a_core, settled

FRIDAY = date(2026, 3, 13)
WEEK = period_of("week", FRIDAY)
WORDS = {"summary": "本周平稳。", "analysis": "港口路排水口堵塞。", "advice": "水务局汛前清掏。"}


@pytest.fixture
def week(core: Core, clock: StillClock) -> Core:
    """A fortnight of cases and a joint order, on each kind of database."""
    return lived(core, clock)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """The same once, for tests that only read it."""
    clock = StillClock()
    core = a_core(SQLite().prepared(settled, tmp_path_factory.mktemp("told")), clock)
    yield lived(core, clock)
    core.engine.dispose()


@pytest.fixture
def ready(core: Core, clock: StillClock) -> Core:
    """One case done, on each kind of database: enough to write about."""
    clock.set(at("2026-03-13 16:00"))
    confirmed(core, "water")
    core.measures.fold()
    return core


@pytest.fixture
def quick(tmp_path: Path, clock: StillClock) -> Iterator[Core]:
    """The same on SQLite alone, for what no database decides."""
    core = a_core(SQLite().prepared(settled, tmp_path), clock)
    clock.set(at("2026-03-13 16:00"))
    confirmed(core, "water")
    core.measures.fold()
    yield core
    core.engine.dispose()


def lived(core: Core, clock: StillClock) -> Core:
    a_fortnight(core, clock)
    an_order(core, meet_at="3月16日 15:00")
    return core


def begun(core: Core) -> DraftView:
    return core.briefings.draft(head(core), core.briefings.begin(desk(core), "week", FRIDAY))


def submitted(core: Core) -> int:
    draft = begun(core)
    return core.briefings.submit(head(core), draft.id, draft.seq, WORDS)


@pytest.mark.parametrize(
    ("kind", "title", "before", "year"),
    [
        ("day", "2026年3月9日 周一", date(2026, 3, 8), date(2025, 3, 9)),
        ("week", "2026年3月9日—15日", date(2026, 3, 2), date(2025, 3, 10)),
        ("month", "2026年3月", date(2026, 2, 1), date(2025, 3, 1)),
    ],
)
def test_a_period_knows_the_one_before_and_the_one_a_year_ago(kind: str, title: str, before: date, year: date) -> None:
    period = period_of(kind, date(2026, 3, 9))
    assert (period.title, period.before().since, period.year_ago().since) == (title, before, year)
    assert period_of("day", date(2028, 2, 29)).year_ago().since == date(2027, 2, 28)


def test_the_figures_are_the_consoles_own_beside_last_week_and_last_year(week: Core) -> None:
    sheet = begun(week).figures
    assert (sheet.as_of, sheet.running) == (at("2026-03-13 16:00"), True)
    for kind in (HANDLED, REGISTERED):
        shown = {one.measure: one for one in week.measures.stats(head(week), Ask(WEEK.since, WEEK.until, kind)).head}
        mine = {row.key.partition(".")[2]: row for row in sheet.rows if row.key.startswith(f"{kind}.")}
        for name in shown.keys() & mine.keys():
            assert (mine[name].now.text, mine[name].now.number) == (shown[name].text, shown[name].number), name
            assert mine[name].now.parts == tuple(count for count, _ in shown[name].parts)
        assert len(shown.keys() & mine.keys()) >= 2
    board = week.joint_scores.board(head(week), ScoreAsk(WEEK.since, WEEK.until))
    assert sheet.row("joint.sponsored").now.number == board.whole["sponsored"] == 1
    registered = sheet.row("registered.registered")
    cells = (registered.now.number, registered.before.number, registered.year.number)
    assert cells == (THIS_WEEK, LAST_WEEK, LAST_YEAR)
    assert (registered.change(BEFORE), registered.change(YEAR)) == ("+9.1%", "+1100.0%")
    assert sheet.row("handled.on_time_rate").change(BEFORE) == "−16.7 个百分点"
    assert [(one.unit, one.of, one.per, one.before) for one in sheet.worst] == [("水务局", 10, 12, "100.0%")]
    assert sorted((one.unit, one.state) for one in sheet.red) == [("水务局", "办理中"), ("水务局", "已办结")]
    assert (sheet.red_total, sheet.red_open) == (2, 1)
    assert "13976543210" not in sheet.red[0].title + sheet.red[1].title
    assert [(one.now, one.before) for one in sheet.topics] == [(6, LAST_WEEK), (4, 0)]


def test_every_number_opens_as_many_cases_or_orders_as_it_says(told: Core) -> None:
    sheet = begun(told).figures
    found = {name: len_of(told, one) for name, one in opens(sheet, told.world()).items()}
    shown: dict[str, int] = {}
    for row in sheet.rows:
        kind, _, name = row.key.partition(".")
        mean = told.measures.book.measures[name].shows in ("hours", "times") if kind in (HANDLED, REGISTERED) else False
        for tail, cell in (("", row.now), (".before", row.before), (".year", row.year)):
            if any(cell.parts):
                shown[row.key + tail] = cell.parts[-1 if mean else 0]
        if row.is_rate and any(row.now.parts):
            shown[f"{row.key}.per"] = row.now.parts[1]
    for line in sheet.worst:
        shown |= {line.unit: line.per - line.of, f"{line.unit}.of": line.of, f"{line.unit}.per": line.per}
    for topic in sheet.topics:
        counts = {"": topic.now, ".before": topic.before, ".year": topic.year}
        shown |= {topic.title + tail: count for tail, count in counts.items() if count}
    assert found == shown
    assert shown.keys() >= {
        "joint.sponsored",
        "joint.called",
        "registered.registered.before",
        "handled.on_time_rate.per",
    }


def len_of(core: Core, one: Question) -> int:
    """How many lines the list behind a number has."""
    asked = dict(parse_qsl(one.asked))
    since, until = (date.fromisoformat(asked[name]) for name in ("since", "until"))
    if one.page == ORDERS:
        return core.joint_scores.opened(head(core), ScoreAsk(since, until), asked["what"]).total
    ask = Ask(since, until, asked["kind"], int(asked["unit"]) if "unit" in asked else None)
    pick = Pick(asked["amount"], asked.get("dim", "all"), asked.get("value", ""))
    return core.measures.opened(head(core), ask, pick).total


@pytest.mark.parametrize(("kind", "earlier"), [("day", "2026-03-12"), ("week", "2026-03-06")])
def test_what_still_runs_is_held_against_the_same_hours(core: Core, clock: StillClock, kind: str, earlier: str) -> None:
    """At 16:00 what came until 16:00, on the day before and on the same day of the week before; not its evening."""
    for moment, many in ((f"{earlier} 09:00", 2), (f"{earlier} 17:00", 3), ("2026-03-13 10:00", 3)):
        clock.set(at(moment))
        for number in range(many):
            confirmed(core, BUSY, title=f"路口积水 {number}", class_code="0201")
    clock.set(at("2026-03-13 16:00"))
    core.measures.fold()
    sheet = core.briefings.draft(head(core), core.briefings.begin(desk(core), kind, FRIDAY)).figures
    for key in ("registered.registered", "handled.received", "handled.closed"):
        row = sheet.row(key)
        assert (row.now.number, row.before.number, row.change(BEFORE)) == (3, 2, "+50.0%"), key
    assert [(one.now, one.before) for one in sheet.topics] == [(3, 2)]
    assert (sheet.clock, sheet.before_title) == ("16:00", {"day": "前一日同期", "week": "上一周同期"}[kind])
    assert f"较{sheet.before_title}增加 1 件（50.0%）" in sheet.sentences[0].text
    questions = opens(sheet, core.world())
    assert "registered.registered" in questions
    assert questions.keys().isdisjoint({"registered.registered.before", f"{sheet.topics[0].title}.before"})


def test_a_joint_order_of_the_evening_before_is_not_held_against_a_morning(quick: Core, clock: StillClock) -> None:
    clock.set(at("2026-03-19 17:00"))
    an_order(quick, meet_at="3月24日 15:00")
    clock.set(at("2026-03-20 16:00"))
    quick.measures.fold()
    friday = date(2026, 3, 20)
    sheet = quick.briefings.draft(head(quick), quick.briefings.begin(desk(quick), "day", friday)).figures
    assert sheet.row("joint.sponsored").before.number == 0
    clock.set(at("2026-03-21 09:00"))
    quick.measures.fold()
    whole = quick.briefings.draft(head(quick), quick.briefings.begin(desk(quick), "week", friday)).figures
    assert whole.row("joint.sponsored").now.number == 1


def test_what_was_frozen_beside_a_whole_day_still_says_nothing_of_more_or_less(quick: Core) -> None:
    quick.briefings.begin(desk(quick), "day", FRIDAY)
    (draft,) = rows(quick, briefing_drafts)
    old = {name: told for name, told in draft.figures.items() if name not in ("clock", "partly")}
    sheet = sheet_of({"kind": "day", "since": "2026-03-13", "until": "2026-03-13", "figures": old})
    assert {row.change(BEFORE) for row in sheet.rows if row.unit == "件"} == {""}


def test_every_number_of_a_sentence_is_one_of_the_figures_it_names(told: Core) -> None:
    draft = begun(told)
    assert draft.texts["summary"] == draft.figures.drafted
    assert {key for one in draft.figures.sentences for key in one.rests_on} >= {TOPICS, WORST, RED, "joint.sponsored"}
    for one in draft.figures.sentences:
        said = set(re.findall(r"\d[\d,]*(?:\.\d+)?", one.text.replace(draft.figures.period.title, "")))
        assert said <= known_to(one, draft.figures), one.text


def known_to(one: Sentence, sheet: FigureSheet) -> set[str]:
    """Every number the figures of a sentence hold, and the differences between their periods."""
    found: list[str] = [str(sheet.least)]
    for key in one.rests_on:
        if key == TOPICS:
            some = sum(row.now for row in sheet.topics)
            found += [f"{row.now:,}" for row in sheet.topics] + [f"{100 * some / sheet.topic_total:.1f}"]
        elif key == WORST:
            found += [part for row in sheet.worst for part in (row.rate[:-1], str(row.of), str(row.per))]
        elif key == RED:
            found += [str(sheet.red_total), str(sheet.red_open)]
        else:
            row = sheet.row(key)
            found += [row.now.text, row.now.text.rstrip("%"), *(f"{part:,}" for part in row.now.parts)]
            for other in (row.before, row.year):
                if row.now.number is not None and other.number is not None:
                    step = abs(row.now.number - other.number)
                    share = step / other.number if other.number else 0
                    found += [f"{step:,.10g}", f"{step:.1f}", f"{share * 100:.1f}"]
    return set(found)


def test_a_submitted_briefing_stays_as_it_was_whatever_happens_after(ready: Core, clock: StillClock) -> None:
    number = submitted(ready)
    view = ready.briefings.one(clerk(ready), number)
    assert (view.title, view.by, view.intact) == ("周报 · 2026年3月9日—15日", head(ready).name, True)
    assert dict(view.texts) == {
        "情况综述": "本周平稳。",
        "研判分析": "港口路排水口堵塞。",
        "下一步建议": "水务局汛前清掏。",
    }
    clock.advance(hours=1)
    confirmed(ready, "water")
    ready.measures.fold()
    after = ready.briefings.one(clerk(ready), number)
    assert (after.figures, after.texts, after.digest) == (view.figures, view.texts, view.digest)
    assert rows(ready, briefing_drafts) == []
    attempts = ("UPDATE briefings SET digest = 'x'", "DELETE FROM briefings")
    for attempt in attempts:
        with pytest.raises(DatabaseError, match="briefings 只增不改"), ready.engine.begin() as tx:
            tx.execute(text(attempt))
    again = ready.briefings.draft(head(ready), ready.briefings.begin(desk(ready), "week", FRIDAY))
    assert (again.edition, again.texts["analysis"]) == (2, WORDS["analysis"])
    assert again.figures.row("registered.registered").now.number == 2
    second = ready.briefings.submit(head(ready), again.id, again.seq, {**WORDS, "advice": "更正。"})
    assert [ready.briefings.one(head(ready), one).latest for one in (number, second)] == [False, True]


def test_the_second_writer_reads_one_sentence_and_overwrites_nothing(ready: Core) -> None:
    draft, desk_words, head_words = begun(ready), {**WORDS, "advice": "甲"}, {**WORDS, "advice": "乙"}
    ready.briefings.save(desk(ready), draft.id, draft.seq, desk_words)
    late: list[Callable[[], object]] = [
        lambda: ready.briefings.save(head(ready), draft.id, draft.seq, head_words),
        lambda: ready.briefings.submit(head(ready), draft.id, draft.seq, head_words),
        lambda: ready.briefings.delete(head(ready), draft.id, draft.seq),
        lambda: ready.briefings.retake(head(ready), draft.id, draft.seq),
    ]
    for act in late:
        with pytest.raises(Overtaken) as caught:
            act()
        assert str(caught.value) == f"{desk(ready).name} 今天 16:00刚改过这份报告，您写的还在下面，核对后再保存。"
    kept = ready.briefings.draft(head(ready), draft.id)
    assert (kept.seq, kept.texts["advice"], kept.by) == (draft.seq + 1, "甲", desk(ready).name)
    ready.briefings.submit(head(ready), draft.id, kept.seq, head_words)
    with pytest.raises(BriefingGone, match="已经提交或删除"):
        ready.briefings.save(desk(ready), draft.id, kept.seq, desk_words)


def test_a_form_of_a_draft_that_is_gone_never_writes_upon_the_next_one(quick: Core) -> None:
    """A database may give the number again; what was written of one period is no text of another."""
    old = begun(quick)
    quick.briefings.delete(desk(quick), old.id, old.seq)
    new = quick.briefings.draft(desk(quick), quick.briefings.begin(desk(quick), "month", FRIDAY))
    assert new.id == old.id
    with pytest.raises(Overtaken):
        quick.briefings.save(head(quick), old.id, old.seq, {**WORDS, "advice": "是那一周的话"})
    assert quick.briefings.draft(desk(quick), new.id) == new


def test_of_two_processes_that_write_at_once_one_wins(ready: Core, second: Core) -> None:
    numbers = together(
        lambda: ready.briefings.begin(desk(ready), "day", FRIDAY),
        lambda: second.briefings.begin(head(second), "day", FRIDAY),
    )
    assert len(set(map(str, numbers))) == 1
    draft = ready.briefings.draft(desk(ready), int(str(numbers[0])))
    done = together(
        lambda: ready.briefings.save(desk(ready), draft.id, draft.seq, {**WORDS, "advice": "甲"}),
        lambda: second.briefings.save(head(second), draft.id, draft.seq, {**WORDS, "advice": "乙"}),
    )
    assert sorted(type(one).__name__ for one in done) == ["NoneType", "Overtaken"]
    won = "甲" if done[0] is None else "乙"
    assert ready.briefings.draft(desk(ready), draft.id).texts["advice"] == won
    filed = together(
        lambda: ready.briefings.submit(head(ready), draft.id, draft.seq + 1, WORDS),
        lambda: second.briefings.submit(head(second), draft.id, draft.seq + 1, WORDS),
    )
    assert sorted(type(one).__name__ for one in filed) == ["BriefingGone", "int"]
    assert len(rows(ready, briefings)) == 1


def together(*acts: Callable[[], object]) -> list[object]:
    """What each of these gave or was refused with, begun at one moment."""
    found: list[object] = [None] * len(acts)
    gate = threading.Barrier(len(acts))

    def run(place: int, act: Callable[[], object]) -> None:
        gate.wait()
        try:
            found[place] = act()
        except Refusal as no:
            found[place] = no

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return found


def test_fresh_figures_redraft_only_words_nobody_wrote(quick: Core, clock: StillClock) -> None:
    draft = begun(quick)
    clock.advance(minutes=10)
    confirmed(quick, "water")
    quick.measures.fold()
    assert quick.briefings.draft(head(quick), draft.id).moved > 0
    quick.briefings.retake(desk(quick), draft.id, draft.seq)
    fresh = quick.briefings.draft(head(quick), draft.id)
    assert (fresh.moved, fresh.texts["summary"]) == (0, fresh.figures.drafted)
    assert "全区登记 2 件" in fresh.texts["summary"]
    quick.briefings.save(desk(quick), draft.id, fresh.seq, WORDS)
    quick.briefings.retake(desk(quick), draft.id, fresh.seq + 1)
    assert quick.briefings.draft(head(quick), draft.id).texts == WORDS
    quick.briefings.save(desk(quick), draft.id, fresh.seq + 2, WORDS, drafted=True)
    assert quick.briefings.draft(head(quick), draft.id).texts["summary"] == fresh.figures.drafted


def test_who_may_not_is_told_who_may_and_bad_input_changes_nothing(quick: Core) -> None:
    draft = begun(quick)
    with pytest.raises(NotYours, match="写报告由调度员、指挥中心负责人办理"):
        quick.briefings.begin(clerk(quick), "week", FRIDAY)
    with pytest.raises(NotYours):
        quick.briefings.draft(person(quick, "district_leader"), draft.id)
    with pytest.raises(NotYours, match="提交报告由指挥中心负责人办理"):
        quick.briefings.submit(desk(quick), draft.id, draft.seq, WORDS)
    with pytest.raises(FieldMissing, match="情况综述"):
        quick.briefings.submit(head(quick), draft.id, draft.seq, {**WORDS, "summary": " "})
    with pytest.raises(TooLong):
        quick.briefings.save(head(quick), draft.id, draft.seq, {**WORDS, "advice": "长" * 2001})
    with pytest.raises(BadField):
        quick.briefings.begin(head(quick), "day", date(2026, 3, 14))
    for kind in ("week", "month"):  # the calendar ends within these
        with pytest.raises(BadField):
            quick.briefings.begin(head(quick), kind, date.max)
    with pytest.raises(BadField):
        quick.briefings.begin(head(quick), "year", FRIDAY)
    with pytest.raises(Unknown):
        quick.briefings.one(head(quick), 987654)
    assert quick.briefings.draft(head(quick), draft.id) == draft
    assert quick.briefings.shelf(clerk(quick)).drafts == ()
    quick.briefings.delete(desk(quick), draft.id, draft.seq)
    assert rows(quick, briefing_drafts) == []
    acts = [row.action for row in rows(quick, audit_log) if row.action.startswith("briefing.")]
    assert acts[0] == "briefing.begun"
    assert acts[-1] == "briefing.deleted"


def test_word_and_pdf_hold_the_frozen_figures(told: Core) -> None:
    view = told.briefings.one(head(told), submitted(told))
    with pytest.raises(FieldMissing, match="导出理由"):
        told.briefings.papers.take(head(told), view, "docx", " ")
    for kind, words in (("docx", words_in_docx), ("pdf", words_in_pdf)):
        paper = told.briefings.papers.take(head(told), view, kind, "周例会")
        assert paper.name.startswith("周报-20260309-")
        said = words(paper.data)
        for row in view.figures.rows:
            assert row.title in said
            assert row.now.text.replace(" ", "") in said
        for wanted in ("港口路排水口堵塞。", "去年同期", view.digest, view.figures.red[0].no, "仅供工作使用"):
            assert wanted in said, wanted
    assert [row.reason for row in rows(told, audit_log) if row.action == "briefing.exported"] == ["周例会"] * 2


def test_nothing_on_paper_or_frozen_says_today(week: Core, clock: StillClock) -> None:
    """Read a week later 「今天」 is another day; and a night alone changes no figure of a draft."""
    draft = begun(week)
    assert draft.figures.red
    assert all(re.fullmatch(r"3月\d+日 周. \d\d:\d\d", one.at) for one in draft.figures.red)
    clock.advance(days=1, minutes=5)
    week.briefings.retake(head(week), draft.id, draft.seq)
    later = week.briefings.draft(head(week), draft.id)
    assert later.figures.red == draft.figures.red
    number = week.briefings.submit(head(week), draft.id, later.seq, WORDS)
    view = week.briefings.one(head(week), number)
    for kind, words in (("docx", words_in_docx), ("pdf", words_in_pdf)):
        said = words(week.briefings.papers.take(head(week), view, kind, "周例会").data)
        assert not re.search("今天|昨天|明天", said)
        assert "2026-03-1416:05" in said


def words_in_docx(data: bytes) -> str:
    paper = docx.Document(io.BytesIO(data))
    cells = (cell.text for table in paper.tables for row in table.rows for cell in row.cells)
    ends = (part.text for one in paper.sections for part in one.header.paragraphs)
    return "".join("".join((*(one.text for one in paper.paragraphs), *cells, *ends)).split())


def words_in_pdf(data: bytes) -> str:
    paper = pypdfium2.PdfDocument(data)
    return "".join("".join(page.get_textpage().get_text_range() for page in paper).split())


def test_a_card_goes_to_each_person_once(quick: Core) -> None:
    view = quick.briefings.one(head(quick), submitted(quick))
    leaders = {holder.person for holder in quick.directory().by_role["district_leader"] if holder.dingtalk}
    assert quick.briefings.sending.send(head(quick), view, ["leaders"]) == f"已发给 {len(leaders)} 人。"
    assert quick.briefings.sending.send(head(quick), view, ["leaders"]) == "这些人都收到过了，没有再发。"
    sent = rows(quick, letters, letters.c.kind == "briefing")
    assert {(row.channel, row.body["briefing"]) for row in sent} == {("dingtalk.card", view.id)}
    assert sorted(row.body["person"] for row in sent) == sorted(leaders)
    with pytest.raises(NotYours):
        quick.briefings.sending.send(desk(quick), view, ["leaders"])
    with pytest.raises(FieldMissing, match="发给谁"):
        quick.briefings.sending.send(head(quick), view, ["everybody"])


def test_the_list_shows_the_newest_period_first_and_one_kind_where_asked(quick: Core) -> None:
    filed = submitted(quick)
    quick.briefings.begin(desk(quick), "month", FRIDAY)
    shelf = quick.briefings.shelf(desk(quick))
    assert [(one.id, one.title, one.edition) for one in shelf.filed] == [(filed, "2026年3月9日—15日", 1)]
    assert [(one.kind_title, one.title) for one in shelf.drafts] == [("月报", "2026年3月")]
    assert quick.briefings.shelf(desk(quick), "day").filed == ()
    with quick.engine.connect() as tx:
        assert tx.execute(select(briefings.c.content)).scalar_one()["figures"]["before"] == "上一周同期"
