"""The judgement, row by row: every cell of both flow tables, taken from the tables so that a new row is covered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.decide import decide, offered
from core.errors import (
    AlreadyAbove,
    AlreadyOverseen,
    BadField,
    CallUnanswered,
    ExtensionNotAllowed,
    ExtensionUsed,
    FieldMissing,
    LeadingMerged,
    LeadingOver,
    LeadsOthers,
    MergeItself,
    MoveNotOpen,
    NotBelow,
    NothingAsked,
    NotYours,
    PastDeadline,
    PauseUsedUp,
    Refusal,
    ReturnBarred,
    ReturnWindowClosed,
    TooLong,
    UnitsAtWork,
    Unknown,
    WrongPost,
)
from core.facts import Situation
from core.guards import CHOICES, GUARDS, ON_FORM
from core.joint_guards import JOINT_CHOICES, JOINT_GUARDS
from core.people import Actor, PostView
from core.policy.flow import Flow, Move
from tests.core.situations import HAND, LEADING, NAMED, NOW, PICKS, POLICY, UNIT, a_leg, an_actor, situation

FLOWS = tuple(POLICY.flows[name] for name in ("case", "case_leg"))  # 树党旗: test_joint_decide
ROWS = [(flow, move) for flow in FLOWS for move in flow.moves]
SYSTEM_ROLES = ("clock", "legs", "case", "order", "hotline")
ROLES = (*POLICY.roles, *SYSTEM_ROLES)


def name_of(value: Any) -> str | None:
    match value:
        case Flow() | Move():
            return value.name if isinstance(value, Flow) else f"{value.action}-{value.event}"
    return value if isinstance(value, str) else None


def every_cell() -> Iterator[tuple[Flow, Move, str, str, str]]:
    """Flow, row, state, standing and role: everything the tables allow."""
    for flow, move in ROWS:
        for state in move.sources:
            for standing in move.by:
                for role in sorted(POLICY.standings[standing].roles):
                    yield flow, move, state, standing, role


def usual(flow: Flow, move: Move) -> tuple[Actor, Situation]:
    """The first actor a row names, in the first state it starts from."""
    standing = POLICY.standings[move.by[0]]
    actor = an_actor(min(standing.roles), standing.relation)
    return actor, situation(flow, move, move.sources[0], standing.relation)


def with_form(now: Situation, **fields: str) -> Situation:
    return replace(now, form={**now.form, **fields})


# --- allowed --------------------------------------------------------------------------------------------------------


def test_the_tests_know_every_condition_of_the_tables() -> None:
    assert {name for _, move in ROWS for name in move.only_if} <= PICKS
    assert set(CHOICES) - set(JOINT_CHOICES) == PICKS
    assert set(GUARDS) - set(JOINT_GUARDS) == {guard for guard, *_ in BROKEN}


def test_rows_that_share_an_action_and_a_state_ask_the_same_of_the_same_people() -> None:
    for flow in FLOWS:
        for rows in flow.rows.values():
            assert len({(row.by, tuple(row.form.items()), row.title) for row in rows}) == 1


@pytest.mark.parametrize(("flow", "move", "state", "standing", "role"), list(every_cell()), ids=name_of)
def test_each_standing_a_row_names_may_take_it(flow: Flow, move: Move, state: str, standing: str, role: str) -> None:
    relation = POLICY.standings[standing].relation
    now = situation(flow, move, state, relation)
    assert decide(POLICY, flow, move.action, an_actor(role, relation), now) is move


@pytest.mark.parametrize(("flow", "move"), ROWS, ids=name_of)
def test_a_row_without_form_guards_is_offered_to_its_people(flow: Flow, move: Move) -> None:
    actor, now = usual(flow, move)
    assert move.action in [row.action for row in offered(POLICY, flow, actor, now)]


# --- refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("flow", "move"), ROWS, ids=name_of)
def test_every_other_role_is_told_whose_move_it_is(flow: Flow, move: Move) -> None:
    named = frozenset().union(*(POLICY.standings[standing].roles for standing in move.by))
    for role in sorted(set(ROLES) - named):
        for relation in ("none", "holds_leg", "sent_leg", "in_charge_of_unit", "registered_it"):
            for state in move.sources:
                now = situation(flow, move, state, relation)
                with pytest.raises(NotYours, match=POLICY.standings[move.by[0]].title):
                    decide(POLICY, flow, move.action, an_actor(role, relation), now)


@pytest.mark.parametrize(("flow", "move"), ROWS, ids=name_of)
def test_the_right_role_without_the_relation_is_refused(flow: Flow, move: Move) -> None:
    for standing in (POLICY.standings[name] for name in move.by):
        free = {role for name in move.by for role in POLICY.standings[name].roles}
        free -= {r for n in move.by if POLICY.standings[n].relation == "anywhere" for r in POLICY.standings[n].roles}
        for role in standing.roles & free:
            # a leg that another unit sent is not the centre's to review
            relation = "sent_leg" if standing.relation == "centre_sent_leg" else "none"
            now = situation(flow, move, move.sources[0], relation)
            with pytest.raises(NotYours):
                decide(POLICY, flow, move.action, an_actor(role), now)


@pytest.mark.parametrize(("flow", "action"), sorted({(f.name, m.action) for f, m in ROWS}), ids=name_of)
def test_a_move_is_closed_in_every_other_state(flow: str, action: str) -> None:
    table = POLICY.flows[flow]
    open_in = {state for move in table.moves if move.action == action for state in move.sources}
    move = next(move for move in table.moves if move.action == action)
    actor, now = usual(table, move)
    for state in set(table.states) - open_in:
        moved = situation(table, replace(move, only_if=()), state, POLICY.standings[move.by[0]].relation)
        with pytest.raises(MoveNotOpen) as caught:
            decide(POLICY, table, action, actor, replace(moved, form=now.form))
        assert table.states[state].title in str(caught.value)
        assert move.title in str(caught.value)


def test_an_action_nobody_knows_is_not_open() -> None:
    flow, move = ROWS[0]
    actor, now = usual(flow, move)
    with pytest.raises(MoveNotOpen):
        decide(POLICY, flow, "dance", actor, now)


# --- the form -------------------------------------------------------------------------------------------------------

FIELDS = [(flow, move, name) for flow, move in ROWS for name in move.form]
REQUIRED = [(flow, move, name) for flow, move, name in FIELDS if move.form[name] == "required"]
CHOSEN = [(flow, move, name) for flow, move, name in FIELDS if POLICY.field(move.action, name).options]


@pytest.mark.parametrize("given", ["", " \n　"])
@pytest.mark.parametrize(("flow", "move", "field"), REQUIRED, ids=name_of)
def test_a_required_field_left_empty_is_named(flow: Flow, move: Move, field: str, given: str) -> None:
    actor, now = usual(flow, move)
    with pytest.raises(FieldMissing) as caught:
        decide(POLICY, flow, move.action, actor, with_form(now, **{field: given}))
    assert POLICY.field(move.action, field).label in str(caught.value)


@pytest.mark.parametrize(("flow", "move", "field"), FIELDS, ids=name_of)
def test_a_text_beyond_its_limit_is_refused_with_the_limit(flow: Flow, move: Move, field: str) -> None:
    actor, now = usual(flow, move)
    limit = POLICY.field(move.action, field).limit
    with pytest.raises(TooLong, match=str(limit)):
        decide(POLICY, flow, move.action, actor, with_form(now, **{field: "长" * (limit + 1)}))


@pytest.mark.parametrize(("flow", "move", "field"), FIELDS, ids=name_of)
def test_characters_that_no_one_can_read_are_refused(flow: Flow, move: Move, field: str) -> None:
    actor, now = usual(flow, move)
    for mark in ("\0", "\ud800", "\x1b"):
        with pytest.raises(BadField):
            decide(POLICY, flow, move.action, actor, with_form(now, **{field: f"积水{mark}"}))


@pytest.mark.parametrize(("flow", "move", "field"), CHOSEN, ids=name_of)
def test_a_choice_that_was_not_offered_is_refused(flow: Flow, move: Move, field: str) -> None:
    actor, now = usual(flow, move)
    with pytest.raises(BadField):
        decide(POLICY, flow, move.action, actor, with_form(now, **{field: "something_else"}))


def test_fields_a_move_does_not_list_are_not_read() -> None:
    flow = POLICY.flows["case_leg"]
    actor, now = usual(flow, flow.candidates("sign", "to_sign")[0])
    assert decide(POLICY, flow, "sign", actor, with_form(now, note="x" * 9999)).action == "sign"


# --- the guards -----------------------------------------------------------------------------------------------------

BROKEN: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, str], type[Refusal]]] = [
    # guard, what is different about the leg, about the situation, about the form, the refusal
    ("return_window_open", {"return_until": NOW - timedelta(seconds=1)}, {}, {}, ReturnWindowClosed),
    ("may_return_again", {"return_refused": True}, {}, {"text": " "}, ReturnBarred),
    ("extension_allowed", {"extensions_allowed": 0}, {}, {}, ExtensionNotAllowed),
    ("extension_allowed", {"extension": "asked"}, {}, {}, ExtensionUsed),
    ("extension_allowed", {"extensions": 1}, {}, {}, ExtensionUsed),
    ("before_deadline", {"due_at": NOW - timedelta(seconds=1)}, {}, {}, PastDeadline),
    ("days_within_limit", {}, {}, {"days": "11"}, BadField),
    ("days_within_limit", {}, {}, {"days": "0"}, BadField),
    ("days_within_limit", {}, {}, {"days": "-1"}, BadField),
    ("days_within_limit", {}, {}, {"days": "两天"}, BadField),
    ("days_within_limit", {}, {}, {"days": "1.5"}, BadField),
    ("extension_asked", {"extension": "granted"}, {}, {}, NothingAsked),
    ("pause_left", {"pause_left": False}, {}, {}, PauseUsedUp),
    ("call_is_answered", {}, {}, {"contacted": ""}, CallUnanswered),
    ("call_is_answered", {}, {}, {"solved": ""}, CallUnanswered),
    ("not_overseen_yet", {}, {"supervised": True}, {}, AlreadyOverseen),
    ("unit_is_named", {}, {"targets": ()}, {}, FieldMissing),
    ("is_sub_unit", {}, {"parents": {NAMED: UNIT + 1}}, {}, NotBelow),
    ("not_already_above", {}, {"legs": NAMED}, {}, AlreadyAbove),
    ("leads_nobody", {}, {"led": 2}, {}, LeadsOthers),
    ("nobody_at_work", {"state": "handling"}, {}, {}, UnitsAtWork),
    ("may_lead", {}, {"leading": None}, {}, FieldMissing),
    ("may_lead", {}, {"leading": Unknown(what="0427")}, {}, Unknown),
    ("may_lead", {}, {"leading": replace(LEADING, id=1)}, {}, MergeItself),
    ("may_lead", {}, {"leading": replace(LEADING, state="merged")}, {}, LeadingMerged),
    ("may_lead", {}, {"leading": replace(LEADING, state="follow_up")}, {}, LeadingOver),
    ("may_lead", {}, {"leading": replace(LEADING, state="invalid")}, {}, LeadingOver),
]


@pytest.mark.parametrize(("guard", "leg", "around", "form", "refusal"), BROKEN)
def test_a_guard_refuses_with_its_own_sentence(
    guard: str, leg: dict[str, Any], around: dict[str, Any], form: dict[str, str], refusal: type[Refusal]
) -> None:
    for flow, move in ROWS:
        if guard in move.when:
            actor, now = usual(flow, move)
            with pytest.raises(refusal):
                decide(POLICY, flow, move.action, actor, broken(now, leg, around, form))


def broken(now: Situation, leg: dict[str, Any], around: dict[str, Any], form: dict[str, str]) -> Situation:
    legs = [replace(one, **leg) if one.id == HAND else one for one in now.case.legs]
    legs += [a_leg(id=77, unit=around["legs"])] if "legs" in around else []
    case = replace(now.case, legs=tuple(legs), supervised=around.get("supervised", now.case.supervised))
    others = {name: around[name] for name in ("targets", "parents", "leading", "led") if name in around}
    hand = None if now.leg is None else case.leg(HAND)
    return replace(now, case=case, leg=hand, form={**now.form, **form}, **others)


@pytest.mark.parametrize(("guard", "leg", "around"), [row[:3] for row in BROKEN if row[0] not in ON_FORM])
def test_a_button_that_would_be_refused_is_not_drawn(guard: str, leg: dict[str, Any], around: dict[str, Any]) -> None:
    for flow, move in ROWS:
        if guard in move.when:
            actor, now = usual(flow, move)
            shown = [row.action for row in offered(POLICY, flow, actor, broken(now, leg, around, {}))]
            assert move.action not in shown


def test_somebody_with_the_right_post_elsewhere_is_told_to_switch() -> None:
    flow = POLICY.flows["case_leg"]
    _, now = usual(flow, flow.candidates("sign", "to_sign")[0])
    other = PostView(2, UNIT, "水务局", "unit_clerk", "办事员")
    actor = replace(an_actor("unit_clerk"), others=(other,))
    with pytest.raises(WrongPost, match="水务局 办事员"):
        decide(POLICY, flow, "sign", actor, now)
