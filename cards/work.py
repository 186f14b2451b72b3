"""The list card: one page of work in rows one can tap, or the readings of words nobody understood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cards.card import Face, Row, array, fit, flag, note_values
from cards.plain import clean, plain, scrub
from cards.text import until
from core.views import Option, WorkItem, WorkPage, counted

TEMPLATE = "work"
PAGE_SIZE = 8  # rows on one card; ask the core for pages of this size
HALF = PAGE_SIZE // 2
TO_SIGN = "签收"
LATE = "超期"
GUESSES = 3
TITLE, SUB, LINE = 16, 40, 30

EMPTY = {
    "today": "今天还没有来件。新件登记后会出现在这里。",
    "todo": "现在没有等您处理的办件。有新件派来，会直接发卡片给您。",
    "done": "还没有办完的件。办结的件会收在这里。",
    "all": "您这个岗位还没有办件。",
    "overdue": "没有超期的件。过了期限还没办完的会列在这里。",
    "find": "没有找到。可以换个说法，或者发送编号、尾号再查。",
}


@dataclass(frozen=True, slots=True)
class Query:
    """What a list shows, so that its page buttons can ask for more of the same.

    `key` is today, todo, done, all, overdue or find; `code` a source; `words` what was searched.
    """

    key: str = "todo"
    code: str = ""
    words: str = ""


def work_face(
    page: WorkPage | None, note: str = "", query: Query | None = None, guesses: Sequence[Option] = ()
) -> Face:
    """A list, or (with no page) only guesses: `Option(value=words to send, text=what the button says)`."""
    asked = query or Query()
    title = plain(page.title, 20) if page else "您是想说"
    readings: list[Row] = [{"title": clean(one.text, 24), "words": clean(one.value, 60)} for one in guesses[:GUESSES]]
    private = {
        **list_values(page, asked),
        "has_list": flag(page is not None and page.total > 0),
        "can_sign_all": flag(page is not None and asked.key == "todo" and dict(page.groups).get(TO_SIGN, 0) > 1),
        "has_guesses": flag(bool(readings)),
        "guesses": array(readings, shrink=("title",)),
        **note_values(note),
    }
    count = f" {page.said} 件" if page else ""
    return Face(TEMPLATE, {"title": "办件列表" if page else "没听明白"}, private, alert=f"【列表】{title}{count}")


def list_values(page: WorkPage | None, query: Query) -> dict[str, str]:
    """The variables of the list area, the same on the list card and on the home card."""
    items = page.items[:PAGE_SIZE] if page else ()
    rows = list(item_rows(items, late_first=query.key == "todo"))
    groups = " · ".join(f"{name} {counted(count)}" for name, count in page.groups if count) if page else ""
    turns = _turns(page, query) if page else []
    return {
        "list_title": fit(_heading(page)) if page else "",
        "groups": fit(groups),
        "has_groups": flag(bool(groups and items)),
        "items_a": array(rows[:HALF], shrink=("sub", "title")),
        "items_b": array(rows[HALF:], shrink=("sub", "title")),
        "is_empty": flag(page is not None and not items),
        "empty": EMPTY.get(query.key, EMPTY["all"]) if page and not items else "",
        "has_pages": flag(bool(turns)),
        "pages": array(turns),
    }


def _heading(page: WorkPage) -> str:
    place = f"，第 {page.page} / {page.pages} 页" if page.pages > 1 else ""
    return f"{plain(page.title, 24)} {page.said} 件{place}"


def item_rows(items: Sequence[WorkItem], *, grouped: bool = True, late_first: bool = False) -> Iterator[Row]:
    """One row a case; the first of each group of 待办 carries the group's name above it.

    `late_first`: the list begins with what is overdue, which stands under that word.
    """
    group = ""
    for item in items:
        row = {
            "no": item.no,
            "title": plain(scrub(item.title), TITLE),
            "sub": _sub(item),
            "tag": item.state_title,
            "tone": "red" if item.overdue else item.tone,
        }
        own = LATE if late_first and item.overdue and item.todo else item.todo
        if grouped and own and own != group:
            row["caption"] = group = own
        yield row


def _sub(item: WorkItem) -> str:
    """The warning in sign and word, number and time left; the channel only where the line has room for it."""
    told = " · ".join(part for part in (item.warning[:4], f"尾号 {item.tail}", until(item.left)) if part)
    longer = f"{told} · {item.channel_title}"
    return clean(longer if item.channel_title and len(longer) <= LINE else told, SUB)


def _turns(page: WorkPage, query: Query) -> list[Row]:
    """The page buttons there is something behind."""
    ways = (("上一页", page.page - 1), ("下一页", page.page + 1))
    same = {"key": query.key, "code": query.code, "words": clean(query.words, 40)}
    return [{"title": title, "page": str(to), **same} for title, to in ways if 1 <= to <= page.pages]
