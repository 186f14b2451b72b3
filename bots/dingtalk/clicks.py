"""A card callback read as a click: who pressed which button of which card, with what."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cards.manifest import Manifest
from core.errors import Malformed

MAX_CONTENT = 64 * 1024
MAX_TRACK = 100  # dingtalk.md §5.3
MAX_KEY = 200
MAX_NAME = 64
MAX_VALUE = 10_000  # characters; the law of each field is in core
MAX_FIELDS = 40
MAX_DEPTH = 6
FORM = "form"
STALE_BUTTON = "按钮已失效，请重新打开卡片"


@dataclass(frozen=True, slots=True)
class Click:
    """One press of a button. `user` is the envelope's, never what the card sent (security-reliability T1)."""

    key: str
    user: str
    track: str
    action: str
    params: Mapping[str, str]
    form: Mapping[str, str]
    others: tuple[str, ...] = ()
    """Further components the platform names; a form may name only itself, or itself first (dingtalk.md §4.1)."""

    @classmethod
    def parse(cls, message_id: object, data: object) -> Click:
        """The click in a callback's `data`, which arrives under `message_id`.

        Raises:
            Malformed: a part is missing, of a wrong type, too long or carries characters that cannot be stored.
        """
        if not isinstance(data, Mapping):
            raise Malformed(why="不是卡片点击")
        if str(data.get("userIdType") or 1) != "1":
            raise Malformed(why="身份类型不对")
        content = _content(data.get("content") or data.get("value"))
        private = content.get("cardPrivateData")
        if not isinstance(private, Mapping):
            raise Malformed(why="没有按钮内容")
        actions, sent = private.get("actionIds"), private.get("params") or {}
        if not isinstance(actions, list) or not actions or not isinstance(sent, Mapping) or len(sent) > MAX_FIELDS:
            raise Malformed(why="没有按钮内容")
        return cls(
            key=f"dingtalk:{id_of(message_id, '编号', MAX_KEY, needed=True)}",
            user=id_of(data.get("userId"), "身份", MAX_NAME, needed=True),
            track=text_of(data.get("outTrackId"), "卡片", MAX_TRACK, needed=True),
            action=text_of(actions[0], "按钮", MAX_NAME, needed=True),
            others=tuple(text_of(one, "按钮", MAX_NAME) for one in actions[1:MAX_FIELDS]),
            params={name: value_of(name, value) for name, value in sent.items() if name != "form"},
            form=_form(sent.get("form")),
        )

    def number(self, name: str) -> int | None:
        """A param as a whole number; None when it is absent or empty.

        Raises:
            Malformed: it is there and is none.
        """
        text = self.params.get(name, "")
        if not text:
            return None
        if len(text) > 18 or not text.isascii() or not text.isdigit():
            raise Malformed(why="按钮内容不对，请重新打开卡片")
        return int(text)


def meant(click: Click, card: Manifest, offered: Callable[[], Collection[str]]) -> Click:
    """The click with an action its card knows, where the platform names the form and not the button behind it.

    A form that names only itself is the one action whose params came, whose fields hold all that was filled in and
    whose required ones are; of several, the one `offered` to the clicker now.

    Raises:
        Malformed: no button of this card, or a form that could be several.
    """
    if click.action in card.actions:
        return click
    known = [one for one in click.others if one in card.actions][:1]
    if not known and FORM in (click.action, *click.others):
        known = [name for name in card.forms if _may_be(click, card, name)]
        if len(known) > 1:
            known = sorted({*known} & {*offered()}) or known
        if len(known) > 1:
            raise Malformed(why="分不清填的是哪张表单，请在办件页面办理")
    if not known:
        raise Malformed(why=STALE_BUTTON)
    return replace(click, action=known[0], others=())


def _may_be(click: Click, card: Manifest, action: str) -> bool:
    spec, needed = card.actions[action], {field.name for field in card.forms[action] if field.required}
    return spec.params.keys() <= click.params.keys() and needed <= click.form.keys() <= spec.form.keys()


def id_of(value: object, what: str, limit: int, *, needed: bool = False) -> str:
    """A name the platform gives somebody or something: a text, or a whole number for it. Raises Malformed."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return text_of(str(value) if whole else value, what, limit, needed=needed)


def text_of(value: object, what: str, limit: int, *, needed: bool = False) -> str:
    """A string that can be stored and shown.

    Raises:
        Malformed: no string, empty though needed, longer than `limit` characters, or with NUL or lone surrogates.
    """
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value):
        raise Malformed(why=f"{what}不完整")
    if len(value) > limit:
        raise Malformed(why=f"{what}太长")
    if "\0" in value or any("\ud800" <= one <= "\udfff" for one in value):
        raise Malformed(why=f"{what}里有不能识别的字符")
    return value


def value_of(name: object, value: object) -> str:
    """A param or field as text: a plain value, or a select's {"index", "value"} (dingtalk.md §4.1)."""
    text_of(name, "字段", MAX_NAME, needed=True)
    if isinstance(value, Mapping):
        value = value.get("value")
    if isinstance(value, list):
        return "、".join(value_of(name, one) for one in value[:MAX_FIELDS])
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and value == value and abs(value) < 1e15):
        return f"{value:g}" if isinstance(value, float) else str(value)[:MAX_VALUE]
    return text_of(value, "填写内容", MAX_VALUE)


def _form(value: object) -> dict[str, str]:
    if value is None or value == "":
        return {}
    if isinstance(value, str):
        value = _object(value, "表单")
    if not isinstance(value, Mapping) or len(value) > MAX_FIELDS:
        raise Malformed(why="表单不完整")
    filled = {str(name): value_of(name, one) for name, one in value.items()}
    return {name: text for name, text in filled.items() if text.strip()}


def _content(value: object) -> Mapping[str, Any]:
    return _object(value if not isinstance(value, Mapping) else _again(value), "按钮内容")


def _again(value: Mapping[str, Any]) -> str:
    """As the JSON text it should have come as, so that the same limits hold."""
    try:
        return json.dumps(value)
    except (ValueError, RecursionError):
        raise Malformed(why="按钮内容层次太深") from None


def _object(value: object, what: str) -> Mapping[str, Any]:
    """The object in a JSON text. Raises Malformed."""
    text = text_of(value, what, MAX_CONTENT, needed=True)
    if _depth(text) > MAX_DEPTH:
        raise Malformed(why=f"{what}层次太深")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed(why=f"{what}不是规定的格式") from None
    if not isinstance(content, Mapping):
        raise Malformed(why=f"{what}不是规定的格式")
    return content


def _depth(text: str) -> int:
    """The deepest nesting of brackets outside strings, found before the parser may recurse."""
    deepest = level = 0
    in_string = escaped = False
    for one in text:
        if in_string:
            in_string = escaped or one != '"'
            escaped = one == "\\" and not escaped
        elif one == '"':
            in_string = True
        elif one in "[{":
            level += 1
            deepest = max(deepest, level)
        elif one in "]}":
            level -= 1
    return deepest
