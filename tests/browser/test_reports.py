"""直通联办, 分析研判 and 绩效考核 on phones inside DingTalk: read, written, submitted, taken out."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import docx
import pytest
from playwright.sync_api import Page, expect

from core import Actor, Core
from core.register import Amend
from tests.browser.test_console import DESK, browser, looks_made  # noqa: F401  (fixture)
from tests.browser.test_on_site import Phone, phone, place  # noqa: F401  (fixtures)
from tests.browser.test_screens import FAINT, SMALLEST
from tests.builders import desk, fresh_key, head, person, signed
from tests.chromium import CHROMIUM
from tests.clock import StillClock
from tests.core.briefing_room import THIS_WEEK, a_fortnight
from tests.core.joint_room import FIRST, an_order
from tests.core.moments import at
from tests.core.score_room import LATE, a_busy_month
from tests.databases import SQLite
from tests.sandbox.rig import Sandbox
from tests.town import a_core, settled

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium"),
    # a phone that leaves a page cuts the download of the font short at the test's own server
    pytest.mark.filterwarnings("ignore:Exception ignored in.*NotoSansSC:pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def core(tmp_path: Path, clock: StillClock, sandbox: Sandbox, place: str) -> Iterator[Core]:  # noqa: F811
    dingtalk = {"login": sandbox.base, "jsapi": f"{sandbox.base}/sandbox/dd.js"}
    built = a_core(
        SQLite().prepared(settled, tmp_path), clock, sandbox.base, dingtalk=dingtalk, web={"public_address": place}
    )
    yield built
    built.engine.dispose()


def user(core: Core, actor: Actor) -> str:
    """How DingTalk knows this person."""
    return core.directory().by_person[actor.person or 0][0].dingtalk


def looked_at(page: Page) -> None:
    """It fits its screen, thumbs hit its targets, nothing is too small or too faint to read."""
    looks_made(page)
    assert [row for row in page.evaluate(SMALLEST) if row[1] < 12] == []
    assert page.evaluate(FAINT) == []


@pytest.mark.requirement("R023")
def test_a_leader_sees_what_slips_who_is_on_it_and_how_it_stands(core: Core, phone: Phone, clock: StillClock) -> None:  # noqa: F811
    a_busy_month(core, clock)
    signed(core, FIRST, title="井盖松动", urgency="critical")
    an_order(core, title="秀华路路面塌陷")
    clock.set(at("2026-03-11 10:00"))
    core.measures.fold()
    page = phone("/m/direct", user(core, head(core)))
    expect(page.locator('[data-level="red"] b')).to_have_text("1")
    page.locator('[data-level="red"]').tap()
    expect(page).to_have_url(re.compile(r"level=red#level-red$"))
    expect(page.locator("#level-red .lines > li")).to_contain_text("水务局")
    expect(page.locator("#joint .lines")).to_contain_text("秀华路路面塌陷")
    shown = page.locator('[data-kpi="按时签收率"]')
    expect(shown).to_contain_text("目标不低于 98%")
    board = core.briefings.direct.view(head(core)).board
    for one in board.scores:
        expect(page.locator("#assessed")).to_contain_text(board.names[one.unit])
        expect(page.locator("#assessed")).to_contain_text(one.text)
    looked_at(page)
    page.get_by_role("link", name="井盖松动").tap()
    expect(page.locator(".case h1, .case h2").first).to_contain_text("井盖松动")
    page.go_back()
    page.locator(".pocket-tabs").get_by_role("link", name="绩效考核").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("绩效考核")
    leader = phone("/m/direct", user(core, person(core, "district_leader")), DESK)
    expect(leader.locator("#kpi")).to_contain_text("项达标")
    looked_at(leader)


@pytest.mark.requirement("R024")
def test_a_briefing_is_written_by_two_submitted_shown_and_taken_out(
    core: Core,
    phone: Phone,  # noqa: F811
    clock: StillClock,
) -> None:
    a_fortnight(core, clock)
    writer = phone("/m/briefings", user(core, desk(core)))
    writer.locator("summary", has_text="写报告").tap()
    writer.get_by_label("周报").check()
    looked_at(writer)
    writer.get_by_role("button", name="开始写").tap()
    expect(writer.get_by_label("情况综述")).to_have_value(re.compile(f"全区登记 {THIS_WEEK} 件"))
    expect(writer.locator('[data-figure="registered.registered"] .big')).to_have_text(str(THIS_WEEK))
    chief = phone(writer.url, user(core, head(core)))
    writer.get_by_label("研判分析").fill("井盖集中在港口路。")
    writer.get_by_role("button", name="保存").tap()
    expect(writer.get_by_role("status")).to_have_text("已保存。")
    looked_at(writer)
    chief.get_by_label("下一步建议").fill("水务局本周换完。")
    chief.get_by_role("button", name="保存").tap()
    expect(chief.get_by_role("alert")).to_contain_text("刚改过这份报告，您写的还在下面")
    expect(chief.get_by_label("下一步建议")).to_have_value("水务局本周换完。")
    expect(chief.get_by_label("研判分析")).to_have_value("井盖集中在港口路。")
    looked_at(chief)
    chief.get_by_role("button", name="提交").tap()
    expect(chief.get_by_role("status")).to_contain_text("已提交")
    expect(chief.locator(".words")).to_contain_text(["全区登记", "井盖集中在港口路。", "水务局本周换完。"])
    looked_at(chief)
    chief.locator("summary", has_text="导出").tap()
    chief.get_by_label("为什么导出").fill("周例会")
    with chief.expect_download() as came:
        chief.get_by_role("button", name="导出", exact=True).tap()
    words = "\n".join(one.text for one in docx.Document(io.BytesIO(Path(came.value.path()).read_bytes())).paragraphs)
    assert "水务局本周换完。" in words
    writer.goto("/m/briefings")
    writer.locator("summary", has_text="写报告").tap()
    writer.get_by_role("button", name="开始写").tap()
    writer.locator("summary", has_text="删除草稿").tap()
    writer.get_by_role("button", name="确认删除草稿").tap()
    expect(writer.get_by_role("status")).to_have_text("草稿已删除。")
    reader = phone("/m/briefings", user(core, person(core, "district_leader")), DESK)
    expect(reader.get_by_text("写报告")).to_have_count(0)
    reader.get_by_role("link", name=re.compile("周报 · ")).click()
    expect(reader.locator(".words").first).to_contain_text("全区登记")
    looked_at(reader)


@pytest.mark.requirement("R025")
def test_the_assessment_shows_the_city_the_units_what_was_lost_and_one_unit(
    core: Core,
    phone: Phone,  # noqa: F811
    clock: StillClock,
) -> None:
    a_busy_month(core, clock)
    for month, rank in (("2026-02", "3"), ("2026-03", "2")):
        values = {
            "month": month,
            "item": "hotline",
            "place": rank,
            "among": "4",
            "score": "93.72",
            "paper": "海府办通报",
        }
        core.registers.write(Amend(fresh_key("rank"), "city_rank", "add", "", values, head(core)))
    core.measures.fold()
    page = phone("/m/assessment", user(core, person(core, "district_leader", nth=0)))
    expect(page.locator('[data-item="12345 热线办理"]')).to_contain_text("第 2 名")
    expect(page.locator('[data-item="12345 热线办理"]')).to_contain_text("较上月进 1 名")
    looked_at(page)
    chief = phone("/m/assessment?part=district", user(core, head(core)))
    board = core.briefings.assessment.board(head(core), at("2026-03-01 00:00").date())
    for one in board.scores:
        expect(chief.locator(f'[data-unit="{board.names[one.unit]}"]')).to_contain_text(one.text)
    looked_at(chief)
    chief.get_by_role("link", name="扣分情况").tap()
    expect(chief.locator('[data-lost="补卡"] .lines > li')).to_have_count(LATE)
    looked_at(chief)
    chief.get_by_role("link", name="单位报表").tap()
    chief.get_by_label("单位").select_option(label="水务局")
    chief.get_by_role("button", name="查看").tap()
    water = next(one for one in board.scores if board.names[one.unit] == "水务局")
    expect(chief.locator(".score-line")).to_contain_text(water.text)
    for rate in water.rates:
        expect(chief.locator(f'[data-rate="{rate.name}"]')).to_contain_text(rate.text)
    looked_at(chief)
    chief.locator('[data-rate="check_in"] a').tap()
    expect(chief.locator("main")).to_contain_text(f"共 {LATE} 件")
