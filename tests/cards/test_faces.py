"""Every kind of reader and state gets exactly the face that is stored."""

import json

import pytest

from cards import Face, face
from cards.manifest import buttons, check, manifests
from cards.samples import a_digest
from tests.cards.builders import a_case, a_home, a_page
from tests.cards.stored import FOLDER, as_json, faces

FACES = faces()


@pytest.mark.parametrize("name", FACES)
def test_a_face_is_what_was_reviewed(name: str) -> None:
    assert as_json(FACES[name]) == (FOLDER / f"{name}.json").read_text("utf-8")


def test_no_stored_face_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(FACES)


@pytest.mark.parametrize("name", FACES)
def test_a_face_fits_its_template(name: str) -> None:
    assert check(FACES[name]) == []


@pytest.mark.parametrize("name", FACES)
def test_at_most_three_buttons_are_in_sight_and_one_of_them_is_primary(name: str) -> None:
    seen = visible(FACES[name])
    assert len(seen) <= 3
    assert sum(1 for style in seen.values() if style == "primary") <= 1


def test_the_face_of_any_view_is_found_by_its_type() -> None:
    assert [face(view).template for view in (a_case(), a_digest(), a_home(), a_page())] == [
        "case",
        "digest",
        "home",
        "work",
    ]
    assert face(a_page(), "一句话").private["note"] == "一句话"


def test_the_note_alone_does_not_make_another_face() -> None:
    quiet, noted = face(a_case()), face(a_case(), "已签收")
    assert noted.private["has_note"] == "true"
    assert quiet.fingerprint() == noted.fingerprint()
    assert quiet.with_note("已签收") == noted


def test_a_changed_value_makes_another_face() -> None:
    assert face(a_case()).fingerprint() != face(a_case("handling")).fingerprint()


def visible(one: Face) -> dict[str, str]:
    """The buttons in sight on a face: action → style."""
    values = {**one.public, **one.private}
    blocks = [block for block in manifests()[one.template].layout if block["show"] == "buttons"]
    shown = [
        button for block in blocks if values.get(block.get("if", ""), "true") == "true" for button in buttons(block)
    ]
    return {button["action"]: button["style"] for button in shown if values[button["if"]] == "true"}


def test_a_check_names_what_is_wrong() -> None:
    good = face(a_case())
    bad = Face(
        "case", {**good.public, "rows": "{}", "extra": ""}, {**good.private, "can_sign": "yes", "about": "长" * 400}, ""
    )
    assert check(bad) == [
        "public extra is not declared",
        "public rows is no array: '{}'",
        "private can_sign is no boolean: 'yes'",
        "private about is too long",
    ]
    assert check(Face("work", {}, {}, ""))[0] == "public title is missing"
    assert json.loads(good.private["unit_options"]) == []
