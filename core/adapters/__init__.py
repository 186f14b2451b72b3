"""The registry: port name → adapter. One line for each outside system (house-style rule 12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.adapters.clock import build_clock
from core.adapters.hotline import build_hotline
from core.settings import Settings

ADAPTERS: Mapping[str, Callable[[Settings], Any]] = {
    "clock": build_clock,  # business time
    "hotline": build_hotline,  # 12345, or None without an address
}
