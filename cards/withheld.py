"""A view without the words people wrote, for a card whose text DingTalk does not let through.

State, deadline, whose move it is and the buttons stay what they are; where a text stood, a sentence points to the page.
"""

from __future__ import annotations

from dataclasses import replace

from core.joint_views import JointGroupView, JointLegView, JointView
from core.views import CaseView, LegView

SUBJECT = "内容请到网页查看"
SENTENCE = "原文没有通过钉钉的内容检查，请到网页查看。"


def case_withheld(view: CaseView) -> CaseView:
    """The case without title, text, place, caller, results and words given, nor those of cases beside it."""
    return replace(
        view,
        title=SUBJECT, content=SENTENCE, place="", caller="", phone="", address="",
        result=SUBJECT if view.result else "", joint_result="", legs=tuple(_leg(leg) for leg in view.legs),
        timeline=tuple(replace(line, text="") for line in view.timeline),
        calls=(), suggestion=None, alike=(), leading=None,
    )  # fmt: skip


def joint_withheld(view: JointView) -> JointView:
    """The joint order without title, matter, place, and what units wrote of refusal, check-in, feedback and rating."""
    return replace(
        view, title=SUBJECT, matter=SENTENCE, place="地点见网页", legs=tuple(_part(leg) for leg in view.legs)
    )


def group_withheld(view: JointGroupView) -> JointGroupView:
    """What a group may read of an order, without its title."""
    return replace(view, title=SUBJECT)


def _leg(leg: LegView) -> LegView:
    return replace(leg, result=SUBJECT if leg.result else "")


def _part(leg: JointLegView) -> JointLegView:
    return replace(leg, refusal="", answer="", check_in="", feedbacks=(), rated=(), precedents=())
