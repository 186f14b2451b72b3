"""A sheet of units, or of people and their posts: each row judged like its form; who is not in it stays as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.arrivals.opening import WrongFile
from core.arrivals.rows import LOST
from core.errors import Refusal
from core.plain import is_formula
from core.policy.registers import Column, Register, load_registers
from core.register.checks import Choices, checked, in_form
from core.roster.known import Known, Someone
from core.roster.plan import Fault, Line, Plan

UNIT_COLUMNS = ("code", "name", "short", "kind", "group", "parent_id", "hours", "duties", "active")
PERSON_COLUMNS = ("code", "name", "phone", "dingtalk", "active")
POST_COLUMNS = ("unit_id", "role", "title")
NEEDED = {"unit": ("code",), "person": ("code", "name")}
YES_NO = {"是": "yes", "否": "no", "在用": "yes", "停用": "no"}


class Unfit(Exception):
    """A row that cannot be taken: the column, and why in a few words."""

    def __init__(self, column: str, why: str) -> None:
        self.column, self.why = column, why
        super().__init__(why)


@dataclass(slots=True)
class Reader:
    """What a sheet is read against. `units` and `people`: the rows of the registers as they are, by code."""

    known: Known
    units: Mapping[str, Mapping[str, Any]]
    people: Mapping[str, Mapping[str, Any]]
    choices: Mapping[str, Choices]
    index: Callable[[str], str]
    today: date
    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    new_units: dict[str, str] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    phones: dict[str, str] = field(default_factory=dict)

    def plan(self, rows: Sequence[Sequence[str]]) -> Plan:
        """Everything the sheet would change. Raises WrongFile for a header that is neither kind."""
        header, *body = rows or [[]]
        kind, columns, strange = columns_of(header)
        take = self._unit if kind == "unit" else self._person
        count = 0
        for number, cells in enumerate(body, 2):
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            try:
                take(number, _given(cells, columns))
            except Unfit as no:
                self.faults.append(Fault(number, no.column, no.why))
            except Refusal as no:
                self.faults.append(Fault(number, "", str(no)))
        notes = (f"不认识「{'、'.join(strange)}」列，没有用到。",) if strange else ()
        return Plan(tuple(self.lines), tuple(self.faults), notes, seen=count)

    def _unit(self, number: int, given: dict[str, str]) -> None:
        code, register = given["code"], load_registers()["unit"]
        self._once("code", "代码", code, number)
        above = self._unit_code("上级单位", given.pop("parent_id", ""), allow_new=True)
        old = self.units.get(code)
        values = self._worded(register, "unit", given)
        checked(register, "change" if old else "add", values, old, self.choices["unit"], self.today)
        self.new_units |= {name: code for name in (code, given.get("name", ""), given.get("short", "")) if name}
        called = given.get("short") or (str(old["short"]) if old else code)
        if old is None:
            self.lines.append(Line("unit", "add", "", called, given.get("name", ""), values, unit=above, number=number))
        elif values.get("active") == "no":
            self._retire("unit", old, called, number)
        else:
            self._change("unit", register, old, values, called, number, above)

    def _person(self, number: int, given: dict[str, str]) -> None:
        register, code = load_registers()["person"], given["code"]
        post = {name: given.pop(name, "") for name in POST_COLUMNS}
        old, mine = self.people.get(code), self.known.people.get(self.known.by_code.get(code, 0))
        values = self._worded(register, "person", given)
        checked(register, "change" if old else "add", values, old, self.choices["person"], self.today)
        self._phone(code, given.get("phone", ""), mine)
        unit, duty = self._post_unit(post), {}
        if unit:
            wanted = {"role": post["role"], "title": post["title"]}
            duty = self._worded(load_registers()["post"], "post", wanted)
        if code not in self.seen:
            if old is None:
                self.lines.append(Line("person", "add", "", given["name"], code, values, number=number))
            elif values.get("active") == "no":
                self._retire("person", old, given["name"], number)
            else:
                self._change("person", register, old, values, given["name"], number)
        self.seen.setdefault(code, number)
        if unit and values.get("active") != "no":
            self._post(number, given["name"], code, unit, duty, mine)

    def _post(self, number: int, name: str, code: str, unit: str, duty: dict[str, str], mine: Someone | None) -> None:
        ours = self.known.unit_by_code.get(unit)
        held = [one for one in mine.posts if (one.unit, one.role) == (ours, duty["role"])] if mine else []
        where = self.known.units[ours].short if ours is not None else unit
        self._once("post", "岗位", f"{code} {unit} {duty['role']}", number)
        says = f"{where} {duty['title']}（{self.choices['post']['role'].get(duty['role'], '')}）"
        if not held:
            self.lines.append(Line("post", "add", "", name, says, duty, who=code, unit=unit, number=number))
        elif held[0].title != duty["title"]:
            new = {"title": duty["title"]}
            self.lines.append(Line("post", "change", str(held[0].id), name, f"职务改为 {says}", new, number=number))

    def _post_unit(self, post: Mapping[str, str]) -> str:
        if not any(post.values()):
            return ""
        for name, label in {"unit_id": "单位", "role": "角色", "title": "职务"}.items():
            if not post[name]:
                raise Unfit(label, "有岗位的，单位、角色、职务都要填")
        if len(post["title"]) > 40:
            raise Unfit("职务", "最多 40 个字")
        return self._unit_code("单位", post["unit_id"], allow_new=False)

    def _phone(self, code: str, phone: str, mine: Someone | None) -> None:
        """A number is one person's, in the sheet and in the register."""
        if not phone:
            return
        if self.phones.setdefault(phone, code) != code:
            raise Unfit("手机", "与另一人的手机号重复")
        for person in self.known.by_phone.get(self.index(phone), ()):
            if mine is None or person != mine.id:
                raise Unfit("手机", f"已登记在「{self.known.people[person].name}」名下")

    def _unit_code(self, label: str, words: str, *, allow_new: bool) -> str:
        if not words:
            return ""
        if allow_new and words in self.new_units:
            return self.new_units[words]
        ours = self.known.unit_by_code.get(words, self.known.unit_by_name.get(words))
        if ours is None or not self.known.units[ours].active:
            raise Unfit(label, f"没有「{words[:20]}」这个单位" + ("，上级要写在前面的行" if allow_new else ""))
        return str(self.known.units[ours].code)

    def _worded(self, register: Register, kind: str, given: Mapping[str, str]) -> dict[str, str]:
        """Words a person wrote as the form sends them: a choice by its code, 是 and 否 as yes and no."""
        told = dict[str, str]()
        for name, text in given.items():
            column = register.fields[name]
            if column.kind == "choice" and text:
                titles = {title: code for code, title in self.choices[kind].get(name, {}).items()}
                if text not in titles and text not in titles.values():
                    raise Unfit(column.label, f"没有「{text[:20]}」这一项")
                told[name] = titles.get(text, text)
            elif column.kind == "flag" and text:
                if text not in YES_NO:
                    raise Unfit(column.label, "请填是或否")
                told[name] = YES_NO[text]
            elif text:
                told[name] = text
        return told

    def _change(
        self, kind: str, register: Register, old: Mapping[str, Any], values: Mapping[str, str], called: str,
        number: int, above: str = "",
    ) -> None:  # fmt: skip
        """Only what differs; an empty cell leaves a field as it is."""
        fields = register.fields
        new = {name: text for name, text in values.items() if text != in_form(fields[name], old[name])}
        mine = self.known.people.get(old["id"]) if kind == "person" else None
        if mine is not None and "phone" in new and self.index(new["phone"]) == mine.phone_index:
            new.pop("phone")
        ours = self.known.unit_by_code.get(above) if above else old.get("parent_id")
        moved = kind == "unit" and bool(above) and ours != old["parent_id"]
        if new or moved:
            says = "；".join([_said(fields[name], old[name], text) for name, text in new.items()])
            says = "；".join(filter(None, (says, "上级单位已更换" if moved else "")))
            self.lines.append(
                Line(kind, "change", old["key"], called, says, new, unit=above if moved else "", number=number)
            )

    def _retire(self, kind: str, old: Mapping[str, Any], called: str, number: int) -> None:
        if old["active"]:
            self.lines.append(Line(kind, "retire", old["key"], called, "表格里写明停用", number=number))

    def _once(self, kind: str, label: str, words: str, number: int) -> None:
        first = self.seen.setdefault(f"{kind}:{words}", number)
        if first != number:
            raise Unfit(label, f"与第 {first} 行重复")


def columns_of(header: Sequence[str]) -> tuple[str, dict[int, str], list[str]]:
    """Which sheet it is, column → field, and the labels nobody knows. Raises WrongFile."""
    labels = [cell.replace(" ", "").rstrip("*＊").removesuffix("（必填）") for cell in header]
    kind = "person" if "姓名" in labels else "unit" if "全称" in labels else ""
    if not kind:
        raise WrongFile(what="表格", why="第一行要有「姓名」（人员）或「全称」（单位）列，请用模板")
    fields = labels_of(kind)
    found = {at: fields[label] for at, label in enumerate(labels) if label in fields}
    if len(set(found.values())) < len(found):
        raise WrongFile(what="表格", why="有一列写了两次")
    names = {field: label for label, field in fields.items()}
    if missing := [names[name] for name in NEEDED[kind] if name not in found.values()]:
        raise WrongFile(what="表格", why=f"第一行缺少「{missing[0]}」列，请用模板")
    return kind, found, [label[:12] for label in labels if label and label not in fields][:5]


def labels_of(kind: str) -> dict[str, str]:
    """Label → field, in the order of the template."""
    registers = load_registers()
    if kind == "unit":
        return {registers["unit"].fields[name].label: name for name in UNIT_COLUMNS}
    person = {registers["person"].fields[name].label: name for name in PERSON_COLUMNS}
    return person | {registers["post"].fields[name].label: name for name in POST_COLUMNS}


def _given(cells: Sequence[str], columns: Mapping[int, str]) -> dict[str, str]:
    """The row's texts. Raises Unfit for a cell that reads as a formula, or a number the sheet has cut."""
    given = dict.fromkeys(columns.values(), "")
    for at, name in columns.items():
        cell = cells[at] if at < len(cells) else ""
        if cell.startswith("\0"):
            raise Unfit("", LOST)
        if is_formula(cell):
            raise Unfit("", "有一格以 = + - @ 开头，像是公式，请改成文字")
        given[name] = cell.strip()
    return given


def _said(column: Column, old: Any, new: str) -> str:
    """「姓名 王明 → 王小明」; a number is never said."""
    if column.kind in ("phone", "choice") or not old:
        return f"{column.label}已填写" if not old else f"{column.label}已更换"
    was = in_form(column, old)
    words = {"yes": "是", "no": "否"} if column.kind == "flag" else {}
    return f"{column.label} {words.get(was, was)} → {words.get(new, new)}"
