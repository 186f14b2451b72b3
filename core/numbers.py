"""Order numbers: one series a day for cases and joint orders, so that a tail means one of them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, bindparam, insert, select, update
from stdnum.iso7064 import mod_11_10

from core.models.cases import numbers

NUMBER = select(numbers.c.last).where(numbers.c.day == bindparam("today")).with_for_update()


def next_number(tx: Connection, channel: str, day: date) -> str:
    """XY + channel + yyyyMMdd + 5-digit day sequence + ISO 7064 MOD 11,10 check digit (domain-rules §2.5).

    The sequence is one row a day, locked while it is raised; numbers are never reused.
    """
    last = tx.execute(NUMBER, {"today": day}).scalar_one_or_none()
    if last is None:
        last = 0
        tx.execute(insert(numbers), {"day": day, "last": 1})
    else:
        tx.execute(update(numbers).where(numbers.c.day == day).values(last=last + 1))
    digits = f"{day:%Y%m%d}{last + 1:05d}"
    return f"XY{channel}{digits}{mod_11_10.calc_check_digit(digits)}"


def is_number(text: str) -> bool:
    """Whether a full order number is well formed, check digit included."""
    return len(text) == 18 and text.startswith("XY") and text[4:].isdecimal() and mod_11_10.is_valid(text[4:])
