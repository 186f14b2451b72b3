"""共享: the page says how the pushes stand, shows what was refused and sends it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from io import BytesIO

from apiflask import APIFlask
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from core.catalogue import catalogue
from core.models.record import audit_log
from core.ports import SharedRow, TooBusy, Verdict
from core.upward import Upward
from tests.webapp.town import Town
from tests.webapp.visitor import Visitor

Visit = Callable[..., Visitor]


class Platform:
    """Refuses the rows of one case, or everybody at once."""

    def __init__(self, refused: str = "", away: str = "") -> None:
        self.refused, self.away, self.rows = refused, away, list[SharedRow]()

    def push(self, resource: str, rows: Sequence[SharedRow]) -> Sequence[Verdict]:
        if self.away:
            raise TooBusy(self.away)
        self.rows += rows
        return [
            Verdict(row.number, row.revision, "refused", "行政区划<b>代码</b>不存在")
            if row.number == self.refused
            else Verdict(row.number, row.revision, "taken")
            for row in rows
        ]


def push(town: Town, platform: Platform) -> int:
    return Upward(town.core).push(platform)


def test_before_the_first_push_the_page_says_what_will_fill_it(visit: Visit, town: Town) -> None:
    page = visit("head").get("/sharing").text
    assert "还没有" in page
    assert "没有被拒的数据。" in page
    assert "联系电话" in page
    assert "不交出" in page


def test_a_refused_row_is_told_with_its_reason_and_sent_again(visit: Visit, town: Town) -> None:
    refused = town.no(town.register(0))
    town.register(1)
    assert push(town, Platform(refused)) == 1
    head = visit("head")
    page = head.get("/sharing").text
    assert refused in page
    assert "行政区划&lt;b&gt;代码&lt;/b&gt;不存在" in page
    row = town.core.upward.view().rows[0].id
    answer = head.post(f"/sharing/{row}/resend", page="/sharing")
    assert answer.status_code == 303
    assert "已安排重推这一条" in head.get("/sharing").text
    assert push(town, Platform()) == 1
    assert town.core.upward.view().failed == 0
    with town.core.engine.connect() as tx:
        query = select(audit_log.c.object, audit_log.c.result).where(audit_log.c.action == "upward.resent")
        assert [tuple(one) for one in tx.execute(query)] == [(f"upward:{row}", "done")]


def test_a_row_that_is_not_there_or_was_sent_again_already_is_one_sentence(visit: Visit, town: Town) -> None:
    head = visit("head")
    for row in ("1", str(2**63), "9" * 40):
        answer = head.post(f"/sharing/{row}/resend", page="/sharing")
        assert answer.status_code == 404
        assert "没有找到「这一行」" in answer.text


def test_all_refused_rows_go_again_at_once(visit: Visit, town: Town) -> None:
    class Closed(Platform):
        def push(self, resource: str, rows: Sequence[SharedRow]) -> Sequence[Verdict]:
            return [Verdict(row.number, row.revision, "refused", "维护中") for row in rows]

    for number in range(3):
        town.register(number)
    push(town, Closed())
    head = visit("head")
    head.post("/sharing/resend", page="/sharing")
    assert "3 条已安排重推" in head.get("/sharing").text
    assert push(town, Platform()) == 3


def test_a_platform_that_is_away_is_told_with_the_next_try(visit: Visit, town: Town) -> None:
    town.register(0)
    push(town, Platform(away="连接不上对方"))
    page = visit("system").get("/sharing").text
    assert "上一次没有推成：连接不上对方" in page
    assert "再试" in page
    assert Upward(town.core).policy.backoff[0] == timedelta(minutes=1)


def test_the_operator_reads_how_it_stands(site: APIFlask, town: Town) -> None:
    refused = town.no(town.register(0))
    push(town, Platform(refused))
    said = site.test_cli_runner().invoke(args=["upward", "status"]).output
    assert "已推送 0 条，等待 0 件，被拒 1 条" in said
    assert refused in said


def test_the_catalogue_is_a_page_and_a_file(visit: Visit, town: Town) -> None:
    head = visit("head")
    page = head.get("/sharing/catalogue").text
    for word in ("满意度评价", "隐去号码、门牌和诉求人姓名", "GET /api/v1/cases", "不予共享"):
        assert word in page
    answer = head.get("/sharing/catalogue.xlsx")
    assert answer.status_code == 200
    book = CalamineWorkbook.from_filelike(BytesIO(answer.data))
    assert book.sheet_names == ["数据资源", "数据项", "接口"]
    rows = book.get_sheet_by_name("数据项").to_python()[2:]
    assert len(rows) == sum(len(resource.items) for resource in catalogue())
    assert ["办件", "caller_phone", "联系电话"] in [row[:3] for row in rows]
    assert visit("desk").get("/sharing/catalogue").status_code == 403
