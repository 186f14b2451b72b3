"""The application with its machine side, and a 12345 platform that signs what it pushes."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from apiflask import APIFlask
from flask.testing import FlaskClient

from core import Core
from core.adapters.signatures import sign
from webapp import create_app

PATH = "/hooks/hotline"


def machine_app(core: Core) -> APIFlask:
    """The whole application over this core."""
    return create_app(core)


def a_ticket(**changes: Any) -> dict[str, Any]:
    """A valid ticket of the platform; a changed field is all a test needs to say."""
    ticket = {
        "ticket_no": "250912101108115409", "revision": 1, "channel": "RX", "type": "投诉", "urgency": "紧急",
        "title": "港口路下雨就积水", "content": "雨停两小时水还没退，电动车熄火。", "place": "港口路与丘海大道口",
        "street": "秀英街道", "caller_name": "吴海生", "caller_phone": "19900001234", "address": "港口路 18 号 502",
        "keep_secret": "否", "wants_reply": "是", "event_time": "2026-03-09 08:20:00", "longitude": 110.28,
        "latitude": 20.01, "coordinate_system": "WGS84", "attachments": [], "hard": False,
    }  # fmt: skip
    return {name: value for name, value in {**ticket, **changes}.items() if value is not None}


class Platform:
    """12345 as it pushes."""

    def __init__(self, client: FlaskClient, secret: str = "practice") -> None:
        self.client, self.secret = client, secret

    def push(self, value: Any, **wrong: Any) -> Any:
        """Push a value as JSON; `wrong` replaces timestamp, nonce, secret, signature, appid or the body sent."""
        body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=True).encode()
        at, nonce = str(wrong.get("timestamp", int(time.time()))), wrong.get("nonce", secrets.token_hex(16))
        signature = wrong.get("signature") or sign(wrong.get("secret", self.secret), "POST", PATH, body, at, nonce)
        headers = {
            "X-App-Id": wrong.get("appid", "hotline"), "X-Timestamp": at, "X-Nonce": nonce, "X-Signature": signature,
        }  # fmt: skip
        return self.client.post(PATH, data=wrong.get("body", body), headers=headers, content_type="application/json")
