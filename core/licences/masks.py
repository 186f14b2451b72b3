"""What each reader sees of a field: the public the verdict, the holder almost all, staff the whole but for numbers.

The masks are those of wechat-sms.md §12. A number that holds somebody's ID number is masked like one (§12, QR).
"""

from __future__ import annotations

import re

from core.policy.licences import COMPANY, FULL, NONE, LicenceField
from core.queries.masks import mask_address, mask_name, mask_phone

PUBLIC, HOLDER, STAFF, REVEALED = "public", "holder", "staff", "revealed"
"""The readers: nobody signed in, the holder by phone code, an office, an office that said why it must know."""
INSIDE = re.compile(r"\d{17}[\dXx]")
PLACES = ("address", "place", "premises", "site")
TAIL = 4
DISTRICT = re.compile(r"^.*?[区县]")


def shown(field: LicenceField, value: str, reader: str) -> str:
    """A field's value for this reader; empty where they may not see it at all."""
    if reader == REVEALED or not value:
        return value
    if reader == PUBLIC:
        return _public(field, value)
    if field.check == "id_number" or INSIDE.search(value):
        return mask_middle(value, 6, 4)
    return mask_phone(value) if field.check == "phone" else value


def _public(field: LicenceField, value: str) -> str:
    if field.public == NONE or field.check == "phone":
        return ""
    if field.check == "id_number" or INSIDE.search(value):
        return mask_middle(value, 1, 1)
    if field.public == FULL:
        return value
    if any(word in field.key for word in PLACES):
        return mask_place(value)
    return mask_middle(value, 0, TAIL) if field.key == "number" else mask_name(value)


def shown_number(number: str, holder: str, reader: str) -> str:
    """The number of a licence: a company's in full, a person's by its tail, and never an ID number (§12, §13)."""
    if reader == REVEALED:
        return number
    if INSIDE.search(number):
        return mask_middle(number, 1, 1) if reader == PUBLIC else mask_middle(number, 6, 4)
    return number if holder == COMPANY or reader != PUBLIC else mask_middle(number, 0, TAIL)


def shown_name(name: str, holder: str, reader: str) -> str:
    """A company's name is public; of a person's the public reads the first character."""
    return name if holder == COMPANY or reader != PUBLIC else mask_name(name)


def mask_middle(value: str, first: int, last: int) -> str:
    """Stars but for so many characters at each end; nothing but stars when that would leave too little hidden."""
    if len(value) < first + last + 4:
        first, last = 0, min(last, max(0, len(value) - 4))
    return value[:first] + "*" * (len(value) - first - last) + (value[-last:] if last else "")


def mask_place(value: str) -> str:
    """Kept to the district; where none is named, to the street."""
    found = DISTRICT.match(value)
    return f"{found[0]}****" if found and len(found[0]) < len(value) else mask_address(value)
