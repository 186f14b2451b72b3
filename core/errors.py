"""Every foreseeable no: one class a kind, one Chinese sentence that says what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar


class Refusal(Exception):
    """A polite no. `text` is a template over the facts given; the sentence is at most forty characters plus facts."""

    text: ClassVar[str] = "现在不能这样做，请刷新后再看。"
    status: ClassVar[int] = 409
    on_record: bool = False
    untouched: bool = False  # nothing had been written when it was said
    """Whether the log knows of it: a door writes its own refusals, `Core.note_refusal` the others."""

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.text.format(**facts))

    @property
    def kind(self) -> str:
        return type(self).__name__


@contextmanager
def before_writing() -> Iterator[None]:
    """Refusals within say that their transaction had written nothing for them."""
    try:
        yield
    except Refusal as no:
        no.untouched = True
        raise


class Unknown(Refusal):
    """Not there, or not yours to see: both look alike (security-reliability B3)."""

    text = "没有找到「{what}」，请核对后再试。"
    status = 404


class Ambiguous(Refusal):
    text = "「{what}」对应多个，请说得更具体：{choices}。"


class NotKnownHere(Refusal):
    text = "您还没有登记到本平台，请联系本单位管理员添加。"
    status = 403


class PhoneShared(Refusal):
    text = "这个手机号登记在几个人名下，请联系本单位管理员核对。"
    status = 403


class NoPost(Refusal):
    text = "您目前没有在用的岗位，请联系本单位管理员。"
    status = 403


class MoveNotOpen(Refusal):
    text = "此件现在是「{state}」，不能{action}。"


class NotYours(Refusal):
    text = "{action}由{holder}办理，您当前岗位不能操作。"
    status = 403


class TopicNotYours(NotYours):
    text = "「{topic}」只给{holder}看，这里不能打开。"


class WrongPost(Refusal):
    text = "此件属您的「{post}」岗位，请先发送「岗位」切换。"
    status = 403


class Stale(Refusal):
    text = "已由{who}于{when}{what}，卡片已刷新。"


class FieldMissing(Refusal):
    text = "请填写「{field}」后再{action}。"
    status = 422


class BadField(Refusal):
    text = "「{field}」填得不对：{why}。"
    status = 422


class TooLong(Refusal):
    text = "「{field}」太长了，请控制在{limit}字以内。"
    status = 422


class TooMuch(Refusal):
    text = "{what}最多{limit}{unit}，请先去掉几{unit}。"
    status = 422


class UnknownUnit(Refusal):
    text = "没有找到单位「{what}」，请写全称或换个说法。"
    status = 422


class ReturnWindowClosed(Refusal):
    text = "退回时限已过（{until} 前），请联系指挥中心。"


class ReturnBarred(Refusal):
    text = "退回未获同意，没有新的事实不能再次退回。"


class ExtensionNotAllowed(Refusal):
    text = "此件按规定不能延期，请在{until} 前办结。"


class ExtensionUsed(Refusal):
    text = "延期已用完或正在审批，请在{until} 前办结。"


class PastDeadline(Refusal):
    text = "延期须在期限前申请，此件已于{until}到期。"


class NothingAsked(Refusal):
    text = "该单位没有待审批的延期申请。"


class PauseUsedUp(Refusal):
    text = "暂停时间已用完，请继续办理。"


class NotBelow(Refusal):
    text = "「{unit}」不是本单位下属，请改用转办。"
    status = 422


class AlreadyAbove(Refusal):
    text = "「{unit}」已在办理此件，请选其他单位。"
    status = 422


class CallUnanswered(Refusal):
    text = "已接通的回访请答完三个问题再提交。"
    status = 422


class AlreadyOverseen(Refusal):
    text = "此件已在督办中，请查看办理过程。"


class AlreadyThere(Refusal):
    text = "{field}「{what}」已经有了，请换一个。"


class InUse(Refusal):
    text = "「{what}」已有{by}，不能删除，请改为停用。"


class StillNeeded(Refusal):
    text = "「{what}」还有{by}，请先处理再停用。"


class LastOne(Refusal):
    text = "「{what}」是最后一个在用的，请先新增再停用。"


class NothingChanged(Refusal):
    text = "内容没有变化，请修改后再保存。"
    status = 422


class RolesExclude(Refusal):
    text = "「{role}」不能与其他岗位由同一人担任，请另选人员。"


class OwnRights(Refusal):
    text = "不能更改自己的权限，请由另一位管理员办理。"
    status = 403


class MergeItself(Refusal):
    text = "不能并入它自己，请写另一件的编号。"
    status = 422


class LeadingMerged(Refusal):
    text = "尾号 {tail} 自己已并入别的件，请并入它的主件。"


class LeadingOver(Refusal):
    text = "尾号 {tail} 已不在办理中，请另选一件作主件。"


class LeadsOthers(Refusal):
    text = "已有 {count} 件并入此件，请把对方并入此件。"


class UnitsAtWork(Refusal):
    text = "已有单位签收，请先改派或退回，再合并。"


class WarningDecided(Refusal):
    text = "这条预警已有人处理，请刷新查看。"


class DifferentBody(Refusal):
    """One key, two bodies: the second is refused and alarmed (security-reliability C3)."""

    text = "同一编号的内容前后不一致，已拒收，请核对。"
    status = 409


class BadSignature(Refusal):
    text = "签名或时间不对，请核对密钥和时钟。"
    status = 401


class NotSignedIn(Refusal):
    text = "请先登录。"
    status = 401


class WrongPassword(Refusal):
    text = "账号或密码不对，请再试一次。"
    status = 401


class Locked(Refusal):
    text = "尝试次数过多，请{minutes}分钟后再试。"
    status = 429


class TooMany(Refusal):
    text = "操作太频繁，请稍后再试。"
    status = 429


class Malformed(Refusal):
    text = "内容格式不对：{why}。"
    status = 400


class Busy(Refusal):
    text = "系统正忙，请稍后再试，您的操作没有生效。"
    status = 503


class Infected(Refusal):
    text = "「{name}」没有通过安全检查：{why}，没有收下。"
    status = 422


class NotScanned(Refusal):
    """Not scanned is not taken in (control D5)."""

    text = "安全检查暂时做不了，文件没有收下，请稍后再传。"


class TooManyRows(Refusal):
    text = "一次最多导出 {limit} 行，请缩短时间或选一个单位再导出。"
    status = 400
