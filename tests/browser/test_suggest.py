"""建议派给 in a real browser: the units a case may mean, each with what speaks for it, and one press to send it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_console import (  # noqa: F401  (fixtures)
    DESK,
    HAND,
    SIDEWAYS,
    Open,
    address,
    browser,
    open_page,
    pytestmark,
    town,
)
from tests.webapp.town import Town


@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
def test_each_suggested_unit_stands_there_with_its_reason(
    open_page: Open,  # noqa: F811
    town: Town,  # noqa: F811
    size: tuple[int, int],
) -> None:
    case = town.register(0)
    town.core.suggest.make(case)
    view = town.core.case_view(town.actor("desk"), case).suggestion
    assert view is not None
    assert view.units
    page = open_page("desk", size)
    page.goto(f"/cases/{town.no(case)}")
    block = page.get_by_label("建议派给", exact=True)
    rows = block.locator(".suggested li")
    expect(rows).to_have_count(len(view.units))
    for row, unit in zip(rows.all(), view.units, strict=True):
        expect(row.locator("b")).to_have_text(unit.short)
        expect(row.locator(".quiet")).to_have_text(unit.because)
        expect(row.locator(".quiet")).to_be_visible()
    assert page.evaluate(SIDEWAYS) <= 0
    block.get_by_role("button", name=f"派发给{view.units[0].short}").click()
    expect(page.get_by_role("status")).to_contain_text("已派发")
    expect(page.locator(".whose").first).to_contain_text(view.units[0].short)
    expect(block).to_have_count(0)
