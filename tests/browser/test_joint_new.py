"""Whom a flag calls, chosen in a real browser: by a word, a group, the last time, a suggestion (R110)."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from core import Core
from core.models.joint import joint_legs, joint_orders
from tests.browser.test_console import DESK, HAND, SIDEWAYS, SIZES, SMALL_TARGETS, browser
from tests.browser.test_joint import CITY, Enter, core, enter
from tests.builders import clerk, person, rows
from tests.chromium import CHROMIUM
from tests.core.joint_room import an_order
from tests.core.test_flags import save

__all__ = ["browser", "core", "enter"]

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium")
SHOWN = ".joint-all > details:not([hidden]) label:not([hidden])"
UPRIGHT = """() => [...document.querySelectorAll('.joint label:has(input[type=checkbox])')]
    .filter(e => e.checkVisibility() && e.getBoundingClientRect().height > 50).map(e => e.textContent.trim())"""
"""The names beside a box that are broken into a column."""
Size = tuple[int, int]


def form(enter: Enter, size: Size = DESK, **fields: str) -> Page:
    """The empty form of the sponsor's clerk, with these fields filled in."""
    page = enter(CITY, size)
    page.goto("/joint/new")
    for name, value in fields.items():
        page.fill(f"#flag-{name}", value)
    return page


def unfold(page: Page) -> None:
    """All units, if they are not open yet."""
    if page.locator(".joint-all").get_attribute("open") is None:
        page.locator(".joint-all > summary").click()


def names(page: Page) -> list[str]:
    """The units in sight of all there are."""
    return [text.strip() for text in page.locator(SHOWN).all_inner_texts() if text.strip()]


def search(page: Page, word: str) -> list[str]:
    """What is found of all units by a word."""
    page.fill("#unit-search", word)
    return names(page)


def chosen(page: Page) -> str:
    return page.locator("#unit-chosen").inner_text()


def ticked(page: Page) -> list[str]:
    """The units that go with the form."""
    return sorted(set(page.eval_on_selector_all("input[name=unit]:checked", "all => all.map(one => one.value)")))


@pytest.mark.requirement("R110")
@SIZES
def test_units_are_found_by_a_word_of_their_name_and_stay_ticked_when_the_word_changes(
    enter: Enter,
    size: Size,
) -> None:
    page = form(enter, size)
    unfold(page)
    everything = names(page)
    assert len(everything) > 20
    assert search(page, "水务") == ["水务局", "水务集团"]
    assert search(page, "水务局") == ["水务局"]
    page.locator(SHOWN).get_by_label("水务局", exact=True).check()
    found = search(page, "街道")
    assert found
    assert all("街道" in one for one in found)
    page.locator(SHOWN).get_by_label(found[0], exact=True).check()
    assert search(page, "没有这样的") == []
    expect(page.locator("#unit-none")).to_have_text("没有名称里带「没有这样的」的单位，换个字试试。")
    assert page.locator(".joint-all > details:visible").count() == 0
    assert search(page, "") == everything, "as it lay before the first word, folds and all"
    expect(page.locator("#unit-none")).to_be_hidden()
    assert ticked(page) == sorted(["水务局", found[0]])
    assert chosen(page).startswith("已选 2 个：")
    assert page.evaluate(UPRIGHT) == []
    assert page.evaluate(SIDEWAYS) <= 0
    if size == HAND:
        assert page.evaluate(SMALL_TARGETS) == []


@pytest.mark.requirement("R110")
def test_the_keyboard_alone_finds_ticks_and_never_raises_the_flag_while_searching(enter: Enter, core: Core) -> None:
    page = form(enter, title="港口路围墙倒塌", matter="查清原因", meet_at="3月10日 15:00", place="港口路")
    page.select_option("#flag-flag_kind", label="安全隐患")
    page.select_option("#flag-flag_reason", label="突发应急，需多单位到场")
    unfold(page)
    page.locator("#unit-search").focus()
    page.keyboard.type("水务局")
    page.keyboard.press("Enter")
    assert ticked(page) == ["水务局"]
    page.keyboard.press("Enter")
    assert ticked(page) == [], "the same key takes it back"
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.input_value("#unit-search") == ""
    page.keyboard.type("局")
    page.keyboard.press("Enter")
    assert ticked(page) == ["水务局"], "several are found: none is guessed"
    assert page.url.endswith("/joint/new")
    assert rows(core, joint_orders) == []
    page.keyboard.press("Escape")
    page.keyboard.type("住建")
    page.keyboard.press("Tab")
    for _ in range(6):
        if page.evaluate("document.activeElement.value") == "住建局":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert ticked(page) == sorted(["水务局", "住建局"])
    page.get_by_role("button", name="树旗").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("已树旗，编号 XYDQ")
    names = {core.directory().unit_name(leg.unit_id) for leg in rows(core, joint_legs)}
    assert names == {"水务局", "住建局"}


@pytest.mark.requirement("R110")
@SIZES
def test_a_group_and_the_last_ones_are_ticked_wherever_they_stand(enter: Enter, core: Core, size: Size) -> None:
    an_order(core, place="长秀大道")
    save(core, clerk(core), "防汛组", "water", "emergency", "power_company")
    save(core, person(core, "desk_head"), "消防联查", "fire", "police")
    page = form(enter, size)
    titles = page.locator(".joint-pick-row > b").all_inner_texts()
    assert titles[:3] == ["最近联办", "防汛组", "消防联查"]
    group = page.locator(".joint-pick-row", has_text="防汛组").locator("[data-members]")
    group.check()
    assert ticked(page) == sorted(["水务局", "应急局", "供电局"])
    recent = page.locator(".joint-pick-row", has_text="最近联办")
    expect(recent.get_by_label("水务局", exact=True)).to_be_checked()
    recent.get_by_label("水务局", exact=True).uncheck()
    assert ticked(page) == sorted(["应急局", "供电局"])
    expect(group).not_to_be_checked()
    assert group.evaluate("one => one.indeterminate"), "some of it is still chosen"
    unfold(page)
    assert search(page, "水务局") == ["水务局"]
    page.locator(SHOWN).get_by_label("水务局", exact=True).check()
    expect(group).to_be_checked()
    group.uncheck()
    assert (ticked(page), chosen(page)) == ([], "")
    assert page.evaluate(SIDEWAYS) <= 0
    assert page.evaluate(UPRIGHT) == []


@pytest.mark.requirement("R110")
@SIZES
def test_what_is_suggested_is_ticked_once_and_a_form_that_comes_back_keeps_all_choices(
    enter: Enter, core: Core, size: Size
) -> None:
    save(core, clerk(core), "防汛组", "water", "emergency")
    page = form(enter, size, title="下雨路面积水", matter="雨水井堵了，水排不走", place="港口路")
    hint = page.locator("#flag-look .joint-suggested")
    expect(hint).to_be_visible()
    assert page.evaluate(UPRIGHT) == []
    hint.get_by_label("水务局", exact=True).check()
    assert ticked(page) == ["水务局"]
    page.locator(".joint-pick-row", has_text="防汛组").locator("[data-members]").check()
    page.fill("#flag-matter", "雨水井堵了，水排不走，路灯也不亮")
    with page.expect_response("**/joint/look"):
        pass
    expect(hint.get_by_label("水务局", exact=True)).to_be_checked()
    page.get_by_role("button", name="树旗").click()
    expect(page.locator(".said.no")).to_be_visible()
    assert ticked(page) == sorted(["水务局", "应急局"])
    assert chosen(page) == "已选 2 个：水务局、应急局"
    expect(page.locator(".joint-pick-row", has_text="防汛组").locator("[data-members]")).to_be_checked()
    assert rows(core, joint_orders) == []
