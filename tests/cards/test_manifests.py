"""The manifests are what the tables say, and what is drawn from them is current."""

from io import BytesIO

import pytest
import yaml
from PIL import Image

from cards import case_template, drawings
from cards.case import action_id
from cards.manifest import buttons, manifests, parse

TEMPLATES = (
    "briefing",
    "case",
    "digest",
    "draft",
    "home",
    "joint",
    "joint_group",
    "joint_list",
    "joint_new",
    "patrol",
    "stats",
    "warning",
    "work",
)
CASE = case_template.manifest()


def test_there_is_one_manifest_a_template() -> None:
    assert tuple(manifests()) == TEMPLATES


@pytest.mark.parametrize("template", drawings.GENERATED)
def test_a_generated_manifest_on_disk_is_current(template: str) -> None:
    assert (drawings.FOLDER / f"{template}.yaml").read_text("utf-8") == drawings.GENERATED[template].text()


def test_the_drawing_instructions_on_disk_are_the_generated_ones() -> None:
    assert (drawings.FOLDER / "README.md").read_text("utf-8") == drawings.readme()


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_picture_shows_the_card_as_it_is_and_stays_small(template: str) -> None:
    stored = (drawings.FOLDER / "pictures" / f"{template}.png").read_bytes()
    drawn = drawings.picture(template)
    assert len(stored) < 150_000
    assert Image.open(BytesIO(stored)).convert("RGB").tobytes() == Image.open(BytesIO(drawn)).convert("RGB").tobytes()


def test_buttons_read_as_the_flow_tables_say() -> None:
    titles = {action_id(flow.name, one.action): one.title for flow in case_template.flows() for one in flow.moves}
    drawn = [button for block in manifests()["case"].layout for button in buttons(block)]
    assert drawn
    assert all(button["title"] == titles[button["action"]] for button in drawn)
    assert {button["action"] for button in drawn} == set(manifests()["case"].actions)


def test_the_dangerous_buttons_come_last() -> None:
    for block in manifests()["case"].layout:
        styles = [button["style"] for button in buttons(block)]
        assert styles == sorted(styles, key=lambda style: style == "danger")


def test_fixed_choices_are_the_words_of_the_seed() -> None:
    (reason, *_) = manifests()["case"].forms["return"]
    assert ("not_our_duty", "不属本单位职责") in reason.options
    assert reason.required
    assert manifests()["case"].forms["case_dispatch"][0].options_from == "unit_options"


@pytest.mark.parametrize(
    ("spoiled", "fault"),
    [
        ({"public": {**CASE["public"], "note": "string"}}, "note is public and private"),
        ({"public": {**CASE["public"], "body": "text"}}, "type of body"),
        ({"layout": [{"show": "marquee"}]}, "layout shows marquee"),
        ({"layout": [{"show": "foot", "text": "feet"}]}, "foot shows unknown feet"),
        ({"layout": [{"show": "foot", "text": "foot", "if": "foot"}]}, "foot depends on foot"),
        (
            {"layout": [{"show": "list", "of": "rows", "action": "sign", "params": {}}]},
            "list rows does not carry what sign sends",
        ),
        ({"forms": {**CASE["forms"], "sing": []}}, "form of unknown sing"),
        ({"forms": {**CASE["forms"], "contact": []}}, "contact: the form is not drawn as declared"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(spoiled: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        parse(yaml.safe_load(yaml.safe_dump({**CASE, **spoiled})))
