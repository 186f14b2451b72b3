"""The registry: port name → adapter. One line for each outside system (house-style rule 12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from core.adapters.aliyun_sms import build_sms
from core.adapters.clock import build_clock
from core.adapters.hotline import build_hotline
from core.adapters.oauth2 import build_haizhengtong
from core.adapters.province import build_province
from core.adapters.service_platform import build_service_platform
from core.settings import Settings

ADAPTERS: Mapping[str, Callable[[Settings], Any]] = {
    "clock": build_clock,  # business time
    "hotline": build_hotline,  # 12345, or None without an address
    "sms": build_sms,  # the SMS platform, or None without an endpoint
    "service_platform": build_service_platform,  # 一体化平台, or None without an address
    "haizhengtong": build_haizhengtong,  # 海政通's sign-in, or None without an address
    "province": build_province,  # 省公共数据共享平台, or None without an address
}
