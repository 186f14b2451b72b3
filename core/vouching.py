"""Signing in by another system's word: the port every such system is asked through, whatever it speaks.

One adapter is DingTalk's login page, the other any OAuth 2.0 provider (海政通); who may come in is judged by us alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol


class NotVouched(Exception):
    """The system says no, or names nobody that could be anyone of ours: a used or foreign code, no such field."""


class VoucherAway(Exception):
    """The system gave no usable answer, for now; the message is one clause for the operators' log."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom a system names: by the account its `channel` knows them under, or by their mobile number (11 digits)."""

    channel: str
    by: Literal["account", "phone"]
    value: str


class SignInPort(Protocol):
    """A system that says who somebody is. `name` stands in addresses and on record, `title` and `button` on pages.

    `back` is the exact address people come back to. `proof` is a secret of this one sign-in, 64 unreserved characters:
    who takes the code away on its way cannot use it without (RFC 7636).
    """

    name: str
    title: str
    button: str

    def page(self, state: str, back: str, proof: str) -> str:
        """Where a browser goes to agree; it comes back with a code and this `state`."""

    def who(self, code: str, back: str, proof: str) -> Vouched:
        """Whom the code stands for. Raises NotVouched, VoucherAway."""
