"""What the practice ground's SMS service has approved: the keys, the signature and the templates the product names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from .acs3 import Checker
from .clock import Clock
from .sms import Sms, Template

ROOT = Path(__file__).parents[2]


def approved(clock: Clock, receipts: str = "") -> Sms:
    """The service as an operator has set it up for config.yaml and core/policy/sms.yaml."""
    ours, texts = _table("config.yaml")["sms"], _table("core/policy/sms.yaml")["templates"]
    templates = {code: Template(code, texts[name]["text"]) for name, code in ours["templates"].items()}
    keys = {ours["access_key_id"]: ours["access_key_secret"]}
    return Sms(clock, keys, {ours["sign_name"]: "通用"}, templates, home=receipts, receipt_url=receipts)


def checker(sms: Sms) -> Checker:
    """The gateway in front of it."""
    return Checker(sms.keys)


def _table(name: str) -> dict[str, Any]:
    table = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    assert isinstance(table, dict)
    return table
