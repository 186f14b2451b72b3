"""Cases and their ratings as the provincial platform gets them: each item handed over as policy says, or left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from core.canon import canonical
from core.crypto import Cipher, place
from core.models.cases import call_backs, cases
from core.models.people import units
from core.plain import scrub
from core.policy.upward import SharedField, UpwardPolicy
from core.queries.masks import mask_address, mask_name, mask_phone
from core.sm import sm3
from core.worktime import SHANGHAI

MASKS = {"caller_name": mask_name, "caller_phone": mask_phone, "address": mask_address}


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of a resource as it is now: its number there, the case it belongs to, its content and the hash of it."""

    resource: str
    number: str
    case: int
    content: Mapping[str, Any]

    @property
    def digest(self) -> str:
        return sm3(canonical(dict(self.content)).encode()).hex()


def shown(tx: Connection, ids: Sequence[int], policy: UpwardPolicy, cipher: Cipher) -> list[Shown]:
    """These cases and their call-backs, oldest case first; a case that does not exist gives nothing."""
    rows = tx.execute(select(cases).where(cases.c.id.in_(ids)).order_by(cases.c.id)).mappings().all()
    calls: dict[int, list[Mapping[str, Any]]] = {}
    asked = select(call_backs).where(call_backs.c.case_id.in_(ids)).order_by(call_backs.c.id)
    for call in tx.execute(asked).mappings():
        calls.setdefault(call["case_id"], []).append(dict(call))
    names = {row.id: row.name for row in tx.execute(select(units.c.id, units.c.name))}
    return [one for row in rows for one in _of_case(dict(row), calls.get(row["id"], ()), names, policy, cipher)]


def _of_case(
    case: dict[str, Any],
    calls: Sequence[Mapping[str, Any]],
    names: Mapping[int, str],
    policy: UpwardPolicy,
    cipher: Cipher,
) -> Iterator[Shown]:
    case["lead_unit"] = names.get(case["lead_unit"])
    for name in MASKS:
        case[name] = cipher.open(case[name], place("cases", name, case["no"])) if case[name] else None
    told = {"cases": case}
    yield Shown("cases", case["no"], case["id"], _content(policy.resources["cases"].fields, told))
    for count, call in enumerate(calls, 1):
        content = _content(policy.resources["ratings"].fields, {**told, "call_backs": call})
        yield Shown("ratings", f"{case['no']}-{count:02}", case["id"], content)


def _content(fields: Sequence[SharedField], told: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    case, content = told["cases"], dict[str, Any]()
    hidden = case["sensitive"] or case["keep_secret"]
    for field in fields:
        if field.how == "left_out":
            continue
        value = told[field.table][field.column]
        content[field.name] = None if hidden and field.guarded else _handed_over(value, field, case["caller_name"])
    return content


def _handed_over(value: Any, field: SharedField, caller: str | None) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).isoformat(timespec="seconds")
    if not isinstance(value, str) or field.how == "plain":
        return value
    if field.how == "masked":
        return MASKS[field.column](value)
    return scrub(value.replace(caller, mask_name(caller)) if caller and len(caller) > 1 else value)
