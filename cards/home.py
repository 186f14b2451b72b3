"""The home card (R102–R104): who I am here, five numbers, the twelve sources, and the list they open."""

from __future__ import annotations

from cards.card import Face, array, flag, note_values
from cards.plain import clean
from cards.work import Query, list_values
from core.views import HomeView, Tally, WorkPage

TEMPLATE = "home"
TONES = {"todo": "orange", "overdue": "red"}  # grey until there is something


def home_face(view: HomeView, page: WorkPage | None = None, note: str = "", query: Query | None = None) -> Face:
    """The home card of one person at one post; with a page, its list is open below the numbers.

    A tally opens the list of its key (R103), a source the pending cases of that source (R104), and 切换岗位 lists the
    person's posts (R102).
    """
    current = next((post.label for post in view.posts if post.current), view.post)
    told = {tally.key: tally for tally in view.tallies if tally.count}
    private = {
        "greeting": clean(f"{view.name}，您好 · {current}", 60),
        "as_of": clean(view.as_of if view.as_of.startswith("截至") else f"截至 {view.as_of}", 40),
        "tallies": array(tally_rows(view)),
        "sources": array(
            [{"code": one.key, "title": clean(one.title, 12), "tag": one.said} for one in view.sources],
            shrink=("title",),
        ),
        "has_posts": flag(len(view.posts) > 1),
        "post_options": array(
            [{"value": str(post.id), "text": clean(post.label, 30)} for post in view.posts], shrink=("text",)
        ),
        "show_list": flag(page is not None),
        **list_values(page, query or Query()),
        **note_values(note),
    }
    todo, overdue = told.get("todo"), told.get("overdue")
    alert = f"【首页】待办 {todo.said if todo else 0} 件" + (f"，超期 {overdue.said} 件" if overdue else "")
    return Face(TEMPLATE, {"title": "总客服 · 我的首页"}, private, alert)


def tally_rows(view: HomeView) -> list[dict[str, str]]:
    """The five numbers as rows: what each opens, its title, its figure."""
    return [_tally(tally) for tally in view.tallies]


def _tally(tally: Tally) -> dict[str, str]:
    tone = TONES.get(tally.key, "blue") if tally.count else "grey"
    return {"key": tally.key, "title": clean(tally.title, 6), "tag": tally.said, "tone": tone}
