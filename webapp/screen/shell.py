"""The frame of the phone's pages: where its four tabs lead, for the pages that exist here."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request, url_for

TABS = (
    ("pocket.topics", "pocket", "专题", "topics"),
    ("direct.index", "direct", "直通联办", "joint"),
    ("briefings.index", "briefings", "分析研判", "reports"),
    ("assessment.index", "assessment", "绩效考核", "scores"),
)
"""(endpoint, blueprint that marks the tab as the current one, title, icon)."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab at the thumb."""

    title: str
    icon: str
    address: str
    current: bool


def phone_tabs() -> list[Tab]:
    """The tabs of this moment, in their order; a page that is not served here has none (R023 to R025)."""
    return [
        Tab(title, icon, url_for(endpoint), request.blueprint == blueprint)
        for endpoint, blueprint, title, icon in TABS
        if endpoint in current_app.view_functions
    ]
