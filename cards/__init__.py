"""The faces: a frozen view in, a card out. No query, no clock, no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cards.card import Face
from cards.case import card_action, case_face, move_of
from cards.draft import draft_face
from cards.home import home_face
from cards.manifest import manifests
from cards.work import PAGE_SIZE, Query, work_face
from core.views import CaseView, DraftView, HomeView, WorkPage

__all__ = [
    "PAGE_SIZE",
    "Face",
    "Query",
    "card_action",
    "case_face",
    "draft_face",
    "face",
    "home_face",
    "manifests",
    "move_of",
    "work_face",
]

View = CaseView | DraftView | HomeView | WorkPage

FACES: Mapping[type, Callable[[Any], Face]] = {
    CaseView: case_face,
    DraftView: draft_face,
    HomeView: home_face,
    WorkPage: work_face,
}


def face(view: View, note: str = "") -> Face:
    """The face of any view, with an optional private line."""
    return FACES[type(view)](view).with_note(note)
