"""Where Chromium stands, for the tests and measurements that look at pages."""

from __future__ import annotations

from pathlib import Path

CHROMIUM = Path("/usr/bin/chromium")
