"""A 12345 ticket as it arrives → a Ticket in our words, every field checked by type, length, range and characters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from core.errors import BadField, FieldMissing, Malformed, TooLong
from core.policy import URGENCIES, Policy, load_policy
from core.ports import Ticket
from core.queries.masks import mask_address
from core.worktime import SHANGHAI

DEEPEST = 20
"""How many levels a body may nest (security-reliability C1)."""

YES_NO = MappingProxyType(
    {"是": True, "有": True, "1": True, "true": True} | dict.fromkeys(("否", "无", "0", "false"), False)
)
SEXES = MappingProxyType({"男": "male", "女": "female", "未知": "unknown"})
SUBJECTS = MappingProxyType({"个人": "citizen", "群众": "citizen", "企业": "company", "单位": "company"})
SYSTEMS = MappingProxyType({"WGS-84": "WGS84", "GCJ-02": "GCJ02", "BD-09": "BD09", "2000国家大地坐标系": "CGCS2000"})

_NOT_TEXT = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
_WRITTEN = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\s*(\d{1,2})[:：时](\d{1,2})(?:[:：分](\d{1,2})秒?|分)?)?", re.ASCII
)
_DIRTY, _DIRTY_LINE = re.compile(f"[{_NOT_TEXT}]"), re.compile(f"[{_NOT_TEXT}\\n\\r]")


@dataclass(frozen=True, slots=True)
class Rule:
    """One field of the union: its Chinese name, its kind and its bounds (characters of a text, values of a number)."""

    label: str
    kind: str = "text"  # text, flag, count, number, moment, choice, files
    most: int = 100
    least: float = 0
    required: bool = False
    lines: bool = False  # line breaks allowed
    digits: bool = False  # a number or a phone: may come as a JSON number


FIELDS: Mapping[str, Rule] = MappingProxyType(
    {
        "ticket_no": Rule("工单编号", most=64, required=True, digits=True),
        "revision": Rule("版本", "count", 1_000_000, least=1),
        "channel": Rule("问题来源", "choice"),
        "type": Rule("诉求性质", "choice"),
        "urgency": Rule("紧急程度", "choice"),
        "service_type": Rule("服务类型", most=40),
        "classification": Rule("诉求分类", most=100),
        "title": Rule("标题", most=100, required=True),
        "content": Rule("内容", most=5000, required=True, lines=True),
        "requested_outcome": Rule("诉求目的", most=1000, lines=True),
        "event_time": Rule("事发时间", "moment"),
        "respondent_name": Rule("被反映对象"),
        "respondent_phone": Rule("被反映对象电话", most=40, digits=True),
        "attachments": Rule("附件", "files", 20),
        "caller_name": Rule("诉求人", most=50),
        "caller_sex": Rule("性别", "choice"),
        "caller_phone": Rule("联系电话", most=40, digits=True),
        "second_contact": Rule("备用联系方式", digits=True),
        "email": Rule("电子邮箱", most=254),
        "company": Rule("企业名称"),
        "caller_label": Rule("诉求人标签"),
        "subject_type": Rule("诉求主体", "choice"),
        "keep_secret": Rule("是否保密", "flag"),
        "wants_reply": Rule("是否需要答复", "flag"),
        "area": Rule("区", most=40),
        "street": Rule("镇街", most=40),
        "community": Rule("社区", most=60),
        "grid": Rule("网格", most=60),
        "address": Rule("详细地址", most=200),
        "place": Rule("地点", most=200),
        "longitude": Rule("经度", "number", 180, least=-180),
        "latitude": Rule("纬度", "number", 90, least=-90),
        "coordinate_system": Rule("坐标系", "choice"),
        "call_id": Rule("通话编号", most=64, digits=True),
        "recording": Rule("录音", most=300),
        "registered_by": Rule("登记人", most=50),
        "registered_at": Rule("登记时间", "moment"),
        "hard": Rule("疑难", "flag"),
        "sensitive": Rule("敏感", "flag"),
        "out_of_duty": Rule("超职责", "flag"),
        "unreasonable": Rule("不合理诉求", "flag"),
        "parent_no": Rule("关联工单", most=64, digits=True),
        "reminder_no": Rule("催办编号", most=64, digits=True),
        "duplicate_group": Rule("重复件分组", most=64, digits=True),
    }
)
"""The fields a platform may send (domain-rules §2.1), in our names; any other is refused."""

_OWN = frozenset({
    "ticket_no", "revision", "channel", "type", "urgency", "service_type", "classification", "title", "content",
    "place", "street", "community", "caller_name", "caller_phone", "address", "keep_secret", "wants_reply", "hard",
    "sensitive", "parent_no",
})  # fmt: skip
"""Fields with a place of their own in a Ticket; the others travel in `more`."""


def read_ticket(raw: object, policy: Policy | None = None) -> Ticket:
    """The ticket in a JSON object, its words those of `policy` (as printed when none is given).

    Raises Malformed, BadField, TooLong or FieldMissing: one sentence each.
    """
    policy = policy or load_policy()
    if not isinstance(raw, Mapping):
        raise Malformed(why="工单应是一个 JSON 对象")
    if unknown := next((name for name in raw if name not in FIELDS), None):
        raise Malformed(why=f"不认识字段「{shown(unknown)}」")
    got = {name: _value(name, rule, raw.get(name), policy) for name, rule in FIELDS.items()}
    code = _code(got["classification"], {row.title: row.code for row in policy.classes.values()}, policy.classes)
    services = {title: one for one, title in policy.service_types.items()}
    service = _code(got["service_type"], services, policy.service_types)
    more = {name: value for name, value in got.items() if name not in _OWN and value not in (None, "")}
    more |= {"classification": got["classification"]} if got["classification"] and code is None else {}
    more |= {"service_type": got["service_type"]} if got["service_type"] and service is None else {}
    return Ticket(
        outside_no=got["ticket_no"],
        revision=got["revision"] or 1,
        channel=got["channel"] or "RX",
        type=got["type"] or "other",
        title=got["title"],
        content=got["content"],
        place=got["place"] or _where(got),
        urgency=got["urgency"] or "normal",
        service_type=service,
        class_code=code,
        town=got["street"] or None,
        community=got["community"] or None,
        caller_name=got["caller_name"] or None,
        caller_phone=got["caller_phone"] or None,
        address=got["address"] or None,
        keep_secret=bool(got["keep_secret"]),
        wants_reply=got["wants_reply"] is not False,
        hard=bool(got["hard"]),
        sensitive=bool(got["sensitive"]),
        parent_no=got["parent_no"] or None,
        more=more or None,
    )


def _where(got: Mapping[str, Any]) -> str:
    """A ticket without a place still has to be somewhere: the widest words it gives.

    Its address is the citizen's and sealed; where nothing else is known it gives the street, as everybody may read it.
    """
    parts = [got[name] for name in ("area", "street", "community", "grid") if got[name]]
    road = "" if got["keep_secret"] else mask_address(got["address"] or "")
    return "".join(parts) or road or "地点不详"


def _value(name: str, rule: Rule, given: object, policy: Policy) -> Any:
    if given is None or given == "":
        if rule.required:
            raise FieldMissing(field=rule.label, action="推送")
        return None
    match rule.kind:
        case "text":
            return _text(rule, given)
        case "flag":
            return _flag(rule, given)
        case "count" | "number":
            return _number(rule, given)
        case "moment":
            return _moment(rule, given)
        case "files":
            return _files(rule, given)
    return _choice(name, rule, given, policy)


def _text(rule: Rule, given: object) -> str:
    if rule.digits and isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 10**20:
        given = str(given)
    if not isinstance(given, str):
        raise BadField(field=rule.label, why="应是文字")
    if len(given) > rule.most:
        raise TooLong(field=rule.label, limit=rule.most)
    if not is_clean(given, lines=rule.lines):
        raise BadField(field=rule.label, why="含有不能显示的字符")
    text = given.strip()
    if rule.required and not text:
        raise FieldMissing(field=rule.label, action="推送")
    return text


def is_clean(text: str, *, lines: bool = True) -> bool:
    """Whether a text holds no NUL or other control character, lone surrogate or non-character."""
    return (_DIRTY if lines else _DIRTY_LINE).search(text) is None


def _flag(rule: Rule, given: object) -> bool:
    if isinstance(given, bool):
        return given
    word = str(given).strip().lower() if isinstance(given, (str, int)) else ""
    if word not in YES_NO:
        raise BadField(field=rule.label, why="请填是或否")
    return YES_NO[word]


def _number(rule: Rule, given: object) -> int | float:
    whole = rule.kind == "count"
    if isinstance(given, str) and len(given) <= 20 and given.isascii():
        try:
            given = int(given) if whole else float(given)
        except ValueError:
            raise BadField(field=rule.label, why="应是数字") from None
    if isinstance(given, bool) or not isinstance(given, int if whole else (int, float)):
        raise BadField(field=rule.label, why="应是整数" if whole else "应是数字")
    if not rule.least <= given <= rule.most:
        raise BadField(field=rule.label, why=f"应在 {rule.least:g} 到 {rule.most} 之间")
    return given


def _moment(rule: Rule, given: object) -> str:
    """ISO 8601 with its zone, or as it is written here (2026/3/9 8:05); a moment without a zone is Shanghai time."""
    try:
        moment = datetime.fromisoformat(_iso(given)) if isinstance(given, str) and len(given) <= 40 else None
        if moment is None or not 1990 <= moment.year <= 2100:
            raise ValueError
        return (moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).isoformat()
    except (ValueError, OverflowError):
        raise BadField(field=rule.label, why="应形如 2026-03-15 09:30:00") from None


def _iso(text: str) -> str:
    """A moment with slashes, dots or 年月日 and single digits as ISO 8601; any other text as it is."""
    match = _WRITTEN.fullmatch(text.strip())
    if match is None:
        return text
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"


def _files(rule: Rule, given: object) -> list[str]:
    if not isinstance(given, list) or len(given) > rule.most:
        raise BadField(field=rule.label, why=f"应是不超过 {rule.most} 项的列表")
    return [_text(Rule(rule.label, most=300), one) for one in given]


def _choice(name: str, rule: Rule, given: object, policy: Policy) -> str:
    words = _choices(name, policy)
    code = _code(given.strip(), words, frozenset(words.values())) if isinstance(given, str) else None
    if code is None:
        raise BadField(field=rule.label, why="不在可选范围内")
    return code


def _choices(name: str, policy: Policy) -> Mapping[str, str]:
    """Chinese word → code."""
    match name:
        case "channel":
            sources = policy.sources.values()
            return {row.title: row.code for row in sources} | {row.short: row.code for row in sources}
        case "type":
            return {title: code for code, title in policy.types.items()} | {"感谢": "praise", "意见建议": "suggest"}
        case "urgency":
            return {title: code for code, title in URGENCIES.items()}
    return {"caller_sex": SEXES, "subject_type": SUBJECTS, "coordinate_system": SYSTEMS}[name]


def _code(given: str | None, words: Mapping[str, str], codes: Mapping[str, Any] | frozenset[str]) -> str | None:
    """The code meant by a code or its Chinese word; None when neither is known."""
    if not given:
        return None
    return given if given in codes else words.get(given)


def shown(name: object, most: int = 20) -> str:
    """A foreign name fit to be repeated: short and printable."""
    return "".join(mark for mark in str(name)[:most] if mark.isprintable()) or "空"
