"""The foreseeable noes of 树党旗: one class a kind, one Chinese sentence that says what to do next."""

from __future__ import annotations

from core.errors import Refusal


class FlagFlying(Refusal):
    text = "此件已有联办 {tail} 在进行，请在那一单上办理。"


class FlagGone(Refusal):
    text = "这张树旗单已过期或已放弃，请重新发「树旗」。"


class WrongMoment(Refusal):
    text = "报到时间请写成「3月10日 15点」，且不早于现在。"
    status = 422


class NobodyComes(Refusal):
    text = "还没有单位同意报到，请等一等或催办。"


class CheckInNotStarted(Refusal):
    text = "发起单位还没有开始签到，请等通知。"


class CheckInOver(Refusal):
    text = "会议已结束，请改用「补卡」并写明原因。"


class NotCalled(Refusal):
    text = "这一单没有叫本单位，不用签到，可问发起单位。"
    status = 403


class CodeUnread(Refusal):
    text = "这不是签到码，请扫发起人手机上的签到码。"
    status = 422


class CodeOver(Refusal):
    text = "签到码已过期，请扫发起人手机上正在显示的码。"


class CodeElsewhere(Refusal):
    text = "这是另一单的签到码，请扫本单发起人手机上的码。"


class SpotUnread(Refusal):
    text = "没有读到位置，请重新定位或写明所在位置。"
    status = 422


class NotOnSite(Refusal):
    text = "请先签到或补卡，再{action}。"


class MeetingNotOver(Refusal):
    text = "会议还没有结束，请等发起单位结束会议。"


class UnitsUnfed(Refusal):
    text = "{units}还没有反馈，可催办或「按未反馈办结」。"


class UnfedChanged(Refusal):
    text = "未反馈的单位有变化，请核对名单再确认一次。"


class NobodyFedBack(Refusal):
    text = "还没有单位反馈，不用重办。"


class RefusalBarred(Refusal):
    text = "已判定本单位参加，不能再次退回，请按时报到。"


class BasisMissing(Refusal):
    text = "请写明依据，也可以附上依据材料（图片或 PDF）。"
    status = 422


class BasisFull(Refusal):
    text = "一次最多附 {most} 份依据材料，已收下的会一并提交。"


class WhichRefusal(Refusal):
    text = "有 {count} 单待响应，请把尾号和图片一起发，如「依据 {tail}」。"


class NoneToAnswer(Refusal):
    text = "没有等本单位响应的联办，依据材料没有收下。"


class OrderNotWorking(Refusal):
    text = "这一单不在处置中，不能重办。"


class NotColleague(Refusal):
    text = "下一处理人请从本单位或下属单位中选择，或写全姓名。"
    status = 422


class WhichReport(Refusal):
    text = "有 {count} 单待反馈，请把尾号和图片一起发，如「反馈 {tail}」。"


class RatingNotOpen(Refusal):
    text = "还没有办结，办结后再评价。"


class RatedAlready(Refusal):
    text = "已经评价过了，评价不能更改。"


class BasisGone(Refusal):
    text = "没有这份依据材料，可能已经撤回，请刷新再看。"


class NoPromiseOpen(Refusal):
    text = "反馈里没有写下一步，或者已经说明做到了。"


class NoReviewWaits(Refusal):
    text = "这件联办没有等确认的复盘。"


class ReviewDrafted(Refusal):
    text = "这件联办的复盘已经起草。"
