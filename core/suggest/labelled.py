"""A message with its right answer: what a model learns from and is judged by."""

from __future__ import annotations

from dataclasses import dataclass


class TooLittle(Exception):
    """Not enough labelled messages to learn from; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One message with the label it should get. `key` names the message: its twins share it."""

    title: str
    content: str
    label: str
    key: str = ""
