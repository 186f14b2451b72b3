"""Controls H2, H3: production starts with nothing of practice in it, and no secret shows in what is printed."""

from __future__ import annotations

from typing import Any

import pytest

from core.settings import WrongSettings, read_settings

SECRETS = {
    "APP_DINGTALK__CLIENT_SECRET": "dt-7f3a", "APP_HOTLINE__TOKEN": "hl-7f3a", "APP_HOTLINE__PUSH_SECRET": "hp-7f3a",
    "APP_PROVINCE__SECRET": "pv-7f3a", "APP_WEB__SECRET": "wb-7f3a", "APP_KEYS__DATA_1": "00ff7f3a",
    "APP_OPUS__TOKEN": "op-7f3a", "APP_SERVICE_PLATFORM__TOKEN": "sp-7f3a",
    "APP_FEEDS__SOURCES": '{"*": {"token": "fs-7f3a"}}', "APP_HAIZHENGTONG__CLIENT_SECRET": "hz-7f3a",
}  # fmt: skip
READY = {
    "APP_PROFILE": "production", "APP_CLOCK__ADDRESS": "", "APP_WEB__SECURE_COOKIES": "true",
    "APP_DINGTALK__CORP_ID": "ding-real", "APP_SMS__ENDPOINT": "", "APP_WECHAT__APP_ID": "",
    **{f"APP_HAIZHENGTONG__{name}": "https://hzt.example/x" for name in ("AUTHORIZE", "TOKEN", "USERINFO")},
    **SECRETS,
}  # fmt: skip


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment in which production starts."""
    for name, value in READY.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_production_starts_when_everything_is_its_own(production: Any) -> None:
    assert read_settings().profile == "production"


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("APP_CLOCK__ADDRESS", "http://127.0.0.1:9100/sandbox/clock", "clock.address"),
        ("APP_WEB__SECRET", "", "web.secret"),
        ("APP_WEB__SECURE_COOKIES", "false", "web.secure_cookies"),
        ("APP_DINGTALK__CLIENT_SECRET", "practice", "dingtalk.client_secret"),
        ("APP_HOTLINE__TOKEN", "practice", "hotline.token"),
        ("APP_HOTLINE__PUSH_SECRET", "practice", "hotline.push_secret"),
        ("APP_PROVINCE__SECRET", "practice", "province.secret"),
        ("APP_KEYS__DATA_1", None, "keys"),
        ("APP_HAIZHENGTONG__CLIENT_SECRET", "practice", "haizhengtong.client_secret"),
        ("APP_HAIZHENGTONG__AUTHORIZE", "http://hzt.example", "haizhengtong.authorize"),
        ("APP_HAIZHENGTONG__TOKEN", "http://hzt.example", "haizhengtong.token"),
        ("APP_HAIZHENGTONG__USERINFO", "http://hzt.example", "haizhengtong.userinfo"),
        ("APP_DINGTALK__CORP_ID", "ding-practice-corp", "dingtalk.corp_id"),
        ("APP_OPUS__TOKEN", "practice", "opus.token"),
        ("APP_SERVICE_PLATFORM__TOKEN", "practice", "service_platform.token"),
        ("APP_FEEDS__SOURCES", "{}", r"feeds.sources.\*"),
    ],
)
def test_production_refuses_what_belongs_to_practice(production: Any, name: str, value: str | None, path: str) -> None:
    production.delenv(name) if value is None else production.setenv(name, value)
    with pytest.raises(WrongSettings, match=rf"production refuses: {path}"):
        read_settings()


def test_without_a_push_its_secret_is_not_asked_for(production: Any) -> None:
    production.setenv("APP_PROVINCE__ADDRESS", "")
    production.setenv("APP_PROVINCE__SECRET", "practice")
    assert read_settings().province.address == ""


def test_without_haizhengtong_nothing_of_it_is_asked_for(production: Any) -> None:
    production.setenv("APP_HAIZHENGTONG__AUTHORIZE", "")
    production.setenv("APP_HAIZHENGTONG__CLIENT_SECRET", "practice")
    assert read_settings().haizhengtong.unfit == []


def test_with_an_address_haizhengtong_is_told_whole(production: Any) -> None:
    for name in ("TOKEN", "USERINFO", "CLIENT_ID", "CLIENT_SECRET", "CLAIM", "SCOPES"):
        with production.context() as broken:
            broken.setenv(f"APP_HAIZHENGTONG__{name}", "")
            with pytest.raises(WrongSettings, match=rf"haizhengtong .*{name.lower()}"):
                read_settings()


def test_without_a_directory_its_token_is_not_asked_for(production: Any) -> None:
    production.setenv("APP_OPUS__ADDRESS", "")
    production.setenv("APP_OPUS__TOKEN", "practice")
    assert read_settings().opus.address == ""


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("APP_WEB__COLOUR", "blue", "web.colour"),
        ("APP_WEB__PORT", "eighty", "web.port"),
        ("APP_RECORD__RETENTION_DAYS", "729", "record.retention_days"),
        ("APP_WEB__PROXY_HOPS", "0", "web.proxy_hops"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named_without_its_value(
    production: Any, name: str, value: str, path: str
) -> None:
    production.setenv(name, value)
    with pytest.raises(WrongSettings) as fault:
        read_settings()
    assert path in str(fault.value)


def test_no_secret_shows_in_what_is_printed(production: Any) -> None:
    settings = read_settings()
    told = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert [value for value in SECRETS.values() if value in told] == []
