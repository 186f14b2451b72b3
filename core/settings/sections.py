"""The groups of settings: what each outside system and each part of the deployment is told."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class Section(BaseModel):
    """A group of settings: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Database(Section):
    url: str
    pool_size: int = 10


class DingTalk(Section):
    """The DingTalk application: addresses, credentials, the template ids of its cards, and of its scene groups.

    `login` is where people agree to sign in, `jsapi` the script by which a page inside DingTalk asks who opened it;
    `agent_id` is what that script wants to know of the application before it tells a place or opens the scanner.
    """

    api: str
    oapi: str
    client_id: str
    client_secret: SecretStr
    robot_code: str
    corp_id: str = ""
    agent_id: str = ""
    login: str = "https://login.dingtalk.com"
    jsapi: str = "https://g.alicdn.com/dingding/dingtalk-jsapi/3.0.25/dingtalk.open.js"
    timeout_s: float = 8.0
    calls_per_second: float = 15.0
    templates: dict[str, str]
    group_template: str = ""
    in_flight: int = 100
    workers: int = 8


class Hotline(Section):
    """The 12345 platform: where to pull tickets and hand results back, and the secret of its signed pushes."""

    address: str = ""
    token: SecretStr = SecretStr("")
    push_appid: str = "hotline"
    push_secret: SecretStr
    pull_every_s: int = 30


class Opus(Section):
    """The party and government network's directory (党政网 OPUS): an empty address is none."""

    address: str = ""
    token: SecretStr = SecretStr("")
    page_size: int = Field(default=200, ge=1, le=1000)


class OAuth2Login(Section):
    """An OAuth 2.0 provider people sign in at (海政通); an empty `authorize` is none.

    `authorize`, `token`, `userinfo`: its three addresses, whole. `scopes`: parted by spaces. `claim`: the field of the
    userinfo answer that names the person, a dotted path where it lies deeper, and `matches` what it holds: their mobile
    number, or the account entered for them in the register of people. `subject`: a field that stands in both answers,
    the token's and the userinfo's, and has to be the same; empty: none does. `credentials`: where id and secret go.
    `agent`: what its own web view writes into User-Agent; there nobody is asked how to sign in; empty: nothing.
    """

    authorize: str = ""
    token: str = ""
    userinfo: str = ""
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")
    scopes: str = "openid"
    claim: str = "mobile"
    matches: Literal["phone", "account"] = "phone"
    subject: str = ""
    credentials: Literal["header", "body"] = "header"
    agent: str = ""
    connect_timeout_s: float = 3.0
    read_timeout_s: float = 5.0
    total_timeout_s: float = 8.0

    @model_validator(mode="after")
    def _whole(self) -> OAuth2Login:
        needed = {
            "token": self.token, "userinfo": self.userinfo, "client_id": self.client_id, "claim": self.claim,
            "client_secret": self.client_secret.get_secret_value(), "scopes": self.scopes,
        }  # fmt: skip
        if self.authorize and (missing := [name for name, value in needed.items() if not value]):
            raise ValueError(f"with an address of authorize, these are needed: {', '.join(missing)}")
        return self

    @property
    def unfit(self) -> list[str]:
        """What production refuses: the practice secret, and an address that is not https."""
        if not self.authorize:
            return []
        places = {"authorize": self.authorize, "token": self.token, "userinfo": self.userinfo}
        wrong = [name for name, place in places.items() if not place.startswith("https://")]
        return wrong + ["client_secret"] * (self.client_secret.get_secret_value() == "practice")


class Sms(Section):
    """Aliyun SMS: host and port without scheme (empty: no SMS), a RAM user's keys, the signature, template codes.

    `templates`: name in core/policy/sms.yaml → SMS_… of the platform. `receipt_secret` is the last part of the path to
    which the platform pushes receipts, which it does not sign.
    """

    endpoint: str = ""
    protocol: Literal["https", "http"] = "https"
    access_key_id: str = ""
    access_key_secret: SecretStr = SecretStr("")
    sign_name: str = ""
    templates: dict[str, str] = Field(default_factory=dict)
    receipt_secret: SecretStr = SecretStr("")
    connect_timeout_s: float = 3.0
    read_timeout_s: float = 5.0


class WeChat(Section):
    """The WeChat official account (wechat-sms.md §2–§5); an empty `app_id` is none.

    `api`, `open`: where the platform's API and its web sign-in are; `jsapi`: the script by which a page inside WeChat
    opens the scanner, empty for none. `token` and `aes_key` (43 characters) are those of the callback, which is in safe
    mode; one of them wrong stops the start, an empty one would let forgers in (§2.7). `domain_proof`: what stands
    between `MP_verify_` and `.txt` in the file by which WeChat makes sure that our domain is ours (§11).
    """

    api: str = "https://api.weixin.qq.com"
    open: str = "https://open.weixin.qq.com"
    jsapi: str = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js"
    app_id: str = ""
    app_secret: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")
    aes_key: SecretStr = SecretStr("")
    domain_proof: str = Field(default="", pattern=r"^[A-Za-z0-9]{0,32}$")
    connect_timeout_s: float = 3.0
    read_timeout_s: float = 5.0

    @model_validator(mode="after")
    def _whole(self) -> WeChat:
        secrets = [one.get_secret_value() for one in (self.app_secret, self.token, self.aes_key)]
        if self.app_id and not (all(secrets[:2]) and re.fullmatch(r"[A-Za-z0-9]{3,32}", secrets[1])):
            raise ValueError("app_secret and token are needed, the token of 3 to 32 letters and digits")
        if self.app_id and not re.fullmatch(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]", secrets[2]):
            raise ValueError("aes_key is not the 43 characters of 32 bytes")
        return self


class Province(Section):
    """The provincial data-sharing platform: where rows go up, and the secret that signs them. No address, no push."""

    address: str = ""
    appid: str = "xiuying"
    secret: SecretStr = SecretStr("")


class ServicePlatform(Section):
    """The 一体化平台 as the keeper of licences (R185): where they are pulled from; an empty address is none."""

    address: str = ""
    token: SecretStr = SecretStr("")


class Files(Section):
    """Where files are kept: a folder, or s3://bucket/prefix with the endpoint and keys of a store in this country."""

    address: str = "var/files"
    endpoint: str = ""
    access_key: str = ""
    secret_key: SecretStr = SecretStr("")


class FeedSource(Section):
    """Where the rows of a dataset are fetched, by `by`: an address, a folder of files, or a database to be read.

    `address` may hold {topic} and {dataset}; empty, nothing is fetched. `rows`: the path to the list in a JSON answer;
    `columns`: ours → theirs, a path too, for those called otherwise; `since`: the parameter that carries the cursor,
    empty for none, and `next` the path to the following one in the answer; `page`: the parameter that carries the
    number of the page where a list comes in pages, from `page_first`, each `page_step` more than the one before (a list
    by offset: 0 and its limit); `headers`: what else every request has to say. `query`: a SELECT for the database,
    which may use :since, a local time, or :since_epoch, in seconds. `demo`: the rows are invented, and say so on every
    screen.
    """

    by: Literal["pull", "file", "query"] = "pull"
    address: SecretStr
    token: SecretStr = SecretStr("")
    rows: str = "rows"
    columns: dict[str, str] = Field(default_factory=dict)
    since: str = "since"
    next: str = "next"
    page: str = ""
    page_first: int = Field(default=1, ge=0)
    page_step: int = Field(default=1, ge=1)
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    query: str = ""
    every_s: int = Field(default=0, ge=0)
    demo: bool = False

    @property
    def is_practice(self) -> bool:
        """Whether it stands for no real system."""
        return bool(self.address.get_secret_value()) and self.token.get_secret_value() == "practice"


class Feeds(Section):
    """Sources by dataset (`topic.name`), topic (`topic.*`), way (`pull.*`) or for all (`*`); an empty address is none.

    `demo_clients`: the clients whose pushes are invented data.
    """

    sources: dict[str, FeedSource] = Field(default_factory=dict)
    demo_clients: tuple[str, ...] = ()


class Scan(Section):
    """Where uploads are scanned beyond their structure: host:port of a clamd inside this network; empty: nowhere."""

    clamd: str = Field(default="", pattern=r"^$|^\S+:\d{1,5}$")
    timeout_s: float = 15.0


class Media(Section):
    """The media server that shows live video by signed links; empty = none."""

    address: str = ""
    secret: SecretStr = SecretStr("")
    life_s: int = Field(default=300, ge=30, le=3600)


class ClockSource(Section):
    """Business time: an empty address is the machine's clock; else GET answers {"now": ISO 8601}."""

    address: str = ""
    refresh_s: float = 0.5


class Web(Section):
    """The console and API. `public_address` is what cards link to.

    `trusted_proxies`: the networks of the proxies whose X-Forwarded-For is believed, none at first; `proxy_hops`: how
    many of them a request passes. `console_networks`: from where people may open the console; empty: from anywhere.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    public_address: str
    secret: SecretStr = SecretStr("")
    threads: int = 16
    secure_cookies: bool = False
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    proxy_hops: int = Field(default=1, ge=1, le=5)
    console_networks: tuple[IPv4Network | IPv6Network, ...] = ()


class Record(Section):
    retention_days: int = Field(default=730, ge=730)
    head_sent_to: str = "audit_admin"
