"""What a list of papers may be asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class ArchiveFilter:
    """Words stand in a paper, name its subject, its case or its number; days are those a paper was made on.

    `state`: usable or expired; `holder`: company or person; `subject`, `volume`: tokens. Empty parts narrow nothing.
    """

    words: str = ""
    category: str = ""
    holder: str = ""
    state: str = ""
    subject: str = ""
    volume: str = ""
    since: date | None = None
    until: date | None = None
