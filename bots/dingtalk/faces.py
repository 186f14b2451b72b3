"""The faces the bot draws: one place that asks the core for a view and the cards for its face."""

from __future__ import annotations

from dataclasses import replace

from cards import (
    PAGE_SIZE,
    Face,
    Query,
    StatsQuery,
    case_face,
    draft_face,
    home_face,
    manifests,
    stats_face,
    work_face,
)
from cards.card import note_values
from cards.charts import chart
from core import Actor, Core
from core.errors import Unknown
from core.figures import Ask, Pick, Stats, period
from core.views import CaseView, Option, WorkPage
from core.worktime import local_date

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

    def stats(self, actor: Actor, query: StatsQuery, note: str = "") -> Face:
        """The statistics card; with something opened, its cases are listed below (R105, R106)."""
        stats = self._figures(actor, query)
        return stats_face(stats, self._core.home(actor), query, self._behind(actor, stats.ask, query), note, self._base)

    def chart(self, actor: Actor, query: StatsQuery) -> bytes:
        """The chart of what a statistics card shows, as a picture."""
        return chart(self._figures(actor, query), query.dim)

    def _figures(self, actor: Actor, query: StatsQuery) -> Stats:
        days = period(query.period, local_date(self._core.clock.now()))
        return self._core.measures.stats(actor, Ask(*days, query.kind), (query.dim,))

    def _behind(self, actor: Actor, ask: Ask, query: StatsQuery) -> WorkPage | None:
        amount, _, rest = query.opens.partition(":")
        if not amount:
            return None
        if amount == "list":
            return self._core.work(actor, rest, page=query.page, size=PAGE_SIZE)
        dim, _, value = rest.partition(":")
        if dim == "unit":
            if not value.lstrip("-").isdecimal() or len(value) > 18:
                raise Unknown(what="这个单位")
            return self._core.measures.opened(actor, replace(ask, unit=int(value)), Pick(amount), query.page, PAGE_SIZE)
        return self._core.measures.opened(actor, ask, Pick(amount, dim, value), query.page, PAGE_SIZE)

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
