"""The faces the bot draws: one place that asks the core for a view and the cards for its face."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from cards import (
    PAGE_SIZE,
    Face,
    Query,
    ScoreQuery,
    StatsQuery,
    case_face,
    draft_face,
    home_face,
    joint_face,
    joint_list_face,
    joint_new_face,
    manifests,
    patrol_face,
    score_face,
    stats_face,
    work_face,
)
from cards.card import note_values
from cards.charts import chart
from cards.score_chart import score_picture
from core import Actor, Core
from core.errors import Unknown
from core.figures import Ask, Pick, Stats, period
from core.joint_views import JointView
from core.queries.joint_lists import JointFilter
from core.score_views import month_of
from core.views import CaseView, Option, Tally, WorkPage
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

    def joint(self, view: JointView, note: str = "") -> Face:
        """The card of a joint order for the reader of this view."""
        return joint_face(view, note, base=self._base)

    def joint_list(self, actor: Actor, key: str = "", note: str = "") -> Face:
        """One of the reader's lists of joint orders, narrowed where the key goes on with a source. Raises NotYours."""
        may, (name, _, source) = actor.role in self._core.policy.raises, key.partition(".")
        page = self._core.joints.listed(actor, name, JointFilter(source=source))
        return joint_list_face(page, note, may_raise=may)

    def flag(self, actor: Actor, token: str = "", note: str = "") -> Face:
        """The form that raises a flag, or the one held back under this token. Raises Unknown, FlagGone."""
        held = self._core.flags.view(actor, token) if token else None
        choices = self._core.flags.choices(actor)
        return joint_new_face(held.no if held else "", note, choices=choices, held=held)

    def draft(self, actor: Actor, token: str, note: str = "") -> Face:
        """A draft as its writer sees it. Raises Unknown, DraftGone."""
        return draft_face(self._core.arrivals.drafts.view(actor, token), note)

    def home(self, actor: Actor, query: Query | None = None, page: int = 1, note: str = "") -> Face:
        """The home card of this actor; with a query, its list is open below the numbers (R103, R104)."""
        listed = self.page(actor, query, page) if query else None
        view, walks = self._core.home(actor), self._core.patrols.today(actor).walks
        if walks:
            left = sum(walk.state in ("due", "walking") for walk in walks)
            view = replace(view, tallies=(*view.tallies, Tally("patrol", "巡查", left)))
        return home_face(view, listed, note, query)

    def patrol(self, actor: Actor, note: str = "") -> Face:
        """This person's walks of today."""
        return patrol_face(self._core.patrols.today(actor), note)

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

    def score_query(self, *, last: bool) -> ScoreQuery:
        """The scores of this month, or of the last one."""
        first, _ = month_of(local_date(self._core.clock.now()))
        return ScoreQuery(month_of(first - date.resolution)[0] if last else first)

    def score_card(self, actor: Actor, query: ScoreQuery, note: str = "") -> Face:
        """The card of scores; with a number opened, its orders are listed below (R134–R136, R144–R146)."""
        scores, today = self._core.joint_scores, local_date(self._core.clock.now())
        board = scores.board(actor, query.ask)
        opened = scores.opened(actor, query.ask, query.opens, query.page, PAGE_SIZE) if query.opens else None
        return score_face(board, query, today, opened, note, self._base)

    def scores(self, actor: Actor, query: ScoreQuery) -> bytes:
        """The scores of joint orders of a month as a picture (R134, R144)."""
        return score_picture(self._core.joint_scores.board(actor, query.ask))

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
