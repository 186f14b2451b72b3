"""A sentence guessed into a form: title, content, place, caller, kind, class; a person confirms or changes it (C12)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from core.arrivals.classes import likely_classes, sure_class
from core.arrivals.fields import USUAL, flat, phone_of
from core.policy.arrivals import ArrivalRules, Words

TITLE = 24
ON_WALK = "巡查发现问题"
_PHONE = re.compile(r"(?<!\d)(?:(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}|0\d{2,3}[- ]?\d{7,8})(?!\d)")
_CALLED = re.compile(
    r"(?:联系人|姓名|我叫|来电人|诉求人)[:：是为]?\s*([\u4e00-\u9fff·]{2,4}?)(?=[，,。；;、\s]|电话|手机|住|$|\d)"
)
_SAID_NAME = re.compile(r"[，,；;、\s]*" + _CALLED.pattern)
_ASIDE = re.compile(r"[，,；;、\s（(]*(?:我的)?(?:联系)?(?:电话|手机|手机号|号码)?[:：是为]?\s*\0[)）]?")
_ENDS = re.compile(r"[。！？!?；;\n]")
_CLAUSE = re.compile(r"[，,、：:]")
_STREET = re.compile(  # 「海港路路灯」 names 海港路: the second sign begins the next word
    r"[\u4e00-\u9fff]{2,6}(?:大道|(?<!路)路|(?<!街)街|(?<!村)村|(?<!巷)巷|(?<!桥)桥|小区|花园|市场|学校|小学|中学|公园|广场|医院)"
)
_NO_PLACE = ("老旧", "这个", "那个", "我们", "居民", "一个", "整个")
_BEFORE = re.compile(r"^.*(?:在|位于|到|从|是|的|于|往)")
_NUMBER = re.compile(r"\s*\d{1,5}\s*(?:号楼|号|栋|幢|单元)")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_QUESTION = ("吗", "呢", "？", "?")
_BOT_WORDS = (
    "待办",
    "超期",
    "已办",
    "签收",
    "派发",
    "退回",
    "催办",
    "办结",
    "工单",
    "办件",
    "这个件",
    "那个件",
    "岗位",
)


@dataclass(frozen=True, slots=True)
class Spot:
    """A named place of the district, with the town and community it lies in."""

    name: str
    town: str
    community: str


def is_story(text: str, spots: Iterable[Spot], rules: ArrivalRules, *, on_walk: bool = False) -> bool:
    """Whether somebody tells of a matter: long enough, no talk about work in hand, and a place or a subject in it.

    On a walk the place is known and one looks for matters, so a few words are enough.
    """
    line = flat(text)
    shortest = rules.draft.on_walk if on_walk else rules.draft.shortest
    if len(_HAN.findall(line)) < shortest or any(word in line for word in _BOT_WORDS):
        return False
    if line.endswith(_QUESTION) and "请问" not in line and "咨询" not in line:
        return False
    return on_walk or bool(place_of(line, spots, rules)[0] or likely_classes(line, 1))


def guess(text: str, spots: Iterable[Spot], rules: ArrivalRules) -> dict[str, str]:
    """The fields as far as the words give them; the rest stays empty for the person to fill."""
    told = text.replace("\r\n", "\n").strip()
    phone = next((found for match in _PHONE.finditer(told) if (found := phone_of(match[0]))), "")
    caller = next((match[1] for match in _CALLED.finditer(told)), "")
    content = _ASIDE.sub("", _PHONE.sub("\0", told)).replace("\0", "")
    content = _SAID_NAME.sub("", content).strip(" ，,；;")
    place, spot = place_of(flat(content), spots, rules)
    subject = content.replace(place, " ") if place else content
    return {
        **USUAL,
        "type": _first(rules.types, content, USUAL["type"]),
        "urgency": _first(rules.urgencies, content, USUAL["urgency"]),
        "title": title_of(content, rules),
        "content": content,
        "place": place,
        "town": spot.town if spot else "",
        "community": spot.community if spot else "",
        "caller_phone": phone,
        "caller_name": caller,
        "class_code": sure_class(subject),
        "anonymous": "" if phone else "1",
        "wants_reply": "1" if phone else "",
    }


def filled_on_walk(plan: str, where: str, spots: Iterable[Spot], rules: ArrivalRules) -> dict[str, str]:
    """What a finding says when its finder sent only a photo: where the plan leads, and that the photo shows it."""
    place, spot = place_of(flat(where), spots, rules)
    return {
        "title": f"{place or where}{ON_WALK}"[:TITLE],
        "content": f"巡查「{plan}」时发现，详见图片。",
        "place": where,
        "town": spot.town if spot else "",
        "community": spot.community if spot else "",
    }


def title_of(text: str, rules: ArrivalRules) -> str:
    """The first thing that is said, without the politeness before it."""
    line = flat(_ENDS.split(text.strip(), maxsplit=1)[0])
    again = True
    while again:
        again = False
        for word in rules.openings:
            if line.startswith(word) and len(line) > len(word) + 3:
                line, again = line[len(word) :].lstrip("，,：: "), True
    if len(line) > TITLE:
        kept = ""
        for clause in _CLAUSE.split(line):
            if kept and len(kept) + len(clause) + 1 > TITLE:
                break
            kept = f"{kept}，{clause}" if kept else clause
        line = kept
    return line[:TITLE].strip("，,、 ")


def place_of(line: str, spots: Iterable[Spot], rules: ArrivalRules) -> tuple[str, Spot | None]:
    """Where it is: the longest name of the gazetteer and what stands right behind it, else what looks like a street."""
    known = [spot for spot in spots if spot.name in line]
    if known:
        spot = max(known, key=lambda one: len(one.name))
        return _with_rest(line, line.index(spot.name), len(spot.name), rules), spot
    match = _STREET.search(line)
    if match is None:
        return "", None
    name = _BEFORE.sub("", match[0])
    for word in rules.openings:
        name = name.removeprefix(word)
    if len(name) < 3 or name.startswith(_NO_PLACE):
        return "", None
    return _with_rest(line, match.end() - len(name), len(name), rules), None


def _with_rest(line: str, start: int, size: int, rules: ArrivalRules) -> str:
    end = start + size
    if number := _NUMBER.match(line, end):
        end = number.end()
    for _ in range(2):
        word = next((one for one in rules.beside if line.startswith(one, end)), "")
        end += len(word)
    return line[start:end]


def _first(table: Words, text: str, otherwise: str) -> str:
    return next((code for code, words in table if any(word in text for word in words)), otherwise)
