"""The identifier of a licence (GB/T 36904) and the two numbers of its holder, each with its check character."""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import Connection, insert, select, update
from stdnum.cn import ric, uscc
from stdnum.iso7064 import mod_37_36

from core.models.licences import licence_serials

OID = "1.2.156.3005.2"
SERIAL_DIGITS, VERSION_DIGITS = 9, 3
MOST_VERSIONS = 10**VERSION_DIGITS - 1
ID_NUMBER = re.compile(r"\d{17}[\dX]")
CREDIT_CODE = re.compile(r"[0-9]{8}[0-9A-HJ-NPQRTUWXY]{10}")


def identifier(type_code: str, issuer_code: str, serial: str, version: int) -> str:
    """The identifier with its dots and its check character, ISO 7064 MOD 37,36 over everything but the prefix."""
    parts = (type_code, issuer_code, serial, f"{version:0{VERSION_DIGITS}d}")
    return ".".join((OID, *parts, mod_37_36.calc_check_digit("".join(parts))))


def is_identifier(text: str) -> bool:
    """Whether a text is an identifier that nobody mistyped."""
    parts = text.removeprefix(f"{OID}.").split(".")
    if not text.startswith(f"{OID}.") or len(parts) != 5 or not re.fullmatch(r"[0-9A-Z]+", "".join(parts)):
        return False
    return bool(mod_37_36.is_valid("".join(parts)))


def serials(tx: Connection, type_code: str, issuer_code: str, count: int = 1) -> list[str]:
    """So many new serial numbers of one type at one issuer; the row is locked while they are given, none twice."""
    key = (licence_serials.c.type_code == type_code, licence_serials.c.issuer_code == issuer_code)
    last = tx.execute(select(licence_serials.c.last).where(*key).with_for_update()).scalar_one_or_none()
    if last is None:
        last = 0
        tx.execute(insert(licence_serials), {"type_code": type_code, "issuer_code": issuer_code, "last": count})
    else:
        tx.execute(update(licence_serials).where(*key).values(last=last + count))
    return [serial(number) for number in range(last + 1, last + count + 1)]


def serial(number: int) -> str:
    """A serial number as an identifier has it."""
    return f"{number:0{SERIAL_DIGITS}d}"


def is_credit_code(text: str) -> bool:
    """A 统一社会信用代码 (GB 32100) in capitals with the right check character."""
    return bool(CREDIT_CODE.fullmatch(text)) and uscc.calc_check_digit(text) == text[-1]


def is_id_number(text: str) -> bool:
    """A 公民身份号码 (GB 11643) in 18 characters: a day somebody was born on, and the right check character."""
    if not ID_NUMBER.fullmatch(text) or ric.calc_check_digit(text) != text[-1]:
        return False
    try:
        return date(int(text[6:10]), int(text[10:12]), int(text[12:14])).year >= 1900
    except ValueError:
        return False
