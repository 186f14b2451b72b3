"""Where the rows of the screens are fetched: JSON over HTTP, a folder of sheets, a database that is only read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from core.adapters.feed_files import Folder, Open
from core.adapters.feed_query import QuerySource
from core.adapters.feed_words import at_path, mark_of, renamed
from core.adapters.http import Answer, Http, Unreachable
from core.feeds.checking import moment_of
from core.policy.feed_rules import feed_rules
from core.policy.feeds import Dataset
from core.ports import Parcel, RowSource, SourceAway
from core.settings import FeedSource, Settings

PAGE, MOST_PAGES = "page ", 1000
"""Before the number in the cursor of a list that comes in pages; more of them are no list any more."""
NOT_THERE = frozenset({400, 404, 410, 416, 422})
"""Answers to a page behind the last, or to a cursor that is no longer known."""
CURSOR = 500
"""Characters of a cursor; a longer one is none of ours."""


class JsonSource:
    """`GET address?since=cursor` → the list of rows somewhere in a JSON answer, and `next` and `at` beside it.

    Our own proposal is `{"rows": [...], "next": "…", "more": false, "at": "…"}`; what others call otherwise is said in
    the settings. Without `more` it goes on as long as rows come and the cursor moves, or with `page` in the settings
    until a page is empty or the one before once more.
    """

    way = "pull"

    def __init__(self, given: FeedSource, dataset: Dataset, http: Http | None = None) -> None:
        address = given.address.get_secret_value().replace("{topic}", dataset.topic).replace("{dataset}", dataset.name)
        token = given.token.get_secret_value()
        headers = {"Accept": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        headers |= {name: value.get_secret_value() for name, value in given.headers.items()}
        self._http, self._given = http or Http(address, headers), given
        self.place = host_of(address)
        self.every, self.demo = given.every_s or dataset.every, given.demo

    def fetch(self, cursor: str) -> Iterator[Parcel]:
        """Page after page, as long as the cursor goes on. Raises SourceAway."""
        if self._given.page:
            yield from self._pages(cursor)
            return
        while True:
            page = self._following(cursor)
            yield from _parts(page)
            if not page.more or not page.cursor or page.cursor == cursor:
                return
            cursor = page.cursor

    def _following(self, cursor: str) -> Parcel:
        """What comes after a cursor; from the beginning when the source no longer knows it, for twice is once."""
        if not self._given.since or not cursor:
            return self._page({})
        try:
            return self._page({self._given.since: cursor})
        except SourceAway as fault:
            if fault.status not in NOT_THERE:
                raise
            return self._page({})

    def _pages(self, cursor: str) -> Iterator[Parcel]:
        """By number, the cursor being that of the next: a look that was cut short goes on there, a whole one anew."""
        given, told, last = self._given, cursor.removeprefix(PAGE), ""
        over = Parcel([], self.place, "pages", f"{PAGE}{given.page_first}")
        number = int(told) if cursor.startswith(PAGE) and told.isdigit() else given.page_first
        while number < given.page_first + MOST_PAGES * given.page_step:
            page = self._numbered(number)
            if page is None or not page.rows or page.mark == last:
                yield over
                return
            number, last = number + given.page_step, page.mark
            yield from _parts(replace(page, cursor=f"{PAGE}{number}", more=True))
        yield over
        raise SourceAway(f"一次超过 {MOST_PAGES} 页，只收下前面的；请对方支持按时间取数")

    def _numbered(self, number: int) -> Parcel | None:
        """A page; None for one after the last, which some answer with a refusal."""
        try:
            return self._page({self._given.page: number})
        except SourceAway as fault:
            if number == self._given.page_first or fault.status not in NOT_THERE:
                raise
            return None

    def _page(self, asked: Mapping[str, str | int]) -> Parcel:
        try:
            answer = self._http.get("", asked)
        except Unreachable as fault:
            place = self.place if not fault.status or fault.wait_s or fault.status == 429 else ""
            raise SourceAway(str(fault), place, fault.status, fault.wait_s) from None
        try:
            told = json.loads(_text(answer))
        except (ValueError, RecursionError):
            raise SourceAway("对方回复的不是 JSON") from None
        rows = at_path(told, self._given.rows)
        if not isinstance(rows, list):
            raise SourceAway(f"对方的回复里没有「{self._given.rows or '列表'}」这个列表")
        beside = told if isinstance(told, dict) else {}
        ahead, goes_on = _cursor(at_path(beside, self._given.next)), beside.get("more")
        return Parcel(
            [renamed(row, self._given.columns) for row in rows], self.place, mark_of(answer.body), ahead,
            moment_of(beside.get("at")), len(answer.body),
            more=bool(ahead) and (bool(rows) if goes_on is None else goes_on is True),
        )  # fmt: skip


def _cursor(told: Any) -> str:
    """Where to go on, as the source says it: a word or a running number; empty for nothing we could ask with."""
    word = str(told) if isinstance(told, int) and not isinstance(told, bool) else told
    return word if isinstance(word, str) and len(word) <= CURSOR else ""


def _parts(page: Parcel) -> Iterator[Parcel]:
    """A page in pieces that one delivery may hold; only the last goes on with the cursor."""
    most = feed_rules().most_rows
    for first in range(0, len(page.rows) - most, most):
        yield replace(page, rows=page.rows[first : first + most], mark=f"{page.mark}.{first}", cursor="", more=True)
    yield replace(page, rows=page.rows[(max(1, len(page.rows)) - 1) // most * most :])


def _text(answer: Answer) -> str | bytes:
    """JSON is UTF-8 (RFC 8259); an older system that says so, or simply does so, writes it in GB18030."""
    if answer.charset.lower().replace("-", "") in ("", "utf8"):
        try:
            answer.body.decode("utf-8-sig")
        except UnicodeDecodeError:
            return answer.body.decode("gb18030") if b"\0" not in answer.body else answer.body  # UTF-16 shows by itself
        return answer.body
    try:
        return answer.body.decode("gb18030" if answer.charset.lower().startswith("gb") else answer.charset)
    except LookupError:
        return answer.body


def host_of(address: str) -> str:
    """Host and port of an address, without whoever may sign in there."""
    try:
        where = urlsplit(address)
        return f"{where.hostname or ''}:{where.port}" if where.port else where.hostname or ""
    except ValueError:
        return ""


def source_of(given: Mapping[str, FeedSource], dataset: Dataset) -> FeedSource | None:
    """What the settings say of a dataset: by its name, its topic, its usual way, else for all.

    None when nothing is said of it, or an empty address: then it is pushed.
    """
    names = (dataset.full, f"{dataset.topic}.*", f"{dataset.by}.*", "*")
    found = next((given[name] for name in names if name in given), None)
    return found if found is not None and found.address.get_secret_value() else None


def build_feeds(settings: Settings, datasets: Mapping[str, Dataset], opened: Open) -> Mapping[str, RowSource]:
    """Every dataset that is fetched, with its source; `opened` reads a sheet."""
    found = {name: source_of(settings.feeds.sources, one) for name, one in datasets.items()}
    return {name: _built(one, datasets[name], opened) for name, one in found.items() if one is not None}


def _built(given: FeedSource, dataset: Dataset, opened: Open) -> RowSource:
    if given.by == "file":
        return Folder(given, dataset, opened)
    return JsonSource(given, dataset) if given.by == "pull" else QuerySource(given, dataset)
