"""The faces: a frozen view in, a card out. No query, no clock, no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cards.card import Face
from cards.case import card_action, case_face, move_of
from cards.digest import digest_face
from cards.draft import draft_face
from cards.home import home_face
from cards.manifest import manifests
from cards.stats import StatsQuery, stats_face
from cards.work import PAGE_SIZE, Query, work_face
from core.boards import DigestView, DraftView
from core.views import CaseView, HomeView, WorkPage

__all__ = [
    "PAGE_SIZE",
    "Face",
    "Query",
    "StatsQuery",
    "card_action",
    "case_face",
    "digest_face",
    "draft_face",
    "face",
    "home_face",
    "manifests",
    "move_of",
    "stats_face",
    "work_face",
]

View = CaseView | DigestView | DraftView | HomeView | WorkPage

FACES: Mapping[type, Callable[[Any], Face]] = {
    CaseView: case_face, DigestView: digest_face, DraftView: draft_face, HomeView: home_face, WorkPage: work_face,
}  # fmt: skip


def face(view: View, note: str = "") -> Face:
    """The face of any view, with an optional private line."""
    return FACES[type(view)](view).with_note(note)
