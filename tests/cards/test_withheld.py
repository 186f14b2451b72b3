"""A card whose text DingTalk refuses: nothing that people wrote is left on it, everything else is as it was."""

from __future__ import annotations

from dataclasses import replace

from cards.card import Face
from cards.case import case_face
from cards.joint import joint_face
from cards.joint_samples import a_joint_leader
from cards.manifest import check
from cards.withheld import SENTENCE, SUBJECT, case_withheld, joint_withheld
from core.joint_views import FeedbackView
from core.views import Alike, TimelineLine
from tests.cards.builders import SENT, a_case, a_leg, moves

SAID = "原样的话"
ALIKE = Alike("XYRX20260309004188", "004188", SAID, "handling", "办理中", "blue", SAID, "今天", (SAID,))
FED = FeedbackView("第 1 轮", "今天 10:00", SAID, SAID, SAID, kept="今天 11:00", kept_note=SAID)


def switches(face: Face) -> dict[str, str]:
    """The buttons of a face, and what its reader reads of state and time."""
    kept = ("can_", "more_", "has_buttons", "has_more", "state", "tone", "left", "whose_move", "seq", "leg")
    return {name: value for name, value in face.private.items() if name.startswith(kept)}


def test_a_case_keeps_state_deadline_and_buttons_and_none_of_its_words() -> None:
    told = TimelineLine(SENT, "3月9日 09:05", "指挥中心 陈某", "派发", SAID, "case.dispatched", "web", 42)
    view = a_case(
        "closing", title=SAID, content=SAID, place=SAID, caller=SAID, phone=SAID, address=SAID, result=SAID,
        joint_result=SAID, legs=(a_leg(result=SAID),), timeline=(told,), calls=(SAID,), alike=(ALIKE,), leading=ALIKE,
        moves=moves("case", "confirm", "send_back"),
    )  # fmt: skip
    whole, face = case_face(view), case_face(case_withheld(view), base="https://console.example")
    assert SAID in str(whole)
    assert SAID not in str(face)
    assert (face.public["title"], face.public["body"]) == (SUBJECT, SENTENCE)
    assert face.public["link"] == f"https://console.example/cases/{view.no}"
    assert face.private["result"] == f"**办理结果** {SUBJECT}"
    assert switches(face) == switches(whole)
    assert check(face) == []


def test_a_joint_order_keeps_its_units_and_buttons_and_none_of_their_words() -> None:
    view = a_joint_leader()
    legs = tuple(
        replace(leg, refusal=SAID, answer=SAID, check_in=SAID, feedbacks=(FED,), rated=(SAID,), precedents=(SAID,))
        for leg in view.legs
    )
    view = replace(view, title=SAID, matter=SAID, place=SAID, legs=legs)
    whole, face = joint_face(view), joint_face(joint_withheld(view))
    assert SAID in str(whole)
    assert SAID not in str(face)
    assert (face.public["title"], face.public["body"]) == (f"树党旗 · {SUBJECT}", SENTENCE)
    assert face.private["units"] == whole.private["units"]
    assert switches(face) == switches(whole)
    assert check(face) == []
