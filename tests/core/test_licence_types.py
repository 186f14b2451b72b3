"""The kinds of licence are data: every file is read, proved, and says what its sheet, its form and its checks need."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from stdnum.cn import uscc

from core.licence_faces.sample import NUMBERS
from core.policy import HERE
from core.policy.faces import WrongFace
from core.policy.licences import COMMON, licence_types, read_type

TYPES = licence_types()
NAMED_BY_THE_CLIENT = (
    "营业执照", "食品经营许可证", "公共场所卫生许可证", "人力资源服务许可证", "劳务派遣经营许可证",
    "民办学校办学许可证", "道路运输经营许可证", "药品经营许可证", "医疗机构执业许可证", "烟草专卖零售许可证",
)  # fmt: skip


def table(name: str = "food_business") -> dict[str, object]:
    read: dict[str, object] = yaml.safe_load((HERE / "licence_types" / f"{name}.yaml").read_text(encoding="utf-8"))
    return read


def test_a_hundred_kinds_and_more_are_known_each_by_one_name_and_one_code() -> None:
    assert len(TYPES) >= 100
    assert len({one.name for one in TYPES.values()}) == len({one.code for one in TYPES.values()}) == len(TYPES)
    assert set(TYPES) == {Path(path).stem for path in (HERE / "licence_types").glob("*.yaml")}
    assert {one.holder for one in TYPES.values()} == {"company", "person"}
    assert set(NAMED_BY_THE_CLIENT) <= {one.name for one in TYPES.values()}


def test_every_code_of_a_body_carries_its_own_check_digit() -> None:
    for one in TYPES.values():
        assert uscc.is_valid(one.code[:18]), one.key
        assert uscc.is_valid(one.issuer.code), one.key
    issuers = {one.issuer.name: one.issuer.code for one in TYPES.values()}
    assert len(set(issuers.values())) == len(issuers)
    assert {(one.issuer.name, one.issuer.code) for one in TYPES.values()} == set(issuers.items())


def test_the_columns_of_a_sheet_are_what_every_licence_has_and_then_the_fields_of_its_type() -> None:
    for one in TYPES.values():
        keys = [column.key for column in one.columns]
        labels = [column.label for column in one.columns]
        assert len(set(keys)) == len(keys), one.key
        assert len(set(labels)) == len(labels), one.key
        assert set(keys) >= COMMON, one.key
        assert {column.key: column.check for column in one.common}["holder_code"] == (
            "uscc" if one.holder == "company" else "id_number"
        )
    food = TYPES["food_business"]
    assert [column.label for column in food.columns][:3] == ["许可证编号", "持证单位", "统一社会信用代码"]
    assert food.number.fits("JY14601050012345")
    assert not food.number.fits("JY94601050012345")


def test_what_concerns_a_person_alone_is_not_shown_to_whoever_scans() -> None:
    for one in TYPES.values():
        for column in one.columns:
            if column.check in ("phone", "id_number"):
                assert column.public != "full", f"{one.key}.{column.key}"
        if one.holder == "person":
            assert {column.public for column in one.common[:3]} == {"masked"}


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("food_business", date(2024, 3, 9), date(2029, 3, 8)),
        ("food_business", date(2024, 2, 29), date(2029, 2, 28)),
        ("health_certificate", date(2025, 1, 1), date(2025, 12, 31)),
        ("business_licence", date(2024, 3, 9), None),
    ],
)
def test_the_last_day_of_a_licence_follows_from_its_type(key: str, first: date, last: date | None) -> None:
    assert TYPES[key].last_day(first) == last


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"code": "123"}, "a code is not written"),
        ({"holder": "dog"}, "neither company nor person"),
        ({"colour": "red"}, "unknown keys colour"),
        ({"fields": [{"key": "number", "label": "编号"}]}, "told twice number"),
        ({"fields": [{"key": "a", "label": "甲", "check": "guess"}]}, "unknown check"),
        ({"fields": [{"key": "a", "label": "甲", "check": "choice"}]}, "choices do not go together"),
        ({"face": {"paper": [297, 210], "parts": []}}, "版面应有"),
        ({"face": {"paper": [297, 210], "parts": [{"kind": "field", "field": "nobody", "x": 1, "y": 1}]}}, "nobody"),
        ({"face": {"paper": [9, 210], "parts": [{"kind": "seal", "x": 1, "y": 1}]}}, "纸张每边"),
        ({"print": {"paper": [297, 210], "parts": [{"kind": "seal", "x": 1, "y": 1}]}}, "种类不认识"),
    ],
)
def test_a_file_at_fault_is_named_with_what_is_wrong(change: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why) as told:
        read_type("food_business", {**table(), **change})
    assert "food_business" in str(told.value)


def test_a_type_is_only_a_file() -> None:
    """The next type needs no Python: a file with a name, a code and fields is enough."""
    made = read_type("kite", {**table("homestay"), "name": "风筝放飞许可证", "code": "11100000MB9001114R999"})
    assert (made.key, made.name, made.face, made.columns[-1].key) == ("kite", "风筝放飞许可证", None, "beds")
    with pytest.raises(WrongFace):
        read_type("kite", {**table("homestay"), "face": {"paper": [297, 210], "parts": [{"kind": "moon"}]}})


def test_numbers_as_they_are_written_fit_their_types() -> None:
    for key, number in NUMBERS.items():
        assert TYPES[key].number.fits(number), key
    for key, number in (
        ("food_production", "SC10646010500123"),
        ("marriage", "J460105-2024-000123"),
        ("special_operation", "T460105199003071234"),
        ("tobacco_retail", "460105100012"),
        ("pollutant_permit", "91460105MA5TY00015001V"),
        ("real_estate", "琼（2024）海口市不动产权第0012345号"),
        ("building_safety", "（琼）JZ安许证字〔2024〕000123"),
        ("disability", "46010519900307123413"),
        ("travel_agency", "L-HAN00123"),
        ("doctor", "110460105001234"),
    ):
        assert TYPES[key].number.fits(number), key
        assert not TYPES[key].number.fits(f"{number}；另附"), key
