"""Every route has an audience, and every role is met as that audience says (B1, B2; E3: reading never writes)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select

from core.models.record import events, letters
from core.policy import load_policy
from tests.webapp.conftest import site, town, visit  # noqa: F401  (fixtures)
from tests.webapp.town import PEOPLE, Town
from tests.webapp.visitor import Visitor
from webapp.auth import MACHINE, PUBLIC, SCREENS, STAFF, Unguarded, audience, audience_of, check_routes

Visit = Callable[..., Visitor]
PAGES = {
    "cases": "/cases",
    "intake": "/intake",
    "patrols": "/patrols",
    "hotspots": "/hotspots",
    "library": "/library/company",
    "archive": "/archive",
    "stats": "/stats",
    "direct": "/m/direct",
    "briefings": "/m/briefings",
    "assessment": "/m/assessment",
    "settings": "/settings",
    "tray": "/tray",
    "sharing": "/sharing",
    "feeds": "/feeds",
    "faces": "/licence-faces",
    "flows": "/flows",
    "log": "/log",
}
LOGINS = {held[0][1]: login for login, (_, held) in PEOPLE.items()}


def open_view() -> str:
    return ""


def test_every_route_has_an_audience(site: APIFlask) -> None:  # noqa: F811
    known = {PUBLIC, STAFF, SCREENS, MACHINE, *load_policy().pages}
    for rule in site.url_map.iter_rules():
        assert audience_of(site, rule.endpoint) in known, rule.rule


def test_a_route_without_an_audience_stops_the_start(site: APIFlask) -> None:  # noqa: F811
    site._got_first_request = False
    site.add_url_rule("/bare", "bare", open_view)
    with pytest.raises(Unguarded, match="/bare"):
        check_routes(site, load_policy().pages)


def test_an_audience_nobody_knows_stops_the_start(site: APIFlask) -> None:  # noqa: F811
    site._got_first_request = False
    site.add_url_rule("/odd", "odd", audience("everybody")(open_view))
    with pytest.raises(Unguarded, match="/odd"):
        check_routes(site, load_policy().pages)


def test_only_known_routes_are_public(site: APIFlask) -> None:  # noqa: F811
    public = {rule.rule for rule in site.url_map.iter_rules() if audience_of(site, rule.endpoint) == PUBLIC}
    assert public == {
        "/check", "/check/picture", "/check/state/<code>", "/check/worker.js",
        "/c/", "/v/<code>", "/c/scan", "/c/scan/config", "/MP_verify_<proof>.txt",
        "/c/person", "/c/company", "/c/company/<token>", "/c/pictures/<ticket>", "/c/sign-in",
        "/c/sign-in/code", "/c/sign-in/tail", "/c/sign-out", "/c/back", "/c/mine", "/c/mine/<line>", "/c/mine/looks",
        "/c/mine/requests",
        "/healthz", "/readyz", "/sign-in", "/sign-in/number", "/sign-in/password", "/sign-in/dingtalk",
        "/sign-in/dingtalk/back", "/sign-in/haizhengtong", "/sign-in/haizhengtong/back", "/sign-in/inside",
        "/static/<name>", "/static/vendor/<name>",
        "/static/fonts/NotoSansSC-Regular.otf", "/here/", "/here/worker.js", "/wall/join",
    }  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", load_policy().roles)
def test_a_page_opens_to_its_roles_and_to_no_other(visit: Visit, role: str, page: str) -> None:  # noqa: F811
    if role not in LOGINS:
        pytest.skip("nobody in this town holds the role; the rule is the same table")
    answer = visit(LOGINS[role]).get(PAGES[page])
    assert answer.status_code == (200 if role in load_policy().pages[page] else 403)


def test_nobody_passes_unsigned(site: APIFlask, visit: Visit) -> None:  # noqa: F811
    stranger = visit()
    for rule in site.url_map.iter_rules():
        if audience_of(site, rule.endpoint) in (PUBLIC, MACHINE):
            continue
        address = (
            rule.rule.replace("<ref>", "1")
            .replace("<link>", "x")
            .replace("<int:sheet>", "1")
            .replace("<int:spot>", "1")
            .replace("<int:plan>", "1")
            .replace("<int:walk>", "1")
            .replace("<action>", "sign")
            .replace("<any(company, person):kind>", "company")
            .replace("<any(excel, pictures, sheet):what>", "excel")
            .replace("<any(qr, bars):kind>", "qr")
            .replace("<any(bind, void):act>", "void")
            .replace("<any(zip, sheet):what>", "zip")
            .replace("<any(make, bind):act>", "make")
            .replace("<any(change, replace, withdraw, use):act>", "use")
            .replace("<any(store, file, reopen, hand_over):act>", "file")
            .replace("<int:page>", "1")
            .replace("<int:letter>", "1")
            .replace("<int:number>", "1")
            .replace("<int:item>", "1")
            .replace("<int:row>", "1")
            .replace("<int:appeal_id>", "1")
            .replace("<int:version>", "1")
            .replace("<int:place>", "1")
        )
        if "GET" in (rule.methods or ()):
            assert stranger.get(address).location.startswith("/sign-in"), rule.rule
        else:
            assert stranger.post(address).location.startswith("/sign-in"), rule.rule
            assert stranger.client.post(address).status_code == 400, rule.rule


def test_reading_never_writes_an_event_or_a_letter(site: APIFlask, visit: Visit, town: Town) -> None:  # noqa: F811
    case = town.register(0)
    desk = visit("desk")
    before = _counts(town)
    for address in (
        "/",
        "/cases",
        f"/cases/{town.no(case)}",
        "/hotspots",
        "/patrols",
        "/stats",
        "/stats/cases?amount=received",
        "/flows",
        "/healthz",
        "/readyz",
    ):
        desk.get(address)
    assert _counts(town) == before


def _counts(town: Town) -> list[int]:  # noqa: F811
    with town.core.engine.connect() as tx:
        return [int(tx.execute(select(func.count()).select_from(table)).scalar_one()) for table in (events, letters)]
