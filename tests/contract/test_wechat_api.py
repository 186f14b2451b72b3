"""Our side of WeChat's API: one token for all processes, a bounded retry, time limits, the menu made once (R156)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from apiflask import APIFlask
from requests import Session
from sqlalchemy import select

from bots.wechat import client
from bots.wechat.client import Platform, WeChatFault, authorize_url, openid_of
from bots.wechat.menu import keep_menu
from core import Core
from core.models.citizens import wechat_shelf
from core.settings import PRACTICE_AES, Settings, WrongSettings, read_settings
from tests.clock import StillClock
from tests.sandbox.rig import Sandbox
from tests.town import a_core, settings_for
from webapp import create_app

SITE = "http://127.0.0.1:8000"


@pytest.fixture
def core_there(town_url: str, clock: StillClock, sandbox: Sandbox) -> Any:
    core = a_core(town_url, clock, sandbox.base)
    yield core
    core.engine.dispose()


@pytest.fixture
def platform(core_there: Core) -> Platform:
    return Platform(core_there.settings.wechat, core_there.citizens.shelf)


def tokens(sandbox: Sandbox) -> int:
    return int(sandbox.get("wechat/state")["tokens"])


@pytest.mark.requirement("R156")
def test_the_menu_is_made_through_the_api_and_not_made_twice(core_there: Core, sandbox: Sandbox) -> None:
    runner = create_app(core_there).test_cli_runner()
    first, again = (runner.invoke(args=["wechat", "menu"]) for _ in range(2))
    assert (first.exit_code, again.exit_code) == (0, 0), first.output + again.output
    assert "已更新" in first.output
    assert "没有改动" in again.output
    menu = sandbox.get("wechat/state")["menu"]["button"]
    assert menu[0]["name"] == "证照查询"
    assert [one["name"] for one in menu[0]["sub_button"]] == ["扫一扫", "个人查询", "企业查询", "我的证照"]
    assert menu[0]["sub_button"][0]["type"] == "scancode_waitmsg"
    assert "证照查询" in runner.invoke(args=["wechat", "check"]).output


def test_two_processes_share_one_token_and_it_lies_sealed(core_there: Core, sandbox: Sandbox) -> None:
    one, two = (Platform(core_there.settings.wechat, core_there.citizens.shelf) for _ in range(2))
    assert keep_menu(one, SITE)
    assert not keep_menu(two, SITE)
    assert tokens(sandbox) == 1
    with core_there.engine.connect() as tx:
        kept = tx.execute(select(wechat_shelf.c.value)).scalar_one()
    assert one.client.access_token not in kept


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_token_taken_from_us_costs_one_repeat(platform: Platform, sandbox: Sandbox, code: int) -> None:
    sandbox.post("wechat/state", refuse=[code])
    assert platform.menu() == {}


def test_a_platform_that_keeps_refusing_is_asked_twice_and_no_more(platform: Platform, sandbox: Sandbox) -> None:
    sandbox.post("wechat/state", refuse=[40001] * 50)
    with pytest.raises(WeChatFault) as fault:
        platform.menu()
    assert fault.value.code == 40001
    asked = [one for one in sandbox.get("frames") if one["kind"] == "微信 /cgi-bin/menu/get"]
    assert len(asked) == 2


@pytest.mark.parametrize("fault", ["html", "empty", "http", "truncated"])
@pytest.mark.parametrize("path", ["/cgi-bin/stable_token", "/cgi-bin/menu/create"])
def test_a_broken_answer_is_a_fault_of_ours_without_a_secret(
    platform: Platform, sandbox: Sandbox, fault: str, path: str
) -> None:
    sandbox.set_faults(**{fault: {"prefix": path}})
    with pytest.raises(WeChatFault) as told:
        keep_menu(platform, SITE)
    assert "practice" not in str(told.value)
    assert told.value.__cause__ is None


def test_silence_ends_by_itself(town_url: str, clock: StillClock, sandbox: Sandbox) -> None:
    core = a_core(town_url, clock, sandbox.base, wechat={"read_timeout_s": 0.3})
    sandbox.set_faults(black_hole={"prefix": "/cgi-bin/"})
    with pytest.raises(WeChatFault, match="没有答复"):
        Platform(core.settings.wechat, core.citizens.shelf).menu()
    sandbox.set_faults(clear=True)
    core.engine.dispose()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def answering(head: bytes, piece: bytes, pause_s: float) -> Iterator[str]:
    """A server that begins its answer so and then goes on with the same piece until nobody listens."""
    server = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                line, _ = server.accept()
            except OSError:
                return
            with line, suppress(OSError):
                line.recv(65536)
                line.sendall(head)
                while not over.wait(pause_s):
                    line.sendall(piece)

    thread = threading.Thread(target=serve, name="answering", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        over.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(10)


@pytest.mark.parametrize(
    ("head", "piece", "pause_s", "why"),
    [
        (HEAD + b"Content-Length: 999999\r\n\r\n", b" ", 0.05, "ReadTimeout"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.05, "ReadTimeout"),
        (HEAD + b"Content-Length: 99999999\r\n\r\n", b" " * 65536, 0.0, "ConnectionError"),
        (HEAD + b"\r\n", b" " * 65536, 0.0, "ConnectionError"),
    ],
    ids=["drip", "chunked drip", "large", "endless"],
)
def test_an_answer_that_trickles_or_never_ends_is_cut(
    town_url: str,
    clock: StillClock,
    monkeypatch: pytest.MonkeyPatch,
    head: bytes,
    piece: bytes,
    pause_s: float,
    why: str,
) -> None:
    monkeypatch.setattr(client, "TOTAL_S", 1.0)
    with answering(head, piece, pause_s) as address:
        core = a_core(town_url, clock, wechat={"api": address})
        with pytest.raises(WeChatFault, match=why):
            Platform(core.settings.wechat, core.citizens.shelf).menu()
        core.engine.dispose()


def test_an_address_off_the_list_is_told_in_words(core_there: Core, sandbox: Sandbox) -> None:
    sandbox.post("wechat/state", closed=True)
    told = create_app(core_there).test_cli_runner().invoke(args=["wechat", "check"])
    assert told.exit_code == 1
    assert "本机的出口地址不在 IP 白名单里（40164）" in told.output
    assert "practice" not in told.output


def test_no_other_host_is_ever_asked(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(platform.client._http, Session)
    with pytest.raises(WeChatFault):
        platform.told(lambda: platform.client.get("https://evil.example/cgi-bin/x"))


def visited(sandbox: Sandbox, address: str) -> Any:
    """Where the platform sends a visitor; the query it adds."""
    answer = sandbox.http.get(address.partition("#")[0])
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def test_the_silent_sign_in_names_the_visitor_once(core_there: Core, sandbox: Sandbox) -> None:
    settings, back = core_there.settings.wechat, f"{SITE}/c/back"
    where = visited(sandbox, authorize_url(settings, back, "abc_DEF-1"))
    assert where.startswith(f"{back}?code=")
    assert where.endswith("&state=abc_DEF-1")
    code = where.split("code=")[1].partition("&")[0]
    assert openid_of(settings, back, code) == "o-practice-wang"
    with pytest.raises(WeChatFault) as used:
        openid_of(settings, back, code)
    assert used.value.code == 40163
    with pytest.raises(WeChatFault) as unknown:
        openid_of(settings, back, "made-up")
    assert unknown.value.code == 40029


def test_a_snapshot_visitor_is_nobody(core_there: Core, sandbox: Sandbox) -> None:
    sandbox.post("wechat/state", snapshot=True)
    settings, back = core_there.settings.wechat, f"{SITE}/c/back"
    code = visited(sandbox, authorize_url(settings, back, "s")).split("code=")[1].partition("&")[0]
    assert openid_of(settings, back, code) == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ""}, {"token": "a b"}, {"app_secret": ""}, {"aes_key": PRACTICE_AES[:-1]},
        {"aes_key": PRACTICE_AES + "A"}, {"aes_key": "!" * 43}, {"aes_key": ""}, {"colour": "red"},
    ],
)  # fmt: skip
def test_an_account_set_by_halves_stops_the_start(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="wechat"):
        settings_for("sqlite://", wechat=wrong)


def test_production_refuses_the_practice_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_PROFILE", "production")
    with pytest.raises(WrongSettings) as told:
        read_settings()
    for path in ("wechat.app_secret", "wechat.token", "wechat.api", "wechat.jsapi", "wechat.aes_key"):
        assert path in str(told.value)


def test_without_an_account_the_callback_is_not_there(town_url: str, clock: StillClock) -> None:
    core = a_core(town_url, clock, wechat={"app_id": ""})
    site: APIFlask = create_app(core)
    assert site.test_client().get("/hooks/wechat").status_code == 404
    assert "没有设置" in site.test_cli_runner().invoke(args=["wechat", "menu"]).output
    core.engine.dispose()


def test_settings_hide_their_secrets() -> None:
    ours: Settings = settings_for("sqlite://")
    assert PRACTICE_AES not in repr(ours)
