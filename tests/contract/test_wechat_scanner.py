"""扫一扫 in a page: our pages vouched for and no other's, one ticket for all, a scan told apart by us (§6)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from bots.wechat.client import Platform, WeChatFault
from bots.wechat.scans import code_in
from bots.wechat.vouching import Vouching
from core import Core, citizens
from core.models.citizens import wechat_shelf
from tests.clock import StillClock
from tests.core.library_room import FOOD, a_company, act
from tests.sandbox.rig import Sandbox
from tests.town import a_core
from tests.webapp.visitor import Visitor
from webapp import create_app

SITE = "http://127.0.0.1:8000"
PAGE = f"{SITE}/c/?from=menu"
CODE = "AbCdEfGhIjKlMnOpQrSt_-"


@pytest.fixture
def there(town_url: str, clock: StillClock, sandbox: Sandbox) -> Iterator[Core]:
    core = a_core(town_url, clock, sandbox.base)
    yield core
    core.engine.dispose()


@pytest.fixture
def site(there: Core) -> APIFlask:
    return create_app(there)


def a_vouching(core: Core) -> Vouching:
    settings, shelf = core.settings.wechat, core.citizens.shelf
    return Vouching(Platform(settings, shelf), shelf, settings)


def believed(sandbox: Sandbox, told: dict[str, Any], page: str = PAGE) -> bool:
    """Whether the platform takes this signature for this page."""
    asked = sandbox.http.get("/sandbox/wechat/jsapi", params={**told, "url": page})
    return bool(asked.status_code == 200)


def tickets(sandbox: Sandbox) -> int:
    return int(sandbox.get("wechat/state")["tickets"])


def later(monkeypatch: pytest.MonkeyPatch, **span: float) -> None:
    """The machine's clock, moved on for the shelf."""
    at = datetime.now(UTC) + timedelta(**span)
    monkeypatch.setattr(citizens, "real_now", lambda: at)


def test_the_published_vector_is_signed_as_published(there: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
    there.citizens.shelf.put(f"{there.settings.wechat.app_id}_jsapi_ticket", ticket, 7200)
    monkeypatch.setattr("bots.wechat.vouching.secrets.token_hex", lambda _: "Wm3WZYTPz0wzccnW")
    monkeypatch.setattr("bots.wechat.vouching.time.time", lambda: 1414587457.9)
    told = a_vouching(there).sign("http://mp.weixin.qq.com?params=value")
    assert told["signature"] == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"
    assert (told["timestamp"], told["nonceStr"]) == (1414587457, "Wm3WZYTPz0wzccnW")


def test_two_processes_sign_under_one_sealed_ticket_that_no_page_gets(there: Core, sandbox: Sandbox) -> None:
    one, two = a_vouching(there), a_vouching(there)
    signed = [one.sign(PAGE), two.sign(PAGE)]
    assert all(believed(sandbox, told) for told in signed)
    assert not believed(sandbox, signed[0], f"{SITE}/c/person")
    assert tickets(sandbox) == 1
    ticket = there.citizens.shelf.get(f"{there.settings.wechat.app_id}_jsapi_ticket") or ""
    with there.engine.connect() as tx:
        kept = tx.execute(select(wechat_shelf.c.value)).scalars().all()
    assert ticket
    assert not any(ticket in one for one in [*kept, *map(str, signed)])


def test_a_ticket_is_fetched_anew_before_its_end(
    there: Core, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = a_vouching(there)
    held.sign(PAGE)
    later(monkeypatch, seconds=7200 - 120)
    held.sign(PAGE)
    assert tickets(sandbox) == 1
    later(monkeypatch, seconds=7200 - 30)
    assert believed(sandbox, held.sign(PAGE))
    assert tickets(sandbox) == 2


@pytest.mark.parametrize("codes", [[40001], [40014], [42001], [-1]])
def test_a_token_taken_from_us_or_a_busy_platform_costs_one_repeat(
    there: Core, sandbox: Sandbox, codes: list[int]
) -> None:
    sandbox.post("wechat/state", refuse=codes)
    assert believed(sandbox, a_vouching(there).sign(PAGE))


@pytest.mark.parametrize(("code", "rests_s"), [(-1, 30), (45009, 840), (48001, 30)])
def test_a_platform_that_refuses_is_left_alone_for_a_while(
    there: Core, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, code: int, rests_s: int
) -> None:
    held = a_vouching(there)
    sandbox.post("wechat/state", refuse=[code] * 50)
    for _ in range(3):
        with pytest.raises(WeChatFault):
            held.sign(PAGE)
    asked = [one for one in sandbox.get("frames") if one["kind"] == "微信 /cgi-bin/ticket/getticket"]
    assert len(asked) == (2 if code == -1 else 1)
    sandbox.post("wechat/state", refuse=[])
    later(monkeypatch, seconds=rests_s - 5)
    with pytest.raises(WeChatFault):
        held.sign(PAGE)
    later(monkeypatch, seconds=rests_s + 5)
    assert believed(sandbox, held.sign(PAGE))


def test_a_signature_that_was_refused_gets_a_new_ticket_and_not_at_every_call(there: Core, sandbox: Sandbox) -> None:
    held = a_vouching(there)
    held.sign(PAGE)
    sandbox.post("wechat/state", new_ticket=True)
    assert not believed(sandbox, held.sign(PAGE))
    assert believed(sandbox, held.sign(PAGE, doubted=True))
    for _ in range(5):
        held.sign(PAGE, doubted=True)
    assert tickets(sandbox) == 2


@pytest.mark.parametrize(
    "address",
    [
        "", "https://evil.example/c/", "http://127.0.0.1:8000.evil.example/c/", "http://127.0.0.1:8000@evil.example/c/",
        "http://127.0.0.1:8001/c/", "https://127.0.0.1:8000/c/", f"{SITE}/cases", f"{SITE}/c/\n",
        f"{SITE}/c/?{'x' * 2000}", "http://[",
    ],
)  # fmt: skip
def test_only_our_citizens_pages_are_vouched_for(site: APIFlask, sandbox: Sandbox, address: str) -> None:
    answer = site.test_client().get("/c/scan/config", query_string={"url": address})
    assert answer.status_code == 400, answer.text
    assert "signature" not in answer.text
    assert tickets(sandbox) == 0


def test_a_page_is_vouched_for_as_it_is_without_its_fragment(site: APIFlask, sandbox: Sandbox) -> None:
    page = f"{SITE}/v/{CODE}?123&x=%E4%B8%AD"
    told = site.test_client().get("/c/scan/config", query_string={"url": f"{page}#top"}).get_json()
    assert set(told) == {"appId", "timestamp", "nonceStr", "signature"}
    assert believed(sandbox, told, page)


def test_when_wechat_does_not_answer_the_page_names_the_menu(site: APIFlask, sandbox: Sandbox) -> None:
    sandbox.post("wechat/state", closed=True)
    answer = site.test_client().get("/c/scan/config", query_string={"url": PAGE})
    assert answer.status_code == 424
    assert "菜单" in answer.get_json()["sentence"]
    assert "practice" not in answer.text
    assert "菜单里的「扫一扫」" in site.test_client().get("/c/").text


def test_the_proof_of_our_domain_is_ours_alone(town_url: str, clock: StillClock, site: APIFlask) -> None:
    assert site.test_client().get("/MP_verify_.txt").status_code == 404
    assert site.test_client().get("/MP_verify_aB3dE6gH9jK2mN5p.txt").status_code == 404
    core = a_core(town_url, clock, wechat={"domain_proof": "aB3dE6gH9jK2mN5p"})
    told = create_app(core).test_client()
    answer = told.get("/MP_verify_aB3dE6gH9jK2mN5p.txt")
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "aB3dE6gH9jK2mN5p", "text/plain")
    assert told.get("/MP_verify_theirs.txt").status_code == 404
    core.engine.dispose()
    for wrong in ("a/b", "a" * 33, "<b>"):
        with pytest.raises(ValueError, match="domain_proof"):
            a_core(town_url, clock, wechat={"domain_proof": wrong})


@pytest.mark.parametrize(
    ("scanned", "found"),
    [
        (f"{SITE}/v/{CODE}?{'1' * 170}", (CODE, "1" * 170)), (f"  {SITE}/v/{CODE}\n", (CODE, "")),
        (f"HTTP://127.0.0.1:8000/v/{CODE}", (CODE, "")), (f"CODE_128,{CODE}", (CODE, "")), (CODE, (CODE, "")),
        (f"CODE_128,{SITE}/v/{CODE}", (CODE, "")), ("6901234567892", None), ("EAN_13,6901234567892", None),
        (f"http://127.0.0.1:8000@evil.example/v/{CODE}", None), (f"https://evil.example/v/{CODE}", None),
        (f"{SITE}/v/../c/{CODE}", None), (f"{SITE}/c/mine", None), ("javascript:alert(1)", None), ("http://[", None),
        ("", None), (f"{CODE}!", None), ("中" * 22, None),
    ],
)  # fmt: skip
def test_a_scan_is_one_of_our_codes_or_nothing(scanned: str, found: tuple[str, str] | None) -> None:
    assert code_in(scanned, SITE) == found


def test_what_a_page_scanned_leads_to_our_licence_and_never_elsewhere(site: APIFlask, there: Core) -> None:
    line = act(there, "licence", "issue", subject=a_company(there), **FOOD).no
    visitor = Visitor(site, "10.3.0.1")
    for words in (f"{SITE}/v/{line}", line):
        led = visitor.post("/c/scan", page="/c/", words=words)
        assert (led.status_code, led.location) == (303, f"/v/{line}")
    forged = visitor.post("/c/scan", page="/c/", words=f"{SITE}/v/{line}?a b\r\nSet-Cookie: x=1")
    assert forged.status_code == 303
    assert "Set-Cookie: x" not in str(forged.headers)
    for words in ("https://evil.example/v/abcdefghijklmnopqrstuv", "6901234567892", "", "扫" * 5000):
        told = visitor.post("/c/scan", page="/c/", words=words)
        assert told.status_code == 404
        assert told.location is None
        assert "不是证照上的码" in told.text
        assert "evil" not in told.text
    assert visitor.client.post("/c/scan", data={"words": line}).status_code == 400


def test_the_page_of_wechat_loads_its_script_and_others_load_none(
    town_url: str, clock: StillClock, site: APIFlask, there: Core
) -> None:
    inside = {"User-Agent": "Mozilla/5.0 MicroMessenger/8.0.50"}
    page = site.test_client().get("/c/", headers=inside)
    origin = there.settings.wechat.jsapi.removesuffix("/sandbox/wx.js")
    rules = dict(one.strip().split(" ", 1) for one in page.headers["Content-Security-Policy"].split(";"))
    assert rules["script-src"] == f"'self' {origin}"
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in str(rules)
    assert there.settings.wechat.jsapi in page.text
    for path in ("/c/sign-in", "/c/mine/looks"):
        assert "wx.js" not in site.test_client().get(path, headers=inside).text
    for off in ({"jsapi": ""}, {"app_id": ""}):
        core = a_core(town_url, clock, there.settings.dingtalk.api, wechat=off)
        plain = create_app(core).test_client().get("/c/", headers=inside)
        assert "script-src 'self';" in plain.headers["Content-Security-Policy"]
        assert "<script" not in plain.text
        assert "菜单里的「扫一扫」" in plain.text
        core.engine.dispose()
