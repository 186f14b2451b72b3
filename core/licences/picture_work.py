"""The clock's part of a set of pictures: each opened in a child process, and later put to its licence by an act."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from core.arrivals.opening import WrongFile, open_photos
from core.arrivals.photos import JPEG
from core.errors import Busy, Refusal, Unknown
from core.files import Files
from core.licences.desk import LibraryAct
from core.licences.picture_names import MATCHED
from core.licences.picture_sets import PictureSets
from core.licences.picture_views import CHECKED, DONE, KEPT, READING, REFUSED, RUNNING, WAITING
from core.models.pictures import picture_items, picture_sets
from core.people import CLOCK
from core.policy.arrivals import arrival_rules
from core.policy.library import LICENCE

TOGETHER = 20
"""Pictures opened between two commits."""
Row = Mapping[Any, Any]


def work(sets: PictureSets, leads: Callable[[], bool] = lambda: True) -> int:
    """Open what was brought, put in what was confirmed, as long as this worker leads; returns how many pictures."""
    count = 0
    while leads():
        head = sets.core._read(lambda tx: tx.execute(_NEXT).mappings().first())
        if head is None:
            break
        count += _open_some(sets, head) if head["state"] == READING else _put_in(sets, head)
    return count


_NEXT = (
    select(picture_sets)
    .where(picture_sets.c.state.in_((READING, RUNNING)))
    .order_by(picture_sets.c.state.desc(), picture_sets.c.id)
    .limit(1)
)


def _items(sets: PictureSets, set_id: int, state: str, most: int) -> Sequence[Row]:
    mine = (picture_items.c.set_id == set_id, picture_items.c.state == state)
    query = select(picture_items).where(*mine).order_by(picture_items.c.id).limit(most)
    rows: Sequence[Row] = sets.core._read(lambda tx: tx.execute(query).mappings().all())
    return rows


def _open_some(sets: PictureSets, head: Row) -> int:
    """The next pictures of a set made fresh; what is none is refused. The set is checked when none waits."""
    opened = _opened(sets.core.files, _items(sets, head["id"], WAITING, TOGETHER))

    def run(tx: Connection) -> None:
        mine = select(picture_sets.c.state).where(picture_sets.c.id == head["id"])
        if tx.execute(mine.with_for_update()).scalar() != READING:  # dropped meanwhile
            return
        for row, file, why in opened:
            body = sets.opened(row)
            told = {"file": file, "state": REFUSED if file is None else row["state"]}
            if why:
                told["body"] = sets.sealed(row["place"], {**body, "why": why, "lines": []})
            tx.execute(update(picture_items).where(picture_items.c.id == row["id"]).values(told))
            if file is not None:
                sets.stand(tx, {**row, "file": file}, body)
        if opened:
            settled = {"settled": head["settled"] + len(opened)}
            tx.execute(update(picture_sets).where(picture_sets.c.id == head["id"]).values(settled))
        else:
            sets.turn(tx, head["id"], CHECKED)

    sets.core._write(CLOCK, "pictures.opened", f"pictures:{head['id']}", run)
    return len(opened)


def _opened(files: Files, rows: Sequence[Row]) -> list[tuple[Row, str | None, str]]:
    """Each picture with its fresh file, or why it has none."""
    raws, gone = dict[int, bytes](), dict[int, str]()
    for row in rows:
        try:
            raws[row["id"]] = files.get(row["file"])
        except Unknown as no:
            gone[row["id"]] = str(no)
    told = dict(zip(raws, open_photos(list(raws.values()), arrival_rules().photo), strict=True))
    fresh = {at: one for at, one in told.items() if isinstance(one, bytes)}
    names = dict(zip(fresh, files.keep_all(list(fresh.values()), JPEG), strict=True))
    return [(row, names.get(row["id"]), gone.get(row["id"]) or _why(told.get(row["id"]))) for row in rows]


def _why(told: bytes | WrongFile | None) -> str:
    return str(told) if isinstance(told, WrongFile) else ""


def _put_in(sets: PictureSets, head: Row) -> int:
    """The next licence's pictures put to it by the clerk's own act; a refusal stands beside the picture."""
    first = _items(sets, head["id"], MATCHED, 1)
    if not first:
        sets.core._write(
            CLOCK, "pictures.done", f"pictures:{head['id']}", lambda tx: sets.turn(tx, head["id"], DONE)
        )  # fmt: skip
        return 0
    line = first[0]["line"]
    mine = (picture_items.c.set_id == head["id"], picture_items.c.state == MATCHED, picture_items.c.line == line)
    query = select(picture_items).where(*mine).order_by(picture_items.c.id)
    rows: Sequence[Row] = sets.core._read(lambda tx: tx.execute(query).mappings().all())
    holder = sets.core.directory().holders.get(head["post_id"])
    key = f"pictures:{head['id']}:{rows[0]['id']}"
    values, state, why = {"files": ",".join(row["file"] for row in rows)}, KEPT, ""
    try:
        sets.act(
            LibraryAct(key, LICENCE, "picture", line, values, holder.actor if holder else CLOCK, source="pictures")
        )
    except Busy:  # nothing is wrong with them: the next round tries again under the same key
        raise
    except Refusal as no:
        state, why = REFUSED, str(no)

    def run(tx: Connection) -> None:
        for row in rows:
            told: dict[str, Any] = {"state": state}
            if why:
                told["body"] = sets.sealed(row["place"], {**sets.opened(row), "why": why})
            tx.execute(update(picture_items).where(picture_items.c.id == row["id"]).values(told))
        settled = {"settled": head["settled"] + len(rows)}
        tx.execute(update(picture_sets).where(picture_sets.c.id == head["id"]).values(settled))

    sets.core._write(CLOCK, "pictures.put_in", f"pictures:{head['id']}", run)
    return len(rows)
