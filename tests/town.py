"""The small world of the tests: the practice district with everybody in it and no cases yet."""

from __future__ import annotations

from typing import Any

from core import Core, build_core
from core.seeding import town
from core.settings import Settings
from tests.clock import StillClock
from tests.databases import files_beside, migrated

ANYWHERE = "http://127.0.0.1:9"
"""An address nobody listens on, for tests that send nothing."""


def settings_for(url: str, sandbox: str = ANYWHERE, **sections: dict[str, Any]) -> Settings:
    """The settings of config.yaml over a database of one's own, aimed at `sandbox`; `sections` add or replace."""
    ours: dict[str, dict[str, Any]] = {
        "database": {"url": url},
        "dingtalk": {"api": sandbox, "oapi": sandbox},
        "hotline": {"address": f"{sandbox}/hotline" if sandbox != ANYWHERE else ""},
        "opus": {"address": f"{sandbox}/opus" if sandbox != ANYWHERE else ""},
        "province": {"address": f"{sandbox}/province" if sandbox != ANYWHERE else ""},
        "service_platform": {"address": f"{sandbox}/service-platform" if sandbox != ANYWHERE else ""},
        "clock": {"address": ""},
        "feeds": {"sources": {"*": {"address": ""}}},
        "wechat": {
            "api": sandbox,
            "open": sandbox,
            "jsapi": f"{sandbox}/sandbox/wx.js" if sandbox != ANYWHERE else "",
        },
        "files": {"address": files_beside(url)},
        "sms": {"endpoint": sandbox.removeprefix("http://") if sandbox != ANYWHERE else ""},
    }
    for name, section in sections.items():
        ours[name] = {**ours.get(name, {}), **section}
    return Settings(**ours)  # type: ignore[arg-type]


def a_core(url: str, clock: StillClock, sandbox: str = ANYWHERE, **sections: dict[str, Any]) -> Core:
    """A core on a prepared database."""
    return build_core(settings_for(url, sandbox, **sections), clock)


def settled(url: str) -> None:
    """Every table, every unit and everybody who works there."""
    migrated(url)
    core = a_core(url, StillClock())
    try:
        town(core)
    finally:
        core.engine.dispose()
