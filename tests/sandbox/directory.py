"""The organisation as DingTalk knows it: people, departments and those below them, who leads what."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .wire import ControlError, Json

ROOT = 1


@dataclass(frozen=True, slots=True)
class Person:
    """One member of the organisation; ids are DingTalk's."""

    user_id: str
    union_id: str
    name: str
    mobile: str = ""
    title: str = ""
    unit: str = ""
    leader: bool = False

    def to_json(self) -> Json:
        """The person as the control API shows it."""
        return {
            "userId": self.user_id, "unionId": self.union_id, "name": self.name, "mobile": self.mobile,
            "title": self.title, "unit": self.unit, "leader": self.leader,
        }  # fmt: skip


class Directory:
    """People by userId; departments are the units people name, below the root 1."""

    def __init__(self, file: Path | None = None) -> None:
        self.people: dict[str, Person] = {}
        self._departments: dict[str, int] = {}
        self._file = file
        self.load_file()

    def load_file(self) -> None:
        """Read the directory file, if there is one and it is whole; people added otherwise stay."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            for row in json.loads(self._file.read_text(encoding="utf-8")) if self._file else ():
                self.add(row)

    def add(self, row: Json) -> Person:
        """Add or replace one person.

        Raises:
            ControlError: no userId.
        """
        user_id = str(row.get("userId") or "")
        if not user_id:
            raise ControlError("人员要有 userId")
        person = Person(
            user_id=user_id, union_id=str(row.get("unionId") or f"union-{user_id}"),
            name=str(row.get("name") or user_id), mobile=str(row.get("mobile") or ""),
            title=str(row.get("title") or ""), unit=str(row.get("unit") or ""), leader=bool(row.get("leader")),
        )  # fmt: skip
        self.people[user_id] = person
        if person.unit:
            parts = person.unit.split("/")
            for depth in range(1, len(parts) + 1):
                self._departments.setdefault("/".join(parts[:depth]), len(self._departments) + 100)
        return person

    def remove(self, user_id: str) -> None:
        """Let a person leave."""
        self.people.pop(user_id, None)

    def get(self, user_id: str) -> Person:
        """The person with this userId.

        Raises:
            ControlError: nobody has it.
        """
        if user_id not in self.people:
            raise ControlError(f"通讯录里没有「{user_id}」", status=404)
        return self.people[user_id]

    def resolve(self, given: str, id_type: int = 1) -> Person | None:
        """The person with this userId (type 1) or unionId (type 2)."""
        if id_type == 2:
            return next((p for p in self.people.values() if p.union_id == given), None)
        return self.people.get(given)

    def search(self, words: str) -> list[Person]:
        """People whose name, unit or title holds every word."""
        parts = words.split()
        return [p for p in self.people.values() if all(part in f"{p.name} {p.unit} {p.title}" for part in parts)]

    def department_of(self, person: Person) -> int:
        """The id of a person's department."""
        return self._departments.get(person.unit, ROOT)

    def departments(self) -> dict[int, str]:
        """Department id → name, without the root."""
        return {number: path.rpartition("/")[2] for path, number in self._departments.items()}

    def tree(self) -> list[Json]:
        """Every department with its parent; a unit written as 水务局/办公室 lies below 水务局."""
        rows = []
        for path, number in self._departments.items():
            above, _, name = path.rpartition("/")
            rows.append({"dept_id": number, "name": name, "parent_id": self._departments.get(above, ROOT)})
        return rows

    def members(self, department: int) -> list[Person]:
        """People directly in a department."""
        return [p for p in self.people.values() if self.department_of(p) == department]

    def dump(self) -> list[dict[str, Any]]:
        """Plain rows for the state file."""
        return [asdict(person) for person in self.people.values()]

    def load(self, rows: list[dict[str, Any]]) -> None:
        """Rows of a state file; people the directory file already named keep its facts."""
        for row in rows:
            if row["user_id"] not in self.people:
                self.add(Person(**row).to_json())
