"""The record in words: its entries hold names and ids, a person reads what they mean."""

from __future__ import annotations

from collections.abc import Mapping

from core.policy import Policy
from core.policy.registers import ACTS as TO_DO
from core.policy.registers import EVENTS, load_registers
from webapp.auth import PAGES

ACTS: Mapping[str, str] = {
    "sign_in": "登录",
    "ask_number": "发验证码",
    "confirm_sign_in": "核对验证码",
    "sign_in_dingtalk": "钉钉登录",
    "sign_in_haizhengtong": "海政通登录",
    "confirm_password": "核对密码",
    "password.changed": "修改密码",
    "sign_out": "退出登录",
    "open_page": "打开页面",
    "log.read": "查看日志",
    "stats.exported": "导出统计",
    "joint.exported": "导出联办过程",
    "briefing.begun": "新写报告",
    "briefing.saved": "改报告",
    "briefing.figures_taken": "报告取数",
    "briefing.deleted": "删除报告草稿",
    "briefing.submitted": "提交报告",
    "briefing.exported": "导出报告",
    "briefing.sent": "发送报告",
    "stats.rebuilt": "重算统计",
    "verify_log": "核验日志",
    "post.switched": "切换岗位",
    "view.kept": "存为视图",
    "view.dropped": "删除视图",
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
    "api_call.limited": "接口限流",
    "token.limited": "换令牌限流",
    "sign_in.limited": "登录限流",
    "form.limited": "提交限流",
    "case.read": "接口查看办件",
    "client.added": "新增接口账号",
    "client.rotated": "更换接口密钥",
    "client.closed": "停用接口账号",
    "client.limited": "设定接口频次",
    "client.feeds": "设定推送的数据集",
    "feed.asked": "去取数据",
    "feed.refused_taken": "下载不收的行",
    "licence_feed.again": "重试平台证照",
    "account.opened": "开通账号",
    "backup.made": "备份",
    "backup.restored": "恢复备份",
    "keys.rotated": "更换密钥",
    "district.imported": "导入组织人员",
    "calendar.changed": "调整日历",
    "digest.refused": "退订早报",
    "digest.wanted": "订阅早报",
    "unit.warned": "单位预警",
    "unit.eased": "单位预警解除",
    "draft.opened": "写登记单",
    "draft.changed": "改登记单",
    "draft.dropped": "放弃登记单",
    "draft.registered": "确认登记单",
    "draft.expired": "清理登记单",
    "sheet.checked": "检查表格",
    "sheet.started": "确认导入",
    "sheet.dropped": "放弃表格",
    "sheet.taken": "登记表格的行",
    "sheet.done": "导入完成",
    "sheet.stopped": "导入停止",
    "roster.checked": "比较组织名单",
    "roster.applied": "导入组织人员",
    "roster.dropped": "放弃组织导入",
    "roster.broken": "组织名单不完整",
    "photo.kept": "收下图片",
    "basis.kept": "收下依据材料",
    "photo": "收图片",
    "photo.wiped": "清理图片",
    "walk.found": "登记巡查发现",
    "decide_warning": "处理预警",
    "walks.laid": "排出巡查",
    "walk.begun": "开始巡查",
    "walk.done": "走完巡查",
    "walk": "巡查",
    "retention.erased": "到期清除",
    "retention.held": "暂缓清除",
    "retention.released": "解除暂缓",
    "upward.pushed": "向省平台推送",
    "upward.resent": "重推数据",
    "hotspots.found": "查找热点",
    "hotspot.accepted": "采纳预警",
    "hotspot.dismissed": "不采纳预警",
}
REGISTER_ACTS: Mapping[str, str] = {**TO_DO, **{EVENTS[act]: title for act, title in TO_DO.items()}}
RESULTS: Mapping[str, str] = {"done": "完成", "refused": "未准", "broken": "有改动"}
REASONS: Mapping[str, str] = {
    "WrongPassword": "账号或密码不对",
    "WrongNumber": "验证码不对",
    "NumberGone": "验证码已失效",
    "PasswordWrong": "密码不对",
    "SignInGone": "登录已超时或已用过",
    "NotConfirmed": "对方没有确认身份",
    "SignInAway": "对方没有回应",
    "Declined": "本人没有同意",
    "WayClosed": "登录方式没有开通",
    "PhoneShared": "手机号不止一人",
    "NoAccount": "没有账号",
    "InitialOver": "初始密码已过期",
    "OldPasswordWrong": "现在的密码不对",
    "PasswordDue": "还没设自己的密码",
    "PasswordUnfit": "新密码不合要求",
    "PasswordUsed": "新密码用过",
    "PasswordsDiffer": "两次密码不一样",
    "Locked": "次数过多已锁定",
    "NotKnownHere": "未登记或已停用",
    "NoPost": "没有在用岗位",
    "Elsewhere": "不在允许的网络",
    "PageNotYours": "岗位不能打开此页",
    "TopicNotYours": "岗位不能看此专题",
    "NotYours": "不属当前岗位",
    "WrongPost": "应切换岗位",
    "Stale": "已有人先办",
    "MoveNotOpen": "当前状态不能做",
    "FieldMissing": "有必填项未填",
    "BadField": "有项目填得不对",
    "TooLong": "内容太长",
    "Unknown": "没有找到",
    "Ambiguous": "对应多个",
    "TooMuch": "数量到上限",
    "UnknownUnit": "没有找到单位",
    "DifferentBody": "同一编号内容不一致",
    "BadSignature": "签名不对",
    "TooMany": "操作太频繁",
    "TooManyRows": "导出行数太多",
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
    "Infected": "文件没有通过安全检查",
    "NotScanned": "安全检查暂时做不了",
    "CallUnanswered": "回访问题未答完",
    "AlreadyOverseen": "已在督办",
    "AlreadyThere": "已经有了",
    "InUse": "已被使用不能删除",
    "StillNeeded": "还有未了的事",
    "LastOne": "是最后一个",
    "NothingChanged": "内容没有变化",
    "RolesExclude": "角色互相排斥",
    "OwnRights": "不能更改自己",
    "FormFaulty": "有几处没填好",
    "DraftLacks": "登记单没填全",
    "DraftGone": "登记单已了结",
    "BriefingGone": "报告草稿不在了",
    "Overtaken": "别人刚改过",
    "NotReady": "统计正在汇总",
    "RosterEmpty": "名单是空的",
    "RosterBroken": "名单没有读全",
    "PartRead": "名单没有读全",
    "LeavingUnconfirmed": "停用人数要确认",
    "ImportOver": "导入已了结",
    "SheetFaulty": "表格有错",
    "SheetOver": "表格已了结",
    "SheetElsewhere": "表格已导过",
    "WrongFile": "文件打不开",
    "MergeItself": "不能并入自己",
    "LeadingMerged": "主件已并入别的件",
    "LeadingOver": "主件已不在办理",
    "LeadsOthers": "已有件并入",
    "UnitsAtWork": "已有单位签收",
    "WarningDecided": "预警已有人处理",
    "WalkOver": "巡查已了结",
}
PLACES: Mapping[str, str] = {
    "case": "办件",
    "person": "人员",
    "account": "账号",
    "post": "岗位",
    "letter": "消息",
    "view": "视图",
    "page": "页面",
    "outside": "来件",
    "client": "接口账号",
    "address": "网络地址",
    "card": "卡片",
    "message": "聊天消息",
    "stranger": "外部人员",
    "hook": "推送",
    "draft": "登记单",
    "briefing": "研判报告",
    "briefing_draft": "研判草稿",
    "sheet": "表格",
    "roster": "组织导入",
    "log": "日志",
    "unit": "单位",
    "stats": "统计",
    "hotspot": "热点",
    "upward": "上报数据",
    "retention": "到期数据",
    "hotspots": "热点数",
    "walk": "巡查",
    "walks": "巡查日",
}
CHANNELS: Mapping[str, str] = {
    "web": "网页",
    "dingtalk": "钉钉",
    "system": "系统",
    "hotline": "12345",
    "platform": "一体化平台",
    "api": "接口",
    "clock": "时钟",
    "cli": "命令行",
}


def act(policy: Policy, action: str) -> str:
    """「签收」 for `case_leg.signed` and for a refused `sign`; an action nobody named reads as it is stored."""
    if action in ACTS:
        return ACTS[action]
    flow, _, event = action.rpartition(".")
    if flow in load_registers():
        return f"{REGISTER_ACTS.get(event, event)}{load_registers()[flow].title}"
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
    if sign and kind in load_registers():
        return f"{load_registers()[kind].title} {name}".strip()
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
