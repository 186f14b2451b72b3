"""Searching for garbage: seldom, and never among what lives as long as the process."""

from __future__ import annotations

import gc

BETWEEN = 100_000
"""New objects between two looks; one click or page makes some thousands, nearly all freed without a look."""


def spare_the_collector() -> None:
    """Called once a process stands: its tables and code are not searched again, which would stop it for 100 ms."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(BETWEEN, 50, 50)
