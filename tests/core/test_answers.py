"""Plain questions: measured on paraphrases nobody copied from the table; what is not understood is not answered."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from core.answers import Answers, Heard
from core.policy import read
from core.policy.answers import load_answers, read_answers

ASKED = yaml.safe_load((Path(__file__).parent / "asked_questions.yaml").read_text(encoding="utf-8"))
ALL = [(name, question) for name, questions in ASKED["asked"].items() for question in questions]
RIGHT, OFFERED, WRONG, STRANGE = 0.85, 0.95, 0.04, 0.05
"""Shares of all paraphrases: answered right, right or among the two offered, answered wrong; and of other matters that
are answered all the same."""


@pytest.fixture(scope="module")
def answers() -> Answers:
    return Answers()


def test_the_table_is_large_enough_and_every_paraphrase_names_an_answer() -> None:
    known = {one.id for one in load_answers().answers}
    assert len(known) >= 40
    assert len(ALL) >= 120
    assert set(ASKED["asked"]) == known
    copied = {text for one in load_answers().answers for text in one.ask} & {question for _, question in ALL}
    assert copied == set()


def test_most_paraphrases_are_answered_and_few_wrongly(answers: Answers) -> None:
    heard = [(name, answers.to(question)) for name, question in ALL]
    right = sum(one.answer is not None and one.answer.id == name for name, one in heard)
    offered = sum(name in {near.id for near in one.near} for name, one in heard)
    wrong = sum(one.answer is not None and one.answer.id != name for name, one in heard)
    shares = (right / len(ALL), (right + offered) / len(ALL), wrong / len(ALL))
    assert shares[0] >= RIGHT, shares
    assert shares[1] >= OFFERED, shares
    assert shares[2] <= WRONG, shares


def test_other_matters_get_the_menu(answers: Answers) -> None:
    spoke = [question for question in ASKED["strange"] if answers.to(question).answer is not None]
    assert len(spoke) <= STRANGE * len(ASKED["strange"]), spoke


def test_a_question_of_the_table_and_its_title_get_their_answer(answers: Answers) -> None:
    for one in load_answers().answers:
        assert answers.to(f"{one.title}？").answer == one
        assert sum(answers.to(text).answer == one for text in one.ask) >= len(one.ask) - 1, one.id


@pytest.mark.parametrize("text", ["", " ", "？？？", "\u0000", "👍", "a" * 5000, "证" * 5000])
def test_odd_texts_are_borne(answers: Answers, text: str) -> None:
    assert isinstance(answers.to(text), Heard)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"least": 2}, "between 0 and 1"),
        ({"unsure": 0.9}, "between 0 and 1"),
        ({"answers": [{"id": "a", "title": "甲", "ask": ["一"], "say": "好"}]}, "at least"),
        ({"answers": [{"id": "a", "title": "甲", "ask": ["一", "二", "三"], "say": "好" * 601}]}, "600"),
        ({"answers": [{"id": "a", "title": "甲", "ask": ["一", "二", "三"], "say": "好", "page": "x"}]}, "no page"),
        ({"answers": [{"id": "a", "title": "甲", "ask": ["一", "二", "三"], "say": "好"}] * 2}, "twice"),
    ],
)
def test_a_row_at_fault_is_named(change: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_answers({**read("answers.yaml"), **change})
