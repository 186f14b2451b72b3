"""Enumeration (threat T6): nobody's number, a wrong name and a person without a licence cost the same and say the same.

Work is counted, not timed: the same statements over the same tables, as many seals and indexes. Seconds follow from
that on any machine, however busy it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from core import Core
from core.citizens.caps import AskedTooOften
from core.citizens.lookups import Caller
from core.crypto import Sm3Indexer, Sm4Cipher
from core.errors import Unknown
from core.policy.library import CODE
from tests.clock import StillClock
from tests.core.library_room import FOOD, NURSE, PERSON, a_company, a_person, act, clerk
from tests.town import a_core

STRANGER = "110101199003070038"
BARE = {"name": "符小雨", "number": "110101199003072017", "phone": "19900016666"}
RIVER = {"name": "陈小河", "number": "110101199003074135", "phone": "19900015555"}
HERE = Caller("10.0.0.1", "h5", "10.0.0.1")


class Work:
    """What was done for one question: each statement, each use of a key, and what came of it."""

    def __init__(self) -> None:
        self.done = Counter[str]()
        self.told: object = None


@pytest.fixture
def core(town_url: str, clock: StillClock) -> Iterator[Core]:
    made = a_core(town_url, clock, sms={"endpoint": "127.0.0.1:9"})
    yield made
    made.engine.dispose()


@pytest.fixture
def working(core: Core, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], Work]:
    """Runs a question and says what work it was."""
    held: list[Work] = []

    def counted(of: type, name: str) -> None:
        real = getattr(of, name)

        def call(self: Any, *args: Any, **more: Any) -> Any:
            for work in held:
                work.done[f"{of.__name__}.{name}"] += 1
            return real(self, *args, **more)

        monkeypatch.setattr(of, name, call)

    for of, name in ((Sm4Cipher, "seal"), (Sm4Cipher, "open"), (Sm3Indexer, "index")):
        counted(of, name)

    @contextmanager
    def listening(work: Work) -> Iterator[None]:
        def statement(_c: Any, _k: Any, sql: str, *_: Any) -> None:
            work.done[" ".join(sql.split())] += 1

        event.listen(core.engine, "before_cursor_execute", statement)
        held.append(work)
        try:
            yield
        finally:
            held.clear()
            event.remove(core.engine, "before_cursor_execute", statement)

    def run(question: Callable[[], object]) -> Work:
        work = Work()
        with listening(work):
            try:
                work.told = question()
            except Unknown as no:
                work.told = str(no)
        return work

    return run


@pytest.fixture
def nurse(core: Core) -> str:
    """A person with a licence, another with none, and a company with one; the line of the person's."""
    act(core, "licence", "issue", subject=a_company(core), **FOOD)
    a_person(core, **BARE)
    return act(core, "licence", "issue", subject=a_person(core), **NURSE).no


def test_every_miss_of_a_person_is_the_same_answer_after_the_same_work(
    core: Core, nurse: str, working: Callable[[Callable[[], object]], Work]
) -> None:
    def asked(number: str, second: str) -> Work:
        return working(lambda: core.citizens.lookups.person(number, second, HERE))

    asked(STRANGER, "王五")  # whatever is read once only has been read now
    misses = {
        "nobody's number": asked(STRANGER, "王五"),
        "a wrong name": asked(PERSON["number"], "王五"),
        "a person without a licence": asked(BARE["number"], BARE["name"]),
        "the number of another's licence": asked(PERSON["number"], FOOD["number"]),
        "nobody's number with a licence's": asked(STRANGER, NURSE["number"]),
    }
    for name, work in misses.items():
        assert work.told == (), name
        assert work.done == misses["nobody's number"].done, name


def test_a_hit_by_name_asks_the_database_nothing_that_a_miss_does_not(
    core: Core, nurse: str, working: Callable[[Callable[[], object]], Work]
) -> None:
    miss, hit = (
        working(lambda second=second: core.citizens.lookups.person(PERSON["number"], second, HERE))  # type: ignore[misc]
        for second in ("王五", PERSON["name"])
    )
    assert hit.told
    assert _statements(hit) == _statements(miss)
    assert hit.done["Sm3Indexer.index"] == miss.done["Sm3Indexer.index"]


def test_what_is_no_licence_for_the_public_costs_what_nothing_costs(
    core: Core, nurse: str, working: Callable[[Callable[[], object]], Work]
) -> None:
    draft = act(core, "licence", "draft", subject=a_person(core, **RIVER), **{**NURSE, "number": "202546000003"}).no

    def asked(code: str) -> Work:
        return working(lambda: core.citizens.lookups.scanned(code, HERE))

    asked("x" * 22)
    nothing, drafted = asked("y" * 22), asked(draft)
    assert nothing.told == drafted.told
    assert "没有" in str(nothing.told) or "找不到" in str(nothing.told)
    assert drafted.done == nothing.done


def test_a_person_looked_up_as_a_company_costs_what_nothing_costs(
    core: Core, nurse: str, working: Callable[[Callable[[], object]], Work]
) -> None:
    person = core.licences.find_subject("person", PERSON["number"]) or pytest.fail("nobody")

    def asked(token: str) -> Work:
        return working(lambda: core.citizens.lookups.company(token, HERE))

    asked("x" * 22)
    nothing, foreign = asked("y" * 22), asked(person)
    assert nothing.told == foreign.told
    assert foreign.done == nothing.done


def test_a_code_is_sent_to_a_phone_of_nobody_by_the_same_work(
    core: Core, nurse: str, working: Callable[[Callable[[], object]], Work]
) -> None:
    def sent(phone: str, address: str) -> Work:
        visitor = core.citizens.visitors.find(core.citizens.visitors.open()) or pytest.fail("no visitor")
        return working(lambda: core.citizens.sign_ins.send(visitor, phone, address))

    sent("19900019990", "10.0.0.7")
    known, unknown = sent(PERSON["phone"], "10.0.0.8"), sent("19900019991", "10.0.0.9")
    assert (known.told, unknown.told) == (PERSON["phone"], "19900019991")
    assert known.done == unknown.done


@pytest.mark.parametrize("number", [PERSON["number"], STRANGER])
@pytest.mark.parametrize("second", [PERSON["name"], "王五"])
def test_the_caps_of_caller_and_subject_are_reached_at_the_same_time(
    core: Core, nurse: str, number: str, second: str
) -> None:
    def asked(by: Caller) -> str:
        try:
            core.citizens.lookups.person(number, second, by)
        except AskedTooOften:
            return "no"
        return "yes"

    crowd = [Caller(f"10.0.1.{at}", "h5") for at in range(12)]
    assert [asked(one) for one in crowd] == ["yes"] * 10 + ["no"] * 2


@pytest.mark.parametrize("how", ["hits", "misses"])
def test_the_cap_of_scans_is_reached_by_hits_as_by_misses(core: Core, nurse: str, how: str) -> None:
    code = act(core, CODE, "make", nurse).no if how == "hits" else "z" * 22
    assert how == "misses" or core.licences.codes.code(clerk(core), code)
    told = []
    for _ in range(62):
        try:
            core.citizens.lookups.scanned(code, HERE)
            told.append("seen")
        except Unknown:
            told.append("unknown")
        except AskedTooOften:
            told.append("no")
    assert told[60:] == ["no", "no"]
    assert set(told[:60]) == {"seen" if how == "hits" else "unknown"}


def _statements(work: Work) -> Counter[str]:
    return Counter({name: count for name, count in work.done.items() if not name.startswith(("Sm3", "Sm4"))})
