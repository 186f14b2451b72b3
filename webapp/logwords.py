"""The record in words: its entries hold names and ids, a person reads what they mean."""

from __future__ import annotations

from collections.abc import Mapping

from core.policy import Policy

ACTS: Mapping[str, str] = {
    "sign_in": "登录",
    "ask_number": "发验证码",
    "confirm_sign_in": "核对验证码",
    "sign_out": "退出登录",
    "open_page": "打开页面",
    "log.read": "查看日志",
    "verify_log": "核验日志",
    "post.switched": "切换岗位",
    "letter.resent": "重发消息",
    "letter.given_up": "放弃消息",
    "case.registered": "登记",
    "register": "登记",
    "click": "点按",
    "chat": "发消息",
    "move": "办理",
    "request": "访问",
    "token.issued": "换令牌",
    "feed.pushed": "推送工单",
    "api.limited": "接口限流",
    "case.read": "接口查看办件",
    "client.added": "新增接口账号",
    "client.rotated": "更换接口密钥",
    "client.closed": "停用接口账号",
    "account.opened": "开通账号",
    "backup.made": "备份",
    "backup.restored": "恢复备份",
    "keys.rotated": "更换密钥",
    "district.imported": "导入组织人员",
    "calendar.changed": "调整日历",
    "decide_warning": "处理预警",
    "hotspots.found": "查找热点",
    "hotspot.accepted": "采纳预警",
    "hotspot.dismissed": "不采纳预警",
}
RESULTS: Mapping[str, str] = {"done": "完成", "refused": "未准", "broken": "有改动"}
REASONS: Mapping[str, str] = {
    "WrongPassword": "账号或密码不对",
    "WrongNumber": "验证码不对",
    "NumberGone": "验证码已失效",
    "Locked": "次数过多已锁定",
    "NotKnownHere": "未登记或已停用",
    "NoPost": "没有在用岗位",
    "PageNotYours": "岗位不能打开此页",
    "NotYours": "不属当前岗位",
    "WrongPost": "应切换岗位",
    "Stale": "已有人先办",
    "MoveNotOpen": "当前状态不能做",
    "FieldMissing": "有必填项未填",
    "BadField": "有项目填得不对",
    "TooLong": "内容太长",
    "Unknown": "没有找到",
    "Ambiguous": "对应多个",
    "UnknownUnit": "没有找到单位",
    "DifferentBody": "同一编号内容不一致",
    "BadSignature": "签名不对",
    "TooMany": "操作太频繁",
    "Malformed": "格式不对",
    "ReturnWindowClosed": "退回时限已过",
    "ReturnBarred": "不能再次退回",
    "ExtensionNotAllowed": "此件不能延期",
    "ExtensionUsed": "延期已用完",
    "PastDeadline": "已过期限",
    "NothingAsked": "没有待批延期",
    "PauseUsedUp": "暂停时间已用完",
    "NotBelow": "不是下属单位",
    "AlreadyAbove": "对方已在办理",
    "CallUnanswered": "回访问题未答完",
    "AlreadyOverseen": "已在督办",
    "MergeItself": "不能并入自己",
    "LeadingMerged": "主件已并入别的件",
    "LeadingOver": "主件已不在办理",
    "LeadsOthers": "已有件并入",
    "UnitsAtWork": "已有单位签收",
    "WarningDecided": "预警已有人处理",
}
PLACES: Mapping[str, str] = {
    "case": "办件",
    "person": "人员",
    "account": "账号",
    "post": "岗位",
    "letter": "消息",
    "page": "页面",
    "outside": "来件",
    "client": "接口账号",
    "card": "卡片",
    "message": "聊天消息",
    "stranger": "外部人员",
    "hook": "推送",
    "log": "日志",
    "hotspot": "热点",
    "hotspots": "热点数",
}
PAGES: Mapping[str, str] = {"cases": "办件", "hotspots": "热点", "tray": "消息", "flows": "流程", "log": "日志"}
CHANNELS: Mapping[str, str] = {
    "web": "网页",
    "dingtalk": "钉钉",
    "system": "系统",
    "hotline": "12345",
    "api": "接口",
    "clock": "时钟",
    "cli": "命令行",
}


def act(policy: Policy, action: str) -> str:
    """「签收」 for `case_leg.signed` and for a refused `sign`; an action nobody named reads as it is stored."""
    if action in ACTS:
        return ACTS[action]
    flow, _, event = action.rpartition(".")
    flows = [policy.flows[flow]] if flow in policy.flows else list(policy.flows.values())
    for one in flows:
        for move in one.moves:
            if event in (move.event, move.action):
                return move.title
    return policy.say(event)


def thing(words: str) -> str:
    """「XYRX… 的承办 6」 for a leg, 「人员 9」 for a person; a case is its number."""
    kind, sign, name = words.partition(":")
    if sign and kind == "page":
        return f"{PAGES[name]}页" if name in PAGES else f"第 {name} 页"
    if sign or kind in PLACES:
        return f"{PLACES.get(kind, kind)} {name}".strip()
    number, _, leg = words.partition("/")
    return f"{number} 承办 {leg}" if leg else number


def reason(kind: str) -> str:
    """Why it was refused, by the kind of refusal; a reason a person gave reads as given."""
    return REASONS.get(kind, kind)


def search_words(policy: Policy, words: str) -> str:
    """What to look for in the stored entries when somebody types 「签收」 or 「登录」."""
    for table in (ACTS, RESULTS):
        if stored := next((name for name, told in table.items() if told == words), None):
            return stored
    moves = (move for flow in policy.flows.values() for move in flow.moves)
    return next((move.event for move in moves if move.title == words), words)
