"""The pictures of the README, taken from a running practice ground: `python -m tests.browser.pictures [WEB PHONES]`."""

from __future__ import annotations

import io
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo import Demo, Hand, chromium, clone, sign_in
from tests.browser.joint_story import CAST, CENTRE, CONTACT, DEPUTY, LEADER, REFUSING, SPONSOR, Story, looked_up

FOLDER = Path(__file__).parent / "pictures"
LARGEST = 200 * 1024
PULLED_MS = 60_000
DISPATCHER, CLERK, CALLER, AUDITOR = "xy011", "xy023", "xy015", "xy019"
HOME = "总客服 · 我的首页"
TICKETS = [
    {
        "ticket_no": "P1", "channel": "RX", "type": "投诉", "urgency": "紧急", "title": "港口路下雨就积水",
        "content": "雨停两小时水还没退，电动车一过就熄火，公交站台也站不了人。", "place": "港口路公交站",
        "street": "秀英街道", "caller_name": "吴海生", "caller_phone": "19900001234", "address": "港口路 18 号 502",
    },
    {
        "ticket_no": "P2", "channel": "RX", "type": "求助", "title": "海盛路人行道井盖破损",
        "content": "海盛路人行道上一块井盖裂了一半，晚上没有路灯，老人小孩走过很危险。", "place": "海盛路人行道",
        "street": "海秀街道", "caller_name": "陈月兰", "caller_phone": "19900004321", "address": "海盛路 6 号",
    },
]  # fmt: skip
SEND = """ticket => fetch('/sandbox/hotline/tickets', {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(ticket),
})"""
"""Two appeals for the sandbox's 12345 to hand over."""
PATIENT = """on => fetch('/sandbox/faults', {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({patient: on || null}),
})"""
"""Whether a late answer to a tap counts too, for a machine that is busy."""
ALONE = """users => document.querySelectorAll('.phone').forEach(one => {
    one.style.display = !users.length || users.includes(one.dataset.user) ? '' : 'none';
})"""
"""Only these phones on the desk; none named: all of them again."""
AT_THE_ORDER = """() => document.querySelectorAll('.phone').forEach(one => {
    const ours = card => /^树党旗/.test(card.querySelector('h3')?.textContent);
    const cards = [...one.querySelectorAll('.card')].filter(ours);
    cards.at(-1)?.scrollIntoView({block: 'end'});
})"""
"""Each chat with its newest card of a joint order in sight, whatever was said after it."""
SEEN = {
    "joint-ruling": (REFUSING, LEADER, CENTRE),
    "joint-meeting": (SPONSOR, CONTACT, REFUSING),
    "joint-phones": (SPONSOR, CONTACT, DEPUTY),
}
"""The pictures of a joint order, and whose phones are on each."""


def keep(name: str, shot: bytes, widest: int = 1500) -> None:
    """Write a picture, no wider than that, with as many colours as fit into its size."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    picture.thumbnail((widest, picture.height), Image.Resampling.LANCZOS)
    for colours in (256, 128, 64):
        told = io.BytesIO()
        picture.quantize(palette=palette(picture, colours), dither=Image.Dither.NONE).save(told, "PNG", optimize=True)
        if told.tell() <= LARGEST:
            break
    (FOLDER / f"{name}.png").write_bytes(told.getvalue())


def palette(picture: Image.Image, colours: int) -> Image.Image:
    """So many colours: half of them the commonest, so that no ground is tinted, half what covers all others best."""
    found = Counter(zip(*(band.tobytes() for band in picture.split()), strict=True))
    common = [colour for colour, _ in found.most_common(colours // 2)]
    rest = picture.quantize(colours - len(common), method=Image.Quantize.MAXCOVERAGE).getpalette() or []
    made = Image.new("P", (1, 1))
    made.putpalette([part for colour in common for part in colour] + rest)
    return made


@contextmanager
def page_of(browser: Browser, width: int, height: int) -> Iterator[Page]:
    """A fresh page of that size; a narrow one is a phone's."""
    hand = width < 720
    context = browser.new_context(
        viewport={"width": width, "height": height}, is_mobile=hand, has_touch=hand, locale="zh-CN"
    )
    yield context.new_page()
    context.close()


def phones(browser: Browser, demo: Demo) -> None:
    """Three phones at work: the centre dispatches an appeal, a unit handles another one, a caller has her numbers."""
    with page_of(browser, 1500, 1120) as page:
        page.goto(f"{demo.phones}#{DISPATCHER},{CLERK},{CALLER}")
        page.get_by_role("button", name="到下个工作日").click()
        dispatcher, clerk, caller = (Hand(page, user) for user in (DISPATCHER, CLERK, CALLER))
        dispatcher.open_chat()
        clerk.open_chat()
        for ticket in TICKETS:
            page.evaluate(SEND, ticket)
        first, second = (ticket["title"] for ticket in TICKETS)
        expect(dispatcher.card(second)).to_be_visible(timeout=PULLED_MS)
        dispatcher.press(dispatcher.state(first, "待派发"), "派发")
        dispatcher.fill(lead="水务局", opinion="请先抽排，再查雨水口")
        clerk.press(clerk.state(first, "待签收"), "签收")
        clerk.state(first, "办理中")
        caller.say("主页", HOME)
        dispatcher.press(dispatcher.state(second, "待派发"), "派发")
        form = dispatcher.phone.locator(".form")
        form.locator("select").select_option(label="城管局")
        form.locator('[data-field="opinion"] textarea').fill("请今晚先围挡，明早更换")
        settle(page)
        keep("phones", page.screenshot())


def home(browser: Browser, demo: Demo) -> None:
    """The home card as it fills a phone."""
    with page_of(browser, 390, 844) as page:
        page.goto(f"{demo.phones}#{DISPATCHER}")
        Hand(page, DISPATCHER).say("主页", HOME)
        settle(page)
        keep("home", page.screenshot())


def joint(browser: Browser, demo: Demo) -> None:
    """One joint order by eight hands: the ruling, the meeting, the ratings told, and the order at the desk."""
    with page_of(browser, 1500, 1120) as page:
        page.goto(f"{demo.phones}#{','.join(CAST)}")
        page.evaluate(PATIENT, True)
        page.get_by_role("button", name="到下个工作日").click()

        def taken(name: str) -> None:
            page.evaluate(ALONE, list(SEEN[name]))
            page.evaluate(AT_THE_ORDER)
            settle(page)
            keep(name, page.screenshot())
            page.evaluate(ALONE, [])

        no = Story(page, keep=taken).play()
        page.evaluate(PATIENT, False)
    with page_of(browser, 1440, 1000) as page:
        sign_in(page, demo, f"p{CENTRE[2:]}")

        def looked(name: str) -> None:
            settle(page)
            keep(name, page.screenshot())

        looked_up(page, demo.web, no, looked)


def training(browser: Browser, demo: Demo) -> None:
    """A learner in the middle of a typhoon, everybody else at work by themselves."""
    with page_of(browser, 1440, 1000) as page:
        page.goto(f"{demo.phones}#{CONTACT}")
        page.get_by_role("button", name="演练", exact=True).click()
        typhoon = page.locator('[data-scenario="typhoon"]')
        typhoon.locator("input[value=water]").check()
        typhoon.get_by_label("快慢").select_option("20")
        typhoon.get_by_role("button", name="开始").click()
        expect(page.locator(".training-list li").nth(2)).to_be_visible(timeout=PULLED_MS)
        Hand(page, CONTACT).open_chat()
        settle(page)
        keep("training", page.screenshot())
        page.get_by_role("button", name="结束演练").click()
        expect(page.locator(".training-verdict")).to_be_visible()


def console(browser: Browser, demo: Demo) -> None:
    """List, case and flows as a dispatcher has them; the log as the audit administrator."""
    with page_of(browser, 1440, 1000) as page:
        sign_in(page, demo, "p011")
        for name, path in (("desk", "/cases"), ("flows", "/flows")):
            page.goto(f"{demo.web}{path}")
            settle(page)
            keep(name, page.screenshot())
        page.goto(f"{demo.web}/cases?key=overdue")
        page.locator(".row").first.click()
        expect(page.locator(".timeline")).to_be_visible()
        settle(page)
        keep("case", page.screenshot())
    with page_of(browser, 1440, 1000) as page:
        sign_in(page, demo, "p019")
        page.fill("#number", number_on_phone(browser, demo, AUDITOR))
        page.get_by_role("button", name="确认登录").click()
        expect(page.locator(".me")).to_be_visible()
        page.goto(f"{demo.web}/log")
        page.get_by_role("button", name="核验").click()
        expect(page.locator(".verdict")).to_contain_text("核验通过")
        settle(page)
        keep("log", page.screenshot())


def screens(browser: Browser, demo: Demo) -> None:
    """The first topic on the wall, and the same in a pocket."""
    for name, path, size in (("wall", "/wall/home", (1920, 1080)), ("pocket", "/m/home", (390, 844))):
        with page_of(browser, *size) as page:
            sign_in(page, demo, "p011")
            page.goto(f"{demo.web}{path}")
            page.wait_for_function("document.documentElement.dataset.drawn === 'home'")
            settle(page)
            keep(name, page.screenshot(), 1440)


def number_on_phone(browser: Browser, demo: Demo, user: str) -> str:
    """The six digits that an administrator was just sent."""
    with page_of(browser, 390, 844) as page:
        page.goto(f"{demo.phones}#{user}")
        hand = Hand(page, user)
        hand.open_chat()
        told = hand.phone.locator(".bubble", has_text=re.compile(r"\d{6}")).last
        expect(told).to_be_visible()
        found = re.search(r"\d{6}", told.inner_text())
        assert found
        return found.group()


def settle(page: Page) -> None:
    """Fonts in place and nothing on its way."""
    page.wait_for_function("document.fonts.status === 'loaded'")
    page.wait_for_timeout(600)


def take(demo: Demo) -> None:
    """All of them."""
    FOLDER.mkdir(exist_ok=True)
    with chromium() as browser:
        screens(browser, demo)  # before anybody moves the clock to a day on which nothing has happened yet
        phones(browser, demo)
        home(browser, demo)
        console(browser, demo)
        joint(browser, demo)
        training(browser, demo)


def main() -> None:
    """Against the addresses given, or against a practice ground of its own."""
    if len(sys.argv) == 3:
        take(Demo(Path(), web=sys.argv[1], phones=sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as folder:
        clone(Path(folder) / "clone")
        demo = Demo(Path(folder) / "clone")
        with demo.running():
            demo.settle()
            take(demo)


if __name__ == "__main__":
    main()
