"""R185 at the core: licences of the 一体化平台 are mapped, taken once, followed through their states, or refused."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from sqlalchemy import select

from core import Core
from core.adapters.service_platform import ServicePlatform
from core.errors import NotYours, Unknown
from core.licences.arriving import NotReadable
from core.licences.feed import PLATFORM, LicenceFeed, Verdict
from core.models.licence_feed import licence_arrivals
from core.models.licences import licences
from core.policy.licence_feed import licence_map, read_licence_map
from core.policy.licences import licence_types
from core.ports import SourceAway
from tests.builders import person
from tests.core.library_room import a_company, a_licence, act, clerk
from tests.core.platform_room import PERSON, record


@pytest.fixture
def feed(core: Core) -> LicenceFeed:
    return core.licences.feed


def take(feed: LicenceFeed, *records: Any) -> list[Verdict]:
    return feed.take_all(records, "push")


def shown(core: Core) -> list[tuple[str, int, str]]:
    """Type, version and state of each licence as it stands."""
    rows = select(licences.c.type, licences.c.version, licences.c.state).where(licences.c.shown)
    with core.engine.connect() as tx:
        return [tuple(row) for row in tx.execute(rows.order_by(licences.c.id))]


def test_a_record_is_one_licence_through_its_whole_life(core: Core, feed: LicenceFeed) -> None:
    assert [one.result for one in take(feed, record(), PERSON, record())] == ["accepted", "accepted", "duplicate"]
    assert shown(core) == [("food_business", 1, "valid"), ("nurse", 1, "valid")]
    view = feed.view(clerk(core))
    assert (view.taken, view.refused) == (2, 0)
    assert {row.outside_id: (row.type, row.strange) for row in view.rows} == {
        "YTH-0001": ("食品经营许可证", ""), "YTH-0002": ("护士执业证书", "血型"),
    }  # fmt: skip
    moved = record({"经营地址": "海口市秀英区海盛路9号"}, revision=2)
    assert [one.result for one in take(feed, moved, record(), moved)] == ["accepted", "duplicate", "duplicate"]
    assert shown(core)[-1] == ("food_business", 2, "valid")
    same = record({"经营地址": "海口市秀英区海盛路9号"}, revision=3)
    assert take(feed, same)[0].result == "accepted"  # nothing of it is different: no version more
    assert shown(core)[-1] == ("food_business", 2, "valid")
    for revision, status, state in [(4, "停业", "suspended"), (5, "有效", "valid"), (6, "注销", "cancelled")]:
        told = record({"经营地址": "海口市秀英区海盛路9号"}, revision=revision, status=status)
        assert take(feed, told)[0].result == "accepted"
        assert shown(core)[-1][2] == state
    back = take(feed, record(revision=7))[0]
    assert (back.result, "注销" in back.reason) == ("rejected", True)
    history = core.licences.history(clerk(core), "licence", view.rows[-1].line or "")
    assert {line.who for line in history} == {PLATFORM.name}


def test_one_in_the_library_already_is_the_same_licence(core: Core, feed: LicenceFeed) -> None:
    line = a_licence(core, a_company(core))
    assert take(feed, record())[0].result == "accepted"
    assert [row.line for row in feed.view(clerk(core)).rows] == [line]
    assert len(shown(core)) == 1


def test_what_cannot_be_taken_says_why_and_can_be_tried_again(core: Core, feed: LicenceFeed) -> None:
    wrong: list[tuple[Any, str]] = [
        (record(id="A1", type="驾驶船舶许可"), "没有与「驾驶船舶许可」对应的证照种类"),
        (record(id="A2", status="飞了"), "不认识证照状态「飞了」"), (record(id="A3", number="JY1"), "许可证编号"),
        (record(id="A4", holder_code="91110000600037341X"), "统一社会信用代码"),
        (record(id="A5", issued_on="2099-01-01"), "不能晚于今天"), (record({"经营业态": ""}, id="A6"), "主体业态"),
        (record(id="A7", issued_on="soon"), "发证日期"),
    ]  # fmt: skip
    for raw, why in wrong:
        verdict = take(feed, raw)[0]
        assert (verdict.result, why in verdict.reason) == ("rejected", True), verdict
    shapeless = [
        "x", None, {}, {"id": " "}, {**record(), "revision": True}, {**record(), "id": "A\n"}, record(evil=1),
        {**record(), "items": [1]}, {**record(), "holder": {"a": 1}}, {**record(), "number": "9" * 3000},
    ]  # fmt: skip
    for raw in shapeless:
        assert take(feed, raw)[0].result == "rejected"
    assert shown(core) == []
    view = feed.view(clerk(core), "refused")
    assert view.refused == len(view.rows) == len(wrong)
    twice = take(feed, record(id="A3", number="JY14601990000009"))[0]
    assert twice.reason == "同一版本内容不同"
    assert take(feed, record(id="A3", number="JY14601990000009", revision=2))[0].result == "accepted"
    still = next(row for row in view.rows if row.outside_id == "A1")
    assert feed.again(clerk(core), still.id).result == "rejected"
    with pytest.raises(Unknown):
        feed.again(clerk(core), 999)
    with pytest.raises(NotYours):
        feed.view(person(core, "dispatcher"))


def test_another_name_for_a_known_company_waits_for_a_clerk(core: Core, feed: LicenceFeed) -> None:
    company = a_company(core, name="海南椰风饮食有限公司")
    refused = take(feed, record())[0]
    assert refused.result == "rejected"
    act(core, "subject", "change", company, name="海南椰风餐饮有限公司")
    row = feed.view(clerk(core), "refused").rows[0]
    assert feed.again(clerk(core), row.id).result == "accepted"
    assert take(feed, record())[0].result == "duplicate"


class Pages:
    """A platform that gives these pages, whatever is asked for."""

    def __init__(self, *pages: tuple[Any, ...]) -> None:
        self.pages, self.asked = list(pages), list[str]()

    def since(self, cursor: str, most: int) -> tuple[list[Any], str]:
        self.asked.append(cursor)
        at = int(cursor or 0)
        return list(self.pages[at]) if at < len(self.pages) else [], str(min(at + 1, len(self.pages)))


def test_what_is_pulled_and_cannot_be_read_stands_on_the_page_once(core: Core, feed: LicenceFeed) -> None:
    bad = [record(id="B1", evil="欧阳海棠"), "x", None, {"id": "B2", "revision": "one"}, {"id": "\ud800"}, ["B3"]]
    assert feed.pull_if_due(Pages((bad[0], record()), tuple(bad[1:]), (PERSON,))) == 2
    assert feed.take_all(bad, "pull")[0].result == "rejected"
    view = feed.view(clerk(core), "refused")
    assert (view.taken, view.refused) == (2, len(bad))
    told = {row.outside_id: row.why for row in view.rows}
    assert "不认识「evil」" in told["B1"]
    assert "revision" in told["B2"]
    with core.engine.connect() as tx:
        assert "欧阳" not in str(tx.execute(select(licence_arrivals)).all())
    with pytest.raises(NotReadable, match="不认识「evil」"):
        feed.again(clerk(core), next(row.id for row in view.rows if row.outside_id == "B1"))
    assert take(feed, record(id="B1", number="JY14601990000077"))[0].result == "accepted"


GOOD: dict[str, Any] = {"id": "B1", "number": "JY14601990000077"}


def states(core: Core, feed: LicenceFeed) -> list[tuple[str, int, str]]:
    """Id, revision and state of each row of the page, by id."""
    return sorted((row.outside_id, row.revision, row.state) for row in feed.view(clerk(core)).rows)


def unreadable(revision: int, **more: Any) -> dict[str, Any]:
    return {**record(**GOOD, revision=revision, evil="x"), **more}


def test_what_could_not_be_read_is_settled_once_it_comes_in_a_shape_that_can(core: Core, feed: LicenceFeed) -> None:
    feed.take_all([unreadable(2), {**unreadable(3), "id": "B2"}], "pull")
    assert states(core, feed) == [("B1", 2, "refused"), ("B2", 3, "refused")]
    assert take(feed, record(**GOOD, revision=1))[0].result == "accepted"  # older than what could not be read
    assert feed.view(clerk(core)).refused == 2
    assert take(feed, record(**GOOD, revision=2))[0].result == "accepted"
    assert states(core, feed) == [("B1", 2, "settled"), ("B1", 2, "taken"), ("B2", 3, "refused")]
    view = feed.view(clerk(core), "refused")
    assert (view.taken, view.refused, view.settled, [row.outside_id for row in view.rows]) == (1, 1, 1, ["B2"])
    assert [row.unread for row in view.rows] == [True]
    with pytest.raises(Unknown):
        feed.again(clerk(core), next(row.id for row in feed.view(clerk(core), "settled").rows))


def test_one_record_that_cannot_be_read_is_one_row_however_often_it_comes(core: Core, feed: LicenceFeed) -> None:
    feed.take_all([unreadable(2), unreadable(2), unreadable(3, worse=1), unreadable(2)], "pull")
    assert states(core, feed) == [("B1", 3, "refused")]
    take(feed, record(**GOOD, revision=3))
    feed.take_all([unreadable(3, worse=1), unreadable(2, late=1)], "pull")  # a better one is here
    assert states(core, feed) == [("B1", 3, "settled"), ("B1", 3, "taken")]
    feed.take_all([unreadable(4)], "pull")
    assert states(core, feed) == [("B1", 3, "taken"), ("B1", 4, "refused")]


def test_one_without_a_revision_that_can_be_read_is_settled_by_any_of_its_record(core: Core, feed: LicenceFeed) -> None:
    feed.take_all([{**unreadable(1), "revision": "one"}, {"id": "B1 ", "revision": 1}, {"revision": 1}], "pull")
    assert take(feed, record(id="A1", number="JY14601990000078"))[0].result == "accepted"
    assert feed.view(clerk(core)).refused == 3
    assert take(feed, record(**GOOD, status="飞了"))[0].result == "rejected"  # can be read: it stands for itself now
    view = feed.view(clerk(core))
    assert (view.refused, view.settled) == (3, 1)
    assert [row.why for row in view.rows if row.outside_id == "B1" and row.state == "refused" and not row.unread]


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ("2025-11-30T16:00:00Z", "2025-12-01"), ("2025-12-01T00:00:00+08:00", "2025-12-01"),
        ("2025-11-30T23:59:59+08:00", "2025-11-30"), ("2025-12-01 09:30:00", "2025-12-01"), ("20251201", "2025-12-01"),
        ("2025年12月1日", "2025-12-01"), ("2025-12-01T00:00:00.000+0800", "2025-12-01"),
    ],
)  # fmt: skip
def test_a_day_is_the_day_here_however_it_is_told(core: Core, feed: LicenceFeed, told: str, day: str) -> None:
    assert take(feed, record(issued_on=told, valid_from="", valid_to=""))[0].result == "accepted"
    with core.engine.connect() as tx:
        assert tx.execute(select(licences.c.issued_on)).scalar_one().isoformat() == day


class Answering:
    """A line to a platform that answers with this."""

    def __init__(self, body: object) -> None:
        self.body = json.dumps(body)

    def get(self, path: str, query: Any) -> Answering:
        return self


@pytest.mark.parametrize(("ahead", "cursor"), [("7", "7"), (7, "7"), (None, ""), ("", "")])
def test_a_page_larger_than_asked_for_is_read_whole_and_any_cursor_goes_on(ahead: object, cursor: str) -> None:
    records = [record(id=f"P{at}") for at in range(250)]
    platform = ServicePlatform("http://127.0.0.1:9", "t", cast(Any, Answering({"records": records, "next": ahead})))
    assert platform.since("", 100) == (records, cursor)


@pytest.mark.parametrize(
    "body", [{"next": "1"}, [], {"records": {}}, {"records": [], "next": {}}, {"records": [], "next": "9" * 201}]
)
def test_a_page_of_another_shape_is_no_page(body: object) -> None:
    with pytest.raises(SourceAway, match="格式不对"):
        ServicePlatform("http://127.0.0.1:9", "t", cast(Any, Answering(body))).since("", 100)


def test_names_and_numbers_lie_sealed(core: Core, feed: LicenceFeed) -> None:
    take(feed, PERSON, record(id="A1", type="没有的证", holder="欧阳海棠"))
    with core.engine.connect() as tx:
        told = str(tx.execute(select(licence_arrivals)).all())
    assert "欧阳" not in told
    assert "11010519491231002X" not in told


def test_the_map_speaks_only_of_what_there_is() -> None:
    table = {"page": 1, "pages": 1, "every_seconds": 1, "most_pushed": 1, "reason": "x", "states": {}}
    for types, why in [
        ({"no_such": {"called": [], "items": {"a": "b"}}}, "no such type"),
        ({"nurse": {"called": [], "items": {"血型": "blood"}}}, "no field blood"),
        ({"nurse": {"called": ["营业执照"], "items": {}}}, "another type's name"),
    ]:
        with pytest.raises(ValueError, match=why):
            read_licence_map({**table, "types": types}, licence_types())
    assert all(licence_map().kind(one.name) is one for one in licence_types().values())
