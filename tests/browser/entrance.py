"""The console's door in a browser: whoever is let in has arrived before the test asks for anything else."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from core import Core
from tests.browser.conftest import PATIENCE_MS
from tests.webapp.visitor import sent_number


def enter(page: Page, login: str, password: str, core: Core) -> None:
    """Through both factors where the person needs two.

    A press of a button does not wait for the page it brings: the next address, asked for at once, would overtake it and
    be asked by nobody who is signed in.
    """
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/sign-in")
    page.fill("#login", login)
    page.fill("#password", password)
    page.get_by_role("button", name="登录").click()
    expect(page.locator("#number, .me").first).to_be_attached()
    if page.locator("#number").count():
        page.fill("#number", sent_number(core))
        page.get_by_role("button", name="确认登录").click()
        expect(page.locator(".me")).to_be_attached()
