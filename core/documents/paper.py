"""What a paper says, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One paragraph; `quiet`: said in small grey letters."""

    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its head. `widths`: shares of the page's width, all alike when empty."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...] = ()

    def shares(self) -> tuple[float, ...]:
        """How wide each column is, of 1. Raises ValueError when widths and head differ in number."""
        widths = self.widths or (1.0,) * len(self.head)
        if len(widths) != len(self.head):
            raise ValueError(f"{len(self.head)} columns, {len(widths)} widths")
        return tuple(width / sum(widths) for width in widths)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, PNG or JPEG, with the line under it. `width`: its share of the page's width."""

    data: bytes
    caption: str = ""
    width: float = 0.7


Block = Words | Table | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a paper under its heading."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A paper. `facts`: what it is about, two columns; `mark`: who took it and when, on every page."""

    title: str
    mark: str
    facts: tuple[tuple[str, str], ...] = ()
    sections: tuple[Section, ...] = ()
    subtitle: str = ""


def pictures(document: Document) -> Sequence[Picture]:
    """Every picture of a paper, in order."""
    return [block for section in document.sections for block in section.blocks if isinstance(block, Picture)]
