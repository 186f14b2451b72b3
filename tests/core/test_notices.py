"""Silent update, loud baton (C2): each handover tells exactly those whose turn it now is, once, never the actor."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from core import Actor, Core
from core.models.record import letters
from core.people import CLOCK, HOTLINE
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
    closed,
    confirmed,
    desk,
    dispatched,
    head,
    leg_of,
    person,
    reported,
    rows,
    signed,
    the_case,
)
from tests.clock import StillClock
from tests.core.moments import local

RETURN: dict[str, Any] = {"reason": "not_our_duty", "basis": "三定方案"}
EXTENSION: dict[str, Any] = {"days": "2", "reason": "需施工", "basis": "合同"}
Play = Callable[[Core], int]


def says(core: Core, case: int) -> list[tuple[str, frozenset[int]]]:
    """The short lines of a case so far: the bracketed word and whom it went to."""
    told = rows(core, letters, letters.c.case_id == case, letters.c.kind == "say")
    return [(row.body["text"].split("】")[0][1:], frozenset(row.body["people"])) for row in told]


def every(core: Core, role: str) -> frozenset[int]:
    return frozenset(holder.person for holder in core.directory().by_role[role])


def who(*actors: Actor) -> frozenset[int]:
    return frozenset(actor.person or 0 for actor in actors)


def unit_head(core: Core, unit: str = LEAD) -> Actor:
    return person(core, "unit_head", unit)


def on(start: Play, *acts: Callable[[Core, int], object]) -> Play:
    """A case brought to `start`, then the acts."""

    def play(core: Core) -> int:
        case = start(core)
        for one in acts:
            one(core, case)
        return case

    return play


def returning(core: Core, case: int) -> None:
    act(core, clerk(core), case, "return", LEAD, **RETURN)


def disputed(core: Core, case: int) -> None:
    returning(core, case)
    act(core, clerk(core), case, "withdraw_return", LEAD)
    returning(core, case)


def below(core: Core, case: int) -> None:
    act(core, clerk(core), case, "pass_down", LEAD, lead=BELOW)


def below_reports(core: Core, case: int) -> None:
    below(core, case)
    act(core, clerk(core, BELOW), case, "sign", BELOW)
    act(core, clerk(core, BELOW), case, "report", BELOW, result="已清运")


def asks(core: Core, case: int) -> None:
    act(core, clerk(core), case, "ask_extension", LEAD, **EXTENSION)


def again_unsatisfied(core: Core, case: int) -> None:
    act(core, caller(core), case, "record_call", **UNSATISFIED)
    act(core, clerk(core), case, "report", LEAD, result="已返工")
    act(core, desk(core), case, "confirm")
    act(core, caller(core), case, "record_call", **UNSATISFIED)


def revised(core: Core) -> int:
    case = a_case(core, outside_no="HK1")
    act(core, desk(core), case, "dispatch", lead=LEAD)
    core.register("hotline:HK1:2", a_ticket(outside_no="HK1", revision=2, content="补充：水位又涨"), HOTLINE, "feed")
    return case


def told_again(core: Core, case: int) -> None:
    act(core, desk(core), a_case(core), "merge", leading=the_case(core, case)["no"])


BATONS: list[tuple[str, Play, Callable[[Core], list[frozenset[int]]]]] = [
    # the word, what happened last, whom it goes to (one set a line)
    ("待办结", reported, lambda c: [who(desk(c))]),
    ("待派发", on(dispatched, returning, lambda c, n: act(c, desk(c, 1), n, "accept_return", LEAD)),
     lambda c: [who(desk(c))]),
    ("退回重办", on(reported, lambda c, n: act(c, desk(c), n, "send_back", reason="未联系")),
     lambda c: [who(clerk(c))]),
    ("重办", on(confirmed, lambda c, n: act(c, caller(c), n, "record_call", **UNSATISFIED)),
     lambda c: [who(clerk(c))]),
    ("督办重办", on(confirmed, again_unsatisfied), lambda c: [who(clerk(c))]),
    ("督办", on(confirmed, again_unsatisfied), lambda c: [every(c, "desk_head")]),
    ("待派发", on(a_case, lambda c, n: act(c, desk(c), n, "close_directly", reply="已答复"),
                lambda c, n: act(c, caller(c), n, "record_call", **UNSATISFIED)), lambda c: [every(c, "dispatcher")]),
    ("催办", on(dispatched, lambda c, n: act(c, desk(c), n, "nudge")), lambda c: [who(clerk(c))]),
    ("督办", on(signed, lambda c, n: act(c, head(c), n, "oversee", opinion="批示")), lambda c: [who(clerk(c))]),
    ("同一问题", on(signed, told_again), lambda c: [who(clerk(c))]),
    ("来件更新", revised, lambda c: [who(clerk(c))]),
    ("退回待审", on(dispatched, returning), lambda c: [who(desk(c))]),
    ("退回待审", on(signed, below, lambda c, n: act(c, clerk(c, BELOW), n, "return", BELOW, **RETURN)),
     lambda c: [who(clerk(c))]),
    ("退回待裁定", on(dispatched, disputed), lambda c: [every(c, "desk_head")]),
    ("退回未同意", on(dispatched, returning, lambda c, n: act(c, desk(c), n, "refuse_return", LEAD, reason="属你")),
     lambda c: [who(clerk(c))]),
    ("裁定承办", on(dispatched, disputed, lambda c, n: act(c, head(c), n, "rule_in", LEAD, basis="清单")),
     lambda c: [who(clerk(c))]),
    ("待审核", on(signed, below_reports), lambda c: [who(clerk(c))]),
    ("退回重办", on(signed, below_reports, lambda c, n: act(c, clerk(c), n, "send_back", BELOW, reason="照片不清")),
     lambda c: [who(clerk(c, BELOW))]),
    ("下级退回", on(signed, below, lambda c, n: act(c, clerk(c, BELOW), n, "return", BELOW, **RETURN),
                 lambda c, n: act(c, unit_head(c), n, "accept_return", BELOW)), lambda c: [who(clerk(c))]),
    ("延期待批", on(signed, asks), lambda c: [who(desk(c))]),
    ("延期已批", on(signed, asks, lambda c, n: act(c, desk(c), n, "grant_extension", LEAD)), lambda c: [who(clerk(c))]),
    ("延期未批", on(signed, asks, lambda c, n: act(c, desk(c), n, "refuse_extension", LEAD, reason="理由不足")),
     lambda c: [who(clerk(c))]),
    ("恢复计时", on(signed, lambda c, n: act(c, clerk(c), n, "pause", LEAD, reason="no_access"),
                 lambda c, n: act(c, unit_head(c), n, "resume", LEAD)), lambda c: [who(clerk(c))]),
    ("预警", on(signed, lambda c, n: act(c, CLOCK, n, "warn", LEAD, level="yellow", note="黄色，时限过半")),
     lambda c: [who(clerk(c))]),
    ("提醒", on(dispatched, lambda c, n: act(c, CLOCK, n, "remind", LEAD, rung="sign_2", note="还没有签收")),
     lambda c: [who(unit_head(c))]),
]  # fmt: skip


@pytest.mark.parametrize(("word", "play", "expected"), BATONS, ids=[f"{n}-{b[0]}" for n, b in enumerate(BATONS)])
def test_a_handover_tells_exactly_those_whose_turn_it_is(
    core: Core, word: str, play: Play, expected: Callable[[Core], list[frozenset[int]]]
) -> None:
    case = play(core)
    assert [people for said, people in says(core, case) if said == word][-1:] == expected(core)


@pytest.mark.parametrize(("word", "play", "expected"), BATONS, ids=[f"{n}-{b[0]}" for n, b in enumerate(BATONS)])
def test_a_line_has_no_gap_where_words_were_to_stand(
    core: Core, word: str, play: Play, expected: Callable[[Core], list[frozenset[int]]]
) -> None:
    del word, expected
    told = rows(core, letters, letters.c.case_id == play(core), letters.c.kind == "say")
    assert [row.body["text"] for row in told if re.search("[：，。、][：，。、]", row.body["text"])] == []


def test_every_baton_of_the_table_is_played_here(core: Core) -> None:
    words = {baton.words.split("】")[0][1:] for rows in core.policy.batons.values() for baton in rows if baton.words}
    assert words == {word for word, _, _ in BATONS}


@pytest.mark.parametrize("play", [a_case, dispatched, signed, closed])
def test_who_gets_the_card_or_has_it_open_needs_no_line(core: Core, play: Play) -> None:
    """Dispatch brings a new card; signing, confirming and a satisfied call pass no turn to somebody on a phone."""
    assert [said for said, _ in says(core, play(core))] in ([], ["待办结"])


def test_the_actor_is_never_told_what_they_did_themselves(core: Core) -> None:
    case = dispatched(core)
    returning(core, case)
    act(core, desk(core), case, "accept_return", LEAD)
    assert [said for said, _ in says(core, case)] == ["退回待审"], "the desk that sent it has just taken it back"


def test_one_person_hears_one_line_for_one_act(core: Core) -> None:
    case = dispatched(core, LEAD, [OTHER])
    before = len(says(core, case))
    act(core, head(core), case, "oversee", opinion="批示")
    told = says(core, case)[before:]
    people = [one for _, group in told for one in group]
    assert sorted(people) == sorted({*who(clerk(core), clerk(core, OTHER))})


def test_whoever_signed_is_told_and_not_the_whole_unit(core: Core) -> None:
    case = dispatched(core)
    act(core, unit_head(core), case, "sign", LEAD)
    act(core, desk(core), case, "nudge")
    told = says(core, case)[-1][1]
    assert told == who(clerk(core)) or told == who(unit_head(core))


def test_a_line_says_what_and_by_when(core: Core) -> None:
    case = signed(core)
    act(core, desk(core), case, "nudge", opinion="市民多次来电")
    body = rows(core, letters, letters.c.kind == "say")[-1].body
    view = core.case_view(desk(core), case)
    assert body["text"].startswith(f"【催办】{view.tail} 港口路积水：")
    assert "3月16日 周一 17:30 前办结" in body["text"]
    assert "市民多次来电" in body["text"]
    assert body["userIds"] == [core.audience(case)[-1].dingtalk] or len(body["userIds"]) == 1


def test_every_act_brings_all_copies_of_the_card_up_to_date(core: Core) -> None:
    case = closed(core)
    cards = rows(core, letters, letters.c.case_id == case, letters.c.kind == "card")
    assert len(cards) == 6, "registered, dispatched, signed, reported, confirmed, called"
    assert {row.lane for row in cards} == {f"card:{case}"}


# --- results --------------------------------------------------------------------------------------------------------


def results(core: Core, case: int) -> list[str]:
    return [row.body["event"] for row in rows(core, letters, letters.c.case_id == case, letters.c.kind == "result")]


def test_a_case_from_outside_is_answered_there(core: Core) -> None:
    case = closed(core, outside_no="HK2026030901")
    assert results(core, case) == ["case.dispatched", "case.done", "case.closed"]
    last = rows(core, letters, letters.c.kind == "result")[-1]
    assert (last.channel, last.lane) == ("hotline", "hotline:HK2026030901")
    assert last.body["outside_no"] == "HK2026030901"
    assert last.body["reply"] == "已抽排，积水退去"
    assert last.body["outcome"] == ANSWERED["satisfied"]


def test_a_case_of_our_own_is_handed_back_to_nobody(core: Core) -> None:
    assert results(core, closed(core)) == []


# --- quiet hours ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "urgency", "until"),
    [
        ("2026-03-09 21:59", "normal", None),
        ("2026-03-09 22:00", "normal", "2026-03-10 07:00:00"),
        ("2026-03-10 03:00", "normal", "2026-03-10 07:00:00"),
        ("2026-03-10 07:00", "normal", None),
        ("2026-03-09 23:00", "urgent", None),
        ("2026-03-09 23:00", "critical", None),
    ],
)
def test_ordinary_lines_wait_for_the_morning(
    core: Core, clock: StillClock, at: str, urgency: str, until: str | None
) -> None:
    case = signed(core, urgency=urgency)
    clock.set(at)
    act(core, desk(core), case, "nudge")
    said = rows(core, letters, letters.c.case_id == case, letters.c.kind == "say")[-1]
    assert (local(said.hold_until) if said.hold_until else None) == until
    card = rows(core, letters, letters.c.case_id == case, letters.c.kind == "card")[-1]
    assert card.hold_until is None, "a silent update wakes nobody"


def test_a_line_goes_to_the_unit_below_by_its_own_name(core: Core) -> None:
    case = signed(core)
    below(core, case)
    act(core, desk(core), case, "nudge")
    assert says(core, case)[-1][1] == who(clerk(core, BELOW)), "the delegated unit above is not at work"
    assert leg_of(core, case, BELOW)["nudges"] == 1
