"""Whatever anybody writes anywhere, read back on every page that shows it: nothing runs, nothing is drawn (E1)."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from apiflask import APIFlask
from playwright.sync_api import Browser, Error, Page, expect
from sqlalchemy import select, update
from werkzeug.serving import make_server

from core import Command
from core.models.cases import cases
from core.models.joint import joint_orders
from core.models.likeness import hotspots
from core.models.people import people, units
from core.register import Amend
from tests.browser.entrance import enter
from tests.browser.test_console import DESK, HAND, browser, not_worth_it, pytestmark  # noqa: F401  (fixtures)
from tests.clock import StillClock
from tests.databases import SQLite, migrated
from tests.payloads import BROWSER
from tests.webapp.machine_room import Platform, a_ticket
from tests.webapp.town import PASSWORD, Town, build
from tests.webapp.visitor import Visitor, hidden_value
from webapp import assets, create_app

WATCH = """
    window.hits = 0;
    window.hit = () => { window.hits += 1; };
    document.addEventListener('securitypolicyviolation', () => { window.hits += 100; });
"""
DRAWN = """() => document.querySelectorAll(
    'x-hit, [onerror], [onload], [onfocus], [onmouseover], [ontoggle], [onbegin], iframe, object, embed, base, ' +
    'meta[http-equiv], style, video, math, template, script:not([src]), a[href^="javascript" i], ' +
    'a[href^="data:" i], [src^="x"], [href^="http"], [href^="//"], form[action^="http"]').length"""
EVERYTHING = " ".join(BROWSER)
SHORT = [one for one in BROWSER if len(one) <= 60]
FILE_NAME = "<img src=x onerror=hit()><x-hit>'.csv"


def tell(number: int, most: int) -> str:
    """One of the corpus that fits into `most` characters."""
    fitting = [one for one in BROWSER if len(one) <= most]
    return fitting[number % len(fitting)]


class Place:
    """The console of a town that is full of such words, and browsers in it that take note of everything."""

    def __init__(self, town: Town, chromium: Browser, address: str) -> None:
        self.town, self.address, self._browser = town, address, chromium
        self.complaints: list[str] = []

    def page(self, login: str, size: tuple[int, int] = DESK) -> Page:
        """Somebody signed in, watched from before the first page."""
        context = self._browser.new_context(
            base_url=self.address, viewport={"width": size[0], "height": size[1]}, is_mobile=size == HAND
        )
        page = context.new_page()
        page.add_init_script(WATCH)
        complain = self.complaints.append
        page.on("console", lambda said: complain(said.text) if not_worth_it(said.type, said.text) is False else None)
        page.on("pageerror", lambda error: complain(str(error)))
        page.on("dialog", lambda dialog: complain(f"a dialog: {dialog.message}"))
        page.on("popup", lambda opened: complain(f"a window: {opened.url}"))
        page.on("request", lambda sent: None if sent.url.startswith(self.address) else complain(sent.url))
        enter(page, login, PASSWORD, self.town.core)
        return page

    def still(self, page: Page, what: str) -> None:
        """Nothing ran, nothing was drawn, nobody complained."""
        assert (page.evaluate("window.hits"), page.evaluate(DRAWN), self.complaints) == (0, 0, []), what

    def harmless(self, page: Page, path: str) -> str:
        """Open a page, fold everything out, press nothing; its text after nothing happened."""
        page.goto(path)
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        page.mouse.move(400, 400)
        self.still(page, path)
        return page.inner_text("body")

    def numbers(self) -> list[str]:
        with self.town.core.engine.connect() as tx:
            return list(tx.execute(select(cases.c.no).order_by(cases.c.id)).scalars())


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Place]:  # noqa: F811
    """The town after its people and machines wrote the corpus into everything that takes words."""
    clock = StillClock()
    town = Town(build(SQLite().prepared(migrated, tmp_path_factory.mktemp("payloads")), clock), clock)
    site = create_app(town.core)
    pushed(site)
    registered(site)
    imported(site)
    acted(town, site)
    kept(town, site)
    together(town)
    server = make_server("127.0.0.1", 0, site, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield Place(town, browser, f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()
    town.core.engine.dispose()


def pushed(site: APIFlask) -> None:
    """By the 12345 platform: every text of a ticket, one payload a ticket in its title."""
    platform = Platform(site.test_client())
    for number, payload in enumerate(BROWSER):
        ticket = a_ticket(
            ticket_no=f"X-{number}", title=payload[:100], content=EVERYTHING[:5000], place=tell(number + 1, 200),
            address=tell(number + 2, 200), caller_name=tell(number + 3, 50), street=tell(number + 4, 40),
            community=tell(number + 5, 60), respondent_name=tell(number + 6, 100), requested_outcome=payload[:1000],
            service_type=tell(number + 7, 40), classification=tell(number + 8, 100), company=tell(number + 9, 100),
        )  # fmt: skip
        answer = platform.push(ticket).json
        assert answer["accepted"], (payload, answer["refused"])


def registered(site: APIFlask) -> None:
    """On the web: the form of the desk."""
    desk = signed_in(site, "desk")
    for number, payload in enumerate(SHORT[:12]):
        form = {
            "channel": "RX", "type": "complain", "urgency": "normal", "title": f"网页 {payload}", "content": EVERYTHING,
            "place": payload, "caller_name": tell(number, 50), "address": payload, "caller_phone": "19900001234",
        }  # fmt: skip
        answer = desk.post("/intake", "/intake", **form)
        assert answer.status_code == 303, re.findall("fault[^<]*<|role=.status.>[^<]*", answer.text)


def imported(site: APIFlask) -> None:
    """By a sheet: the file's name, good rows and faulty ones."""
    desk = signed_in(site, "desk")
    fitting = [one for one in SHORT if '"' not in one]
    lines = [f'"表格 {one}","{one}","{one}",{"热线电话" if at % 2 else one}' for at, one in enumerate(fitting)]
    data: dict[str, Any] = {
        "csrf_token": hidden_value(desk.get("/intake/sheets").text, "csrf_token"), "token": "s" * 24,
        "file": (io.BytesIO("\n".join(["标题,内容,地点,问题来源", *lines]).encode()), FILE_NAME),
    }  # fmt: skip
    answer = desk.client.post("/intake/sheets", data=data, content_type="multipart/form-data")
    assert answer.status_code == 303, re.findall("fault[^<]*<|role=.status.>[^<]*", answer.text)


def acted(town: Town, site: APIFlask) -> None:
    """In the course of a case: every text a move takes, and the names of views."""
    with town.core.engine.connect() as tx:
        found = list(tx.execute(select(cases.c.id).order_by(cases.c.id).limit(8)).scalars())
    returning, reporting, paused, invalid, closed, asking, revealed, overseen = found
    words = EVERYTHING[:400]

    def housing(case: int, action: str, **form: str) -> None:
        town.act("housing", case, action, leg=town.leg("housing", case), **form)

    for case in (returning, reporting, paused, asking, overseen):
        town.act("desk", case, "dispatch", leg=None, lead="housing", opinion=words)
    housing(returning, "return", reason="not_our_duty", basis=SHORT[3], text=SHORT[4])
    town.act("desk", returning, "refuse_return", town.leg("housing", returning), reason=SHORT[5])
    for case in (reporting, paused, asking):
        housing(case, "sign")
        housing(case, "progress", note=words)
    housing(reporting, "contact", note=SHORT[6])
    housing(reporting, "report", result=EVERYTHING[:1500])
    town.act("desk", reporting, "confirm", reply=words)
    town.act(
        "caller", reporting, "record_call", connected="connected", contacted="yes", solved="solved",
        satisfied="satisfied", opinion=SHORT[7],
    )  # fmt: skip
    town.act("desk", invalid, "mark_invalid", reason="no_content")
    town.act("desk", invalid, "restore", reason=SHORT[8])
    town.act("desk", closed, "close_directly", reply=words)
    housing(asking, "ask_extension", days="1", reason=SHORT[9], basis=SHORT[10])
    town.core.reveal(town.actor("desk"), revealed, "payload:reveal", SHORT[11])
    town.act("head", overseen, "oversee", opinion=SHORT[12])
    town.act("desk", overseen, "nudge", opinion=SHORT[13])
    desk = signed_in(site, "desk")
    names = [one for one in SHORT if len(one) <= 20]
    kept_names = [desk.post(f"/cases/views?key=all&q={at}", "/cases", name=one) for at, one in enumerate(names)]
    assert sum(answer.status_code == 303 for answer in kept_names) >= 5


def kept(town: Town, site: APIFlask) -> None:
    """By administrators and by the house: names in registers, of people and units, of a hot spot."""
    system = signed_in(site, "system")
    made = 0
    for number, payload in enumerate(one for one in SHORT if len(one) <= 30):
        code = f"{chr(65 + number // 26)}{chr(65 + number % 26)}"
        form = {"code": code, "title": payload, "short": payload[:10], "place": "50"}
        made += system.post("/settings/source/add", "/settings/source", **form).status_code == 303
    assert made >= 5
    with town.core.engine.begin() as tx:
        tx.execute(update(units).where(units.c.code == "housing").values(name=SHORT[0], short=SHORT[2]))
        tx.execute(update(people).where(people.c.code == "housing").values(name=SHORT[3]))
        tx.execute(update(cases).values(town=SHORT[1]))
    town.core.forget()
    assert town.core.hotspots.refresh()
    with town.core.engine.begin() as tx:
        tx.execute(update(hotspots).values(name=SHORT[2], words={"words": list(SHORT[:3])}))
    town.clock.advance(minutes=2)
    while town.core.measures.fold():
        pass


def together(town: Town) -> None:
    """By units to each other: a joint order with all its words, a patrol plan and the note of a walk."""
    core, sponsor = town.core, town.actor("water")
    form = {
        "title": tell(20, 100), "flag_kind": "water", "flag_reason": "beyond_us", "matter": EVERYTHING[:1000],
        "units": "housing", "meet_at": "3月30日 15:00", "place": tell(21, 60),
    }  # fmt: skip
    order = core.joints.raise_flag("payload:flag", form, sponsor, "web").case
    leg = core.joints.view(sponsor, order).legs[0].id
    refusal = {"reason": EVERYTHING[:200], "basis": tell(22, 60)}
    for key, login, action, told in (
        ("r", "housing", "refuse", refusal), ("c", "water", "contest", {"reason": tell(23, 60)}),
    ):  # fmt: skip
        core.execute(Command(f"payload:{key}", order, action, town.actor(login), told, leg, flow="joint_order"))
    plan = {
        "title": tell(24, 20), "place": tell(25, 60), "look_for": tell(26, 60), "weekdays": "1,2,3,4,5,6,7",
        "dates": "", "walkers": str(sponsor.post), "valid_from": f"{town.clock.now():%Y-%m-%d}", "valid_to": "",
    }  # fmt: skip
    core.registers.write(Amend("payload:plan", "patrol", "add", "", plan, sponsor, ""))
    core.patrols.lay_out()
    core.patrols.finish(sponsor, core.patrols.today(sponsor).walks[0].id, tell(27, 60))


def signed_in(site: APIFlask, login: str) -> Visitor:
    one = Visitor(site)
    assert one.sign_in(login, PASSWORD).status_code == 303
    return one


# --- read back --------------------------------------------------------------------------------------------------------


def test_a_page_that_lets_something_run_is_noticed(browser: Browser) -> None:  # noqa: F811
    """The positive control: every way of noticing notices."""
    page = browser.new_page()
    page.add_init_script(WATCH)
    page.goto("about:blank")
    noticed = 0
    for payload in BROWSER:
        try:
            page.set_content(f'<title>x</title><p>{payload}</p><input value="{payload}"><textarea>{payload}</textarea>')
            noticed += bool(page.evaluate("window.hits") or page.evaluate(DRAWN))
        except Error:  # it led the page elsewhere
            noticed, page = noticed + 1, browser.new_page()
            page.add_init_script(WATCH)
            page.goto("about:blank")
    page.close()
    assert noticed >= 30


@pytest.mark.slow
def test_nothing_runs_on_the_pages_of_the_desk(written: Place) -> None:
    page, nos = written.page("desk"), written.numbers()
    assert "<script>hit()</script>" in written.harmless(page, "/cases?key=all"), "the words are shown as written"
    for no in nos[:24]:
        assert no in written.harmless(page, f"/cases/{no}?key=all")
    for path in (
        "/cases?key=to_dispatch", "/cases?key=all&page=2", "/intake", "/intake/sheets", "/intake/sheets/1", "/hotspots",
        "/hotspots/1", "/digest", "/flows", "/stats", "/stats?kind=registered", "/stats/cases?amount=received",
        "/stats/cases?amount=received&kind=registered&page=2",
    ):  # fmt: skip
        written.harmless(page, path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("login", "paths"),
    [
        ("housing", ("/cases", "/cases?key=all", "/stats", "/digest")),
        ("head", ("/stats?kind=registered", "/suggest", "/tray?state=all", "/settings/source/history")),
        ("system", ("/settings/source", "/settings/unit", "/settings/person", "/tray?state=all")),
        ("security", ("/settings/post", "/settings/person/history")),
        ("audit", ("/log", "/log?page=2", "/log?page=3")),
        ("leader", ("/cases?key=all", "/hotspots", "/stats", "/joint?list=running", "/joint/{joint}", "/patrols")),
        ("water", ("/joint?list=raised", "/joint/{joint}", "/patrols", "/patrols/1")),
    ],
)  # fmt: skip
def test_nothing_runs_on_the_pages_of_the_others(
    written: Place,
    login: str,
    paths: tuple[str, ...],
) -> None:
    page = written.page(login)
    with written.town.core.engine.connect() as tx:
        joint = tx.execute(select(joint_orders.c.no)).scalar_one()
    for path in paths:
        written.harmless(page, path.format(joint=joint))


@pytest.mark.slow
def test_nothing_runs_in_a_hand(written: Place) -> None:
    page = written.page("housing", HAND)
    for path in ("/cases?key=all", *(f"/cases/{no}" for no in written.numbers()[:5]), "/stats"):
        written.harmless(page, path)


@pytest.mark.slow
def test_nothing_runs_from_an_address(written: Place) -> None:
    """Whatever stands in a query or a path comes back as text, or not at all."""
    page = written.page("desk")
    for number, payload in enumerate(BROWSER):
        said = quote(payload, safe="")
        path = (
            f"/cases?key=all&q={said}&source={said}&state={said}&since={said}&unit={said}", f"/cases/{said}",
            f"/stats?since={said}", f"/stats/cases?amount={said}&dim={said}&value={said}", f"/sign-in?next={said}",
        )[number % 5]  # fmt: skip
        page.goto(path)
        written.still(page, path)


def test_a_refused_form_shows_what_was_written_as_words(written: Place) -> None:
    page = written.page("desk")
    for payload in [one for one in SHORT if one.isprintable()][::4]:
        page.goto("/intake")
        for name in ("title", "content", "place", "caller_name", "caller_phone", "address", "community"):
            page.fill(f"#{name}", payload)
        page.get_by_role("button", name="登记").click()
        expect(page.get_by_role("status")).to_be_visible()
        expect(page.locator("#title")).to_have_value(payload)
        written.still(page, payload)


def test_what_is_found_while_typing_is_words_too(written: Place) -> None:
    """The suggestions of the form arrive as JSON and are put in by a script."""
    page = written.page("desk")
    page.goto("/intake")
    for name, words in (("title", f"网页 {SHORT[0]}"), ("content", EVERYTHING[:2000]), ("place", SHORT[0])):
        page.fill(f"#{name}", words)
    page.fill("#caller_phone", "19900001234")
    page.locator("#near li").first.wait_for()
    assert "<" in page.locator("#near li").first.inner_text()
    written.still(page, "the form")


@pytest.mark.skipif(not (assets.VENDOR / "echarts.min.js").is_file(), reason="the chart library was not fetched")
def test_a_chart_draws_names_and_runs_none(written: Place) -> None:
    """Labels and the box under the mouse, for sources and units with such names."""
    page = written.page("desk")
    page.goto("/stats?kind=registered&period=recent")
    charts = page.locator("[data-drawn]")
    charts.first.wait_for()
    assert any("hit()" in (chart.get_attribute("data-chart") or "") for chart in charts.all())
    for chart in charts.all():
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_timeout(100)
    written.still(page, "the page")
