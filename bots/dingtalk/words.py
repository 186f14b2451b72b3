"""Chinese commands, forgivingly read: what a person typed → what they mean (domain-rules C11, C12)."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass

LISTS = {
    "待办": "todo", "我的待办": "todo", "待办件": "todo", "代办": "todo",
    "超期": "overdue", "超期件": "overdue", "逾期": "overdue", "超时": "overdue",
    "今日": "today", "今日办件": "today", "今天": "today",
    "已办": "done", "已办件": "done", "已办结": "done",
    "全部": "all", "全部办件": "all", "所有": "all",
}  # fmt: skip
PLAIN = {
    "主页": "home", "首页": "home", "菜单": "home", "主菜单": "home", "你好": "home", "您好": "home", "在吗": "home",
    "退订早报": "refuse_digest", "取消早报": "refuse_digest", "订阅早报": "want_digest",
    "树旗": "flag", "树党旗": "flag", "发起联办": "flag", "吹哨": "flag",
    "联办": "joint", "联办工单": "joint", "联动工单": "joint", "筑合力": "joint",
    "联办报表": "scores", "联办考核": "scores", "树党旗考核": "scores", "考核": "scores",
    "上月联办报表": "last_scores", "上月联办考核": "last_scores", "上月考核": "last_scores",
    "统计": "stats", "办件统计": "stats", "统计图": "stats", "数据": "stats", "报表": "stats",
    "巡查": "patrol", "巡查计划": "patrol", "我的巡查": "patrol", "今日巡查": "patrol", "今天巡查": "patrol",
    "全部签收": "sign", "签收全部": "sign", "批量签收": "sign", "签收所有": "sign", "都签收": "sign",
    "值班": "duty", "值班表": "duty", "今天谁值班": "duty", "今日值班": "duty", "本周值班": "duty", "谁值班": "duty",
    "帮助": "help", "帮助文档": "help", "怎么用": "help", "help": "help", "?": "help", "h": "help",
}  # fmt: skip
ACTS = (
    "签收", "进展", "退回", "办结", "派发", "派单", "派", "转办", "下派", "催办", "督办", "联系群众", "联系",
    "撤回退回", "恢复计时", "同意退回", "不同意退回", "同意延期", "同意办结", "退回重办",
    "稍后提醒", "稍后",
    "合并", "撤销合并",
)  # fmt: skip
SAME = {"派": "派发", "派单": "派发", "联系": "联系群众", "稍后": "稍后提醒"}
ACTING = frozenset(("act", "sign", "register", "joint_act", "joint_paper", "posts", "refuse_digest", "want_digest"))
POSTS = ("岗位切换", "切换岗位", "换岗", "岗位")
REGISTER = "登记"
FOUND = "巡查发现"
JOINT_ACTS = {"签到": "check_in", "报到": "accept", "同意报到": "accept"}
PAPERS = ("联办导出", "导出联办")
FORMATS = {"word": "docx", "docx": "docx", "文档": "docx", "pdf": "pdf"}
CLOCKS = ("时限怎么算", "时限", "期限")
FIND = ("查询", "查找", "搜索", "查一下", "查")
FORMS = {
    "登记": "登记 港口路积水 地点 港口路 内容 下雨就积水 电话 19900000000",
    "签收": "签收 0427",
    "进展": "进展 0427 已到现场，正在抽排",
    "退回": "退回 0427 不属本单位职责 依据 区住建局三定方案",
    "办结": "办结 0427 积水已抽排，路面恢复通行",
    "派发": "派 0427 水务局 协办 城管局",
    "转办": "转办 0427 水务局",
    "下派": "下派 0427 某某社区",
    "督办": "督办 0427 请今天下班前解决",
    "稍后提醒": "稍后提醒 0427 1 小时后",
    "合并": "合并 0412 0427",
    "撤销合并": "撤销合并 0412 不是同一件事",
    "签到": "签到 0427 港口路公交站旁",
    "报到": "报到 0427",
    "同意报到": "报到 0427",
    "联办导出": "联办导出 0427 周例会通报",
    "联系群众": "联系 0427 已电话联系，约明天上午到场",
}
SHORT_HELP = "发送：待办、超期、查 0427、签收 0427、进展 0427 文字、办结 0427 结果、岗位、首页"
_CALLED = r"(?:尾号|编号|单号|办件|工单)?[:：]?\s*"
_FULL = r"[A-Za-z]{4}(?:[ -]?\d){14}|[A-Za-z]{2,6}-?\d[\d-]{5,}"
# Before other words a tail has no blanks, or 「进展 0427 12点到场」 would name another case.
_AT_FRONT = re.compile(rf"^{_CALLED}(?P<ref>{_FULL}|\d{{4,18}})(?!\d)[\s,，:：。]*(?P<rest>.*)$", re.DOTALL)
_SEVERAL = re.compile(rf"^(?:批量)?签收[\s:：]*((?:{_FULL}|\d{{4,18}})(?:[\s,，、;；和]+(?:{_FULL}|\d{{4,18}}))+)$")
_PARTED = re.compile(r"[\s,，、;；和]+")
_BARE = re.compile(rf"^{_CALLED}(?P<ref>{_FULL}|\d[\d ]{{2,}}\d)$")
_NARROW = {0xFF01 + n: 0x21 + n for n in range(94) if chr(0x21 + n).isalnum() or chr(0x21 + n) in "@#/?"}
_TAIL = "。．.！!？?～~，,、；; "
_MENTION = re.compile(r"^(?:\s*@\S+\s*)+")
_MENTION_BEHIND = re.compile(r"(?:\s+@\S+)+$")


@dataclass(frozen=True, slots=True)
class Said:
    """A reading of what was typed.

    `kind`: list (`word` its key) · home · stats · sign (`rest`: numbers, empty for all) · patrol · duty ·
    found (`word`: what a walk found) · flag · joint · scores · last_scores ·
    joint_act (`word` the action, `ref`, `rest`) · joint_paper (`ref`, `rest`) · help · refuse_digest · want_digest ·
    posts (`word` the wished post) · find (`word`) · open (`ref`) ·
    act (`word` the button's title, `ref`, `rest`) · register (`rest`) · clock (`ref`) ·
    short (`word`: the form to show) · unknown (`word`).
    """

    kind: str
    word: str = ""
    ref: str = ""
    rest: str = ""

    @property
    def acts(self) -> bool:
        """Whether it changes something, and does not only show or ask."""
        return self.kind in ACTING


def read(text: str) -> Said:
    """The one reading a text has, or `unknown`; nothing here is a guess. A mention may stand behind the words too."""
    line = tidy(text)
    said, front = _read(line), _MENTION_BEHIND.sub("", line)
    if said.kind not in ("unknown", "find") or front in ("", line):
        return said
    again = _read(front)
    return said if again.kind == "unknown" else again


def _read(line: str) -> Said:
    bare = line.rstrip(_TAIL).lstrip("/#") or line
    key = bare.replace(" ", "").lower()
    if key in LISTS:
        return Said("list", LISTS[key])
    if key in PLAIN:
        return Said(PLAIN[key])
    if _BARE.match(bare):
        return Said("open", ref=_ref(_BARE.match(bare)))
    for word in POSTS:
        if bare.startswith(word):
            return Said("posts", bare.removeprefix(word).strip(" :：到为"))
    if bare.startswith(REGISTER):
        rest = bare.removeprefix(REGISTER).strip(" :：")
        return Said("register", rest=rest) if rest else Said("short", REGISTER)
    if bare.startswith(FOUND) and bare != FOUND:
        return Said("found", bare)
    for word in PAPERS:
        if line.startswith(word):
            match = _AT_FRONT.match(line.removeprefix(word).strip(" :：,，"))
            return (
                Said("joint_paper", ref=_ref(match), rest=match["rest"].strip()) if match else Said("short", PAPERS[0])
            )
    for word in JOINT_ACTS:
        match = _AT_FRONT.match(line.removeprefix(word).strip(" :：,，")) if line.startswith(word) else None
        if match:
            return Said("joint_act", JOINT_ACTS[word], _ref(match), match["rest"].strip())
        if bare == word:
            return Said("short", word)
    for word in CLOCKS:
        if bare.startswith(word):
            match = _BARE.match(bare.removeprefix(word).strip(" :："))
            return Said("clock", word, _ref(match)) if match else Said("short", "时限")
    for word in FIND:
        if bare.startswith(word):
            return _found(bare.removeprefix(word).strip(" :："))
    if several := _SEVERAL.match(bare):
        return Said("sign", "签收", rest=" ".join(_PARTED.split(several[1])))
    return _act(line) or Said("unknown", bare)


def guesses(text: str) -> tuple[str, ...]:
    """Up to three commands the person may have meant, likeliest first; offered as buttons, never carried out."""
    line = tidy(text).rstrip(_TAIL)
    known = [*LISTS, *PLAIN, *POSTS]
    found = [word for word in known if len(word) > 1 and word in line]
    found += difflib.get_close_matches(line[:8], known, n=2, cutoff=0.5)
    if number := re.search(r"\d{4,}", line):
        found.insert(0, number[0][-12:])
    plain = {LISTS.get(word) or PLAIN.get(word) or word: word for word in reversed(found)}
    seen = [word for word in dict.fromkeys(found) if word in plain.values()]
    subject = re.sub(r"[^\w]+", " ", line).strip()[:20]
    if subject:
        seen.insert(min(len(seen), 2), f"查 {subject}")
    return tuple([*seen, "待办", "帮助"][:3]) if len(seen) < 3 else tuple(seen[:3])


def tidy(text: str) -> str:
    """Full-width digits and blanks made plain, invisible characters dropped, a leading @mention taken off."""
    flat = text.translate(_NARROW)
    flat = "".join(
        " " if one.isspace() else one for one in flat if one.isspace() or unicodedata.category(one)[0] != "C"
    )
    return " ".join(_MENTION.sub("", flat).split())


def form_of(title: str) -> str:
    """How a command is written, as an example a person can copy."""
    return FORMS.get(title, f"{title} 0427")


def basis_of(rest: str) -> tuple[str, str, str]:
    """「不属本单位职责 依据 三定方案 说明 …」 → (reason, basis, explanation), each perhaps empty."""
    rest, _, text = rest.partition("说明")
    reason, _, basis = rest.partition("依据")
    return reason.strip(" ,，:：;；"), basis.strip(" ,，:：;；"), text.strip(" ,，:：;；")


def paper_of(rest: str) -> tuple[str, str]:
    """「Word 周例会通报」 → (format, reason); PDF where no format is named."""
    first, _, reason = rest.partition(" ")
    if (kind := FORMATS.get(first.strip(" ,，:：").lower())) is not None:
        return kind, reason.strip(" ,，:：")
    return "pdf", rest.strip(" ,，:：")


def told_of(rest: str) -> dict[str, str]:
    """「港口路积水 地点 港口路 内容 下雨就积水 电话 199…」 → the parts by name; the first words are the title."""
    parts = re.split(r"(?:^|[\s,，;；])(地点|内容|电话|姓名)[:：\s]\s*", rest)
    named = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {"标题": parts[0].strip(" ,，:：;；"), **{name: text.strip(" ,，;；") for name, text in named.items()}}


def units_of(rest: str) -> tuple[str, str]:
    """「给水务局 协办 城管局、海秀镇」 → (lead, supporting units joined by 、)."""
    lead, _, support = re.sub(r"^(?:主办|给|到|至)\s*[:：]?\s*", "", rest).partition("协办")
    names = [name for name in re.split(r"[\s,，、;；/]+", support.strip(" :：")) if name]
    return lead.strip(" ,，:：;；、"), "、".join(names)


def _act(line: str) -> Said | None:
    """「签收 0427」, 「签收0427」, 「0427 签收」, 「办结 0427 文字」."""
    for word in sorted(ACTS, key=len, reverse=True):
        if line.startswith(word):
            rest = line.removeprefix(word).strip(" :：,，")
            match = _AT_FRONT.match(rest)
            title = SAME.get(word, word)
            if match:
                return Said("act", title, _ref(match), match["rest"].strip())
            return Said("short", title) if not rest or len(word) > 1 else None
    match = _AT_FRONT.match(line)
    if match:
        rest = match["rest"].strip()
        word = next((one for one in sorted(ACTS, key=len, reverse=True) if rest.startswith(one)), "")
        if word:
            return Said("act", SAME.get(word, word), _ref(match), rest.removeprefix(word).strip(" :：,，"))
    return None


def _found(words: str) -> Said:
    match = _BARE.match(words)
    if match:
        return Said("find", _ref(match))
    return Said("find", words) if words else Said("short", "查")


def _ref(match: re.Match[str] | None) -> str:
    return match["ref"].replace(" ", "") if match else ""
