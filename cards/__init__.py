"""The faces: a frozen view in, a card out. No query, no clock, no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cards.briefing import briefing_face
from cards.card import Face
from cards.case import card_action, case_face, move_of
from cards.digest import digest_face
from cards.draft import draft_face
from cards.home import home_face
from cards.joint import joint_face, joint_move_of
from cards.joint_group import joint_group_face
from cards.joint_lists import joint_list_face, joint_new_face
from cards.manifest import manifests
from cards.patrol import patrol_face
from cards.score_card import ScoreQuery, is_of_scores, score_face
from cards.stats import StatsQuery, stats_face
from cards.warning import warning_face
from cards.work import PAGE_SIZE, Query, work_face
from core.boards import DigestView, DraftView, PatrolView
from core.joint_views import JointGroupView, JointPage, JointView
from core.views import CaseView, HomeView, WorkPage

__all__ = [
    "PAGE_SIZE",
    "Face",
    "Query",
    "ScoreQuery",
    "StatsQuery",
    "briefing_face",
    "card_action",
    "case_face",
    "digest_face",
    "draft_face",
    "face",
    "home_face",
    "is_of_scores",
    "joint_face",
    "joint_group_face",
    "joint_list_face",
    "joint_move_of",
    "joint_new_face",
    "manifests",
    "move_of",
    "patrol_face",
    "score_face",
    "stats_face",
    "warning_face",
    "work_face",
]

View = CaseView | DigestView | DraftView | HomeView | JointGroupView | JointPage | JointView | PatrolView | WorkPage

FACES: Mapping[type, Callable[[Any], Face]] = {
    CaseView: case_face, DigestView: digest_face, DraftView: draft_face, HomeView: home_face,
    JointView: joint_face, JointGroupView: joint_group_face, JointPage: joint_list_face,
    PatrolView: patrol_face, WorkPage: work_face,
}  # fmt: skip


def face(view: View, note: str = "") -> Face:
    """The face of any view, with an optional private line."""
    return FACES[type(view)](view).with_note(note)
