"""The practice district holds together: every code it cites exists, and it is as large and as varied as promised."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import Any

import pytest

from core.policy import load_policy, read

Row = dict[str, Any]

PLACE_OF_CASE = {"@town", "@community"}
DESK_LISTS = {"return_reasons", "pause_reasons", "extension_reasons", "invalid_reasons", "close_reasons"}


@cache
def seed(name: str) -> Any:
    return read(f"seed/{name}.yaml")


@cache
def units() -> dict[str, Row]:
    return {row["code"]: row for row in seed("units")}


def appeals() -> list[Row]:
    return list(seed("appeals")["appeals"])


def posts() -> list[tuple[Row, Row]]:
    return [(person, post) for person in seed("people") for post in person["posts"]]


def staff(role: str) -> Counter[str]:
    return Counter(post["unit"] for _, post in posts() if post["role"] == role)


def of_kind(*kinds: str) -> set[str]:
    return {code for code, unit in units().items() if unit["kind"] in kinds}


def settings_of(appeal: Row) -> list[Row]:
    """The places an appeal may be told about."""
    towns = appeal.get("towns") or of_kind("town")
    return [place for place in seed("places") if place["kind"] in appeal["where"] and place["town"] in towns]


def told(text: str, place: Row) -> str:
    return text.replace("{place}", place["name"]).replace("{community}", units()[place["community"]]["short"])


@pytest.mark.parametrize(
    ("rows", "key"),
    [
        ("units", "code"),
        ("units", "short"),
        ("units", "name"),
        ("people", "code"),
        ("people", "name"),
        ("people", "phone"),
        ("people", "dingtalk"),
        ("sources", "code"),
        ("sources", "order"),
        ("places", "name"),
    ],
)
def test_no_two_rows_share_a_key(rows: str, key: str) -> None:
    counts = Counter(row[key] for row in seed(rows))
    assert [value for value, count in counts.items() if count > 1] == []


def test_the_district_has_its_eight_towns_and_everything_around_them() -> None:
    assert {units()[code]["short"] for code in of_kind("town")} == {
        *("秀英街道", "海秀街道", "长流镇", "西秀镇", "海秀镇", "石山镇", "永兴镇", "东山镇")
    }
    communities = Counter(units()[code]["parent"] for code in of_kind("community"))
    assert set(communities) == of_kind("town")
    assert sum(communities.values()) >= 40
    departments = {c for c in of_kind("department", "party") if units()[c]["parent"] == "command_center"}
    assert len(departments) >= 22
    assert 4 <= len(of_kind("public_company")) <= 6
    below = Counter(units()[code]["parent"] for code in of_kind("department"))
    assert sum(1 for parent, n in below.items() if parent in departments and n >= 2) >= 3


def test_units_form_one_tree() -> None:
    assert [code for code, unit in units().items() if unit["parent"] is None] == ["district"]
    for code in units():
        path = [code]
        while (parent := units()[path[-1]]["parent"]) is not None:
            assert parent in units()
            assert parent not in path
            path.append(parent)


def test_units_keep_known_hours_and_say_what_they_do() -> None:
    for unit in units().values():
        assert unit["hours"] in load_policy().calendar.hours
        assert unit["duties"]
        assert unit["group"] in {"镇街", "部门", "公共服务企业", "社区", "指挥中心"}


def test_every_post_is_in_a_known_unit_and_a_known_role() -> None:
    assert len(seed("people")) >= 130
    for _, post in posts():
        assert post["unit"] in units()
        assert post["role"] in load_policy().roles
        assert post["title"]
        assert set(post.get("in_charge", [])) <= set(units())


def test_phones_are_recognisably_invented() -> None:
    assert all(re.fullmatch(r"1990000\d{4}", person["phone"]) for person in seed("people"))


def test_no_unit_is_without_somebody_to_receive_a_case() -> None:
    working = of_kind("town", "department", "party", "public_company")
    assert working <= set(staff("unit_head"))
    assert working | of_kind("community") <= set(staff("unit_clerk"))


def test_the_centre_is_staffed() -> None:
    assert staff("dispatcher") == {"command_center": 4}
    assert staff("desk_head") == {"command_center": 2}
    assert staff("caller") == {"command_center": 2}


def test_the_three_administrators_are_three_people_with_nothing_else_to_do() -> None:
    exclusive = load_policy().exclusive
    holders = [person for person, post in posts() if post["role"] in exclusive]
    assert Counter(post["role"] for _, post in posts() if post["role"] in exclusive) == dict.fromkeys(exclusive, 1)
    assert all(len(person["posts"]) == 1 for person in holders)


def test_some_people_hold_several_posts() -> None:
    counts = [len(person["posts"]) for person in seed("people")]
    assert sum(count > 1 for count in counts) >= 6
    assert max(counts) == 3
    for person in seed("people"):
        assert len({(post["unit"], post["role"]) for post in person["posts"]}) == len(person["posts"])


@pytest.mark.parametrize("role", ["district_leader", "contact_person"])
def test_each_unit_the_centre_sends_to_answers_to_exactly_one(role: str) -> None:
    charged = Counter(code for _, post in posts() if post["role"] == role for code in post["in_charge"])
    assert charged == {code: 1 for code, unit in units().items() if unit["parent"] == "command_center"}


def test_twelve_sources_are_marked_as_provisional() -> None:
    assert [row["order"] for row in seed("sources")] == list(range(1, 13))
    assert all(row["provisional"] for row in seed("sources"))
    assert all(re.fullmatch("[A-Z]{2}", row["code"]) for row in seed("sources"))


def test_the_classification_is_a_tree_of_three_levels() -> None:
    classes = {row["code"]: row for row in seed("classes")["classes"]}
    levels = Counter(row["level"] for row in classes.values())
    assert len(classes) == len(seed("classes")["classes"])
    assert (levels[1] >= 10, levels[2] >= 40, levels[3] >= 120) == (True, True, True)
    for code, row in classes.items():
        assert len(code) == 2 * row["level"]
        assert row["level"] == 1 or code[:-2] in classes
        if row["level"] == 3:
            assert row["lead"] in {*units(), "@town"}
            assert "pass_down" not in row or units()[row["pass_down"]]["parent"] == row["lead"]


def test_select_lists_offer_distinct_choices() -> None:
    words = seed("words")
    assert set(words) >= DESK_LISTS
    for rows in words.values():
        assert all(isinstance(row["value"], str) and isinstance(row["text"], str) for row in rows)
        assert len({row["value"] for row in rows}) == len({row["text"] for row in rows}) == len(rows)


def test_service_types_belong_to_demand_types_that_have_limits() -> None:
    table = seed("service_types")
    types = {row["code"] for row in table["demand_types"]}
    assert types == {"ask", "help", "complain", "report", "suggest", "praise", "other"}
    assert {row["demand_type"] for row in table["service_types"]} == types


def test_places_lie_in_the_district() -> None:
    assert len(seed("places")) >= 80
    assert {place["town"] for place in seed("places")} == of_kind("town")
    for place in seed("places"):
        assert (110.10 < place["lon"] < 110.33, 19.70 < place["lat"] < 20.07) == (True, True)
        assert units()[place["community"]]["parent"] == place["town"]


@pytest.mark.parametrize("appeal", appeals(), ids=lambda appeal: appeal["code"])
def test_an_appeal_can_be_told_dispatched_and_answered(appeal: Row) -> None:
    policy, known = load_policy(), {*units(), *PLACE_OF_CASE}
    assert policy.classes[appeal["class"]].level == 3
    assert appeal["type"] in policy.types
    assert appeal["service_type"] in policy.service_types
    assert appeal["urgency"] in {"normal", "urgent", "critical"}
    named = [appeal["lead"], *appeal.get("support", ())]
    assert set(named) <= known
    assert len(set(named)) == len(named)
    down = appeal.get("pass_down", "@community" if appeal["lead"] == "@town" else None)
    assert down in {None, "@community"} or units()[down]["parent"] == appeal["lead"]
    if wrong := appeal.get("wrong"):
        assert wrong["unit"] in known - set(named)
        assert wrong["text"]
    assert set(appeal.get("towns", ())) <= of_kind("town")
    assert len(settings_of(appeal)) >= 2
    for place in settings_of(appeal):
        assert len(told(appeal["title"], place)) <= 20
        assert 40 <= len(told(appeal["content"], place)) <= 160
        assert "{" not in told(appeal["content"] + appeal["reply"], place)


def test_appeals_are_many_and_varied() -> None:
    assert len(appeals()) >= 90
    assert len({appeal["code"] for appeal in appeals()}) == len(appeals())
    assert sum("wrong" in appeal for appeal in appeals()) >= 8
    assert {appeal["class"][:2] for appeal in appeals()} == {row["code"][:2] for row in seed("classes")["classes"]}
    assert {appeal["urgency"] for appeal in appeals()} == {"normal", "urgent", "critical"}
    assert sum(appeal.get("at_desk", False) for appeal in appeals()) >= 10
    assert all(appeal["type"] in {"ask", "help"} for appeal in appeals() if appeal.get("at_desk"))


def test_phrases_cite_reasons_that_can_be_chosen() -> None:
    calls, choices = seed("calls"), load_policy().choices
    assert set(calls["steps"]) == {row["code"] for row in seed("classes")["classes"] if row["level"] == 1}
    for phrases, reasons in [
        ("extensions", "extension_reasons"),
        ("pauses", "pause_reasons"),
        ("invalid", "invalid_reasons"),
    ]:
        assert {row["reason"] for row in calls[phrases]} <= set(choices[reasons])


def test_nothing_a_person_reads_shouts() -> None:
    texts = [
        str(seed(name)) for name in ("units", "people", "appeals", "calls", "words", "classes", "sources", "places")
    ]
    assert not any(re.search("[!！]", text) for text in texts)


def test_the_glossary_says_every_word_of_the_tables() -> None:
    policy = load_policy()
    glossary = read("glossary.yaml")
    said = {word for flow in policy.flows.values() for word in (flow.name, *flow.states)}
    assert said | set(policy.roles) | set(policy.standings) | set(policy.fields) <= set(glossary)
    assert all(row["zh"] and row["meaning"] for row in glossary.values())
    titles = {(state.name, state.title) for flow in policy.flows.values() for state in flow.states.values()}
    assert {name for name, title in titles if policy.say(name) != title} == set()
