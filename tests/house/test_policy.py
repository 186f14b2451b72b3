"""House-style rules 2 and 15: the tables are proved, every word is in the glossary, the papers are the tables."""

from __future__ import annotations

from core.effects import EFFECTS
from core.guards import CHOICES, GUARDS
from core.people import RELATIONS
from core.policy import faults_of, licence_docs, load_policy
from core.policy.docs import TARGET, document

POLICY = load_policy()


def test_the_tables_agree_with_each_other_and_with_the_code() -> None:
    assert faults_of(POLICY, EFFECTS) == []


def test_every_word_of_the_tables_is_in_the_glossary() -> None:
    words = {*POLICY.flows, *POLICY.standings, *POLICY.roles, *RELATIONS, *CHOICES, *GUARDS}
    for flow in POLICY.flows.values():
        words |= set(flow.states)
        for move in flow.moves:
            words |= {move.action, move.event, *move.form}
    assert sorted(words - set(POLICY.glossary)) == []


def test_no_effect_is_left_that_no_move_names() -> None:
    named = {effect for flow in POLICY.flows.values() for move in flow.moves for effect in move.do}
    assert sorted(set(EFFECTS) - named) == []


def test_the_page_of_flows_is_current() -> None:
    assert TARGET.read_text(encoding="utf-8") == document(POLICY), "run `make docs`"


def test_the_page_of_the_kinds_of_licence_is_current() -> None:
    assert licence_docs.TARGET.read_text(encoding="utf-8") == licence_docs.document(), "run `make docs`"
