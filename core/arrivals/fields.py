"""The registration form as rules: given texts become a ticket, or every fault beside the field it belongs to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.decide import check_text
from core.errors import BadField, FieldMissing, Refusal
from core.policy import URGENCIES, Policy
from core.ports import Ticket

YES = frozenset({"1", "是", "true", "on", "yes", "√"})
NO = frozenset({"", "0", "否", "false", "off", "no"})
OWN_CHANNEL, OWN_TYPE = "ZJ", "help"
"""What a unit registers by itself comes from itself (domain-rules §2.3), as a request for help unless it says else."""
_PHONE = re.compile(r"\+?\d{5,20}")
_CODE = re.compile(r"\s*(\d{2}|\d{4}|\d{6})(?!\d)")


class FormFaulty(Refusal):
    text = "有{count}处没有填好，请按每一处的提示改正。"
    status = 422


@dataclass(frozen=True, slots=True)
class Rule:
    """One field of the form: its label, its most characters, whether a case needs it."""

    label: str
    most: int = 0
    needed: bool = False


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "channel": Rule("问题来源", needed=True),
        "outside_no": Rule("来件编号", 64),
        "type": Rule("诉求性质", needed=True),
        "service_type": Rule("服务类型"),
        "class_code": Rule("诉求分类"),
        "urgency": Rule("紧急程度", needed=True),
        "title": Rule("标题", 100, True),
        "content": Rule("内容", 5000, True),
        "place": Rule("地点", 200, True),
        "town": Rule("镇街"),
        "community": Rule("社区（村）"),
        "caller_name": Rule("诉求人", 50),
        "caller_phone": Rule("联系电话", 40),
        "address": Rule("详细地址", 200),
        "parent_no": Rule("关联办件", 64),
        "anonymous": Rule("匿名或没有诉求人"),
        "keep_secret": Rule("为诉求人保密"),
        "wants_reply": Rule("需要答复"),
        "hard": Rule("疑难"),
        "sensitive": Rule("敏感"),
    }
)
FLAGS = ("anonymous", "keep_secret", "wants_reply", "hard", "sensitive")
USUAL: Mapping[str, str] = MappingProxyType({"channel": OWN_CHANNEL, "type": OWN_TYPE, "urgency": "normal"})
CUT_AT = 6_000
"""Characters of a value that are shown again; what is longer is refused anyway."""


@dataclass(frozen=True, slots=True)
class Towns:
    """The units a place may lie in: short name → full name, and each community's town."""

    towns: frozenset[str]
    communities: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was understood: what stands in each field, what is wrong beside it, and the ticket if nothing is."""

    values: Mapping[str, str]
    faults: Mapping[str, str]
    ticket: Ticket | None

    def sure(self) -> Ticket:
        """The ticket. Raises FormFaulty."""
        if self.ticket is None:
            raise FormFaulty(count=len(self.faults))
        return self.ticket


def fill(policy: Policy, towns: Towns, given: Mapping[str, str], *, caller_needed: bool = True) -> Filled:
    """Read every field, so that all faults show at once. `caller_needed`: a number, or the word that there is none."""
    values = {name: flat(given.get(name, "")) if name != "content" else _lines(given.get(name, "")) for name in RULES}
    faults: dict[str, str] = {}
    got = dict(values)
    for name, rule in RULES.items():
        try:
            got[name] = _read(policy, towns, name, rule, values[name])
        except Refusal as refusal:
            faults[name] = str(refusal)
    if caller_needed and not (values["caller_phone"] or _is(values["anonymous"])):
        faults.setdefault("caller_phone", "请填写电话，或勾选「匿名或没有诉求人」。")
    if not faults.get("community") and got["community"] and not got["town"]:
        got["town"] = towns.communities.get(got["community"], "")
    shown = {name: text[:CUT_AT] for name, text in values.items()}
    return Filled(MappingProxyType(shown), MappingProxyType(faults), None if faults else _ticket(got))


def flat(text: str) -> str:
    """One line: blanks joined, invisible characters gone; NUL stays, to be refused."""
    kept = (" " if one.isspace() else one for one in text if one == "\0" or unicodedata.category(one) != "Cf")
    return " ".join("".join(kept).split())


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def phone_of(text: str) -> str:
    """A number as it is kept: digits alone; empty for what is none."""
    bare = re.sub(r"[\s()（）\-－—]", "", unicodedata.normalize("NFKC", text))
    return bare if _PHONE.fullmatch(bare) else ""


def _read(policy: Policy, towns: Towns, name: str, rule: Rule, text: str) -> str:
    """A field's value as the ticket keeps it. Raises Refusal."""
    if rule.needed and not text:
        raise FieldMissing(field=rule.label, action="登记")
    check_text(rule.label, text, rule.most or 100)
    if name in FLAGS:
        return _flag(rule, text)
    return _READERS[name](policy, towns, text) if text and name in _READERS else text


def _flag(rule: Rule, text: str) -> str:
    if text.lower() not in YES | NO:
        raise BadField(field=rule.label, why="请写是或否")
    return "1" if text.lower() in YES else ""


def _is(text: str) -> bool:
    return text.lower() in YES


def _code(known: Mapping[str, str], label: str) -> Callable[[Policy, Towns, str], str]:
    """A code, or the words it stands for."""

    def read(_policy: Policy, _towns: Towns, text: str) -> str:
        found = text if text in known else next((code for code, title in known.items() if title == text), None)
        if found is None:
            raise BadField(field=label, why="请从列表中选择")
        return found

    return read


def _channel(policy: Policy, towns: Towns, text: str) -> str:
    names = {code: source.title for code, source in policy.sources.items()}
    shorts = {source.short: code for code, source in policy.sources.items()}
    return _code(names, "问题来源")(policy, towns, shorts.get(text, text))


def _class(policy: Policy, _towns: Towns, text: str) -> str:
    """A code, 「020301 路灯不亮（…）」 as the list offers it, or the title of one class alone."""
    match = _CODE.match(text)
    if match and match[1] in policy.classes:
        return match[1]
    found = [row.code for row in policy.classes.values() if row.title == text]
    if len(found) != 1:
        raise BadField(field="诉求分类", why="请从列表中选择")
    return found[0]


def _town(_policy: Policy, towns: Towns, text: str) -> str:
    if text not in towns.towns:
        raise BadField(field="镇街", why="请从列表中选择")
    return text


def _community(_policy: Policy, towns: Towns, text: str) -> str:
    if text not in towns.communities:
        raise BadField(field="社区（村）", why="请从列表中选择，或留空")
    return text


def _phone(_policy: Policy, _towns: Towns, text: str) -> str:
    found = phone_of(text)
    if not found:
        raise BadField(field="联系电话", why="应是5到20位数字")
    return found


_READERS: Mapping[str, Callable[[Policy, Towns, str], str]] = MappingProxyType(
    {
        "channel": _channel,
        "type": lambda policy, towns, text: _code(policy.types, "诉求性质")(policy, towns, text),
        "service_type": lambda policy, towns, text: _code(policy.service_types, "服务类型")(policy, towns, text),
        "urgency": _code(URGENCIES, "紧急程度"),
        "class_code": _class,
        "town": _town,
        "community": _community,
        "caller_phone": _phone,
    }
)


def _ticket(got: Mapping[str, str]) -> Ticket:
    nobody = got["anonymous"] == "1"
    return Ticket(
        got["outside_no"], 1, got["channel"], got["type"], got["title"], got["content"], got["place"],
        urgency=got["urgency"], service_type=got["service_type"] or None, class_code=got["class_code"] or None,
        town=got["town"] or None, community=got["community"] or None, caller_name=got["caller_name"] or None,
        caller_phone=got["caller_phone"] or None, address=got["address"] or None,
        keep_secret=got["keep_secret"] == "1", wants_reply=got["wants_reply"] == "1", hard=got["hard"] == "1",
        sensitive=got["sensitive"] == "1", parent_no=got["parent_no"] or None,
        more={"anonymous": True} if nobody else None,
    )  # fmt: skip
