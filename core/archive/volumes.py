"""Volumes written: where they stand, their checks, filed once a check was passed, handed over, taken back to work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, insert, select, update

from core.archive.desk import body_of, locked_volume, refuse_unless_open
from core.archive.no import CheckFailed, NothingToFile
from core.errors import NothingChanged
from core.licences.checks import tidy
from core.licences.desk import Desk, LibraryAct, Row, Told, new_name
from core.models.archive import archive_checks, archive_documents, archive_volumes
from core.policy.archive import VOLUME, archive_rules

STATES = {"file": "filed", "reopen": "open", "hand_over": "handed_over"}
MOMENTS = {"file": "filing", "hand_over": "hand_over"}


def write(desk: Desk, act: LibraryAct) -> list[Told]:
    """One act on one volume. Raises a Refusal."""
    row = locked_volume(desk, token=act.row, seen=act.seen)
    refuse_unless_open(desk, row["state"])
    if act.act == "check":
        return [_check(desk, row, act.values)]
    if act.act == "store":
        return [_store(desk, row, act.values)]
    if act.act in MOMENTS:
        _refuse_unchecked(desk, row, MOMENTS[act.act])
    _set(desk, row, {"state": STATES[act.act], "changed_at": desk.now})
    return [_told(desk, row)]


def _store(desk: Desk, row: Row, values: Mapping[str, str]) -> Told:
    """Its title, secrecy, box and shelf: paper and electronic under one number (§14)."""
    before = {
        **body_of(desk.cipher, "archive_volumes", row),
        **{name: row[name] for name in ("secrecy", "box", "shelf")},
    }
    clean, faults = tidy(archive_rules().volume, {**before, **values})
    for fault in faults:
        raise fault.refusal(desk.rule.title)
    changed = sorted(name for name in clean if clean[name] != before[name])
    if not changed:
        raise NothingChanged()
    title = desk.sealed("archive_volumes", row["token"], {"title": clean.pop("title")})
    _set(desk, row, {**clean, "body": title, "changed_at": desk.now})
    return _told(desk, row, {"fields": changed})


def _check(desk: Desk, row: Row, values: Mapping[str, str]) -> Told:
    """A report that was just made of this volume as it is."""
    findings = json.loads(values["findings"])
    told = {
        "token": new_name(), "volume_id": row["id"], "moment": values["moment"], "passed": not findings,
        "documents": int(values["documents"]), "findings": {"list": findings}, "person_id": desk.actor.person,
        "checked_at": desk.now,
    }  # fmt: skip
    desk.tx.execute(insert(archive_checks), told)
    _set(desk, row, {"checked_at": desk.now})
    return _told(desk, row, {"moment": values["moment"], "findings": len(findings), "report": told["token"]})


def _refuse_unchecked(desk: Desk, row: Row, moment: str) -> None:
    """Only what passed the check of this moment, as it lies now, goes on. Raises NothingToFile, CheckFailed."""
    held = select(func.count()).where(archive_documents.c.volume_id == row["id"], archive_documents.c.shown)
    if not desk.tx.execute(held).scalar_one():
        raise NothingToFile()
    query = select(archive_checks).where(
        archive_checks.c.volume_id == row["id"], archive_checks.c.moment == moment,
        archive_checks.c.checked_at >= row["changed_at"],
    )  # fmt: skip
    last = desk.tx.execute(query.order_by(archive_checks.c.id.desc()).limit(1)).mappings().first()
    if last is None or not last["passed"]:
        raise CheckFailed(count=len(last["findings"]["list"]) if last else 1, act=desk.rule.title)


def _set(desk: Desk, row: Row, values: Mapping[str, Any]) -> None:
    told = {**values, "seq": row["seq"] + 1}
    desk.tx.execute(update(archive_volumes).where(archive_volumes.c.id == row["id"]).values(told))


def _told(desk: Desk, row: Row, more: Mapping[str, Any] | None = None) -> Told:
    return Told(VOLUME, desk.rule.event, row["token"], row["seq"] + 1, {"no": row["no"], **(more or {})}, row["no"])
