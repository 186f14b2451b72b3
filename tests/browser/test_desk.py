"""The desk in a real browser: what a dispatcher and a unit find in each list, and what they do there."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_console import (  # noqa: F401  (fixtures)
    DESK,
    HAND,
    SIDEWAYS,
    SMALL_TARGETS,
    Open,
    address,
    browser,
    open_page,
    pytestmark,
    town,
)
from tests.webapp.town import Town, a_busy_week

WRAPPED = """() => [...document.querySelectorAll('.no')]
    .filter(one => one.checkVisibility() && one.getClientRects().length > 1).length"""
CUT = """() => [...document.querySelectorAll('.row-until, .row-left, .row-no')]
    .filter(one => one.checkVisibility() && one.scrollWidth > one.clientWidth).map(one => one.textContent)"""
FLOODED, LIFT, COVER, RUBBISH = (
    "港口路下雨就积水",
    "老旧小区加装电梯怎么申请",
    "人行道井盖松动有响声",
    "河边垃圾堆放一周无人清",
)


def go(page: Page, title: str) -> None:
    """Open a list by its name in the left rail."""
    page.locator(".rail .boards a").filter(has_text=re.compile(rf"^\s*{title}\s*[\d+]+\s*$")).click()
    expect(page.locator(".list-title")).to_have_text(title)


def press(page: Page, *keys: str) -> None:
    """Press keys once the page is there to hear them."""
    page.wait_for_load_state()
    for key in keys:
        page.keyboard.press(key)


def rows(page: Page) -> Locator:
    return page.locator(".rows .row-title")


def pick(page: Page, title: str) -> None:
    """Open a case from the list."""
    page.locator(".row", has_text=title).click()
    expect(page.locator(".case h1")).to_have_text(title)


def do(page: Page, move: str, choose: str = "", **fields: str) -> None:
    """Take a move from the case's page: unfold its form, fill it by labels, send it."""
    button = page.locator(".case .move > summary", has_text=re.compile(rf"^\s*{move}\s*$"))
    if not button.is_visible():
        page.locator(".case .more > summary").first.click()
    button.click()
    form = page.locator(".case .move[open] form")
    if choose:
        form.locator("select").first.select_option(label=choose)
    for name, words in fields.items():
        form.locator(f"[name={name}]").fill(words)
    form.get_by_role("button", name=re.compile(move)).click()
    expect(page.get_by_role("status")).to_be_visible()


def narrow(page: Page, part: str, choice: str) -> None:
    """Set one chip of the filter's sentence."""
    chip = page.locator(".sentence .menu", has=page.locator("summary", has_text=re.compile(rf"^{part}")))
    chip.locator("summary").click()
    chip.get_by_role("link", name=choice, exact=True).click()
    expect(page.locator(".part.set", has_text=f"{part}：{choice}")).to_be_visible()


def told(page: Page) -> str:
    return page.locator(".timeline").inner_text()


def reported(town: Town, number: int, unit: str = "water") -> int:  # noqa: F811
    case = town.register(number)
    town.act("desk", case, "dispatch", lead=unit)
    town.act(unit, case, "sign", town.leg(unit, case))
    town.act(unit, case, "report", town.leg(unit, case), result=f"第{number}件已经办好")
    return case


def passed_down(town: Town, number: int) -> int:  # noqa: F811
    """A case the bureau sent down to its station, which has signed."""
    case = town.register(number)
    town.act("desk", case, "dispatch", lead="water")
    town.act("water", case, "pass_down", town.leg("water", case), lead="river", opinion="请今天到场")
    town.act("river", case, "sign", town.leg("river", case))
    return case


@pytest.mark.requirement("R085", "R086")
def test_what_waits_is_dispatched_or_closed_and_can_be_followed(open_page: Open, town: Town) -> None:  # noqa: F811
    for number in (0, 1):
        town.register(number)
    page = open_page("desk")
    go(page, "待派发")
    expect(rows(page)).to_have_count(2)
    pick(page, FLOODED)
    expect(page.locator(".case .content").first).to_contain_text("雨停两小时水还没退")
    do(page, "派发", "水务局", opinion="请先抽排，再查雨水口")
    go(page, "待派发")
    pick(page, LIFT)
    do(page, "直接办结", reply="三分之二以上业主同意即可，材料交街道办")
    go(page, "已派发")
    expect(rows(page)).to_have_text([re.compile(FLOODED)])
    pick(page, FLOODED)
    expect(page.locator(".whose").first).to_contain_text("水务局（待签收）")
    expect(page.locator(".turn .left").first).to_contain_text("还剩")
    expect(page.locator(".steps [aria-current=step]")).to_contain_text("待签收")
    assert "陈文兰" in told(page)
    assert "请先抽排，再查雨水口" in told(page)


@pytest.mark.requirement("R087", "R088")
def test_what_units_report_is_closed_or_sent_back(open_page: Open, town: Town) -> None:  # noqa: F811
    reported(town, 0)
    reported(town, 2)
    page = open_page("desk")
    go(page, "待办结")
    expect(rows(page)).to_have_count(2)
    pick(page, FLOODED)
    expect(page.locator(".leg")).to_contain_text("第0件已经办好")
    do(page, "办结", reply="已抽排，感谢您的反映")
    go(page, "待办结")
    pick(page, COVER)
    do(page, "退回重办", reason="没有说明何时更换井盖")
    expect(page.locator(".whose").first).to_contain_text("水务局（办理中）")
    go(page, "已办结")
    expect(rows(page)).to_have_text([re.compile(FLOODED)])
    pick(page, FLOODED)
    expect(page.locator(".steps")).to_contain_text("待回访")
    assert "已抽排，感谢您的反映" in told(page)
    assert "第0件已经办好" in told(page)


@pytest.mark.requirement("R089")
def test_what_is_void_can_be_looked_into(open_page: Open, town: Town) -> None:  # noqa: F811
    town.register(0)
    page = open_page("desk")
    go(page, "待派发")
    pick(page, FLOODED)
    reason = next(iter(town.core.policy.field("mark_invalid", "reason").options.values()))
    do(page, "无效", reason)
    go(page, "无效")
    expect(rows(page)).to_have_count(1)
    pick(page, FLOODED)
    expect(page.locator(".case .tag").first).to_have_text("无效")
    assert reason in told(page)
    expect(page.locator(".case .content").first).to_contain_text("雨停两小时水还没退")


@pytest.mark.requirement("R090")
def test_what_is_late_is_found_by_how_late_and_acted_on(open_page: Open, town: Town) -> None:  # noqa: F811
    town.clock.set("2026-03-02 09:00")
    early = town.register(0)
    town.act("desk", early, "dispatch", lead="water")
    town.clock.set("2026-03-09 09:00")
    later = town.register(2)
    town.act("desk", later, "dispatch", lead="water")
    town.clock.set("2026-03-17 09:00")
    page = open_page("desk")
    go(page, "超期")
    expect(rows(page)).to_have_count(2)
    page.locator(".bands").get_by_role("link", name=re.compile("1 日内")).click()
    expect(rows(page)).to_have_text([re.compile(COVER)])
    pick(page, COVER)
    do(page, "改派", "住建局", reason="原单位超期未签收")
    expect(page.locator(".whose").first).to_contain_text("住建局（待签收）")
    go(page, "超期")
    pick(page, FLOODED)
    do(page, "直接办结", reply="指挥中心已安排抽排")
    go(page, "超期")
    expect(page.locator(".empty")).to_have_text("没有超期的办件。")


@pytest.mark.requirement("R091")
def test_everything_is_found_by_source_state_service_and_more(open_page: Open, town: Town) -> None:  # noqa: F811
    for number, service in enumerate(("repair_request", "policy_advice", "repair_request", "living_help")):
        town.register(number, service_type=service)
    town.act("desk", 1, "dispatch", lead="housing")
    page = open_page("desk")
    go(page, "办件查询")
    expect(rows(page)).to_have_count(4)
    narrow(page, "服务类型", "设施报修")
    expect(rows(page)).to_have_count(2)
    narrow(page, "来源", "热线电话")
    expect(rows(page)).to_have_text([re.compile(FLOODED)])
    narrow(page, "状态", "待签收")
    expect(rows(page)).to_have_text([re.compile(FLOODED)])
    page.get_by_role("link", name="去掉来源").click()
    page.get_by_role("link", name="去掉服务类型").click()
    expect(rows(page)).to_have_count(1)
    page.get_by_role("link", name="清除条件").click()
    page.locator(".menu summary", has_text="单位").click()
    page.get_by_label("有这个单位经手").fill("住建局")
    page.locator(".menu[open]").get_by_role("button", name="筛选").click()
    expect(rows(page)).to_have_text([re.compile(FLOODED)])
    page.get_by_role("link", name="清除条件").click()
    page.locator(".menu summary", has_text="登记").click()
    page.get_by_label("登记起").fill("2026-03-10")
    page.locator(".menu[open]").get_by_role("button", name="筛选").click()
    expect(page.locator(".empty")).to_contain_text("没有符合这些条件的办件")


@pytest.mark.requirement("R095", "R096")
def test_a_unit_passes_its_work_down_or_closes_it_and_finds_it_again(open_page: Open, town: Town) -> None:  # noqa: F811
    for number in (0, 2):
        case = town.register(number)
        town.act("desk", case, "dispatch", lead="water", opinion="请抓紧办理")
    page = open_page("water")
    go(page, "待办")
    expect(rows(page)).to_have_count(2)
    pick(page, FLOODED)
    do(page, "下派", "河道站", opinion="请今天到场抽排")
    expect(page.locator(".whose").first).to_contain_text("河道站（待签收）")
    go(page, "待办")
    pick(page, COVER)
    page.locator(".case .turn").get_by_role("button", name="签收").click()
    do(page, "办结", result="井盖已更换并回访群众")
    go(page, "待办")
    expect(page.locator(".empty")).to_contain_text("现在没有等您处理的办件")
    go(page, "已办")
    expect(rows(page)).to_have_text([re.compile(COVER)])
    pick(page, COVER)
    for words in ("请抓紧办理", "韩德玲", "签收", "井盖已更换并回访群众"):
        assert words in told(page)
    page.get_by_label("只看有内容的").check()
    assert "签收" not in told(page)
    assert "井盖已更换并回访群众" in told(page)


@pytest.mark.requirement("R097", "R098")
def test_a_unit_follows_what_it_sent_down_and_closes_or_sends_back(open_page: Open, town: Town) -> None:  # noqa: F811
    cases = [passed_down(town, number) for number in (0, 2)]
    page, station = open_page("water"), open_page("river")
    go(page, "已派发")
    expect(rows(page)).to_have_count(2)
    pick(page, FLOODED)
    expect(page.locator(".leg.level-1")).to_contain_text("河道站")
    assert "请今天到场" in told(page)
    for case in cases:
        town.act("river", case, "report", town.leg("river", case), result="已清理雨水口")
    go(page, "待办结")
    expect(rows(page)).to_have_count(2)
    pick(page, FLOODED)
    page.locator(".case .turn").get_by_role("button", name="同意办结").click()
    expect(page.get_by_role("status")).to_contain_text("同意办结")
    go(page, "待办结")
    pick(page, COVER)
    do(page, "退回重办", reason="请补拍更换后的照片")
    expect(page.locator(".whose").first).to_contain_text("河道站（办理中）")
    go(station, "待办")
    pick(station, COVER)
    assert "请补拍更换后的照片" in told(station)


@pytest.mark.requirement("R099")
def test_a_unit_searches_all_of_its_own_and_nothing_else(open_page: Open, town: Town) -> None:  # noqa: F811
    reported(town, 0)
    passed_down(town, 2)
    other = town.register(3)
    town.act("desk", other, "dispatch", lead="housing")
    page = open_page("water")
    go(page, "办件查询")
    expect(rows(page)).to_have_count(2)
    narrow(page, "状态", "已转办")
    expect(rows(page)).to_have_text([re.compile(COVER)])
    narrow(page, "来源", "数字城管")
    expect(rows(page)).to_have_count(1)
    page.get_by_role("link", name="清除条件").click()
    expect(rows(page)).to_have_count(2)
    press(page, "/")
    page.keyboard.type("垃圾")
    page.keyboard.press("Enter")
    expect(page.locator(".empty")).to_contain_text("没有找到「垃圾」")
    page.goto(f"/cases/{town.no(other)}")
    expect(page.get_by_role("alert").or_(page.locator(".gate.notice"))).to_contain_text("没有找到")


def test_advice_closed_at_the_desk_needs_no_call(open_page: Open, town: Town) -> None:  # noqa: F811
    town.register(1)
    town.register(2)
    page = open_page("desk")
    for title in (LIFT, COVER):
        go(page, "待派发")
        pick(page, title)
        do(page, "直接办结", reply="已当场答复")
    state = page.locator(".case .tag").first
    expect(state).to_have_text("待回访")
    go(page, "已办结")
    pick(page, LIFT)
    expect(state).to_have_text("已办结")
    expect(page.locator(".steps")).not_to_contain_text("待回访")
    assert town.core.work(town.actor("caller"), "todo").total == 1


def test_several_cases_go_to_one_unit_and_each_says_what_became_of_it(open_page: Open, town: Town) -> None:  # noqa: F811
    cases = [town.register(number) for number in (0, 2, 3)]
    page = open_page("desk")
    go(page, "待派发")
    expect(page.locator(".batch")).to_be_hidden()
    for box in page.locator("[name=chosen]").all():
        box.check()
    expect(page.locator(".batch")).to_contain_text("已选 3 件")
    town.act("head", cases[1], "dispatch", lead="housing")
    page.locator(".batch .narrow").fill("水务")
    expect(page.locator("#batch-lead")).to_have_value("water")
    page.get_by_role("button", name="批量派发").click()
    told = page.get_by_label("批量办理结果")
    expect(told).to_contain_text("2 件已办，1 件没有办成")
    expect(told.locator(".bad")).to_contain_text(COVER)
    expect(told.locator(".bad")).to_contain_text("蔡婉强")
    expect(told.locator(".good")).to_have_count(2)
    assert {item.lead for item in town.core.work(town.actor("desk"), "sent").items} == {"水务局", "住建局"}
    page.reload()
    assert town.core.work(town.actor("water"), "todo").total == 2


def test_reports_are_closed_together(open_page: Open, town: Town) -> None:  # noqa: F811
    reported(town, 0)
    reported(town, 2)
    page = open_page("desk")
    go(page, "待办结")
    page.locator("#pick-all").check()
    page.get_by_role("button", name="批量办结").click()
    expect(page.get_by_label("批量办理结果")).to_contain_text("2 件已办。")
    assert town.core.work(town.actor("caller"), "todo").total == 2


def test_a_view_is_kept_under_a_name_and_let_go(open_page: Open, town: Town) -> None:  # noqa: F811
    for number in (0, 1, 5):
        town.register(number)
    page = open_page("desk")
    go(page, "办件查询")
    narrow(page, "来源", "热线电话")
    page.locator(".menu summary", has_text="存为视图").click()
    page.get_by_label("视图名称").fill("热线来件")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_have_text("已存为视图「热线来件」。")
    go(page, "待办")
    page.locator(".rail").get_by_role("link", name="热线来件").click()
    expect(rows(page)).to_have_count(2)
    other = open_page("head")
    expect(other.locator(".rail")).not_to_contain_text("热线来件")
    page.get_by_role("button", name="删除视图「热线来件」").click()
    expect(page.get_by_role("status")).to_contain_text("已删除")
    expect(page.locator(".rail")).not_to_contain_text("热线来件")


def test_the_whole_desk_is_worked_by_keys(open_page: Open, town: Town) -> None:  # noqa: F811
    for number in (0, 2, 3):
        town.register(number)
    page = open_page("desk")
    press(page, "?")
    expect(page.get_by_role("dialog")).to_contain_text("在列表里移动")
    press(page, "Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    go(page, "待派发")
    titles = [title.removeprefix("急") for title in rows(page).all_inner_texts()]
    press(page, "ArrowDown")
    press(page, "x")
    expect(page.locator(".batch")).to_contain_text("已选 1 件")
    press(page, "x")
    press(page, "Enter")
    expect(page.locator(".case h1")).to_have_text(titles[0])
    press(page, "n")
    expect(page.locator(".case h1")).to_have_text(titles[1])
    press(page, "p")
    expect(page.locator(".case h1")).to_have_text(titles[0])
    press(page, "d")
    page.keyboard.type("水务")
    press(page, "Enter")
    expect(page.locator(".move[open] [name=support]")).to_be_focused()
    press(page, "Tab")
    page.keyboard.type("请先抽排")
    press(page, "Tab", "Enter")
    expect(page.get_by_role("status")).to_contain_text("已派发")
    expect(page.locator(".whose").first).to_contain_text("水务局")
    press(page, "n")
    expect(page.locator(".case h1")).to_have_text(titles[1])


@pytest.mark.parametrize("size", [HAND, DESK], ids=["390", "1440"])
def test_every_list_and_form_fits_its_window(open_page: Open, town: Town, size: tuple[int, int]) -> None:  # noqa: F811
    made = a_busy_week(town)
    town.core.desk.keep(town.actor("desk"), "一个名字相当长的视图用来试宽度", {"key": "all", "source": "RX"})
    page = open_page("desk", size)
    paths = [f"/cases?key={one.key}" for one in town.core.policy.desk.board("dispatcher")]
    paths += ["/cases?key=all&source=RX&urgency=urgent&state=pending&since=2026-03-01&until=2026-03-12&unit=water"]
    paths += [f"/cases/{town.no(case)}?key=all" for case in made.values()]
    for path in paths:
        page.goto(path)
        for fold in ("details.filters", "details.move", "details.more", "details.menu", "details.switch"):
            for number in range(page.locator(fold).count()):
                page.evaluate("([what, at]) => { document.querySelectorAll(what)[at].open = true }", [fold, number])
                assert page.evaluate(SIDEWAYS) <= 0, (path, fold, number)
                if size == HAND:
                    assert page.evaluate(SMALL_TARGETS) == [], (path, fold, number)
        assert page.evaluate(WRAPPED) == 0, path


@pytest.mark.parametrize("width", [1280, 1440])
def test_an_overdue_row_tells_its_original_deadline_whole(open_page: Open, town: Town, width: int) -> None:  # noqa: F811
    """The longest words there are: two digits of month and day, and the year once it is another one."""
    town.clock.set("2026-12-14 09:00")
    case = town.register(0)
    town.act("desk", case, "dispatch", lead="water")
    town.act("water", case, "sign", town.leg("water", case))
    for moment, deadline in (
        ("2026-12-29 14:00", "原定 12月15日 周二 17:30"),
        ("2027-01-28 10:00", "原定 2026年12月15日 周二 17:30"),
    ):
        town.clock.set(moment)
        page = open_page("water", (width, 900))
        page.goto("/cases?key=overdue")
        expect(page.locator(".row-until")).to_have_text(deadline)
        assert page.evaluate(CUT) == []
        assert page.evaluate(SIDEWAYS) <= 0


def test_what_is_overdue_stands_at_the_top_of_what_waits(open_page: Open, town: Town) -> None:  # noqa: F811
    late = town.register(0)
    town.act("desk", late, "dispatch", lead="water")
    town.act("water", late, "sign", town.leg("water", late))
    town.clock.set("2026-03-26 09:00")
    for number in (1, 2):
        town.act("desk", town.register(number), "dispatch", lead="water")
    for size in (HAND, DESK):
        page = open_page("water", size)
        page.goto("/cases?key=todo")
        expect(page.locator(".row-left").first).to_contain_text("已超期")
        expect(page.locator(".row-left.alarm")).to_have_count(1)
        expect(rows(page)).to_have_count(3)
