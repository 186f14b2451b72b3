"""What a reader without a reason sees of a name, a number and an address (control F3)."""

from __future__ import annotations


def mask_name(name: str) -> str:
    return name[:1] + "*" * (len(name) - 1) if len(name) > 1 else name


def mask_phone(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "*" * len(phone)


def mask_address(address: str) -> str:
    """Kept to street level: digits and what follows the first of them are hidden."""
    cut = next((at for at, sign in enumerate(address) if sign.isdigit()), len(address))
    return address[:cut] + ("****" if cut < len(address) else "")
