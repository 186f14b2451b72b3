"""JSON written one way only: what the standard library writes, whatever writes it here."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.canon import canonical, read_texts

PLAIN = st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None))
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(VALUES)
def test_any_value_is_written_as_the_standard_library_writes_it(value: Any) -> None:
    """Half surrogate pairs and numbers beyond 64 bits too: both are lawful text of a person or of another system."""
    assert canonical(value) == json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@pytest.mark.parametrize("value", [Decimal("1.5"), date(2026, 3, 9), {1, 2}, object()])
def test_what_is_no_json_is_refused_or_told_by_whoever_knows_it(value: object) -> None:
    with pytest.raises(TypeError):
        canonical({"a": value})
    assert json.loads(canonical({"a": value}, repr)) == {"a": repr(value)}


@given(
    st.recursive(st.text(st.characters(codec=None)), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_texts_are_read_as_they_were_written(value: Any) -> None:
    assert read_texts(canonical(value)) == value
    assert read_texts(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) == value
