"""A browser that no longer answers fails its test, instead of standing still with it for ever."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Error

from tests.browser.conftest import ended_after
from tests.browser.demo import chromium
from tests.chromium import CHROMIUM

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium")
NEVER = "new Promise(() => {})"


def asked(browser: Browser) -> None:
    """A question without a time limit, to a page that never answers."""
    browser.new_page().evaluate(NEVER)


def test_a_page_that_never_answers_is_an_error_in_the_end() -> None:
    with chromium() as browser, ended_after(2), pytest.raises(Error):
        asked(browser)
