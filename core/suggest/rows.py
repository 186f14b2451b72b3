"""Suggestions as rows: made for cases that wait for their dispatch, before anybody opens them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from core.models.cases import cases
from core.models.suggest import suggestions
from core.queries.people import Directory, Unit
from core.queries.suggestions import PLACES
from core.suggest.places import town_of
from core.suggest.ranking import Matter
from core.suggest.suggester import Proposal

KINDS = ("department", "town", "public_company", "party")
ABOVE = ("command_center", "district_leadership")
WAITING = (
    select(cases)
    .outerjoin(suggestions, suggestions.c.case_id == cases.c.id)
    .where(cases.c.state == "pending")
    .where(
        or_(
            suggestions.c.case_id.is_(None),
            and_(suggestions.c.revision < cases.c.revision, cases.c.first_dispatched_at.is_(None)),
        )
    )
)


def waiting(tx: Connection, most: int, case_id: int | None = None) -> Sequence[Mapping[str, Any]]:
    """Cases that wait for their dispatch without a suggestion for their text as it is now.

    Once a case was dispatched its suggestion stays as it was: that is what is measured.
    """
    query = WAITING.where(cases.c.id == case_id) if case_id is not None else WAITING.order_by(cases.c.id.desc())
    return [dict(row) for row in tx.execute(query.limit(most)).mappings()]


def matter_of(case: Mapping[str, Any], directory: Directory) -> Matter:
    """What a suggestion looks at; the place belongs to the text, for 「水库」 or 「农贸市场」 stands there as well."""
    return Matter(
        case["title"], f"{case['content']}。{case['place']}", case["class_code"] or "", town_of(case, directory)
    )


def keep(
    tx: Connection, case: Mapping[str, Any], told: Proposal, directory: Directory, model: int | None, duties: int,
    now: datetime,
) -> None:  # fmt: skip
    """Write the suggestion of a case, or the new one for its new text; whoever was first of two workers is right."""
    ids = [directory.by_word[one.unit] for one in told.units]
    row = {
        "case_id": case["id"], "revision": case["revision"], "made_at": now, "model_id": model, "duties": duties,
        "sure": told.sure, "known": told.known,
        **{place: ids[number] if number < len(ids) else None for number, place in enumerate(PLACES)},
        "reasons": {
            "units": [{"words": list(one.words), "duty": one.duty, "share": one.share} for one in told.units]
        },
    }  # fmt: skip
    try:
        with tx.begin_nested():
            tx.execute(insert(suggestions), row)
    except IntegrityError:
        mine = (suggestions.c.case_id == case["id"], suggestions.c.revision < case["revision"])
        tx.execute(update(suggestions).where(*mine).values(**{k: v for k, v in row.items() if k != "case_id"}))


def uppers(directory: Directory) -> dict[str, str]:
    """For each sub-unit the unit the centre sends to."""
    told = {}
    for unit in directory.units.values():
        top = unit
        while not is_top(top, directory) and top.parent in directory.units:
            top = directory.units[top.parent]
        if top is not unit:
            told[unit.code] = top.code
    return told


def open_units(directory: Directory) -> frozenset[str]:
    """The codes of the units the centre sends to."""
    return frozenset(
        unit.code for unit in directory.units.values() if unit.active and unit.kind in KINDS and is_top(unit, directory)
    )


def is_top(unit: Unit, directory: Directory) -> bool:
    upper = directory.units.get(unit.parent or 0)
    return upper is None or upper.kind in ABOVE
