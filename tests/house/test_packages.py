"""The dependencies: what the client fixed is there, everything is locked by hash, and the lock knows no machine."""

from __future__ import annotations

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.source import ROOT

FIXED = {
    "dingtalk-stream", "wechatpy", "flask", "sqlalchemy", "apscheduler", "qrcode", "jinja2", "pillow",
    "alibabacloud-dysmsapi20170525",
}  # fmt: skip
PIN = re.compile(r"^([a-z0-9.-]+)==(\S+) \\$", re.MULTILINE)
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PINS = dict(PIN.findall(LOCK))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_packages_the_client_fixed_are_locked() -> None:
    assert set(PINS) >= FIXED
    assert PINS["dingtalk-stream"] == "0.24.3"


def test_the_lock_satisfies_the_project() -> None:
    wanted = [Requirement(text) for text in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]]
    missing = [str(one) for one in wanted if PINS.get(canonicalize_name(one.name), "") not in one.specifier]
    assert missing == []


def test_every_pin_carries_its_hashes_and_no_address() -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK.strip())
    assert [block.partition(" ")[0] for block in blocks if PIN.match(block) and "--hash=sha256:" not in block] == []
    assert "://" not in LOCK
