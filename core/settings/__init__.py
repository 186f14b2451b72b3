"""Typed settings: config.yaml says what is usual here, the environment says what is secret or local."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource

from core.settings.sections import (
    ClockSource,
    Database,
    DingTalk,
    Feeds,
    FeedSource,
    Files,
    Hotline,
    Media,
    OAuth2Login,
    Opus,
    Province,
    Record,
    Scan,
    ServicePlatform,
    Sms,
    Web,
    WeChat,
)

__all__ = [
    "PRACTICE_AES",
    "DingTalk",
    "FeedSource",
    "Hotline",
    "Media",
    "OAuth2Login",
    "Scan",
    "Settings",
    "Sms",
    "WeChat",
    "WrongSettings",
    "read_settings",
]

PRACTICE_CORP = "ding-practice-corp"
PRACTICE_AES = "mq442KLBf23AdG8tMJd9Mb+gOfA/NnKkUF+mfQylgzQ"


class WrongSettings(Exception):
    """The start is refused; the message names the path of the setting that is missing, unknown or unfit."""


class Settings(BaseSettings):
    """All settings. Environment names: APP_ + path with __, e.g. APP_DINGTALK__CLIENT_SECRET."""

    model_config = SettingsConfigDict(env_prefix="APP_", env_nested_delimiter="__", frozen=True, extra="forbid")

    profile: Literal["practice", "production"]
    database: Database
    dingtalk: DingTalk
    hotline: Hotline
    haizhengtong: OAuth2Login = OAuth2Login()
    province: Province = Province()
    web: Web
    opus: Opus = Opus()
    clock: ClockSource = ClockSource()
    files: Files = Files()
    feeds: Feeds = Feeds()
    scan: Scan = Scan()
    service_platform: ServicePlatform = ServicePlatform()
    media: Media = Media()
    sms: Sms = Sms()
    wechat: WeChat = WeChat()
    keys: dict[str, SecretStr] = Field(default_factory=dict)
    """Secrets of the record, hex, by label (data_1, index_1, chain_1, pepper_1, sign_1). Empty: practice keys."""
    record: Record = Record()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        path = Path(os.environ.get("APP_CONFIG", "config.yaml"))
        return init_settings, env_settings, YamlConfigSettingsSource(settings_cls, yaml_file=path)


def read_settings() -> Settings:
    """The settings, or WrongSettings naming each path at fault (house-style rule 13)."""
    try:
        settings = Settings()  # type: ignore[call-arg]
    except ValidationError as error:
        paths = ", ".join(f"{'.'.join(map(str, e['loc']))} ({e['msg']})" for e in error.errors(include_input=False))
        raise WrongSettings(f"settings at fault: {paths}") from None
    if settings.profile == "production":
        _refuse_practice(settings)
    return settings


def _refuse_practice(settings: Settings) -> None:
    """Production refuses the movable clock, default keys and open cookies; nothing else depends on the profile."""
    wrong = ["keys"] if not settings.keys else []
    wrong += ["clock.address"] if settings.clock.address else []
    wrong += ["web.secret"] if not settings.web.secret.get_secret_value() else []
    wrong += ["web.secure_cookies"] if not settings.web.secure_cookies else []
    secrets = {
        "hotline.push_secret": settings.hotline.push_secret,
        "hotline.token": settings.hotline.token,
        "dingtalk.client_secret": settings.dingtalk.client_secret,
    }
    if settings.sms.endpoint:
        secrets |= {
            "sms.access_key_secret": settings.sms.access_key_secret,
            "sms.receipt_secret": settings.sms.receipt_secret,
        }
        wrong += ["sms.access_key_id"] if settings.sms.access_key_id in ("", "practice") else []
        wrong += ["sms.protocol"] if settings.sms.protocol != "https" else []
        wrong += [path for path, secret in secrets.items() if path.startswith("sms.") and not secret.get_secret_value()]
    wrong += [f"haizhengtong.{name}" for name in settings.haizhengtong.unfit]
    unsigned = settings.media.address and settings.media.secret.get_secret_value() in ("", "practice")
    wrong += ["media.secret"] if unsigned else []
    if settings.wechat.app_id:
        secrets |= {"wechat.app_secret": settings.wechat.app_secret, "wechat.token": settings.wechat.token}
        ours = (settings.wechat.api, settings.wechat.open)
        wrong += ["wechat.api"] if not all(one.startswith("https://") for one in ours) else []
        script = settings.wechat.jsapi
        wrong += ["wechat.jsapi"] if script and not script.startswith("https://") else []
        wrong += ["wechat.aes_key"] if settings.wechat.aes_key.get_secret_value() == PRACTICE_AES else []
    if settings.province.address:
        secrets["province.secret"] = settings.province.secret
    wrong += [path for path, secret in secrets.items() if secret.get_secret_value() == "practice"]
    wrong += ["dingtalk.corp_id"] if settings.dingtalk.corp_id == PRACTICE_CORP else []
    if settings.service_platform.address and settings.service_platform.token.get_secret_value() == "practice":
        wrong += ["service_platform.token"]
    wrong += [f"feeds.sources.{name}" for name, one in settings.feeds.sources.items() if one.is_practice]
    if settings.opus.address and settings.opus.token.get_secret_value() == "practice":
        wrong += ["opus.token"]
    if wrong:
        raise WrongSettings(f"production refuses: {', '.join(wrong)}")
