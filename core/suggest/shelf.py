"""The shelf of text models: asked for, learnt, sealed with a digest under our key, in use or put aside."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select, update

from core.models.cases import cases
from core.models.suggest import text_models
from core.policy.duties import TOWN
from core.queries.people import Directory
from core.sm import hmac_sm3
from core.suggest.labelled import Labelled
from core.suggest.places import town_of

if TYPE_CHECKING:
    from core.suggest.evaluate import Marks
    from core.suggest.model import TextModel

KEPT = 2  # contents kept beside the model in use; figures stay for good
MOST_CASES = 30_000
OVER = ("closed", "archived")
LATEST = select(text_models.c.id).where(text_models.c.state == "active").order_by(text_models.c.id.desc()).limit(1)


def ask(tx: Connection, source: str, now: datetime) -> int:
    """Put a wish for a new model on the shelf; a wish that waits already is enough."""
    waiting: int | None = tx.execute(select(text_models.c.id).where(text_models.c.state == "asked")).scalars().first()
    if waiting is not None:
        return waiting
    row = {
        "state": "asked", "source": source, "asked_at": now, "made_at": None, "learnt_from": 0, "figures": {},
        "note": "", "digest": "", "weights": None,
    }  # fmt: skip
    made: int = tx.execute(insert(text_models).returning(text_models.c.id), row).scalar_one()
    return made


def asked(tx: Connection) -> int | None:
    return tx.execute(select(text_models.c.id).where(text_models.c.state == "asked").limit(1)).scalar_one_or_none()


def put(
    tx: Connection, row: int, model: TextModel, figures: Mapping[str, Any], better: bool, key: bytes, now: datetime
) -> None:
    """A learnt model with its figures: in use when it is better than none, else put aside with the reason."""
    content = model.packed()
    if better:
        active = text_models.c.state == "active"
        tx.execute(update(text_models).where(active).values(state="retired"))
    values = {
        "state": "active" if better else "retired", "made_at": now, "learnt_from": model.learnt_from,
        "figures": {**figures, "megabytes": round(len(content) / 1_000_000, 2)},
        "note": "" if better else "不如只看职责清单准，没有启用", "digest": digest(key, row, content),
        "weights": content,
    }  # fmt: skip
    tx.execute(update(text_models).where(text_models.c.id == row).values(**values))
    kept = select(text_models.c.id).where(text_models.c.weights.is_not(None)).order_by(text_models.c.id.desc())
    old: Sequence[int] = tx.execute(kept).scalars().all()[KEPT + 1 :]
    if old:
        retired = (text_models.c.id.in_(old), text_models.c.state != "active")
        tx.execute(update(text_models).where(*retired).values(weights=None))


def fail(tx: Connection, row: int, why: str, now: datetime) -> None:
    tx.execute(update(text_models).where(text_models.c.id == row).values(state="failed", note=why[:200], made_at=now))


def latest(tx: Connection) -> int | None:
    """The number of the model in use."""
    return tx.execute(LATEST).scalar_one_or_none()


def load(tx: Connection, row: int, key: bytes) -> TextModel:
    """The model as it was put. Raises BadModel when a single byte is another, before anything of it is read."""
    from core.suggest.model import BadModel, unpacked

    held = tx.execute(select(text_models).where(text_models.c.id == row)).first()
    if held is None or held.weights is None:
        raise BadModel("gone")
    if not hmac.compare_digest(held.digest, digest(key, row, held.weights)):
        raise BadModel("digest")
    return unpacked(held.weights)


def digest(key: bytes, row: int, content: bytes) -> str:
    return hmac_sm3(key, f"text_models:{row}:".encode() + content).hex()


def closed_cases(tx: Connection, directory: Directory, least: int) -> list[Labelled]:
    """What the centre has learnt itself: closed cases with the unit that led them in the end, newest first.

    A unit with fewer than `least` of them is left to the duty list; a town is learnt as 「the town it lies in」.
    """
    columns = (
        cases.c.no, cases.c.title, cases.c.content, cases.c.place, cases.c.town, cases.c.community, cases.c.lead_unit,
    )  # fmt: skip
    over = (cases.c.state.in_(OVER), cases.c.lead_unit.is_not(None))
    told = tx.execute(select(*columns).where(*over).order_by(cases.c.id.desc()).limit(MOST_CASES)).mappings()
    rows = []
    for case in told:
        unit = directory.units.get(case["lead_unit"])
        if unit is not None and unit.active:
            label = TOWN if unit.kind == "town" and unit.code == town_of(case, directory) else unit.code
            rows.append(Labelled(case["title"], f"{case['content']}。{case['place']}", label, case["no"]))
    held: dict[str, int] = {}
    for row in rows:
        held[row.label] = held.get(row.label, 0) + 1
    return [row for row in rows if held[row.label] >= least]


def figures_of(marks: Marks) -> dict[str, Any]:
    """What is kept of a measurement, fit for a row."""
    return {
        "rows": marks.rows, "labels": marks.labels, "macro_f1": round(marks.macro_f1, 4),
        "top1": round(marks.top1, 4), "top3": round(marks.top3, 4),
        "levels": [[level.least, round(level.spoken, 4), round(level.right, 4)] for level in marks.levels],
    }  # fmt: skip
