"""What was done to a subject or a licence, as the log and its events tell it; found by the log's own index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from core.licences.views import LibraryEvent
from core.models.record import audit_log, events
from core.policy.archive import DOCUMENT, VOLUME, archive_rules
from core.policy.library import LICENCE, SUBJECT, library_rules
from core.policy.licences import licence_types
from core.queries.people import Directory

SHOWN = 100
MORE = {"case_no": "办件编号"}
MACHINES = {"platform": "一体化平台"}
"""Who wrote where nobody did, by where it came from."""


def history(tx: Connection, directory: Directory, book: str, row: str) -> tuple[LibraryEvent, ...]:
    """The events of one row, newest first."""
    query = (
        select(events)
        .join(audit_log, audit_log.c.event_id == events.c.id)
        .where(audit_log.c.object == f"{book}:{row}", events.c.flow == book)
        .order_by(events.c.id.desc())
        .limit(SHOWN)
    )
    found = tx.execute(query).mappings().all()
    acts = {"opened": "立卷", **{rule.event: rule.title for rule in library_rules().acts.get(book, {}).values()}}
    return tuple(_told(one, directory, acts) for one in found)


def _told(event: Mapping[Any, Any], directory: Directory, acts: Mapping[str, str]) -> LibraryEvent:
    facts = event["facts"]
    labels = _labels(event["flow"], facts)
    who = " ".join(
        part for part in (directory.unit_name(event["unit_id"]), directory.person_name(event["person_id"])) if part
    )
    fields = tuple(labels.get(name, name) for name in facts.get("fields", ()))
    did = acts.get(event["name"], event["name"])
    return LibraryEvent(event["at"], who or MACHINES.get(event["source"], "系统"), did, fields, facts.get("reason", ""))


def _labels(book: str, facts: Mapping[Any, Any]) -> dict[str, str]:
    if book == LICENCE:
        kind = licence_types().get(facts.get("type", ""))
        return {**MORE, **({one.key: one.label for one in kind.columns} if kind else {})}
    if book in (DOCUMENT, VOLUME):
        rules = archive_rules()
        return {one.key: one.label for one in (rules.fields if book == DOCUMENT else rules.volume)}
    if book != SUBJECT:
        return {}
    return {one.key: one.label for one in library_rules().kinds[facts["kind"]].fields}
