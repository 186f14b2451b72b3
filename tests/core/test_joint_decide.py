"""The judgement of 树党旗, row by row: every cell of both flow tables, taken from the tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.decide import decide, offered
from core.errors import FieldMissing, MoveNotOpen, NothingChanged, NotYours, Refusal
from core.joint_errors import (
    BasisGone,
    BasisMissing,
    CheckInNotStarted,
    CheckInOver,
    CodeElsewhere,
    CodeOver,
    CodeUnread,
    MeetingNotOver,
    NobodyComes,
    NobodyFedBack,
    NoPromiseOpen,
    NoReviewWaits,
    NotColleague,
    NotOnSite,
    OrderNotWorking,
    RatedAlready,
    RatingNotOpen,
    RefusalBarred,
    ReviewDrafted,
    SpotUnread,
    UnfedChanged,
    UnitsUnfed,
)
from core.joint_facts import JointSituation
from core.joint_guards import JOINT_CHOICES, JOINT_GUARDS, JOINT_ON_FORM
from core.policy.flow import Flow, Move
from tests.core.joint_situations import HAND, PICKS, SCANNED, an_actor, situation
from tests.core.situations import NOW, POLICY
from tests.core.test_decide import ROLES, name_of

FLOWS = tuple(POLICY.flows[name] for name in ("joint_order", "joint_leg"))
ROWS = [(flow, move) for flow in FLOWS for move in flow.moves]
NEVER = "report", ("coming", "late_asked", "on_site")
"""Too early for a report: these rows are there for their sentence."""


def cells() -> Iterator[tuple[Flow, Move, str, str, str]]:
    for flow, move in ROWS:
        for state in move.sources:
            if (move.action, move.sources) != NEVER:
                for standing in move.by:
                    for role in sorted(POLICY.standings[standing].roles):
                        yield flow, move, state, standing, role


def usual(flow: Flow, move: Move) -> tuple[Any, JointSituation]:
    standing = POLICY.standings[move.by[0]]
    return an_actor(min(standing.roles), standing.relation), situation(flow, move, move.sources[0])


def test_the_tests_know_every_condition_of_the_tables() -> None:
    assert set(JOINT_CHOICES) == PICKS
    assert set(JOINT_GUARDS) == {guard for guard, *_ in BROKEN}


@pytest.mark.parametrize(("flow", "move", "state", "standing", "role"), list(cells()), ids=name_of)
def test_each_standing_a_row_names_may_take_it(flow: Flow, move: Move, state: str, standing: str, role: str) -> None:
    now = situation(flow, move, state)
    actor = an_actor(role, POLICY.standings[standing].relation)
    assert decide(POLICY, flow, move.action, actor, now) is move
    assert move.action in [row.action for row in offered(POLICY, flow, actor, now)]


@pytest.mark.parametrize(("flow", "move"), ROWS, ids=name_of)
def test_every_other_role_and_every_stranger_is_told_whose_move_it_is(flow: Flow, move: Move) -> None:
    named = frozenset().union(*(POLICY.standings[standing].roles for standing in move.by))
    anywhere = frozenset().union(
        *(POLICY.standings[one].roles for one in move.by if POLICY.standings[one].relation == "anywhere")
    )
    for state in move.sources:
        now = situation(flow, move, state)
        others = [an_actor(role, relation) for role in sorted(set(ROLES) - named) for relation in
                  ("none", "raised_it", "was_called", "heads_called_unit", "in_charge_above")]  # fmt: skip
        for actor in [*others, *(an_actor(role) for role in sorted(named - anywhere))]:
            with pytest.raises(NotYours, match=POLICY.standings[move.by[0]].title):
                decide(POLICY, flow, move.action, actor, now)


@pytest.mark.parametrize(("flow", "action"), sorted({(f.name, m.action) for f, m in ROWS}), ids=name_of)
def test_a_move_is_closed_in_every_other_state(flow: str, action: str) -> None:
    table = POLICY.flows[flow]
    rows = [move for move in table.moves if move.action == action]
    for state in set(table.states) - {state for move in rows for state in move.sources}:
        actor, _ = usual(table, rows[0])
        with pytest.raises(MoveNotOpen) as caught:
            decide(POLICY, table, action, actor, situation(table, replace(rows[0], only_if=()), state))
        assert table.states[state].title in str(caught.value)


@pytest.mark.parametrize(
    ("flow", "move", "field"),
    [(flow, move, name) for flow, move in ROWS for name in move.form if move.form[name] == "required"],
    ids=name_of,
)
def test_a_required_field_left_empty_is_named(flow: Flow, move: Move, field: str) -> None:
    actor, now = usual(flow, move)
    with pytest.raises(FieldMissing) as caught:
        decide(POLICY, flow, move.action, actor, replace(now, form={**now.form, field: " "}))
    assert POLICY.field(move.action, field).label in str(caught.value)


BROKEN: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], type[Refusal]]] = [
    # guard, what is different about the leg, about the order, around it, the refusal
    ("somebody_comes", {"state": "invited"}, {}, {}, NobodyComes),
    ("meeting_changes", {}, {}, {"meet_at": None, "form": {"place": "港口路"}}, NothingChanged),
    ("everybody_fed_back", {"state": "reporting"}, {}, {}, UnitsUnfed),
    ("nobody_is_left", {"state": "invited"}, {}, {}, UnitsUnfed),
    ("unfed_are_named", {}, {}, {"form": {"unfed": "99"}}, UnfedChanged),
    ("unfed_are_named", {"state": "fed_back"}, {}, {"form": {"unfed": " "}}, Refusal),
    ("somebody_answered", {"state": "reporting"}, {}, {}, NobodyFedBack),
    ("may_refuse", {"barred": True}, {}, {}, RefusalBarred),
    ("basis_is_given", {}, {}, {"form": {"basis": " "}}, BasisMissing),
    ("check_in_is_open", {}, {"check_in_from": None}, {}, CheckInNotStarted),
    ("check_in_is_open", {}, {"met_at": NOW}, {}, CheckInOver),
    ("check_in_was_started", {}, {"check_in_from": None}, {}, CheckInNotStarted),
    ("code_counts", {}, {}, {"scanned": None}, CodeUnread),
    ("code_counts", {}, {}, {"scanned": replace(SCANNED, order=2)}, CodeElsewhere),
    ("code_counts", {}, {}, {"scanned": replace(SCANNED, counts_until=NOW - timedelta(seconds=1))}, CodeOver),
    ("code_counts", {}, {}, {"scanned": replace(SCANNED, at=NOW + timedelta(seconds=1))}, Refusal),
    ("code_counts", {}, {"check_in_from": None}, {}, CheckInNotStarted),
    ("code_counts", {}, {"check_in_from": SCANNED.until}, {}, CheckInNotStarted),
    ("code_counts", {}, {"met_at": SCANNED.at}, {}, CheckInOver),
    ("spot_reads", {}, {}, {"form": {"spot": "路口"}}, SpotUnread),
    ("promise_is_open", {"promised": False}, {}, {}, NoPromiseOpen),
    ("basis_lies_here", {"state": "invited"}, {}, {"has_basis": False}, BasisGone),
    ("was_on_site", {"state": "coming"}, {}, {}, NotOnSite),
    ("meeting_has_ended", {"state": "on_site"}, {"met_at": None}, {}, MeetingNotOver),
    ("order_is_working", {}, {"state": "close_review"}, {}, OrderNotWorking),
    ("next_person_known", {}, {}, {"knows_next": False}, NotColleague),
    ("rating_is_open", {}, {"state": "working"}, {}, RatingNotOpen),
    ("unit_not_rated", {"rated": frozenset({"sponsor"})}, {}, {}, RatedAlready),
    ("sponsor_not_rated", {"rated": frozenset({"unit"})}, {}, {}, RatedAlready),
    ("review_waits", {}, {"review": "kept"}, {}, NoReviewWaits),
    ("review_waits", {}, {"review": ""}, {}, NoReviewWaits),
    ("no_review_yet", {}, {"review": "draft"}, {}, ReviewDrafted),
    ("reason_if_displeased", {}, {}, {"form": {"pleased": "displeased", "displeasure": " "}}, FieldMissing),
]  # fmt: skip


@pytest.mark.parametrize(("guard", "leg", "order", "around", "refusal"), BROKEN)
def test_a_guard_refuses_with_its_own_sentence_and_hides_its_button(
    guard: str, leg: dict[str, Any], order: dict[str, Any], around: dict[str, Any], refusal: type[Refusal]
) -> None:
    for flow, move in ROWS:
        if guard in move.when:
            actor, now = usual(flow, move)
            legs = tuple(replace(one, **leg) if one.id == HAND else one for one in now.case.legs)
            case = replace(now.case, legs=legs, **order)
            form = {**now.form, **around.get("form", {})}
            rest = {name: value for name, value in around.items() if name != "form"}
            in_hand = case.leg(HAND) if now.leg is not None else None
            with pytest.raises(refusal):
                decide(POLICY, flow, move.action, actor, replace(now, case=case, leg=in_hand, form=form, **rest))
            if guard not in JOINT_ON_FORM:
                shown = offered(POLICY, flow, actor, replace(now, case=case, leg=in_hand, form={}, **rest))
                assert move.action not in [row.action for row in shown]


def test_a_contact_person_rules_on_behalf_only_over_units_in_their_leaders_charge() -> None:
    flow = POLICY.flows["joint_leg"]
    move = next(row for row in flow.moves if row.action == "rule_in")
    now = situation(flow, move, "disputed")
    assert decide(POLICY, flow, "rule_in", an_actor("contact_person", "in_charge_above"), now) is move
    with pytest.raises(NotYours):
        decide(POLICY, flow, "rule_in", an_actor("district_leader"), now)
