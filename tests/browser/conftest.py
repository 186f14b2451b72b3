"""What the browser tests share: patience with a machine that is busy with other tests."""

from __future__ import annotations

from playwright.sync_api import expect

PATIENCE_MS = 60_000

expect.set_options(timeout=PATIENCE_MS)
