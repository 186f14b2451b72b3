"""Showing up (domain-rules §7.3 rules 2–4): the one-time code on a sponsor's phone, the page that keeps it, a place."""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import asin, cos, radians, sin, sqrt

from core.joint_errors import SpotUnread
from core.sm import hmac_sm3

EARTH_M = 6_371_000.0
MAC_BYTES = 16
LONGEST = 120
"""Characters of a code or a page's proof."""
_SHAPE = re.compile(r"(\d{1,18})\.(\d{1,12})\.(\d{1,12})\.([A-Za-z0-9_-]{22})", re.ASCII)
_SPOT = re.compile(r"(-?\d{1,3}(?:\.\d{1,10})?),(-?\d{1,3}(?:\.\d{1,10})?)(?:,(\d{1,7}(?:\.\d{1,10})?))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a phone said it was: WGS-84 degrees, and how far off that may be in metres (None: it did not say)."""

    lat: float
    lng: float
    accuracy: int | None = None

    def __str__(self) -> str:
        return f"{self.lat:.6f},{self.lng:.6f}" + ("" if self.accuracy is None else f",{self.accuracy}")

    @classmethod
    def read(cls, text: str) -> Spot:
        """「20.018,110.287,35」: latitude, longitude, accuracy in metres. Raises SpotUnread."""
        found = _SPOT.fullmatch(text.strip())
        if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
            raise SpotUnread()
        return cls(float(found[1]), float(found[2]), round(float(found[3])) if found[3] else None)

    def metres_to(self, other: Spot) -> int:
        """The great-circle distance (haversine), in whole metres."""
        up, along = radians(other.lat - self.lat), radians(other.lng - self.lng)
        part = sin(up / 2) ** 2 + cos(radians(self.lat)) * cos(radians(other.lat)) * sin(along / 2) ** 2
        return round(2 * EARTH_M * asin(min(1.0, sqrt(part))))

    def from_here(self, other: Spot) -> tuple[int, int]:
        """How far the other lies to the east and to the north of here, in metres; true enough within a district."""
        east = radians(other.lng - self.lng) * cos(radians(self.lat)) * EARTH_M
        return round(east), round(radians(other.lat - self.lat) * EARTH_M)


@dataclass(frozen=True, slots=True)
class Code:
    """What the sponsor's phone shows, from `at` until `until` by the server's clock."""

    text: str
    order: int
    at: datetime
    until: datetime


class Codes:
    """Makes and reads the signed texts of showing up. A code is for all who stand there; its use is one's own."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hmac_sm3(secret, b"joint-check-in")

    def code(self, order: int, now: datetime, period: timedelta) -> Code:
        """The code of the window that `now` lies in; the next one begins when this one ends."""
        step = int(period.total_seconds())
        start = int(now.timestamp()) // step * step
        return self._code(self._signed("code", order, start, step), order, start, step)

    def read(self, text: str) -> Code | None:
        """The code as it was made, however old; None when we did not make it."""
        numbers = self._opened("code", text)
        return None if numbers is None else self._code(text, *numbers)

    def page(self, order: int, person: int, now: datetime) -> str:
        """The proof that this person's page of this order was open at `now`; it lets the page keep a code for later."""
        return self._signed("page", order, person, int(now.timestamp()))

    def opened(self, text: str, order: int, person: int) -> datetime | None:
        """When the page was open; None for another's proof, another order's, or none of ours."""
        numbers = self._opened("page", text)
        if numbers is None or numbers[:2] != (order, person):
            return None
        return datetime.fromtimestamp(numbers[2], UTC)

    @staticmethod
    def _code(text: str, order: int, start: int, step: int) -> Code:
        at = datetime.fromtimestamp(start, UTC)
        return Code(text, order, at, at + timedelta(seconds=step))

    def _signed(self, kind: str, *numbers: int) -> str:
        body = ".".join(str(number) for number in numbers)
        mac = hmac_sm3(self._secret, f"{kind}|{body}".encode())[:MAC_BYTES]
        return f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    def _opened(self, kind: str, text: str) -> tuple[int, int, int] | None:
        found = _SHAPE.fullmatch(text)
        if found is None:
            return None
        numbers = (int(found[1]), int(found[2]), int(found[3]))
        return numbers if hmac.compare_digest(self._signed(kind, *numbers).encode(), text.encode()) else None
