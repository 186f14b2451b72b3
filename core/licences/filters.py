"""Which licences somebody wants to see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class LicenceFilter:
    """Every part that is given narrows the list (R178); `words` is an identifier, a number or a holder."""

    words: str = ""
    type: str = ""
    state: str = ""
    case_no: str = ""
    issued_from: date | None = None
    issued_to: date | None = None
