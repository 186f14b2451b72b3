"""Typed settings: config.yaml says what is usual here, the environment says what is secret or local."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, YamlConfigSettingsSource


class WrongSettings(Exception):
    """The start is refused; the message names the path of the setting that is missing, unknown or unfit."""


class Section(BaseModel):
    """A group of settings: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Database(Section):
    url: str
    pool_size: int = 10


class DingTalk(Section):
    """The DingTalk application: addresses, credentials, the template ids of its cards."""

    api: str
    oapi: str
    client_id: str
    client_secret: SecretStr
    robot_code: str
    corp_id: str = ""
    timeout_s: float = 8.0
    calls_per_second: float = 15.0
    templates: dict[str, str]
    in_flight: int = 100
    workers: int = 8


class Hotline(Section):
    """The 12345 platform: where to pull tickets and hand results back, and the secret of its signed pushes."""

    address: str = ""
    token: SecretStr = SecretStr("")
    push_appid: str = "hotline"
    push_secret: SecretStr
    pull_every_s: int = 30


class ClockSource(Section):
    """Business time: an empty address is the machine's clock; else GET answers {"now": ISO 8601}."""

    address: str = ""
    refresh_s: float = 0.5


class Web(Section):
    """The console and API. `public_address` is what cards link to."""

    host: str = "127.0.0.1"
    port: int = 8000
    public_address: str
    secret: SecretStr = SecretStr("")
    threads: int = 16
    secure_cookies: bool = False


class Record(Section):
    retention_days: int = Field(default=730, ge=730)
    head_sent_to: str = "audit_admin"


class Settings(BaseSettings):
    """All settings. Environment names: APP_ + path with __, e.g. APP_DINGTALK__CLIENT_SECRET."""

    model_config = SettingsConfigDict(env_prefix="APP_", env_nested_delimiter="__", frozen=True, extra="forbid")

    profile: Literal["practice", "production"]
    database: Database
    dingtalk: DingTalk
    hotline: Hotline
    web: Web
    clock: ClockSource = ClockSource()
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
    """Production refuses the movable clock and default keys; nothing else depends on the profile."""
    wrong = ["keys"] if not settings.keys else []
    wrong += ["clock.address"] if settings.clock.address else []
    wrong += ["web.secret"] if not settings.web.secret.get_secret_value() else []
    secrets = {
        "hotline.push_secret": settings.hotline.push_secret,
        "hotline.token": settings.hotline.token,
        "dingtalk.client_secret": settings.dingtalk.client_secret,
    }
    wrong += [path for path, secret in secrets.items() if secret.get_secret_value() == "practice"]
    if wrong:
        raise WrongSettings(f"production refuses: {', '.join(wrong)}")
