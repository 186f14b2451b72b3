"""证照版面 (R187, R188): every save is a version with its first day; and the printers a form is printed on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select

from core.errors import BadField, NothingChanged, Refusal
from core.models.faces import face_templates, printers
from core.models.licences import files
from core.policy.faces import Face, Print, WrongFace, read_face, read_print
from core.policy.licences import LicenceType, licence_types
from core.register.keepers import Desk, Keeper, Row

MOST_OFF = 20.0
LAST_NUMBER = func.coalesce(func.max(face_templates.c.number), 0)


class FaceRefused(Refusal):
    text = "版面没有保存：{why}。"
    status = 422


def understood(kind: LicenceType, layout: str, form: str) -> tuple[Face, Print | None]:
    """What a designer sent, proved. Raises FaceRefused with the first thing wrong."""
    names = frozenset(column.key for column in kind.columns)
    try:
        face, paper = read_face(_table(layout), names), _table(form) if form else {}
        return face, read_print(paper, names) if paper.get("parts") else None
    except WrongFace as fault:
        raise FaceRefused(why=fault.why) from None


def _table(text: str) -> Mapping[str, Any]:
    try:
        made = json.loads(text)
    except (ValueError, RecursionError):
        raise WrongFace("内容不是一份版面") from None
    if not isinstance(made, dict):
        raise WrongFace("内容不是一份版面")
    return made


class FaceTemplates(Keeper):
    """Versions are only ever added, so what a face looked like on any day can always be drawn again."""

    table, order = face_templates, ("kind", "number")

    def law(self, desk: Desk, old: Row | None, new: Row) -> None:
        face, _ = understood(licence_types()[new["kind"]], new["layout"], new["form"])
        if new["valid_from"] < desk.today:
            raise BadField(field="启用日期", why="不能早于今天")
        if face.picture and desk.tx.execute(select(files.c.name).filter_by(name=face.picture)).first() is None:
            raise FaceRefused(why="底图不存在，请重新上传")
        latest = self.latest(desk.tx, new["kind"])
        if latest is not None and all(latest[name] == new[name] for name in ("layout", "form", "valid_from")):
            raise NothingChanged()

    def latest(self, tx: Connection, kind: str) -> RowMapping | None:
        """The version saved last, whether its day has come or not."""
        query = select(face_templates).filter_by(kind=kind).order_by(face_templates.c.number.desc()).limit(1)
        return tx.execute(query).mappings().first()

    def add(self, desk: Desk, new: Row) -> str:
        number = desk.tx.execute(select(LAST_NUMBER).where(face_templates.c.kind == new["kind"])).scalar_one() + 1
        values = {name: new[name] for name in ("kind", "valid_from", "layout", "form")}
        face, _ = understood(licence_types()[new["kind"]], new["layout"], new["form"])
        picture = face.picture or None
        desk.tx.execute(insert(face_templates).values(number=number, picture=picture, **values))
        return f"{new['kind']}:{number}"

    def said(self, desk: Desk, row: Row) -> str:
        return f"{licence_types()[row['kind']].name}版面"


class Printers(Keeper):
    """打印机: a printer taken out of use keeps its offsets."""

    table, order = printers, ("title",)

    def law(self, desk: Desk, old: Row | None, new: Row) -> None:
        self.refuse_twins(desk, new)
        for name in ("right_mm", "down_mm"):
            if abs(float(new[name])) > MOST_OFF:
                raise BadField(field=desk.register.fields[name].label, why=f"应在 -{MOST_OFF:g} 到 {MOST_OFF:g} 之间")
