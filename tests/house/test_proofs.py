"""How a requirement counts as proved: all its marked tests passed, at most three requirements a test."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.house.source import ROOT
from tests.requirements import known, lines

CONFTEST = """
from tests.requirements import Proofs
def pytest_addoption(parser): parser.addoption("--proof")
def pytest_configure(config): config.pluginmanager.register(Proofs(config))
"""
STORY = """
import pytest
@pytest.mark.requirement("R101")
def test_passes(): pass
@pytest.mark.requirement("R102")
def test_one_of_two_passes(): pass
@pytest.mark.requirement("R102")
def test_one_of_two_fails(): assert False
@pytest.mark.requirement("R103")
@pytest.mark.skip
def test_is_skipped(): pass
@pytest.mark.requirement("R001", "R002", "R003", "R004")
def test_claims_too_much(): pass
@pytest.mark.requirement("R999")
def test_claims_what_is_not_listed(): pass
@pytest.fixture
def breaks_at_the_end():
    yield
    assert False
@pytest.mark.requirement("R104")
def test_breaks_at_the_end(breaks_at_the_end): pass
@pytest.mark.parametrize("way", [1, 2])
@pytest.mark.requirement("R105", "R106")
def test_goes_two_ways(way): pass
tries = []
@pytest.fixture
def is_late_at_first():
    tries.append("setup")
    assert len(tries) > 2
@pytest.mark.flaky(reruns=3)
@pytest.mark.requirement("R107")
def test_passes_at_last(is_late_at_first):
    tries.append("call")
    assert len(tries) > 5
@pytest.mark.flaky(reruns=1)
@pytest.mark.requirement("R108")
def test_fails_again(): assert False
@pytest.mark.flaky(reruns=1)
@pytest.mark.requirement("R109")
def test_breaks_at_the_end_again(breaks_at_the_end): pass
"""


@pytest.fixture(params=["alone", "two workers"])
def proofs(request: pytest.FixtureRequest, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a small run proved, with one process or with two."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_story=STORY)
    workers = ["-n", "2"] if request.param == "two workers" else []
    pytester.runpytest_subprocess("--proof", "var/proof.json", *workers, "-p", "no:cacheprovider")
    return json.loads((pytester.path / "var/proof.json").read_text(encoding="utf-8"))


def test_only_an_id_all_of_whose_tests_passed_is_proved(proofs: dict[str, dict[str, bool]]) -> None:
    told = {line.split()[0]: line for line in lines(proofs)}
    assert told["R101"] == "R101 proved test_story.py::test_passes"
    assert told["R105"] == "R105 proved test_story.py::test_goes_two_ways[1], test_story.py::test_goes_two_ways[2]"
    assert [name for name, line in told.items() if " proved " in line] == ["R101", "R105", "R106", "R107"]
    assert set(told) == set(known())
