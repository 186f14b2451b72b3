"""Statistics: what is folded equals what is counted from zero, every number opens its cases, nobody sees more."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select

from core import Core
from core.errors import BadField, Unknown
from core.figures import (
    AMOUNTS,
    DIMS,
    HANDLED,
    KINDS,
    MACHINES,
    NOTHING,
    REGISTERED,
    WHOLE,
    Ask,
    Line,
    Pick,
    Stats,
    plus,
)
from core.measures import asking
from core.models.measures import figures, rollup_state, rollups
from core.people import HOTLINE, Actor
from core.worktime import local_date
from tests.builders import (
    ANSWERED,
    BELOW,
    LEAD,
    OTHER,
    UNSATISFIED,
    a_case,
    a_ticket,
    act,
    caller,
    clerk,
    confirmed,
    desk,
    dispatched,
    fresh_key,
    head,
    person,
    rows,
)  # fmt: skip
from tests.clock import StillClock
from tests.core.plain_model import Model
from tests.core.test_histories import a_try, gather, outcome, units_of

HISTORIES, STEPS = 12, 16


def snapshot(core: Core) -> tuple[list[Any], list[Any]]:
    """The figures without their ids, and the rollups that hold anything."""
    with core.engine.connect() as tx:
        counted = [tuple(row)[1:] for row in tx.execute(select(figures))]
        rolled = [tuple(row) for row in tx.execute(select(rollups)) if any(row[-len(AMOUNTS) :])]
    return sorted(counted, key=repr), sorted(rolled, key=repr)


def this_month(core: Core, **more: Any) -> Ask:
    today = local_date(core.clock.now())
    return Ask(today.replace(day=1), today, **more)


def unit_of(core: Core, code: str) -> int:
    return core.directory().by_word[code]


def line_of(stats: Stats, dim: str, title: str) -> Line:
    return next(line for line in stats.chapter(dim).lines if line.title == title)


def numbers(line: Line) -> dict[str, str]:
    return {cell.measure: cell.text for cell in line.cells}


def a_random_week(core: Core, clock: StillClock, seed: int) -> int:
    """One case through whatever people try, with hours passing and the worker folding now and then."""
    chance, cast, units = random.Random(seed), gather(core), units_of(core)
    fields = {"channel": chance.choice(("RX", "WX", "ZJ")), "type": chance.choice(("complain", "ask"))}
    by = chance.choice((HOTLINE, desk(core), clerk(core)))
    case = core.register(
        fresh_key("history"), a_ticket(**fields, town=chance.choice((None, "xiuying"))), by, "web"
    ).case
    model, acted = Model(children=cast.children), 0
    model.no, model.shelf = "this", {"this": model}
    for _ in range(STEPS):
        role, unit, actor, action, number, form = a_try(chance, cast, model, units)
        sheet = core.sheet(case)
        assert sheet is not None
        leg = sheet.legs[number]["id"] if number is not None and number < len(sheet.legs) else None
        if number is None or leg is not None:
            done = outcome(core, _command(case, action, actor, form, leg)) == "ok"
            acted += done and model.do(role, unit, action, number, form) == "ok"
        clock.advance(minutes=chance.choice((1, 20, 300, 1500, 6000)))
        if chance.random() < 0.4:
            core.measures.fold()
    return acted


def _command(case: int, action: str, actor: Actor, form: dict[str, str], leg: int | None) -> Any:
    from core import Command

    return Command(fresh_key(), case, action, actor, form, leg)


@pytest.mark.slow
def test_what_is_folded_equals_what_is_counted_from_zero(core: Core, clock: StillClock) -> None:
    """Random histories, folded at random moments, against one count of everything at the end."""
    acted = sum(a_random_week(core, clock, seed) for seed in range(HISTORIES))
    core.measures.fold()
    folded = snapshot(core)
    core.measures.rebuild()
    assert snapshot(core) == folded
    assert acted > HISTORIES * 3
    assert len(folded[0]) > HISTORIES * 2
    print(f"{HISTORIES} histories, {acted} effective steps, {len(folded[0])} figures, seeds 0..{HISTORIES - 1}")


def test_folding_again_or_twice_at_once_changes_nothing(core: Core) -> None:
    for _ in range(6):
        confirmed(core)
    threads = [threading.Thread(target=core.measures.fold) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    once = snapshot(core)
    core.measures.fold()
    assert snapshot(core) == once
    core.measures.rebuild()
    assert snapshot(core) == once


def test_a_fold_that_breaks_off_leaves_nothing_half_done(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    confirmed(core)
    core.measures.fold()
    before, state = snapshot(core), rows(core, rollup_state)
    dispatched(core)
    monkeypatch.setattr("core.measures.folding._roll", _broken)
    with pytest.raises(ZeroDivisionError):
        core.measures.fold()
    assert (snapshot(core), rows(core, rollup_state)) == (before, state)
    monkeypatch.undo()
    core.measures.fold()
    after = snapshot(core)
    core.measures.rebuild()
    assert snapshot(core) == after != before


def _broken(*_: Any) -> None:
    raise ZeroDivisionError


def test_a_units_figures_are_those_of_its_work(core: Core, clock: StillClock) -> None:
    """Signed and contacted in time, closed in time, returned, redone, handed over, and how long it took."""
    done = dispatched(core, OTHER)
    clock.advance(minutes=10)
    act(core, clerk(core, OTHER), done, "sign", OTHER)
    clock.advance(minutes=50)
    act(core, clerk(core, OTHER), done, "contact", OTHER, note="已电话联系")
    clock.advance(hours=2)
    act(core, clerk(core, OTHER), done, "report", OTHER, result="已疏通")
    act(core, desk(core), done, "confirm")
    returned = dispatched(core, OTHER)
    act(core, clerk(core, OTHER), returned, "return", OTHER, reason="not_our_duty", basis="三定方案")
    act(core, desk(core), returned, "accept_return", OTHER)
    act(core, desk(core), returned, "dispatch", lead=LEAD)
    core.measures.fold()
    stats = core.measures.stats(desk(core), this_month(core))
    water = line_of(stats, "unit", "水务局")
    told = {cell.measure: cell for cell in water.cells}
    assert [told[name].number for name in ("received", "closed", "on_time", "overdue", "returned", "redone")] == [
        2, 1, 1, 0, 1, 0,
    ]  # fmt: skip
    assert told["signed_rate"].parts == ((2, "signed_on_time"), (2, "received"))
    assert told["contact_rate"].parts == ((1, "contacted_on_time"), (2, "received"))
    assert told["contact_time"].text == "60 分钟"
    assert told["close_time"].text == "3.0 小时"
    assert told["handovers"].text == "1.50 次"
    assert told["closing_rate"].text == "样本不足"
    assert told["closing_rate"].parts == ((1, "closed"), (1, "due"))


def test_time_alone_makes_a_case_overdue_and_a_late_report_keeps_it_so(core: Core, clock: StillClock) -> None:
    late = dispatched(core, OTHER)
    core.measures.fold()
    ask = Ask(local_date(clock.now()), local_date(clock.now()))
    who = clerk(core, OTHER)
    assert core.measures.total(who, ask, Pick("overdue")) == 0
    clock.advance(days=14)
    assert core.measures.fold() > 0
    assert core.measures.total(who, ask, Pick("overdue")) == core.measures.total(who, ask, Pick("overdue_open")) == 1
    act(core, who, late, "sign", OTHER)
    act(core, who, late, "report", OTHER, result="已处理")
    act(core, desk(core), late, "confirm")
    core.measures.fold()
    told = {
        name: core.measures.total(who, ask, Pick(name)) for name in ("overdue", "overdue_open", "closed", "on_time")
    }
    assert told == {"overdue": 1, "overdue_open": 0, "closed": 1, "on_time": 0}


def test_a_redone_case_is_open_again_and_its_answers_are_of_the_last_call(core: Core, clock: StillClock) -> None:
    case, who = confirmed(core, OTHER), clerk(core, OTHER)
    ask = this_month(core)
    act(core, caller(core), case, "record_call", **UNSATISFIED)
    core.measures.fold()
    assert core.measures.total(who, ask, Pick("redone")) == core.measures.total(who, ask, Pick("open")) == 1
    assert core.measures.total(who, ask, Pick("closed")) == core.measures.total(who, ask, Pick("reached")) == 0
    act(core, who, case, "report", OTHER, result="已重新处理")
    act(core, desk(core), case, "confirm")
    act(core, caller(core), case, "record_call", **ANSWERED)
    core.measures.fold()
    told = {name: core.measures.total(who, ask, Pick(name)) for name in ("redone", "closed", "reached", "satisfied")}
    assert told == dict.fromkeys(told, 1)


def test_registration_counts_by_the_unit_that_registered(core: Core) -> None:
    """A unit's own case stands under the unit, the desk's under the desk, a machine's under the machines."""
    own = a_case(core, by=clerk(core, OTHER), source="web", channel="ZJ")
    act(core, clerk(core, OTHER), own, "close_own", reply="当场答复")
    a_case(core, by=desk(core), source="web", channel="ZJ")
    dispatched(core)
    core.measures.fold()
    stats = core.measures.stats(desk(core), this_month(core, kind=REGISTERED))
    assert {line.title: line.count for line in stats.chapter("unit").lines} == {
        "水务局": 1, "指挥中心": 1, "系统接入": 1,
    }  # fmt: skip
    water = numbers(line_of(stats, "unit", "水务局"))
    assert (water["direct"], water["dispatched"], water["done"]) == ("1", "0", "1")
    shares = {line.title: line.share for line in stats.chapter("channel").lines}
    assert sorted(shares.values()) == ["33.3%", "66.7%"]


def test_the_district_counts_a_case_of_two_units_once(core: Core) -> None:
    dispatched(core, OTHER, support=[LEAD])
    core.measures.fold()
    stats = core.measures.stats(desk(core), this_month(core))
    assert stats.head[0].number == 1
    assert {line.title: line.count for line in stats.chapter("unit").lines} == {"水务局": 1, "城管局": 1}


@pytest.fixture
def a_month(core: Core, clock: StillClock) -> Core:
    """Cases of several sources and units in every state over some weeks, folded."""
    for number in range(14):
        unit = (OTHER, LEAD, "housing")[number % 3]
        case = dispatched(core, unit, channel=("RX", "WX", "LY")[number % 3], town=("xiuying", None)[number % 2])
        if number % 4:
            act(core, clerk(core, unit), case, "sign", unit)
        if number % 4 > 1:
            act(core, clerk(core, unit), case, "report", unit, result="已处理")
        if number % 4 > 2:
            act(core, desk(core), case, "confirm")
        clock.advance(days=2, hours=3)
    down = dispatched(core, LEAD)
    act(core, clerk(core, LEAD), down, "pass_down", LEAD, lead=BELOW)
    a_case(core, by=clerk(core, LEAD), source="web", channel="ZJ")
    core.measures.fold()
    return core


def readers(core: Core) -> dict[str, Actor]:
    leader = next(one.actor for one in core.directory().by_role["district_leader"] if one.actor.in_charge)
    return {"desk": desk(core), "head": head(core), "unit": clerk(core), "below": clerk(core, BELOW), "leader": leader}


def links(stats: Stats) -> Iterator[tuple[int, Ask, Pick]]:
    """Every number of a page with what it opens."""
    for cell in stats.head:
        yield from ((number, stats.ask, Pick(amount)) for number, amount in cell.parts)
    for chapter in stats.chapters:
        for line in chapter.lines:
            ask, dim, value = stats.ask, "all", ""
            if chapter.dim == "unit":
                ask = Ask(ask.since, ask.until, ask.kind, int(line.value))
            elif line.since is not None and line.until is not None:
                ask = Ask(line.since, line.until, ask.kind, ask.unit)
            else:
                dim, value = chapter.dim, line.value
            for cell in line.cells:
                yield from ((number, ask, Pick(amount, dim, value)) for number, amount in cell.parts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("who", ["desk", "head", "unit", "below", "leader"])
def test_every_number_opens_exactly_its_cases(a_month: Core, who: str, kind: str) -> None:
    actor, core = readers(a_month)[who], a_month
    ask = Ask(date(2026, 3, 1), local_date(core.clock.now()), kind)
    stats, checked = core.measures.stats(actor, ask), set()
    for number, asked, pick in links(stats):
        if (asked, pick) in checked:
            continue
        checked.add((asked, pick))
        first = core.measures.opened(actor, asked, pick, 1, 4)
        found = [
            item.no
            for page in range(1, first.pages + 1)
            for item in core.measures.opened(actor, asked, pick, page, 4).items
        ]
        assert len(found) == first.total == number, (asked, pick)
        for no in set(found):
            assert core.case_within(actor, no)
    assert who == "below" or len(checked) > 20


def test_units_see_their_own_and_leaders_those_in_charge(a_month: Core) -> None:
    core, people = a_month, readers(a_month)
    ask = Ask(date(2026, 3, 1), local_date(core.clock.now()))
    everything = {line.title for line in core.measures.stats(people["desk"], ask).chapter("unit").lines}
    assert {"水务局", "城管局", "住建局"} <= everything
    own = core.measures.stats(people["unit"], ask)
    assert own.scope == "城管局"
    assert {line.title for line in own.chapter("unit").lines} == {
        "城管局",
        core.directory().unit_name(unit_of(core, BELOW)),
    }
    mine = {core.directory().unit_name(unit) for unit in people["leader"].in_charge}
    led = {line.title for line in core.measures.stats(people["leader"], ask).chapter("unit").lines}
    assert led
    assert led <= everything
    assert led & mine
    for who, code in (("unit", OTHER), ("below", LEAD)):
        with pytest.raises(Unknown):
            core.measures.stats(people[who], Ask(ask.since, ask.until, HANDLED, unit_of(core, code)))
    for unit in (WHOLE, MACHINES, 10**15):
        with pytest.raises(Unknown):
            core.measures.opened(people["unit"], Ask(ask.since, ask.until, HANDLED, unit), Pick("received"))
    administrator = core.measures.stats(person(core, "system_admin"), ask)
    assert administrator.head[0].number == 0
    assert administrator.chapter("unit").lines == ()


def test_months_and_days_add_up_to_the_same(a_month: Core) -> None:
    """A stretch read as whole months and the days around them equals the same stretch day by day."""
    core = a_month
    last = local_date(core.clock.now())
    for since, until in ((date(2026, 3, 1), last), (date(2026, 3, 10), last), (date(2026, 2, 3), date(2026, 3, 20))):
        for dim in DIMS:
            whole = sums(core, Ask(since, until), dim)
            single: dict[str, tuple[int, ...]] = {}
            for number in range((until - since).days + 1):
                day = since + timedelta(days=number)
                for value, amounts in sums(core, Ask(day, day), dim).items():
                    single[value] = plus(single.get(value, NOTHING), amounts)
            assert whole == single


def sums(core: Core, ask: Ask, dim: str) -> dict[str, tuple[int, ...]]:
    with core.engine.connect().execution_options(readonly=True) as tx:
        return asking.by_value(tx, ask, [WHOLE], dim)


def test_odd_questions_get_one_sentence(core: Core) -> None:
    day = date(2026, 3, 9)
    for ask in (Ask(day, day - timedelta(days=1)), Ask(date(2020, 1, 1), day)):
        with pytest.raises(BadField):
            core.measures.stats(desk(core), ask)
    with pytest.raises(Unknown):
        core.measures.stats(desk(core), Ask(day, day, "guessed"))
    with pytest.raises(Unknown):
        core.measures.opened(desk(core), Ask(day, day), Pick("id"))


def test_a_page_costs_the_same_however_long_the_history(core: Core, clock: StillClock) -> None:
    """Statements sent and rows fetched for this month's page, with a month of history and with ten years of it."""
    for unit in (OTHER, LEAD):
        dispatched(core, unit)
    core.measures.fold()
    short = cost_of_a_page(core)
    row = {"kind": HANDLED, "dim": "all", "grain": "day", "value": "", **dict.fromkeys(AMOUNTS, 1)}
    old = [
        {**row, "unit_id": unit, "day": date(2016, 1, 1) + timedelta(days=number), "dim": dim}
        for number in range(3_600)
        for unit in (WHOLE, unit_of(core, OTHER))
        for dim in ("all", "channel")
    ]
    with core.engine.begin() as tx:
        for start in range(0, len(old), 5_000):
            tx.execute(insert(rollups), old[start : start + 5_000])
    long = cost_of_a_page(core)
    print(f"statements and tens of engine steps: {short} with a month, {long} with ten years")
    assert long[0] == short[0] <= 12
    assert long[1] <= short[1] * 1.1 + 50


def cost_of_a_page(core: Core) -> tuple[int, int]:
    """Statements of one page, and on SQLite the tens of steps its engine took for them."""
    statements: list[str] = []
    steps = [0]

    def tick() -> int:
        steps[0] += 1
        return 0

    def sent(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)
        if core.engine.dialect.name == "sqlite":
            connection.connection.driver_connection.set_progress_handler(tick, 10)

    who, ask = desk(core), this_month(core)
    core.measures.stats(who, ask)  # the directory and the calendar are read before
    event.listen(core.engine, "before_cursor_execute", sent)
    core.measures.stats(who, ask)
    event.remove(core.engine, "before_cursor_execute", sent)
    return len(statements), steps[0]
