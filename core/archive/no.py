"""The no of the archive, one sentence a kind."""

from __future__ import annotations

from core.errors import Refusal


class VolumeElsewhere(Refusal):
    text = "案卷现在是「{state}」，不能{act}。"


class NotTheirPapers(Refusal):
    text = "「{category}」只收{holder}的资料，请换一个分类。"
    status = 422


class SamePaper(Refusal):
    text = "同一份文件已存为 {no}，不用再存。"
    status = 422


class CheckFailed(Refusal):
    text = "四性检测有 {count} 处没有通过，请按报告改好再{act}。"


class NothingToFile(Refusal):
    text = "案卷里还没有资料，不能归档。"


class Expired(Refusal):
    text = "「{title}」已过有效期，不能再复用，请收新的。"


class NotForReuse(Refusal):
    text = "这一类资料每次都要重新提交，不供复用。"


class TooLargeToTake(Refusal):
    text = "案卷超过 {megabytes} 兆，请分几份导出。"
    status = 422


class BatchOver(Refusal):
    text = "这批资料{how}，不能再改。"


class NothingMatched(Refusal):
    text = "还没有可以归档的资料，请先逐条核对。"
    status = 422
