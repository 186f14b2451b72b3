"""Mutual rating stays blind on every way a unit could learn of it early: what it sees is the same before and after."""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

import pytest
from apiflask import APIFlask
from python_calamine import CalamineWorkbook

from core import Command, Core, Refusal, seeding
from core.errors import Stale
from core.machines import Machines
from core.models.joint import joint_orders
from core.models.record import letters
from core.ports import SharedRow, Verdict
from core.score_views import Ask, month_of
from tests.builders import act, clerk, fresh_key, person, rows, signed
from tests.clock import StillClock
from tests.core.joint_room import DISPLEASED, FED, FIRST, PLEASED, SECOND, SPONSOR, head, leg_of, move
from tests.webapp.visitor import Visitor
from webapp import create_app

LOGINS = {SPONSOR: ("p021", "p020"), FIRST: ("p023", "p022")}
"""The clerk and the head of each unit."""
HIDDEN = re.compile(r'name="(?:csrf_token|token)"\s+value="[^"]*"')
BOARD = "month=2026-03"
MARCH = Ask(*month_of(date(2026, 3, 1)))
PAGES = (
    "/joint", *(f"/joint?list={name}" for name in ("called", "raised", "returned", "done")), "/joint/{no}",
    f"/joint/scores?{BOARD}", f"/joint/scores?{BOARD}&by=district",
    *(f"/joint/scores/orders?{BOARD}&what={what}" for what in ("called", "rated", "pleased", "displeased", "unrated")),
    "/cases", "/cases/{case_no}",
)  # fmt: skip


@dataclass(frozen=True)
class Way:
    """One of the two who rate: whose move it is, and the unit that may not learn of it."""

    action: str
    by: str
    blind: str

    def rate(self, core: Core, order: int, form: dict[str, str]) -> None:
        move(core, clerk(core, self.by), order, self.action, FIRST, **form)


WAYS = (Way("rate_unit", SPONSOR, FIRST), Way("rate_sponsor", FIRST, SPONSOR))
way_of = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.action)


@pytest.fixture
def order(core: Core) -> int:
    """An order raised from a 12345 case, closed: everybody may rate."""
    case = signed(core)
    form: dict[str, Any] = {
        "flag_kind": "safety",
        "flag_reason": "beyond_us",
        "units": "水务局、住建局",
        "meet_at": "3月10日 15:00",
    }
    act(core, clerk(core), case, "raise_flag", SPONSOR, **form)
    (row,) = rows(core, joint_orders)
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), row.id, "accept", unit)
    move(core, clerk(core), row.id, "start_check_in")
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), row.id, "check_in", unit)
    move(core, clerk(core), row.id, "end_meeting")
    for unit in (FIRST, SECOND):
        move(core, clerk(core, unit), row.id, "report", unit, **FED)
        move(core, head(core, unit), row.id, "approve", unit)
    move(core, clerk(core), row.id, "close")
    move(core, head(core, SPONSOR), row.id, "approve_close")
    return int(row.id)


@pytest.fixture
def site(core: Core) -> APIFlask:
    return create_app(core)


@pytest.fixture
def visit(site: APIFlask) -> Callable[[str], Visitor]:
    def visitor(login: str) -> Visitor:
        one = Visitor(site)
        one.sign_in(login, seeding.PASSWORD)
        return one

    return visitor


def numbers_of(core: Core, order: int) -> dict[str, str]:
    sheet = core.joints.sheet(order)
    return {"no": str(sheet.order["no"]), "case_no": sheet.case_no}


def read(visitor: Visitor, path: str) -> tuple[int, str]:
    """A page as its reader sees it, without what is another on every load."""
    answer = visitor.get(path)
    return answer.status_code, HIDDEN.sub("", answer.text)


def sheets_of(visitor: Visitor, path: str, **form: str) -> Any:
    """Every cell of a workbook."""
    answer = visitor.post(path, page=f"/joint/scores?{BOARD}", reason="核对", **form)
    assert answer.status_code == 200, answer.text[:300]
    book = CalamineWorkbook.from_filelike(BytesIO(answer.data))
    told = [[name, book.get_sheet_by_name(name).to_python()] for name in book.sheet_names]
    return [one for one in told if "导出" not in str(one[0])]


Seen = dict[str, Any]


@way_of
def test_no_page_and_no_report_number_tells(core: Core, order: int, visit: Callable[[str], Visitor], way: Way) -> None:
    names = numbers_of(core, order)
    visitors = {login: visit(login) for login in LOGINS[way.blind]}

    def seen() -> Seen:
        return {
            f"{login} {path}": read(visitor, path.format(**names))
            for login, visitor in visitors.items()
            for path in PAGES
        }

    before = seen()
    way.rate(core, order, DISPLEASED)
    after = seen()
    assert [where for where, page in before.items() if after[where] != page] == []
    assert {status for status, _ in before.values()} <= {200, 403, 404}
    way_back = next(one for one in WAYS if one is not way)
    way_back.rate(core, order, PLEASED)
    page = html.unescape(read(visitors[LOGINS[way.blind][0]], f"/joint/{names['no']}")[1])
    assert "来得太晚" in page, "and once both have rated, it is told"


@way_of
def test_no_workbook_tells(core: Core, order: int, visit: Callable[[str], Visitor], way: Way) -> None:
    visitors = {login: visit(login) for login in LOGINS[way.blind]}

    def seen() -> Seen:
        found: Seen = {}
        for login, visitor in visitors.items():
            found[f"{login} board"] = sheets_of(visitor, f"/joint/scores/export?{BOARD}")
            found[f"{login} orders"] = sheets_of(visitor, f"/joint/scores/orders/export?{BOARD}&what=called")
        return found

    before = seen()
    way.rate(core, order, DISPLEASED)
    assert seen() == before


@way_of
def test_neither_the_board_nor_its_orders_count_a_blind_rating(core: Core, order: int, way: Way) -> None:
    """Also not for the centre, whose pictures and pages go around."""
    centre = person(core, "desk_head")
    before = core.joint_scores.board(centre, MARCH)
    way.rate(core, order, DISPLEASED)
    assert core.joint_scores.board(centre, MARCH) == before


@way_of
def test_the_machines_api_and_its_description_know_nothing_of_it(
    core: Core, order: int, site: APIFlask, way: Way
) -> None:
    client, names = site.test_client(), numbers_of(core, order)
    secret = Machines(core.engine, core.vault).add_client("screen-1", "区大屏")
    token = client.post("/api/v1/token", json={"appid": "screen-1", "appsecret": secret}).get_json()["access_token"]
    asked = {"headers": {"Authorization": f"Bearer {token}"}}

    def seen() -> list[Any]:
        return [client.get(path, **asked).json for path in ("/api/v1/cases", f"/api/v1/cases/{names['case_no']}")]

    before = seen()
    way.rate(core, order, DISPLEASED)
    assert seen() == before
    assert before[0]
    described = json.dumps(site.spec, ensure_ascii=False)
    assert "pleased" not in described
    assert "rate_unit" not in described


class Province:
    """The provincial platform in memory: keeps what is pushed, and takes all of it."""

    def __init__(self) -> None:
        self.got: list[SharedRow] = []

    def push(self, resource: str, batch: Sequence[SharedRow]) -> Sequence[Verdict]:
        self.got += batch
        return [Verdict(row.number, row.revision, "taken") for row in batch]


@way_of
def test_the_province_gets_nothing_by_a_rating(core: Core, order: int, clock: StillClock, way: Way) -> None:
    province = Province()
    core.upward.push(province)
    pushed = len(province.got)
    assert pushed
    clock.advance(minutes=20)
    way.rate(core, order, DISPLEASED)
    core.upward.push(province)
    assert len(province.got) == pushed


@way_of
def test_a_rating_writes_no_line_and_no_message(core: Core, order: int, way: Way) -> None:
    before = {row.id for row in rows(core, letters)}
    way.rate(core, order, DISPLEASED)
    (fresh,) = [row for row in rows(core, letters) if row.id not in before]
    assert (fresh.channel, fresh.kind, fresh.lane) == ("dingtalk.card", "card", f"joint:{order}")
    assert "pleased" not in json.dumps(fresh.body)


@way_of
def test_whoever_presses_an_old_button_is_not_told_who_rated(core: Core, order: int, way: Way) -> None:
    """The sentence for a stale button names what changed last: never a blind rating."""
    blind = way.blind
    leg = leg_of(core, order, FIRST)

    def told() -> str:
        action, form = ("report", FED) if blind == FIRST else ("redo", {"reason": "没有做完"})
        old = Command(
            fresh_key(), order, action, clerk(core, blind), form, leg["id"], leg["seq"] - 1, flow="joint_order"
        )
        with pytest.raises(Stale) as caught:
            core.execute(old)
        return str(caught.value)

    before = told()
    way.rate(core, order, DISPLEASED)
    assert told() == before
    assert "评价" not in before


@way_of
def test_whoever_tries_the_others_rating_hears_the_same_as_before(core: Core, order: int, way: Way) -> None:
    blind = way.blind

    def told() -> str:
        with pytest.raises(Refusal) as caught:
            move(core, clerk(core, blind), order, way.action, FIRST, **PLEASED)
        return f"{caught.value.kind} {caught.value}"

    before = told()
    way.rate(core, order, DISPLEASED)
    assert told() == before
    assert before.startswith("NotYours")


@way_of
def test_no_log_names_what_was_said(
    core: Core, order: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
    visit: Callable[[str], Visitor], way: Way,
) -> None:  # fmt: skip
    """Technical logs hold no word of it; the log of operations holds that somebody rated, and no unit may read it."""
    caplog.set_level(logging.DEBUG)
    way.rate(core, order, DISPLEASED)
    out = capfd.readouterr()
    printed = f"{caplog.text}{out.out}{out.err}"
    assert "来得太晚" not in printed
    assert "displeased" not in printed
    for login in LOGINS[way.blind]:
        assert visit(login).get("/log").status_code == 403
