"""The filter of a list as it stands in an address: read with suspicion, written short, drawn as chips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from urllib.parse import urlencode

from flask import request, url_for

from core import Actor
from core.policy import URGENCIES
from core.policy.desk import WorkList
from core.queries.filters import CaseFilter
from core.views import Option
from webapp.context import number, the_actor, the_core
from webapp.sought import words_asked

NAMES: Mapping[str, str] = {
    "source": "channel", "state": "state", "service": "service", "type": "type", "urgency": "urgency",
    "late": "band", "unit": "unit", "since": "since", "until": "until",
    "ended_since": "ended_since", "ended_until": "ended_until", "q": "words",
}  # fmt: skip
"""What a part is called in an address → the field of CaseFilter."""
TITLES: Mapping[str, str] = {
    "source": "来源", "state": "状态", "service": "服务类型", "type": "性质", "urgency": "紧急程度",
    "late": "超期", "unit": "单位", "since": "登记起", "until": "登记止",
    "ended_since": "办结起", "ended_until": "办结止",
}  # fmt: skip
LONGEST = 60
NO_LIST = WorkList("all", "办件查询", "还没有办件。")


@dataclass(frozen=True)
class Wanted:
    """What the list shows; `ignored` are the parts of the address that mean nothing here, in words."""

    row: WorkList
    filter: CaseFilter
    page: int = 1
    ignored: tuple[str, ...] = ()
    token: str = ""  # the words as they stand in the address

    @property
    def key(self) -> str:
        return self.row.key

    @property
    def words(self) -> str:
        return self.filter.words

    def query(self, **changes: str | int) -> dict[str, str | int]:
        """The filter as a query, with changes, its words sealed; what is usual is left out of the address."""
        return self._told({"q": self.token, **changes})

    def kept(self) -> dict[str, str | int]:
        """The filter as it is kept under a name, its words readable; for an address it is sealed again."""
        return self._told({})

    def address(self, **changes: str | int) -> str:
        """Where the list with these changes stands; a page has some sixty of them, so they share what they can."""
        return _joined(self._list, self.query(**changes))

    def case(self, no: str) -> str:
        """Where a case of this page of the list stands, the list beside it."""
        before, after = self._case
        return f"{before}{no}{after}"

    @cached_property
    def _list(self) -> str:
        return url_for("cases.index")

    @cached_property
    def _case(self) -> tuple[str, str]:
        before, _, after = _joined(url_for("cases.one", ref="-"), self.query(page=self.page)).partition("-")
        return before, after

    @cached_property
    def _parts(self) -> Mapping[str, str | int]:
        parts = {name: getattr(self.filter, field) for name, field in NAMES.items()}
        told = {name: value.isoformat() if isinstance(value, date) else value or "" for name, value in parts.items()}
        return {"key": self.key, **told, "page": 1}

    def _told(self, changes: Mapping[str, str | int]) -> dict[str, str | int]:
        values = {**self._parts, **changes}
        usual = {"key": "all" if values["q"] else "todo", "page": 1}
        return {name: value for name, value in values.items() if value != usual.get(name, "")}

    @property
    def narrowed(self) -> bool:
        return self.filter != CaseFilter()


def _joined(path: str, query: Mapping[str, str | int]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of the sentence: what is chosen of what."""

    name: str
    title: str
    said: str
    value: str
    choices: tuple[Option, ...]


def read_filter() -> Wanted:
    """The filter of this request's address; a part that means nothing here is left out, and the page says so."""
    actor, (words, readable) = the_actor(), words_asked()
    ignored = [] if readable else ["搜索词"]
    parts: dict[str, str] = {}
    for name, options in _choices(actor).items():
        value = request.args.get(name, "")
        if value in options:
            parts[NAMES[name]] = value
        elif value:
            ignored.append(TITLES[name])
    unit = _unit(request.args.get("unit", "").strip(), ignored)
    since, until = _days("since", "until", ignored)
    ended, ended_until = _days("ended_since", "ended_until", ignored)
    found = CaseFilter(
        **parts, unit=unit, since=since, until=until, ended_since=ended, ended_until=ended_until, words=words
    )
    page = number(request.args.get("page"), 1, most=100_000)
    return Wanted(_row(actor, words), found, page, tuple(ignored), request.args["q"] if words else "")


def _row(actor: Actor, words: str) -> WorkList:
    """The list asked for; else everything for a search, and what waits for one's own hand."""
    desk = the_core().policy.desk
    keys = (request.args.get("key", ""), "all" if words else "todo")
    return next((row for key in keys if (row := desk.list_of(actor.role, key))), NO_LIST)


def _choices(actor: Actor) -> dict[str, Mapping[str, str]]:
    """The values each part may take, with their words."""
    core = the_core()
    policy = core.policy
    return {
        "source": {code: one.short for code, one in policy.sources.items()},
        "state": core.states(actor),
        "service": policy.service_types,
        "type": policy.types,
        "urgency": URGENCIES,
        "late": {key: band.title for key, band in policy.desk.bands.items()},
    }


def _unit(words: str, ignored: list[str]) -> str:
    """The code of the unit meant by its code, its name or a part of it."""
    found = the_core().directory().find_units(words[:LONGEST]) if words else []
    if len(found) == 1:
        return found[0].code
    ignored += [TITLES["unit"]] if words else []
    return ""


def _days(first: str, last: str, ignored: list[str]) -> tuple[date | None, date | None]:
    """Two days, put in order where somebody mixed them up."""
    since, until = _day(first, ignored), _day(last, ignored)
    if since and until and since > until:
        since, until = until, since
    return since, until


def _day(name: str, ignored: list[str]) -> date | None:
    text = request.args.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        ignored.append(TITLES[name])
        return None


def chips(wanted: Wanted) -> tuple[Chip, ...]:
    """The parts with a fixed set of values, in the order of the sentence; a list of one state asks for none."""
    single = len(wanted.row.cases) == 1
    return tuple(
        _chip(name, options, getattr(wanted.filter, NAMES[name]))
        for name, options in _choices(the_actor()).items()
        if not (name in ("state", "late") and single) and not (name == "late" and wanted.key == "overdue")
    )


def _chip(name: str, options: Mapping[str, str], value: str) -> Chip:
    return Chip(name, TITLES[name], options.get(value, ""), value, _options(options.items()))


def _options(items: Iterable[tuple[str, str]]) -> tuple[Option, ...]:
    return tuple(Option(value, text) for value, text in items)
