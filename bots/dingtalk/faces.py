"""The faces the bot draws: one place that asks the core for a view and the cards for its face."""

from __future__ import annotations

from cards import PAGE_SIZE, Face, Query, case_face, draft_face, home_face, manifests, work_face
from cards.card import note_values
from core import Actor, Core
from core.views import CaseView, Option, WorkPage

TITLES = {"todo": "待办", "overdue": "超期", "today": "今日", "done": "已办", "all": "全部", "find": "查找"}


class Faces:
    """Views in, faces out, with the address of this deployment's console for the links."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._base = core.settings.web.public_address

    def case(self, view: CaseView, note: str = "") -> Face:
        """The case card for the reader of this view."""
        return case_face(view, note, base=self._base)

    def draft(self, actor: Actor, token: str, note: str = "") -> Face:
        """A draft as its writer sees it. Raises Unknown, DraftGone."""
        return draft_face(self._core.arrivals.drafts.view(actor, token), note)

    def home(self, actor: Actor, query: Query | None = None, page: int = 1, note: str = "") -> Face:
        """The home card of this actor; with a query, its list is open below the numbers (R103, R104)."""
        listed = self.page(actor, query, page) if query else None
        return home_face(self._core.home(actor), listed, note, query)

    def work(self, actor: Actor, query: Query, page: int = 1, note: str = "") -> Face:
        """A list card."""
        return work_face(self.page(actor, query, page), note, query)

    def readings(self, guesses: tuple[str, ...], note: str = "") -> Face:
        """A list card that only offers what the person may have meant (C12)."""
        return work_face(None, note, None, tuple(Option(words, words) for words in guesses))

    def page(self, actor: Actor, query: Query, page: int = 1) -> WorkPage:
        """One page of a list, in the size a card can show."""
        if query.key == "find":
            return self._core.find(actor, query.words, page, PAGE_SIZE)
        return self._core.work(
            actor, query.key, channel=query.code or None, words=query.words, page=page, size=PAGE_SIZE
        )


def note_only(template: str, note: str) -> dict[str, str]:
    """The private values that change nothing but the line for this reader."""
    declared = manifests()[template].private
    return {name: value for name, value in note_values(note).items() if name in declared}


def shut(template: str, note: str) -> dict[str, str]:
    """The private values that take every button off a card and say why."""
    declared = manifests()[template].private
    switches = {
        name: "false" for name in declared if name.startswith(("can_", "more_")) or name in ("has_buttons", "has_more")
    }
    return {**switches, **note_only(template, note)}
