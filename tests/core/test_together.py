"""Commands given together share their commit, and end as they would have one after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from core import Actor, Command, Core
from core.receipts import Done
from tests.builders import (
    ANSWERED,
    LEAD,
    a_case,
    act,
    caller,
    clerk,
    confirmed,
    desk,
    dispatched,
    events_of,
    fresh_key,
    leg_of,
    person,
    reported,
    signed,
    states,
    the_case,
)


def command(core: Core, who: Actor, case: int, action: str, unit: str = "", **more: Any) -> Command:
    key, form = more.pop("key", "") or fresh_key(), more.pop("form", {})
    return Command(key, case, action, who, form, leg_of(core, case, unit)["id"] if unit else None, **more)


def told(outcome: Done | Exception) -> str:
    return outcome.name if isinstance(outcome, Done) else type(outcome).__name__


def test_each_keeps_its_own_case_event_letters_and_receipt(core: Core) -> None:
    cases = [dispatched(core) for _ in range(5)]
    given = [command(core, clerk(core), case, "sign", LEAD) for case in cases]
    outcomes = core.execute_all(given)
    assert [told(one) for one in outcomes] == ["case_leg.signed"] * 5
    assert [one.case for one in outcomes if isinstance(one, Done)] == cases
    assert all(states(core, case) == ("handling", "handling") for case in cases)
    assert [core.execute(one).repeated for one in given] == [True] * 5
    assert core.verify_log().ok


def test_one_key_twice_acts_once(core: Core) -> None:
    case = dispatched(core)
    twice = [command(core, clerk(core), case, "sign", LEAD, key="the same")] * 2
    first, again = core.execute_all([*twice])
    assert isinstance(first, Done)
    assert isinstance(again, Done)
    assert not first.repeated
    assert again == replace(first, repeated=True)
    assert events_of(core, case).count("case_leg.signed") == 1


def test_two_on_one_case_are_judged_one_after_the_other(core: Core) -> None:
    case, other = dispatched(core), dispatched(core)
    heads = person(core, "unit_head", LEAD)
    outcomes = core.execute_all([
        command(core, clerk(core), case, "sign", LEAD, seen=1),
        command(core, clerk(core), other, "sign", LEAD, seen=1),
        command(core, heads, case, "sign", LEAD, seen=1),
    ])  # fmt: skip
    assert sorted(map(told, outcomes)) == ["Stale", "case_leg.signed", "case_leg.signed"]
    assert events_of(core, case).count("case_leg.signed") == 1
    assert core.verify_log().ok


def test_a_refusal_among_them_is_on_record_and_spoils_nothing(core: Core) -> None:
    case, foreign = dispatched(core), dispatched(core, "market")
    bad = command(core, clerk(core), foreign, "sign", "market")
    missing = Command(fresh_key(), 987654321, "sign", clerk(core), {}, 1)
    outcomes = core.execute_all([bad, missing, command(core, clerk(core), case, "sign", LEAD)])
    assert [told(one) for one in outcomes] == ["NotYours", "Unknown", "case_leg.signed"]
    assert states(core, foreign) == ("dispatched", "to_sign")
    assert str(core.execute_all([bad])[0]) == str(outcomes[0])
    assert core.verify_log().ok


def test_a_merge_and_the_end_of_its_leading_case_in_one_commit(core: Core) -> None:
    """Cases are taken in the order of their numbers: the leading one is over before another could join it."""
    leading = reported(core)
    case = a_case(core, title="港口路又积水")
    tail = str(the_case(core, leading)["no"])[-6:]
    jobs = [
        command(core, desk(core), case, "merge", form={"leading": tail}),
        command(core, desk(core), leading, "confirm"),
    ]
    assert case > leading, "the commit takes the leading case first"
    assert [told(one) for one in core.execute_all(jobs)] == ["LeadingOver", "case.done"]
    assert states(core, case)[0] == "pending"


def test_the_end_of_a_leading_case_sees_the_merge_written_in_the_same_commit(core: Core) -> None:
    case = a_case(core, title="港口路又积水")
    leading = reported(core)
    tail = str(the_case(core, leading)["no"])[-6:]
    outcomes = core.execute_all([
        command(core, desk(core), case, "merge", form={"leading": tail}),
        command(core, desk(core), leading, "confirm"),
    ])  # fmt: skip
    assert [told(one) for one in outcomes] == ["case.merged", "case.done"]
    assert states(core, case)[0] == states(core, leading)[0] == "follow_up"


def test_an_undone_merge_is_seen_by_the_end_of_the_leading_case(core: Core) -> None:
    case, leading = a_case(core, title="港口路又积水"), reported(core)
    act(core, desk(core), case, "merge", leading=str(the_case(core, leading)["no"])[-6:])
    outcomes = core.execute_all([
        command(core, desk(core), case, "unmerge", form={"reason": "不是一件事"}),
        command(core, desk(core), leading, "confirm"),
    ])  # fmt: skip
    assert [told(one) for one in outcomes] == ["case.unmerged", "case.done"]
    assert (states(core, case)[0], states(core, leading)[0]) == ("pending", "follow_up")


def test_they_end_as_one_after_the_other(core: Core) -> None:
    """A mixed lot: the same states and events as the same lot acted singly."""

    def lot() -> list[Command]:
        one, two, three = dispatched(core), signed(core), reported(core)
        return [
            command(core, clerk(core), one, "sign", LEAD),
            command(core, clerk(core), two, "report", LEAD, form={"result": "已抽排，积水退去"}),
            command(core, desk(core), three, "confirm"),
            command(core, caller(core), confirmed(core), "record_call", form=ANSWERED),
        ]

    singly, at_once = lot(), lot()
    for one in singly:
        core.execute(one)
    core.execute_all(at_once)
    told = [[(states(core, one.case), events_of(core, one.case)) for one in some] for some in (singly, at_once)]
    assert told[0] == told[1]
