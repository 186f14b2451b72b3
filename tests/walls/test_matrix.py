"""Every route × every reader × their relation to the thing asked for, against a table people can read (B1–B3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from werkzeug.test import TestResponse

from core.policy.registers import load_registers
from tests.walls.table import TABLE, Row, cells_of, rows
from tests.walls.world import MISSING, READERS, Ask, World

pytestmark = pytest.mark.xdist_group("walls-routes")
OTHER_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ONCE = re.compile(r'(name="(?:csrf_token|token)" value=")[^"]*|("request_id": *")[^"]*')


def test_every_route_is_in_the_table_and_every_line_has_every_cell(world: World) -> None:
    routes = {f"{method} {rule.rule}" for rule in world.app.url_map.iter_rules() for method in methods(rule)}
    assert set(TABLE["routes"]) == routes
    assert cells_of(TABLE["columns"]) == list(READERS)
    for name, text in TABLE["rows"].items():
        assert len(cells_of(text)) == len(READERS), name
        assert set(cells_of(text)) <= set("ox?-stgm"), name
    lines = [row for told in TABLE["routes"].values() for row in (told if isinstance(told, list) else [told])]
    assert {row["as"] for row in lines} == set(TABLE["rows"]), "every line of cells is some route's"


def methods(rule: Any) -> set[str]:
    return set(rule.methods) - {"HEAD", "OPTIONS"}


def test_every_register_has_its_lines() -> None:
    for route, tail in (("GET /settings/<register>", ""), ("GET /settings/<register>/history", "/history")):
        asked = {row.ask.path for row in rows() if row.route == route}
        assert asked == {f"/settings/{name}{tail}" for name in load_registers()}
    acted = {row.ask.path.split("/")[2] for row in rows() if row.route == "POST /settings/<register>/<act>"}
    assert acted == set(load_registers())


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_each_reader_gets_what_the_table_says(world: World, row: Row) -> None:
    wrong = {}
    for reader, cell in row.cells.items():
        answer = world.ask(reader, row.ask)
        if (got := judged(world, row, reader, answer)) != cell:
            wrong[reader] = f"{cell} expected, {got} given ({answer.status_code})"
        if row.ask.method != "GET" and (answer.status_code < 400 or row.route == "POST /sign-in/number"):
            world.put_back()
    assert wrong == {}


def judged(world: World, row: Row, reader: str, answer: TestResponse) -> str:
    """The cell an answer belongs to; a word of explanation where it belongs to none."""
    status, place = answer.status_code, answer.headers.get("Location", "")
    if place.startswith("/sign-in") and row.route != "POST /sign-out":
        return "s"
    if row.route == "POST /sign-out" and reader in ("nobody", "no_post", "half", "token") and place:
        return "s" if "next" not in place else f"odd {place}"
    if status == row.answer and not (status == 404 and row.cells[reader] == "?"):
        text = answer.get_data(as_text=True) if row.told else ""
        return "o" if row.told.format(**world.values) in text else "-"
    if status == 404 and row.pair and not same_as_missing(world, row, reader, answer):
        return "404 that tells it exists"
    return {403: "x", 404: "?", 401: "t", 410: "g", 400: "m"}.get(status, f"status {status}")


def same_as_missing(world: World, row: Row, reader: str, answer: TestResponse) -> bool:
    """Whether a thing that is not there gives the same answer, but for its number and one-time tokens."""
    numbers = ("spot", "sheet", "plan", "walk", "roster", "pushed")
    names = {"no": MISSING, "joint": MISSING, **dict.fromkeys(numbers, 987654)}
    gone = {name: value for name, value in names.items() if f"{{{name}}}" in row.ask.path}
    assert gone, row.name
    kept = {name: world.values[name] for name in gone}
    world.values.update(gone)
    try:
        missing = world.ask(reader, row.ask)
    finally:
        world.values.update(kept)
    return plain(missing, gone) == plain(answer, kept)


def plain(answer: TestResponse, numbers: Mapping[str, Any]) -> tuple[int, str, list[tuple[str, str]]]:
    text = ONCE.sub(r"\1\2", answer.get_data(as_text=True))
    for value in numbers.values():
        text = text.replace(f"{value}", "…") if len(f"{value}") > 6 else text
    kept = [(name, value) for name, value in answer.headers if name not in ("Set-Cookie", "Content-Length")]
    return answer.status_code, text, kept


@pytest.mark.parametrize("rule", sorted({row.route.split(" ", 1)[1] for row in rows()}))
def test_no_route_answers_to_a_method_it_does_not_name(world: World, rule: str) -> None:
    path = next(row.ask.path for row in rows() if row.route.split(" ", 1)[1] == rule)
    address = path.format(**world.values, own_photo="x").partition("?")[0]
    asked = 0
    for method in OTHER_METHODS:
        if world.answers(address, method):
            continue
        for reader in ("nobody", "dispatcher", "system"):
            answer = world.ask(reader, Ask(method, path, {}))
            assert answer.status_code == 405, (method, reader)
            assert answer.location is None
            asked += 1
    assert asked >= 3 * 3
