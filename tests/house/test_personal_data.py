"""Control F1: the register of personal data names every column that may hold some, and the code does as it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from sqlalchemy import Column, LargeBinary, Text

from core import models, word_index
from core.db import Facts, metadata
from core.sealed import SEALED
from tests.house.source import ROOT

REGISTER = yaml.safe_load((ROOT / "core/policy/personal_data.yaml").read_text(encoding="utf-8"))
SAYS = {"title", "class", "purpose", "readers", "kept", "stored", "masked"}
CLASSES = {"敏感", "一般", "标识", "文本"}
STORED = {"密文", "索引", "散列", "明文"}
NAMES_SOMEBODY = ("person_id", "post_id", "actor_person", "actor_post", "registered_by")


def columns() -> Iterator[tuple[str, Column[Any]]]:
    """Every column that can hold words or bytes, and every one that points at a person."""
    assert models.__all__
    for table in metadata.sorted_tables:
        for column in table.c:
            if isinstance(column.type, (Text, Facts, LargeBinary)) or column.name in NAMES_SOMEBODY:
                yield f"{table.name}.{column.name}", column
    for index in word_index.INDEXES:  # derived from a table, in no model
        yield f"{index.name}.words", Column(index.name, Text)


def test_every_column_is_either_registered_or_said_to_hold_nobody() -> None:
    others = {f"{table}.{name}" for table, names in REGISTER["others"].items() for name in names}
    named = {name for name, _ in columns()}
    assert sorted(named - others - REGISTER["columns"].keys()) == [], "not in core/policy/personal_data.yaml"
    assert sorted((others | REGISTER["columns"].keys()) - named) == [], "registered, but no such column"
    assert sorted(others & REGISTER["columns"].keys()) == []


def test_every_row_says_why_who_how_long_and_how() -> None:
    for name, row in {**REGISTER["columns"], **REGISTER["files"]}.items():
        assert set(row) == SAYS, name
        assert all(str(value).strip() for value in row.values()), name
        assert row["class"] in CLASSES, name
        assert row["stored"] in STORED, name
        for part in ("purpose", "readers", "kept"):
            book = REGISTER["purposes" if part == "purpose" else part]
            assert row[part] in book, f"{name}: {part} {row[part]}"


def test_what_is_sensitive_never_lies_in_plain() -> None:
    plain = [name for name, row in REGISTER["columns"].items() if row["class"] == "敏感" and row["stored"] == "明文"]
    assert plain == []


def test_what_is_said_to_be_sealed_is_sealed_and_rotated() -> None:
    sealed = {f"{one.table.name}.{one.column}" for one in SEALED}
    said = {name for name, row in REGISTER["columns"].items() if row["stored"] == "密文"}
    assert said - sealed == {"pictures.sealed"}, "binary values are sealed where they are stored"
    assert sealed <= said


def test_what_is_not_personal_has_no_personal_name() -> None:
    looks = ("person", "phone", "caller", "address", "citizen", "email", "birth", "content", "opinion")
    others = [f"{table}.{name}" for table, names in REGISTER["others"].items() for name in names]
    assert [name for name in others if any(word in name.partition(".")[2] for word in looks)] == []
