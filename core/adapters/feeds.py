"""Where the rows of the screens are fetched: JSON over HTTP, a folder of sheets, a database that is only read."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnClause, CursorResult, Engine, column, create_engine, event, select, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from core.adapters.feed_files import Folder, Open
from core.adapters.http import Answer, Http, Unreachable
from core.canon import canonical
from core.feeds.checking import moment_of
from core.policy.feed_rules import feed_rules
from core.policy.feeds import Dataset
from core.ports import Parcel, RowSource, SourceAway
from core.settings import FeedSource, Settings

PORTION = 1000
"""Rows of a far database held at a time."""
PAGE, MOST_PAGES = "page ", 1000
"""Before the number in the cursor of a list that comes in pages; more of them are no list any more."""
CURSOR = 500
"""Characters of a cursor; a longer one is none of ours."""
READS = re.compile(r"\s*(select|with)\b[^;]*\Z", re.IGNORECASE)


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
            page = self._page({self._given.since: cursor} if self._given.since and cursor else {})
            yield page
            if not page.more or not page.cursor or page.cursor == cursor:
                return
            cursor = page.cursor

    def _pages(self, cursor: str) -> Iterator[Parcel]:
        """By number, the cursor being that of the next: a look that was cut short goes on there, a whole one from 1."""
        told, last, over = cursor.removeprefix(PAGE), "", Parcel([], self.place, "pages", f"{PAGE}1")
        number = int(told) if cursor.startswith(PAGE) and told.isdigit() else 1
        while number <= MOST_PAGES:
            page = self._page({self._given.page: number})
            if not page.rows or page.mark == last:
                yield over
                return
            number, last = number + 1, page.mark
            yield replace(page, cursor=f"{PAGE}{number}", more=True)
        yield over
        raise SourceAway(f"一次超过 {MOST_PAGES} 页，只收下前面的；请对方支持按时间取数")

    def _page(self, asked: Mapping[str, str | int]) -> Parcel:
        try:
            answer = self._http.get("", asked)
        except Unreachable as fault:
            raise SourceAway(str(fault), self.place if not fault.status else "") from None
        try:
            told = json.loads(_text(answer))
        except (ValueError, RecursionError):
            raise SourceAway("对方回复的不是 JSON") from None
        rows = at_path(told, self._given.rows)
        if not isinstance(rows, list):
            raise SourceAway(f"对方的回复里没有「{self._given.rows or '列表'}」这个列表")
        ahead = told.get("next") if isinstance(told, dict) else None
        ahead = ahead if isinstance(ahead, str) and len(ahead) <= CURSOR else ""
        made = moment_of(told.get("at")) if isinstance(told, dict) else None
        goes_on = told.get("more") if isinstance(told, dict) else None
        more = bool(ahead) and (bool(rows) if goes_on is None else goes_on is True)
        return Parcel(
            [renamed(row, self._given.columns) for row in rows], self.place, _mark(answer.body), ahead, made,
            len(answer.body), more=more,
        )  # fmt: skip


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


class QuerySource:
    """The rows of one SELECT; `:since` in it is the newest moment read so far, nothing the first time."""

    way = "query"

    def __init__(self, given: FeedSource, dataset: Dataset) -> None:
        self._given, self._time = given, dataset.time
        self._engine: Engine | None = None
        self.every, self.demo = given.every_s or dataset.every, given.demo
        self.place = f"db:{hashlib.sha256(given.address.get_secret_value().encode()).hexdigest()[:12]}"

    def fetch(self, cursor: str) -> Iterator[Parcel]:
        """Its rows parcel by parcel, never the whole result in memory, and at most so many a look (feeds.yaml).

        A longer result goes on at the next look, for it is put in the order of time; without :since what came is kept
        and the reason for the cut told. Raises SourceAway.
        """
        asked = self._given.query
        if not READS.fullmatch(asked):
            raise SourceAway("设置里的 query 只能是一条 SELECT")
        since = {"since": cursor or "1970-01-01"} if ":since" in asked else {}
        order: ColumnClause[Any] = column(self._given.columns.get(self._time, self._time))
        query = select(text("*")).select_from(text(f"({asked}) AS asked")).order_by(order)
        try:
            with self._database().connect() as tx:
                portions = tx.execution_options(stream_results=True, max_row_buffer=PORTION)
                yield from self._parcels(portions.execute(query, since), cursor, bool(since))
                tx.rollback()
        except (SQLAlchemyError, OSError) as fault:
            raise SourceAway(f"数据库没有给出结果（{type(fault).__name__}）", self.place) from None

    def _parcels(self, found: CursorResult[Any], cursor: str, resumes: bool) -> Iterator[Parcel]:
        """The cursor goes on from the last moment of which every row was read."""
        rules, ahead, left = feed_rules(), cursor, feed_rules().most_queried
        newest = ""
        rows = self._portion(found, rules.most_rows)
        while True:
            left -= len(rows)
            following = self._portion(found, max(1, min(rules.most_rows, left)))
            for moment in filter(None, (moment_of(row.get(self._time)) for row in rows)):
                if (told := moment.isoformat(" ", "seconds")[:19]) > newest:
                    ahead, newest = newest or ahead, told
            ahead = ahead if following else newest or ahead
            yield Parcel(rows, self._named, _mark(rows), ahead, more=bool(following))
            if following and left <= 0 and not (resumes and ahead != cursor):
                raise SourceAway(f"一次查到的超过 {rules.most_queried:,} 行，只收下前面的；query 里要用 :since")
            if not following or left <= 0:
                return
            rows = following

    def _portion(self, found: CursorResult[Any], most: int) -> list[Any]:
        return [renamed(dict(row._mapping), self._given.columns) for row in found.fetchmany(most)]

    @property
    def _named(self) -> str:
        return (self._engine.url.database if self._engine else "") or "db"

    def _database(self) -> Engine:
        if self._engine is None:
            try:
                self._engine = create_engine(
                    self._given.address.get_secret_value(), pool_size=1, pool_pre_ping=True, hide_parameters=True
                )
            except (ArgumentError, NoSuchModuleError, ImportError):
                raise SourceAway("设置里的数据库地址不对") from None
            event.listen(self._engine, "connect", _only_read)
        return self._engine


def _only_read(connection: Any, _record: Any) -> None:
    """The far database is never written to, whatever the statement (SQLite, PostgreSQL, MySQL)."""
    rule = {"sqlite3": "PRAGMA query_only=ON", "psycopg": "SET default_transaction_read_only = on"}
    name = type(connection).__module__.partition(".")[0]
    cursor = connection.cursor()
    cursor.execute(rule.get(name, "SET SESSION TRANSACTION READ ONLY"))
    cursor.close()
    if name == "psycopg":
        connection.commit()


def host_of(address: str) -> str:
    """Host and port of an address, without whoever may sign in there."""
    try:
        where = urlsplit(address)
        return f"{where.hostname or ''}:{where.port}" if where.port else where.hostname or ""
    except ValueError:
        return ""


def at_path(value: Any, path: str) -> Any:
    """What lies at `a.b.c` of nested objects; the value itself for an empty path; None where there is none."""
    for name in path.split(".") if path else ():
        value = value.get(name) if isinstance(value, dict) else None
    return value


def renamed(row: Any, columns: Mapping[str, str]) -> Any:
    """A row in our columns; what the mapping does not name keeps its own name."""
    if not isinstance(row, dict):
        return row
    theirs = {path.partition(".")[0] for path in columns.values()}
    kept = {name: value for name, value in row.items() if name not in theirs}
    return {**kept, **{ours: at_path(row, path) for ours, path in columns.items()}}


def _mark(told: Any) -> str:
    raw = told if isinstance(told, bytes) else canonical([{k: str(v) for k, v in row.items()} for row in told]).encode()
    return hashlib.sha256(raw).hexdigest()[:24]


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
