"""Words of the console: every refusal has some, and the server is started as the database allows."""

from __future__ import annotations

import pytest

from core import errors
from core.policy import load_policy
from tests.webapp.town import settings_for
from webapp.__main__ import command
from webapp.errors import NumberGone, PageNotYours, WrongNumber
from webapp.logwords import REASONS, act, reason, thing
from webapp.words import megabytes

NEVER_ON_RECORD = {"Refusal", "NotSignedIn", "Busy"}


def test_every_refusal_on_record_reads_in_words() -> None:
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.Refusal)}
    kinds |= {kind.__name__ for kind in (NumberGone, PageNotYours, WrongNumber)}
    assert kinds - NEVER_ON_RECORD <= set(REASONS)


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("case_leg.signed", "签收"),
        ("sign", "签收"),
        ("case.dispatched", "派发"),
        ("sign_in", "登录"),
        ("odd.thing", "thing"),
    ],
)
def test_an_entry_names_its_act(stored: str, told: str) -> None:
    assert act(load_policy(), stored) == told


def test_an_entry_names_its_object_and_reason() -> None:
    assert thing("XYRX20260309000018/6") == "XYRX20260309000018 承办 6"
    assert thing("page:log") == "日志页"
    assert thing("person:9") == "人员 9"
    assert reason("Stale") == "已有人先办"
    assert reason("已电话告知") == "已电话告知"


@pytest.mark.parametrize(("url", "workers"), [("sqlite:///x.db", "1"), ("postgresql+psycopg://u@h/n", "2")])
def test_sqlite_gets_one_process_and_postgresql_two(url: str, workers: str) -> None:
    words = command(settings_for(url))
    assert words[words.index("--workers") + 1] == workers
    assert words[-1].startswith("webapp:")


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0"), (1, "0.1 兆"), (382_600, "0.4 兆"), (1_500_000, "1.5 兆"), (2_345_678_901, "2,345.7 兆")],
)
def test_sizes_are_said_in_the_unit_of_the_limits(size: int, said: str) -> None:
    assert megabytes(size) == said
