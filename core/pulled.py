"""What a pull from the 12345 platform brought, in plain values."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Refusal


@dataclass(frozen=True, slots=True)
class Untaken:
    """A ticket that did not become a case: its number as far as it is known, and why."""

    outside_no: str
    why: Refusal


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one pull brought: tickets taken in, how many of them were known, and each that was not taken."""

    taken: int
    known: int
    refused: tuple[Untaken, ...]
