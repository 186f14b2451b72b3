"""The no of the library, one sentence a kind."""

from __future__ import annotations

from core.errors import Refusal


class ChangedMeanwhile(Refusal):
    text = "这份资料刚被别人改过，请刷新后再改。"


class HasLicences(Refusal):
    text = "名下还有 {count} 份没有注销的证照，请先注销再删除。"


class HasPapers(Refusal):
    text = "名下还有 {count} 份审批资料，不能删除。"


class NotInState(Refusal):
    text = "这份证照现在是「{state}」，不能{act}。"


class NotTheirs(Refusal):
    text = "{type}只发给{kind}，请另选持证人。"
    status = 422


class OtherName(Refusal):
    text = "库里这个号码登记的是另一个名称，请核对名称和号码。"
    status = 422


class TooManyPictures(Refusal):
    text = "一份证照最多 {limit} 张图片，请先去掉几张。"
    status = 422


class TooManyVersions(Refusal):
    text = "这份证照已换版太多次，请注销后重新登记。"


class NameTooShort(Refusal):
    text = "请至少输入企业名称里的 {count} 个字。"
    status = 422


class ReadingOver(Refusal):
    text = "这张图片的识别结果{how}，要再登记请重新上传。"
