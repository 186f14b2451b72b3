"""A library with a company, a person and the acts a clerk does on them."""

from __future__ import annotations

from typing import Any

from core import Actor, Core, Done
from core.licences import LibraryAct
from tests.builders import fresh_key, person

COMPANY = {"kind": "company", "name": "海南椰风餐饮有限公司", "number": "91110000600037341L", "phone": "19900018888"}
PERSON = {"kind": "person", "name": "欧阳海棠", "number": "11010519491231002X", "phone": "19900017777"}
FOOD = {
    "type": "food_business", "number": "JY14601990000001", "issued_on": "2025-12-01", "case_no": "XYBJ2025120100001",
    "operator": "海南椰风餐饮有限公司", "legal_person": "符大勇", "address": "海口市秀英区秀华路8号",
    "place": "海口市秀英区秀华路8号", "business_kind": "餐饮服务经营者", "scope": "热食类食品制售",
}  # fmt: skip
NURSE = {"type": "nurse", "number": "202546000001", "issued_on": "2025-12-01", "workplace": "秀英区练习医院"}


def clerk(core: Core) -> Actor:
    """Who keeps the library."""
    return person(core, "licence_clerk")


def act(core: Core, book: str, does: str, row: str = "", /, **given: Any) -> Done:
    """One act of the clerk, with a reason, unless said otherwise."""
    by, key = given.pop("by", None) or clerk(core), given.pop("key", None) or fresh_key("library")
    reason, seen = given.pop("reason", "来文更正"), given.pop("seen", None)
    return core.licences.write(LibraryAct(key, book, does, row, given, by, reason, seen))


def a_company(core: Core, **fields: str) -> str:
    """The token of a company."""
    return act(core, "subject", "add", **{**COMPANY, **fields}).no


def a_person(core: Core, **fields: str) -> str:
    """The token of a person."""
    return act(core, "subject", "add", **{**PERSON, **fields}).no


def a_licence(core: Core, subject: str, **fields: str) -> str:
    """The line of a food licence, or of what `fields` make of it."""
    return act(core, "licence", "issue", **{"subject": subject, **FOOD, **fields}).no
