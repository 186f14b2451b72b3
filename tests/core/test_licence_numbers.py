"""The numbers of licences and their holders: identifiers by GB/T 36904, credit codes, ID numbers (domain-rules §13)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.licences.numbers import identifier, is_credit_code, is_id_number, is_identifier

PUBLISHED = [
    ("11100000000013338W011", "11430000006122244L", "20230000403", "U"),
    ("11100000MB03271699022", "340100", "000000016", "9"),
]
SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.mark.parametrize(("kind", "issuer", "serial", "check"), PUBLISHED)
def test_the_check_character_is_that_of_published_licences(kind: str, issuer: str, serial: str, check: str) -> None:
    assert identifier(kind, issuer, serial, 1) == f"1.2.156.3005.2.{kind}.{issuer}.{serial}.001.{check}"


@given(
    kind=st.text(SIGNS, min_size=21, max_size=21),
    issuer=st.text(SIGNS, min_size=18, max_size=18),
    serial=st.integers(1, 999_999_999),
    version=st.integers(1, 999),
    data=st.data(),
)
def test_one_mistyped_character_is_always_noticed(
    kind: str, issuer: str, serial: int, version: int, data: st.DataObject
) -> None:
    made = identifier(kind, issuer, f"{serial:09d}", version)
    assert is_identifier(made)
    at = data.draw(st.sampled_from([n for n, sign in enumerate(made) if n > 14 and sign != "."]))
    wrong = data.draw(st.sampled_from(SIGNS.replace(made[at], "")))
    assert not is_identifier(made[:at] + wrong + made[at + 1 :])


@pytest.mark.parametrize(
    "text", ["", "1.2.156.3005.2", "1.2.156.3005.2.a.b.c.d.e", "1.2.156.3005.3.A.B.C.001.9", "X" * 60]
)
def test_what_is_no_identifier_is_said_to_be_none(text: str) -> None:
    assert not is_identifier(text)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("91110000600037341L", True), ("91110000600037341M", False), ("9111000060003734", False),
        ("91110000600037341l", False), ("", False),
    ],
)  # fmt: skip
def test_credit_codes(text: str, good: bool) -> None:
    assert is_credit_code(text) is good


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("11010519491231002X", True),
        ("110105194912310021", False),  # check character
        ("110105194913310026", False),  # no such month
        ("11010518491231002X", False),  # nobody is that old
        ("1101051949123100", False),
        ("", False),
    ],
)
def test_id_numbers(text: str, good: bool) -> None:
    assert is_id_number(text) is good
