"""All thirty topics as people see them: the numbers are those that came in, and every page looks cared for."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import insert

from core.crypto import token_hash
from core.models.screens import screen_devices
from core.policy.feeds import Fold, read_datasets
from core.policy.topics import Own, Topic, read_topics
from core.register import Amend
from tests.browser.screen_room import (
    DESK,
    FOUR_K,
    HAND,
    LEADER,
    NOW,
    THREE,
    WALL,
    Eyes,
    Room,
    a_room,
    figures,
    looking_at,
    plain,
)
from tests.browser.test_console import SIDEWAYS, SMALL_TARGETS
from tests.chromium import CHROMIUM

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium"),
    pytest.mark.xdist_group("screens"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # pages left while a font came
]
TOPICS = read_topics()
PATIENCE_MS = 60_000
DRAWN = "name => document.documentElement.dataset.drawn === name"
PICTURES = os.environ.get("SCREEN_PICTURES", "")
"""A folder to keep a picture of every page in, to be looked at."""
TEXTS = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.parentElement;
    if (!node.textContent.trim() || /SCRIPT|NOSCRIPT|STYLE|OPTION/.test(at.tagName) || !at.checkVisibility()) continue;
    const box = at.getBoundingClientRect();
    if (box.width && box.height) found.push([node.textContent.trim().slice(0, 12), at]);
  }
  return found;
}"""
SMALLEST = f"() => ({TEXTS})().map(([text, at]) => [text, parseFloat(getComputedStyle(at).fontSize)])"
FAINT = (
    """() => {
  const parse = c => (c.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const bent = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = c => c.slice(0, 3).reduce((sum, v, i) => sum + [.2126, .7152, .0722][i] * bent(v / 255), 0);
  const mixed = (below, top) => below.map((v, i) => v * (1 - top[3]) + top[i] * top[3]);
  const ground = at => {
    const over = [];
    for (let e = at; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] === 1) return over.reduceRight(mixed, c.slice(0, 3));
      if (c[3] > 0) over.push(c);
    }
    return [255, 255, 255];
  };
  return (TEXTS)().map(([text, at]) => {
    const style = getComputedStyle(at), a = light(parse(style.color)), b = light(ground(at));
    return [text, (Math.max(a, b) + .05) / (Math.min(a, b) + .05), parseFloat(style.fontSize)];
  }).filter(([, ratio, size]) => ratio < (size >= 24 ? 3 : 4.5));
}"""
).replace("TEXTS", TEXTS)
SPILLED = """() => {
  const wrong = [], wide = innerWidth > 720, panels = [...document.querySelectorAll('.panel')];
  const cross = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const boxes = panels.map(e => [e.querySelector('h2').textContent, e.getBoundingClientRect()]);
  for (const [name, box] of boxes) {
    const beyond = wide && (box.bottom > innerHeight + 1 || box.top < 0);
    if (box.right > innerWidth + 1 || box.left < -1 || beyond) wrong.push([name, 'leaves the screen']);
    for (const [other, b] of boxes) if (other !== name && cross(box, b)) wrong.push([name, 'lies over', other]);
  }
  for (const panel of panels) {
    const name = panel.querySelector('h2').textContent, body = panel.querySelector('.panel-body');
    const room = body.getBoundingClientRect();
    if (wide && body.scrollHeight > body.clientHeight + 2) wrong.push([name, 'is cut']);
    for (const one of body.querySelectorAll('.figure, li, tr, .share-ring, .chart')) {
      if (!one.checkVisibility()) continue;
      const b = one.getBoundingClientRect(), spills = b.bottom > room.bottom + 2 || b.right > room.right + 2;
      const out = spills || b.left < room.left - 2 || b.top < room.top - 2;
      if (out) wrong.push([name, one.className || one.tagName, 'spills']);
    }
    const tiles = [...body.querySelectorAll('.figure')].map(e => e.getBoundingClientRect());
    tiles.forEach((a, i) => tiles.slice(i + 1).forEach(b => { if (cross(a, b)) wrong.push([name, 'tiles overlap']); }));
    for (const told of body.querySelectorAll('.figure-value'))
      if (told.scrollWidth > told.clientWidth + 1) wrong.push([name, 'number cut', told.textContent]);
  }
  return wrong;
}"""
CROWDED = """() => {
  const wrong = [];
  for (const chart of document.querySelectorAll('.chart')) {
    const made = echarts.getInstanceByDom(chart);
    if (!made) continue;
    const name = chart.closest('.panel').querySelector('h2').textContent, words = new Map();
    for (const one of made.getZr().storage.getDisplayList(true)) {
      if (!one.style || !one.style.text || one.ignore || one.invisible) continue;
      const box = one.getBoundingRect().clone(), size = parseFloat(/[\\d.]+px/.exec(one.style.font)[0]);
      if (one.transform) box.applyTransform(one.transform);
      const said = words.get(one.parent);
      if (said) { said.text += one.style.text; said.box.union(box); }
      else words.set(one.parent || one, { text: one.style.text, box, size });
    }
    [...words.values()].forEach((a, place, all) => {
      for (const b of all.slice(place + 1)) {
        const [x, y] = [a.box, b.box], air = a.size * .2;
        const level = x.y < y.y + y.height - air && y.y < x.y + x.height - air;
        const gap = Math.max(x.x - y.x - y.width, y.x - x.x - x.width);
        if (level && gap < a.size * .3) wrong.push([name, a.text, b.text, Math.round(gap)]);
      }
    });
  }
  return wrong;
}"""
"""What is written in curves and maps, where two words run into each other."""

CUT = """() => [...document.querySelectorAll('.grid-of-rows th, .grid-of-rows td')].filter(cell => {
  if (!cell.checkVisibility()) return false;
  const table = cell.closest('table'), long = table.tHead.rows[0].cells[cell.cellIndex].classList.contains('long');
  const style = getComputedStyle(cell), told = cell.firstElementChild.getBoundingClientRect().width;
  const cut = told + parseFloat(style.paddingLeft) + parseFloat(style.paddingRight) > cell.clientWidth + 1;
  return cut && (cell.tagName === 'TH' || !long);
}).map(cell => [cell.closest('.panel').querySelector('h2').textContent, cell.textContent])"""
"""Heads, times, states and numbers of lists that are not whole."""
LENGTHEN = """() => {
  for (const made of document.querySelectorAll('.panel-live, .panel-table')) {
    const panel = made.told, address = '长流镇长流新区滨海大道与长滨路交叉口东北侧第三标段施工围挡旁';
    const long = (text, place) => (panel.columns[place].type === 'text' ? `${text}${address}` : text);
    const rows = panel.rows && panel.rows.map((cells, at) => (at % 2 ? cells.map(long) : cells));
    if (!rows || !rows.length) continue;
    Panels.fill(made, { ...panel, rows }, {}, { narrow: false });
    Panels.fit(made);
  }
}"""
"""Every second row of a list with texts as long as a real address."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with a_room(tmp_path_factory.mktemp("screens")) as made:
        yield made


@pytest.fixture(scope="module")
def pages(room: Room) -> Iterator[Eyes]:
    with looking_at(room.address) as made:
        yield made


@pytest.fixture
def eyes(pages: Eyes) -> Iterator[Eyes]:
    pages.complaints.clear()
    yield pages
    assert pages.complaints == []


def cases(surface: str, sizes: dict[tuple[int, int], tuple[str, ...]]) -> list[Any]:
    """Every topic at every size asked for, with the requirements its file claims for that surface."""
    found = []
    for size, names in sizes.items():
        for name in names:
            ids = TOPICS[name].marks.get(surface, ())
            marks = [pytest.mark.requirement(*ids)] if ids else []
            found.append(pytest.param(TOPICS[name], size, marks=marks, id=f"{name}-{size[0]}x{size[1]}"))
    return found


SEEN_LARGE = ("home", "hotline", "security", "port")
ON_WALLS = cases("wall", {WALL: tuple(TOPICS), FOUR_K: SEEN_LARGE, THREE: SEEN_LARGE})
IN_HANDS = cases("phone", {HAND: tuple(TOPICS)})


def opened(eyes: Eyes, path: str, size: tuple[int, int], name: str, login: str = DESK) -> Page:
    page = eyes.open(size, login)
    page.goto(path)
    page.wait_for_function(DRAWN, arg=name, timeout=PATIENCE_MS)
    page.wait_for_function("() => document.fonts.status === 'loaded'", timeout=PATIENCE_MS)
    return page


def kept(page: Page, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(150)
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=page.evaluate("innerWidth") < 720)


def check_looks(page: Page, least: float) -> None:
    """Nothing spills, overlaps or is too small or too faint to read."""
    assert page.evaluate(SIDEWAYS) <= 0
    assert page.evaluate(SPILLED) == []
    assert [row for row in page.evaluate(SMALLEST) if row[1] < least - 0.01] == []
    assert page.evaluate(FAINT) == []


def check_numbers(page: Page, room: Room, topic: Topic) -> None:
    """Every number on the page is the one its source sent, or the one our own record has."""
    shown, proved, fed = figures(page), 0, 0
    for full, values in shown.items():
        name, _, own = full.partition(".")
        metric = TOPICS[name].metrics[own]
        if isinstance(metric.of, Fold):
            wanted = plain(read_datasets()[metric.of.feed], room.rows[metric.of.feed], metric.of, NOW)
            fed += 1
        elif (wanted := room.counted(metric.of)) is None:
            continue
        proved += 1
        for value in values:
            alike = value == wanted or (
                None not in (value, wanted) and math.isclose(value or 0, wanted or 0, rel_tol=1e-6, abs_tol=1e-6)
            )
            assert alike, (full, value, wanted)
    has_feeds = any(isinstance(one.of, Fold) for one in topic.metrics.values())
    assert proved, "no number of the page is proved"
    assert (
        fed
        or not has_feeds
        or any(isinstance(TOPICS[topic.name].metrics[one.rpartition(".")[2]].of, Own) for one in shown)
    )


@pytest.mark.parametrize(("topic", "size"), ON_WALLS)
def test_a_topic_on_the_wall(eyes: Eyes, room: Room, topic: Topic, size: tuple[int, int]) -> None:
    page = opened(eyes, f"/wall/{topic.name}", size, topic.name)
    expect(page.locator("h1")).to_have_text(topic.title)
    expect(page.locator(".panel")).to_have_count(len(topic.panels))
    check_numbers(page, room, topic)
    check_looks(page, 18 * size[1] / 1080)
    assert page.evaluate(CROWDED) == []
    assert page.evaluate(CUT) == []
    kept(page, f"wall-{topic.order:02}-{topic.name}-{size[0]}x{size[1]}")
    page.evaluate(LENGTHEN)
    assert page.evaluate(CUT) == []
    assert page.evaluate(SPILLED) == []
    page.close()


@pytest.mark.parametrize(("topic", "size"), IN_HANDS)
def test_a_topic_in_the_hand(eyes: Eyes, room: Room, topic: Topic, size: tuple[int, int]) -> None:
    page = opened(eyes, f"/m/{topic.name}", size, topic.name)
    expect(page.locator("h1")).to_have_text(topic.title)
    expect(page.locator(".panel")).to_have_count(len(topic.panels))
    check_numbers(page, room, topic)
    check_looks(page, 12)
    assert page.evaluate(SMALL_TARGETS) == []
    kept(page, f"phone-{topic.order:02}-{topic.name}")
    page.close()


@pytest.mark.requirement("R008", "R031")
@pytest.mark.parametrize(("path", "size"), [("/wall/security", WALL), ("/m/security", HAND)], ids=["wall", "phone"])
def test_public_order_is_found_by_state_and_kind(eyes: Eyes, room: Room, path: str, size: tuple[int, int]) -> None:
    """R008, R031: 状态、服务类型 are asked of everything that came in, not of the few lines on the screen."""
    page = opened(eyes, path, size, "security")
    panel = page.locator(".panel", has=page.locator("h2", has_text="警情实时动态"))
    told = [row for row in room.rows["security.incidents"] if (row["state"], row["service"]) == ("已办结", "噪音扰民")]
    panel.get_by_label("状态").select_option("已办结")
    panel.get_by_label("服务类型").select_option("噪音扰民")
    first = max(told, key=lambda row: row["at"])
    expect(panel.locator("tbody tr").first).to_contain_text(first["place"], timeout=PATIENCE_MS)
    expect(panel.locator("tbody tr").filter(has_not_text="噪音扰民")).to_have_count(0, timeout=PATIENCE_MS)
    expect(panel.locator("tbody tr").filter(has_not_text="已办结")).to_have_count(0, timeout=PATIENCE_MS)
    lines = panel.locator("tbody tr").all_inner_texts()
    assert lines
    assert all("已办结" in line and "噪音扰民" in line for line in lines)
    page.close()


def test_wall_phone_console_and_machine_say_the_same(eyes: Eyes, room: Room) -> None:
    wall = figures(opened(eyes, "/wall/hotline", WALL, "hotline"))
    hand = figures(opened(eyes, "/m/hotline", HAND, "hotline"))
    page = eyes.open(WALL)
    told = page.request.get("/screen/hotline.json").json()["metrics"]
    page.goto("/metrics/hotline")
    shown = {name: set(values) for name, values in wall.items()}
    assert shown == {name: set(values) for name, values in hand.items() if name in shown}
    for name, values in shown.items():
        assert values == {told[name]["value"]}
        expect(page.locator(f"li[id='{name}'] .metric-value b")).to_have_text(told[name]["text"])
    page.close()


def test_an_odd_number_becomes_a_case_or_a_flag_in_two_taps(eyes: Eyes) -> None:
    page = opened(eyes, "/m/hotline", HAND, "hotline")
    page.locator("[data-metric='hotline.on_time_rate']").first.tap()
    sheet = page.locator("#sheet")
    expect(sheet).to_contain_text("按时办结件数 ÷ 应办结件数")
    expect(sheet).to_contain_text("来源")
    sheet.get_by_role("link", name="登记办件").tap()
    expect(page.locator("#title")).to_have_value(re.compile("按时办结率.*%"))
    expect(page.locator("#content")).to_have_value(re.compile("12345网格化管理中心「按时办结率」.*截至.*口径"))
    page.goto("/joint/new?metric=security.incidents")
    expect(page.locator("#flag-matter")).to_have_value(re.compile("社会治安综合治理中心「今日警情」\\d+"))
    page.goto("/intake?metric=nothing.there")
    expect(page.locator("#title")).to_have_value("")
    page.close()


def test_whatever_a_panel_shows_can_be_asked_about_and_acted_upon(eyes: Eyes) -> None:
    """A row of a list, a line of a ranking, a town, each of several numbers behind one head: two taps to the form."""
    lines = (
        ("ecology", ".panel-live [data-row]"), ("ecology", ".panel-table [data-row]"),
        ("ecology", ".panel-ranking [data-row]"), ("security", ".panel-share [data-row]"),
        ("hotline", ".map-town"), ("construction", ".panel-funnel li"),
    )  # fmt: skip
    for topic, line in lines:
        page = opened(eyes, f"/m/{topic}", HAND, topic)
        first = page.locator(line).first
        first.tap(position={"x": 20, "y": 20})
        assert first.bounding_box()["height"] >= 44  # type: ignore[index]
        assert page.evaluate(SMALL_TARGETS) == []
        page.locator("#sheet").get_by_role("link", name="登记办件" if topic != "hotline" else "树党旗").tap()
        field = page.locator("#content, #flag-matter").first
        expect(field).to_have_value(re.compile(f"{TOPICS[topic].title}.*截至"))
        page.close()
    page = opened(eyes, "/m/ecology", HAND, "ecology")
    page.locator(".panel", has=page.get_by_role("heading", name="空气质量走势")).locator("h2").tap()
    sheet = page.locator("#sheet")
    sheet.get_by_role("button", name="细颗粒物").tap()
    expect(sheet.get_by_role("heading")).to_have_text("细颗粒物")
    expect(sheet.get_by_role("link", name="登记办件")).to_have_attribute("href", re.compile("metric=ecology.pm25"))
    page.close()


def test_from_the_district_to_a_town_to_its_cases(eyes: Eyes) -> None:
    page = opened(eyes, "/m/hotline", HAND, "hotline")
    number = page.locator(".map-town[data-town='石山镇'] b").first.inner_text()
    page.locator(".map-town[data-town='石山镇']").tap()
    line = page.locator(".town-lines > div", has=page.get_by_text("今日受理", exact=True))
    expect(line.locator("b")).to_have_text(number, timeout=PATIENCE_MS)
    if number not in ("0", "—"):
        line.get_by_role("link", name="看办件").tap()
        expect(page.locator(".count")).to_contain_text(f"共 {number} 件")
    page.close()


def test_a_wall_is_let_in_by_its_code_and_shut_out_again(eyes: Eyes, room: Room) -> None:
    page = eyes.open(WALL, fresh=True)
    page.goto("/wall/hotline")
    expect(page).to_have_url(re.compile("/sign-in"))
    page.goto("/wall/join")
    code = page.locator(".join-code").inner_text()
    admin = room.core.actor_for("dingtalk", "xy017")
    values = {
        "title": "大厅左屏",
        "place": "三楼",
        "topics": "port,hotline",
        "every": "30",
        "pairing": code,
    }
    done = room.core.registers.write(Amend("test:wall", "screen_device", "add", "", values, admin))
    expect(page).to_have_url(re.compile("/wall/port$"), timeout=PATIENCE_MS)
    page.wait_for_function(DRAWN, arg="port", timeout=PATIENCE_MS)
    assert json.loads(page.locator("#setup").text_content() or "")["tour"] == ["port", "hotline"]
    for path in ("/cases", "/m", "/metrics", "/stats"):
        assert "/sign-in" in page.request.get(path).url, "a wall reads screens and nothing else"
    room.core.registers.write(Amend("test:gone", "screen_device", "retire", done.no, {}, admin, "换屏"))
    expect(page.locator("#trouble")).to_contain_text("已停用", timeout=PATIENCE_MS)
    expect(page.locator(".panel")).to_have_count(9)
    eyes.complaints.clear()  # the browser mutters about answers it was refused
    page.close()


def test_a_screen_keeps_its_picture_says_so_and_comes_back(eyes: Eyes) -> None:
    page = opened(eyes, "/wall/home", WALL, "home")
    before, laid = figures(page), page.locator(".wall-main").bounding_box()
    away: list[Route] = []

    def cut(route: Route) -> None:
        away.append(route)
        route.abort()

    page.route("**/screen/*.json", cut)
    expect(page.locator("#trouble")).to_contain_text("连接中断", timeout=PATIENCE_MS)
    assert away
    assert figures(page) == before
    assert page.locator(".wall-main").bounding_box() == laid, "what is drawn is pushed and cut"
    said, title = page.locator("#trouble").bounding_box(), page.locator("h1").bounding_box()
    assert said
    assert title
    assert said["x"] + said["width"] < title["x"], "it lies over the title"
    kept(page, "wall-away")
    page.unroute("**/screen/*.json")
    expect(page.locator("#trouble")).to_be_hidden(timeout=PATIENCE_MS)
    eyes.complaints.clear()  # the requests that were cut
    page.close()


def test_what_is_old_is_grey_and_says_since_when(eyes: Eyes, room: Room) -> None:
    """Sources fall silent for a day: their panels are grey and dated, and no page waits for ever."""
    room.clock.advance(days=1)
    room.core.screens._shelf.forget()
    try:
        for path, size in (("/wall/port", WALL), ("/m/port", HAND)):
            page = opened(eyes, path, size, "port")
            panel = page.locator(".panel", has=page.locator("h2", has_text="航班动态"))
            expect(panel).to_have_class(re.compile(r"\bstale\b"), timeout=PATIENCE_MS)
            expect(panel.locator(".panel-as-of")).to_have_text(re.compile(r"(昨天|3月9日).*后没有新数据"))
            kept(page, f"stale-{size[0]}")
            page.close()
    finally:
        room.clock.set(NOW)
        room.core.screens._shelf.forget()


def test_a_face_says_what_is_missing_before_anything_came(eyes: Eyes, room: Room) -> None:
    page = eyes.open(WALL)
    body = page.request.get("/screen/port.json").json()
    body["panels"][0] |= {"show": "trend", "state": "empty", "note": "还没有收到数据", "labels": [], "series": []}
    page.route("**/screen/port.json", lambda route: route.fulfill(json=body, headers={"ETag": '"x"'}))
    page.goto("/wall/port")
    expect(page.locator(".face").first).to_contain_text("还没有收到数据", timeout=PATIENCE_MS)
    page.unroute_all()
    page.close()


def test_asking_again_costs_nothing(eyes: Eyes) -> None:
    request = eyes.open(WALL).request
    first = request.get("/screen/home.json")
    again = request.get("/screen/home.json", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body()) == (304, b"")
    assert request.get("/screen/nothing.json").status == 404
    assert request.get("/screen/home/rows/0.json").status == 404
    assert request.get("/screen/security/rows/4.json?state=%00").status in (200, 400, 422)


def test_the_wall_changes_topics_by_keys_and_by_itself(eyes: Eyes) -> None:
    page = opened(eyes, "/wall/home", WALL, "home")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(DRAWN, arg="hotline", timeout=PATIENCE_MS)
    expect(page.locator("h1")).to_have_text(TOPICS["hotline"].title)
    page.keyboard.press("t")
    expect(page.locator("#switch a")).to_have_count(30)
    page.locator("#switch a", has_text="港口运行").click()
    page.wait_for_function(DRAWN, arg="port", timeout=PATIENCE_MS)
    page.close()


def test_a_remote_of_four_arrows_and_ok_reaches_everything(eyes: Eyes) -> None:
    page = opened(eyes, "/wall/home", WALL, "home")
    page.keyboard.press("Enter")
    expect(page.locator("#switch a[aria-current]")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.dataset.drawn") == "home", "nothing turns behind the switcher"
    chosen = page.evaluate("document.activeElement.dataset.topic")
    assert chosen == [one.name for one in TOPICS.values() if one.group == "centre"][6]
    page.keyboard.press("Enter")
    page.wait_for_function(DRAWN, arg=chosen, timeout=PATIENCE_MS)
    page.keyboard.press("ArrowDown")
    metric = page.evaluate("document.activeElement.closest('[data-metric]').dataset.metric")
    page.keyboard.press("Enter")
    expect(page.locator("#sheet h2")).to_have_text(TOPICS[chosen].metrics[metric.rpartition(".")[2]].title)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).to_be_hidden()
    assert page.evaluate("document.documentElement.dataset.drawn") == chosen
    page.close()


def test_a_topic_that_cannot_be_told_holds_up_no_tour(eyes: Eyes) -> None:
    page = opened(eyes, "/wall/home", WALL, "home")
    page.route("**/screen/hotline.json", lambda route: route.fulfill(status=500, body="x"))
    page.keyboard.press("ArrowRight")
    page.wait_for_function(DRAWN, arg="city_admin", timeout=PATIENCE_MS)
    expect(page.locator("#trouble")).to_be_hidden()
    page.unroute_all()
    eyes.complaints.clear()  # the answer that was refused
    page.close()


def test_a_panel_at_fault_shows_its_face_and_the_others_go_on(eyes: Eyes) -> None:
    page = eyes.open(WALL)
    body = page.request.get("/screen/port.json").json()
    trend = next(one for one in body["panels"] if one["show"] == "trend")
    at_fault = next(one for one in body["panels"] if one["show"] == "ranking")
    trend["series"] = None
    at_fault |= {"state": "fault", "note": "这一块暂时算不出来", "source": "", "as_of": ""}
    page.route("**/screen/port.json", lambda route: route.fulfill(json=body, headers={"ETag": '"x"'}))
    page.goto("/wall/port")
    for panel, words in ((trend, "暂时画不出来"), (at_fault, "暂时算不出来")):
        face = page.locator(".panel", has=page.get_by_role("heading", name=panel["title"], exact=True)).locator(".face")
        expect(face).to_contain_text(words, timeout=PATIENCE_MS)
    expect(page.locator(".face")).to_have_count(2)
    expect(page.locator("#trouble")).to_be_hidden()
    page.unroute_all()
    expect(page.locator(".face")).to_have_count(0, timeout=PATIENCE_MS)
    eyes.complaints.clear()  # the panel that could not be drawn says so to engineers
    page.close()


def test_a_wall_tells_the_servers_time_and_hides_its_pointer(eyes: Eyes, room: Room) -> None:
    """Its machine is an hour fast, and its pointer was left in the middle of the map."""
    page = opened(eyes, "/wall/port", WALL, "port")
    page.evaluate("() => { const real = Date.now; Date.now = () => real() + 3600000; }")
    expect(page.locator("#time")).to_have_text(f"{NOW:%H:%M}", timeout=PATIENCE_MS)
    page.wait_for_timeout(4000)  # the next answer sets it right
    expect(page.locator("#time")).to_have_text(f"{NOW:%H:%M}")
    page.route("**/screen/*.json", lambda route: route.abort())
    expect(page.locator("#trouble")).to_contain_text(f"显示的是 {NOW:%H:%M} 的数据", timeout=PATIENCE_MS)
    expect(page.locator("body")).to_have_class(re.compile(r"\bresting\b"), timeout=PATIENCE_MS)
    kinds = "() => [...document.querySelectorAll('body *')].map(e => getComputedStyle(e).cursor)"
    assert set(page.evaluate(kinds)) == {"none"}
    page.unroute_all()
    eyes.complaints.clear()  # the requests that were cut
    page.close()


def test_a_wall_on_tour_stays_with_what_somebody_chose(eyes: Eyes, room: Room) -> None:
    """Alone it goes from topic to topic, its pointer hidden; a remote in somebody's hand stops it for a minute."""
    told = {"title": "前厅", "place": "一楼", "topics": {"all": ["port", "hotline"]}, "every": 3, "active": True}
    with room.core.engine.begin() as tx:
        tx.execute(insert(screen_devices).values(**told, token_hash=token_hash("tour"), bound_at=NOW))
    page = eyes.open(WALL, fresh=True)
    page.context.add_cookies([{"name": "wall", "value": "tour", "url": room.address}])
    page.goto("/wall")
    expect(page.locator("body")).to_have_class(re.compile(r"\bresting\b"), timeout=2000)
    for name in ("hotline", "port", "hotline"):
        page.wait_for_function(DRAWN, arg=name, timeout=PATIENCE_MS)
    page.mouse.move(900, 500)
    page.wait_for_function(DRAWN, arg="port", timeout=PATIENCE_MS)
    page.keyboard.press("ArrowRight")
    chosen = next(one for one in TOPICS if TOPICS[one].order == TOPICS["port"].order + 1)
    page.wait_for_function(DRAWN, arg=chosen, timeout=PATIENCE_MS)
    page.wait_for_timeout(7000)
    assert page.evaluate("document.documentElement.dataset.drawn") == chosen
    page.close()


def test_a_leader_reads_the_same_and_acts_only_where_allowed(eyes: Eyes) -> None:
    page = opened(eyes, "/m/port", HAND, "port", LEADER)
    page.locator("[data-metric]").first.tap()
    expect(page.locator("#sheet")).to_be_visible()
    expect(page.locator("#sheet").get_by_role("link", name="登记办件")).to_have_count(0)
    expect(page.locator("#sheet")).to_contain_text("有异常请告诉指挥中心")
    page.close()
