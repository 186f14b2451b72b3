"""Links to live video: signed for one person and some minutes; the pictures go from the media server to the browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType
from urllib.parse import urlencode

from core.errors import Refusal, Unknown
from core.policy import read
from core.settings import Media
from core.sm import hmac_sm3

NAME = re.compile(r"[a-z0-9-]{1,40}")


class NoVideo(Refusal):
    text = "还没有接入视频平台，接入后就能看实时画面。"
    status = 409


@dataclass(frozen=True, slots=True)
class Camera:
    """One camera: `name` is its channel at the media server."""

    name: str
    title: str
    town: str


@cache
def cameras() -> Mapping[str, Camera]:
    """Every camera by name. Raises ValueError for a name that is none."""
    found = {row["name"]: Camera(**row) for row in read("cameras.yaml")["cameras"]}
    if wrong := [name for name in found if not NAME.fullmatch(name)]:
        raise ValueError(f"cameras.yaml: {', '.join(wrong)} is no name of a channel")
    return MappingProxyType(found)


def link(media: Media, name: str, person: int, now: datetime) -> str:
    """Where one person may watch one camera until `media.life_s` from now; the server checks `sign`, we keep nothing.

    `sign` is HMAC-SM3, in hex, of the path, a line break, `expires` (Unix seconds), a line break and `viewer`, which
    tells people apart and names nobody. Raises Unknown, NoVideo.
    """
    if name not in cameras():
        raise Unknown(what="这路视频")
    if not media.address:
        raise NoVideo()
    secret = media.secret.get_secret_value().encode()
    path, expires = f"/{name}.m3u8", str(int(now.timestamp()) + media.life_s)
    viewer = hmac_sm3(secret, f"viewer:{person}".encode()).hex()[:16]
    sign = hmac_sm3(secret, "\n".join((path, expires, viewer)).encode()).hex()
    return f"{media.address.rstrip('/')}{path}?{urlencode({'expires': expires, 'viewer': viewer, 'sign': sign})}"
