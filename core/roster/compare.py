"""An outside directory beside ours: what would change. People are found by lasting ids, then number, never by name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2s

from core.policy.roster import RosterRules
from core.ports import OutsideDirectory, OutsidePerson, OutsideUnit
from core.roster.known import Known, Someone
from core.roster.plan import HELD, Fault, Line, Plan

PHONE = re.compile(r"1\d{10}")
CODE = re.compile(r"[a-z][a-z0-9_]{1,39}")
USERID = re.compile(r"[A-Za-z0-9_.-]{1,64}")
NAMED = 5
"""How many departments a note names."""


@dataclass(slots=True)
class _Work:
    """What has been found so far."""

    units: tuple[OutsideUnit, ...]
    lines: list[Line] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    links: list[tuple[str, str, int]] = field(default_factory=list)
    present: set[int] = field(default_factory=set)
    lost: Counter[str] = field(default_factory=Counter)


def compare(
    source: str, outside: OutsideDirectory, known: Known, index: Callable[[str], str], rules: RosterRules
) -> Plan:
    """What a directory that was read to its end would change. `index` makes the blind index of a number."""
    work, home = _Work(outside.units), _homes(outside, known)
    for unit, ours in home.items():
        if unit not in known.unit_links and ours is not None and _named(outside, unit) in known.unit_by_name:
            work.links.append(("unit", unit, ours))
    ids, phones = Counter(one.id for one in outside.people), Counter(one.phone for one in outside.people if one.phone)
    for one in sorted(outside.people, key=lambda one: one.id):
        twice = "编号重复" if ids[one.id] > 1 else "手机号与名单里另一人重复" if phones[one.phone] > 1 else ""
        _look_at(source, one, twice, home, known, index, rules, work)
    total = _leave(source, known, rules, work)
    for name, count in work.lost.most_common(NAMED):
        work.notes.append(f"「{name}」没有对应的单位，{count} 人没有岗位；请先在「单位」里新增。")
    if (more := len(work.lost) - NAMED) > 0:
        work.notes.append(f"另有 {more} 个部门没有对应的单位。")
    return Plan(tuple(work.lines), tuple(work.faults), tuple(work.notes), tuple(work.links), total, len(outside.people))


def _named(outside: OutsideDirectory, unit: str) -> str:
    return next((one.name for one in outside.units if one.id == unit), "")


def _homes(outside: OutsideDirectory, known: Known) -> dict[str, int | None]:
    """Outside department → our unit: the one it is linked to, the one of its name, or that of the nearest above."""
    rows = {one.id: one for one in outside.units}
    found: dict[str, int | None] = {}
    for start in rows:
        at, seen = start, set[str]()
        while at in rows and at not in seen:
            seen.add(at)
            ours = known.unit_links.get(at, known.unit_by_name.get(rows[at].name))
            if ours is not None and known.units[ours].active:
                found[start] = ours
                break
            at = rows[at].parent
        found.setdefault(start, None)
    return found


def _look_at(
    source: str, one: OutsidePerson, twice: str, home: dict[str, int | None], known: Known,
    index: Callable[[str], str], rules: RosterRules, work: _Work,
) -> None:  # fmt: skip
    mine, why = _match(source, one, known, index)
    if mine is not None:
        work.present.add(mine.id)
    if why := twice or why or _unfit(one):
        work.faults.append(Fault(0, one.name[:20], f"{why}，请先核对，没有导入。"))
        work.present |= set(known.by_phone.get(index(one.phone), ())) if PHONE.fullmatch(one.phone) else set()
        return
    names = {unit.id: unit.name for unit in work.units}
    here = {ours for unit in one.units if (ours := home.get(unit)) is not None}
    if not here:
        work.lost["、".join(names[unit] for unit in one.units if unit in names) or "未分部门"] += 1
    if mine is None:
        work.lines.extend(_arrives(source, one, here, known, rules))
        return
    if known.by_link.get(one.id) != mine.id:
        work.links.append(("person", one.id, mine.id))
    work.lines.extend(_changes(one, mine, index))
    work.lines.extend(_moves(one, mine, here, known, rules, work))


def _match(source: str, one: OutsidePerson, known: Known, index: Callable[[str], str]) -> tuple[Someone | None, str]:
    """The person of ours, and why it cannot be told who it is."""
    person = known.by_link.get(one.id)
    if person is None and one.dingtalk:
        person = known.by_dingtalk.get(one.dingtalk)
    if person is not None:
        return known.people[person], ""
    held = known.by_phone.get(index(one.phone), []) if PHONE.fullmatch(one.phone) else []
    if len(held) > 1:
        return None, "手机号在本平台有两人登记"
    if held and known.people[held[0]].name != one.name:
        return None, f"手机号已登记在「{known.people[held[0]].name}」名下"
    if held and source == "dingtalk" and known.people[held[0]].dingtalk:
        return None, "手机号已登记给另一个钉钉账号"
    return (known.people[held[0]], "") if held else (None, "")


def _unfit(one: OutsidePerson) -> str:
    if not one.id or len(one.id) > 128 or not one.id.isprintable():
        return "没有编号"
    if not 0 < len(one.name.strip()) <= 20 or not one.name.isprintable():
        return "姓名为空或太长"
    if one.phone and not PHONE.fullmatch(one.phone):
        return "手机号不是十一位"
    return "钉钉账号写法不对" if one.dingtalk and not USERID.fullmatch(one.dingtalk) else ""


def _arrives(source: str, one: OutsidePerson, here: set[int], known: Known, rules: RosterRules) -> Iterator[Line]:
    code = _code(source, one, known)
    values = {"code": code, "name": one.name.strip(), "phone": one.phone, "dingtalk": one.dingtalk}
    where = "、".join(known.units[unit].short for unit in sorted(here)) or "未对应单位"
    yield Line("person", "add", "", one.name, where, values, link=("person", one.id))
    for unit in sorted(here):
        yield _post(one, code, unit, known, rules)


def _post(one: OutsidePerson, code: str, unit: int, known: Known, rules: RosterRules, role: str = "") -> Line:
    usual, title = rules.leader if one.leader else rules.member
    row = known.units[unit]
    values = {"role": role or usual, "title": (one.title or title)[:40]}
    return Line("post", "add", "", one.name, f"{row.short} {values['title']}", values, who=code, unit=row.code)


def _code(source: str, one: OutsidePerson, known: Known) -> str:
    """A code for somebody new: the userid where it is one and is free, else a short print of the id."""
    wish = one.dingtalk.lower()
    if CODE.fullmatch(wish) and wish not in known.by_code:
        return wish
    return f"{source[0]}{blake2s(f'{source}:{one.id}'.encode(), digest_size=6).hexdigest()}"


def _changes(one: OutsidePerson, mine: Someone, index: Callable[[str], str]) -> Iterator[Line]:
    name = one.name.strip()
    new_phone = bool(one.phone) and index(one.phone) != mine.phone_index
    new_account = bool(one.dingtalk) and one.dingtalk != mine.dingtalk
    found = [
        ("name", name, f"姓名 {mine.name} → {name}", name != mine.name),
        ("phone", one.phone, "手机号已更换" if mine.phone_index else "补上手机号", new_phone),
        ("dingtalk", one.dingtalk, "钉钉账号已更换" if mine.dingtalk else "补上钉钉账号", new_account),
        ("active", "yes", "重新启用", not mine.active),
    ]
    if changed := [row for row in found if row[3]]:
        values = {field: value for field, value, _, _ in changed}
        yield Line("person", "change", mine.code, one.name, "；".join(row[2] for row in changed), values)


def _moves(
    one: OutsidePerson, mine: Someone, here: set[int], known: Known, rules: RosterRules, work: _Work
) -> Iterator[Line]:
    """Another department: the posts of a unit's own roles go along once the security administrator says so."""
    if not here or here & {post.unit for post in mine.posts}:
        return
    going = [post for post in mine.posts if post.role in rules.moved]
    if mine.posts and not going:
        work.notes.append(f"{one.name}换了部门，但其岗位不随部门变动，请在「岗位」里核对。")
        return
    for unit in sorted(here):
        yield _post(one, mine.code, unit, known, rules, going[0].role if going else "")
    for post in going:
        says = f"{known.units[post.unit].short} {post.title}"
        yield Line("post", "retire", str(post.id), one.name, f"离开 {says}")


def _leave(source: str, known: Known, rules: RosterRules, work: _Work) -> int:
    """People of this source who are no longer named; returns of how many. Held back when too many go at once (A6)."""
    linked = {person for person in known.by_link.values() if known.people[person].active}
    if source == "dingtalk":
        linked |= {person for person in known.by_dingtalk.values() if known.people[person].active}
    gone = sorted(linked - work.present)
    absurd = rules.is_absurd(len(gone), len(linked))
    for person in gone:
        one = known.people[person]
        where = "、".join(dict.fromkeys(known.units[post.unit].short for post in one.posts)) or "没有岗位"
        line = Line("person", "retire", one.code, one.name, where)
        work.lines.append(line.ended(HELD, "一次少了太多人，名单可能不全") if absurd else line)
        for unit, count in known.alone(one) if not absurd else ():
            work.notes.append(f"{one.name}停用后，{unit}没有人在岗，还有 {count} 件在办，请先安排接手。")
    return len(linked)
