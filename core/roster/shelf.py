"""Imports as they are stored: the plan sealed while it waits, only its counts once it is over."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from core.canon import canonical
from core.crypto import Cipher, place
from core.errors import Unknown
from core.models.people import people
from core.models.roster import directory_imports, directory_links
from core.roster.plan import Plan, unpacked

CHECKED, DONE, DROPPED = "checked", "done", "dropped"


def keep(tx: Connection, cipher: Cipher, source: str, name: str, plan: Plan, person: int | None, now: datetime) -> int:
    """A plan that waits; the same one from the same source, still waiting, is that one. Older ones of it are over."""
    digest = _digest(plan)
    waiting = (directory_imports.c.source == source, directory_imports.c.state == CHECKED)
    if source != "sheet":
        same = select(directory_imports.c.id).where(*waiting, directory_imports.c.digest == digest)
        if (known := tx.execute(same).scalar()) is not None:
            return int(known)
        over = {"state": DROPPED, "body": {}, "why": "已由新的一次代替", "changed_at": now}
        tx.execute(update(directory_imports).where(*waiting).values(**over))
    token = secrets.token_hex(16)
    row = {
        "source": source, "name": name, "state": CHECKED, "person_id": person, "token": token, "digest": digest,
        "body": _sealed(cipher, token, plan), "why": "", "made_at": now, "changed_at": now,
    }  # fmt: skip
    made: int = tx.execute(insert(directory_imports).returning(directory_imports.c.id), row).scalar_one()
    return made


def opened(tx: Connection, cipher: Cipher, import_id: int) -> tuple[Mapping[str, Any], Plan]:
    """An import and its plan; an empty plan once it is over. Raises Unknown."""
    row = tx.execute(select(directory_imports).where(directory_imports.c.id == import_id)).mappings().first()
    if row is None:
        raise Unknown(what="这次导入")
    sealed = row["body"].get("sealed")
    if sealed is None:
        return dict(row), Plan(())
    return dict(row), unpacked(json.loads(cipher.open(sealed, place("directory_imports", "body", row["token"]))))


def settle(tx: Connection, cipher: Cipher, row: Mapping[str, Any], plan: Plan, now: datetime, *, over: bool) -> None:
    """The plan as it stands after some of it was done; over: how much was done is all that stays."""
    done = sum(line.state == "done" for line in plan.lines)
    body = {"done": done, "lines": len(plan.lines)} if over else _sealed(cipher, row["token"], plan)
    values = {"body": body, "state": DONE if over else CHECKED, "changed_at": now}
    tx.execute(update(directory_imports).where(directory_imports.c.id == row["id"]).values(**values))


def drop(tx: Connection, import_id: int, why: str, now: datetime) -> None:
    values = {"body": {}, "state": DROPPED, "why": why, "changed_at": now}
    tx.execute(update(directory_imports).where(directory_imports.c.id == import_id).values(**values))


def stale(tx: Connection, before: datetime) -> list[int]:
    """Imports nobody confirmed in time."""
    old = select(directory_imports.c.id).where(
        directory_imports.c.state == CHECKED, directory_imports.c.made_at < before
    )
    return list(tx.execute(old).scalars())


def link(tx: Connection, source: str, found: Sequence[tuple[str, str, int]]) -> None:
    """These outside ids are ours from now on: (kind, outside id, our id)."""
    if not found:
        return
    gone = delete(directory_links).where(
        directory_links.c.source == source, directory_links.c.kind == bindparam("of"),
        directory_links.c.outside_id == bindparam("known_as"),
    )  # fmt: skip
    tx.execute(gone, [{"of": kind, "known_as": outside_id} for kind, outside_id, _ in found])
    rows = [{"source": source, "kind": kind, "outside_id": one, "our_id": ours} for kind, one, ours in found]
    tx.execute(insert(directory_links), rows)


def person_id(tx: Connection, code: str) -> int:
    """Raises Unknown for a person that is not there or was disabled."""
    found = tx.execute(select(people.c.id).where(people.c.code == code, people.c.active)).scalar()
    if found is None:
        raise Unknown(what="这个人，要先导入人员")
    return int(found)


def _sealed(cipher: Cipher, token: str, plan: Plan) -> dict[str, Any]:
    return {"sealed": cipher.seal(canonical(plan.packed()), place("directory_imports", "body", token))}


def _digest(plan: Plan) -> str:
    return hashlib.sha256(canonical(plan.packed()).encode("utf-8", "surrogatepass")).hexdigest()
