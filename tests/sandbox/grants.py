"""Codes and tokens of the OAuth 2.0 provider that stands in for 海政通."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Grant:
    """One code and the token it gave: once used, a code that comes again takes the token back (§4.1.2)."""

    user: str
    query: dict[str, str]
    ends: float
    used: bool = False
    token: str = ""


@dataclass(slots=True)
class Provider:
    """Codes and tokens, by real time."""

    codes: dict[str, Grant] = field(default_factory=dict)
    tokens: dict[str, tuple[str, frozenset[str], float]] = field(default_factory=dict)
