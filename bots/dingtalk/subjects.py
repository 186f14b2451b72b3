"""What a shared card is of: a case or a joint order; who holds it, what they see, and the words when no card works."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from bots.dingtalk.faces import Faces
from cards import Face
from cards.text import fallback, joint_fallback
from cards.withheld import case_withheld, joint_withheld
from core import Core
from core.copies import Copy, Kept, Reader
from core.joint_views import JointView
from core.views import CaseView

View = CaseView | JointView


class Subject(Protocol):
    """What the shared card of something needs to know."""

    news: str
    blind: bool  # a change that is one reader's own must not show on other phones, not even by its moment

    def copies(self, subject: int) -> list[Copy]: ...
    def keep(self, subject: int, track: str, kept: Sequence[Kept]) -> None: ...
    def audience(self, subject: int) -> list[Reader]: ...
    def views(self, subject: int, readers: Sequence[Reader]) -> Sequence[View]: ...
    def face(self, view: View) -> Face: ...
    def withheld(self, view: View) -> Face: ...
    def words(self, view: View) -> tuple[str, str]: ...
    def say(self, subject: int, key: str, person: int, title: str, text: str) -> None: ...


class CaseSubject:
    """A case."""

    news, blind = "【新办件】", False

    def __init__(self, core: Core, faces: Faces) -> None:
        self._core, self._faces = core, faces

    def copies(self, subject: int) -> list[Copy]:
        return self._core.card_copies(subject)

    def keep(self, subject: int, track: str, kept: Sequence[Kept]) -> None:
        self._core.keep_copies(subject, track, kept)

    def audience(self, subject: int) -> list[Reader]:
        return self._core.audience(subject)

    def views(self, subject: int, readers: Sequence[Reader]) -> Sequence[View]:
        return self._core.case_views(subject, [reader.actor for reader in readers])

    def face(self, view: View) -> Face:
        assert isinstance(view, CaseView)
        return self._faces.case(view)

    def withheld(self, view: View) -> Face:
        assert isinstance(view, CaseView)
        return self._faces.case(case_withheld(view))

    def words(self, view: View) -> tuple[str, str]:
        assert isinstance(view, CaseView)
        return fallback(view, self._core.settings.web.public_address)

    def say(self, subject: int, key: str, person: int, title: str, text: str) -> None:
        self._core.say(f"fallback:{subject}:{key}", person, text, title, case_id=subject)


class JointSubject:
    """A joint order."""

    news, blind = "【树党旗】", True

    def __init__(self, core: Core, faces: Faces) -> None:
        self._core, self._faces = core, faces

    def copies(self, subject: int) -> list[Copy]:
        return self._core.joints.copies(subject)

    def keep(self, subject: int, track: str, kept: Sequence[Kept]) -> None:
        self._core.joints.keep_copies(subject, track, kept)

    def audience(self, subject: int) -> list[Reader]:
        return self._core.joints.audience(subject)

    def views(self, subject: int, readers: Sequence[Reader]) -> Sequence[View]:
        return self._core.joints.views(subject, [reader.actor for reader in readers])

    def face(self, view: View) -> Face:
        assert isinstance(view, JointView)
        return self._faces.joint(view)

    def withheld(self, view: View) -> Face:
        assert isinstance(view, JointView)
        return self._faces.joint(joint_withheld(view))

    def words(self, view: View) -> tuple[str, str]:
        assert isinstance(view, JointView)
        return joint_fallback(view, self._core.settings.web.public_address)

    def say(self, subject: int, key: str, person: int, title: str, text: str) -> None:
        self._core.say(f"fallback:joint:{subject}:{key}", person, text, title)
