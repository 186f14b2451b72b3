"""2.3.5: the catalogue of data is complete and says nothing that is not so."""

from __future__ import annotations

import pytest
import yaml

from core import models
from core.catalogue import _Book, catalogue, kind_of
from core.db import metadata
from core.policy.upward import load_upward
from tests.house.source import ROOT

TABLE = yaml.safe_load((ROOT / "core/policy/catalogue.yaml").read_text(encoding="utf-8"))


def test_every_table_is_a_resource_or_said_to_be_none() -> None:
    assert models.__all__
    told = [*TABLE["resources"], *TABLE["inner"]]
    assert sorted(told) == sorted(metadata.tables), "add the table to core/policy/catalogue.yaml"
    assert all(str(why).strip() for why in TABLE["inner"].values())


def test_every_item_has_a_chinese_name_and_a_kind() -> None:
    for resource in catalogue():
        columns = metadata.tables[resource.name].c
        assert [item.name for item in resource.items] == [column.name for column in columns]
        assert [item.kind for item in resource.items] == [kind_of(column) for column in columns]
        assert all(item.title and not item.title.isascii() for item in resource.items), resource.name
        assert len({item.title for item in resource.items}) == len(resource.items), resource.name


def test_what_the_register_calls_personal_is_called_so() -> None:
    register = yaml.safe_load((ROOT / "core/policy/personal_data.yaml").read_text(encoding="utf-8"))["columns"]
    told = {f"{resource.name}.{item.name}": item.personal for resource in catalogue() for item in resource.items}
    assert {name: kind for name, kind in told.items() if kind} == {
        name: row["class"] for name, row in register.items() if name in told
    }


def test_what_goes_up_is_in_the_catalogue_and_said_to_go_up() -> None:
    told = {resource.name: resource for resource in catalogue()}
    for resource in load_upward().resources.values():
        for field in resource.fields:
            assert field.column in {item.name for item in told[field.table].items}
    pushed = {name for name, resource in told.items() if any(item.upward for item in resource.items)}
    assert pushed == {name for name, resource in told.items() if "省平台推送" in resource.ways}


def test_no_word_is_left_that_nothing_uses() -> None:
    columns = {f"{name}.{column.name}" for name in TABLE["resources"] for column in metadata.tables[name].c}
    plain = {column.partition(".")[2] for column in columns}
    assert [word for word in TABLE["words"] if word not in columns | plain] == []


def test_a_column_without_a_word_stops_it() -> None:
    book = _Book({**TABLE, "words": {}})
    with pytest.raises(ValueError, match=r"no word for cases\.id"):
        book.resource("cases", TABLE["resources"]["cases"])
