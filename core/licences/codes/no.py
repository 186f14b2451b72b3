"""The no of codes, one sentence a kind."""

from __future__ import annotations

from core.errors import Refusal


class NoSuchCode(Refusal):
    text = "没有认出这个码，请对着贴纸再扫一次，或改用手工输入。"
    status = 422


class CodeNotInState(Refusal):
    text = "这个码{state}，不能{act}。"


class HasCode(Refusal):
    text = "这份证照已经有码 {number}，请先作废旧码再绑新码。"


class WhyAnother(Refusal):
    text = "这份证照已经有码 {number}，换新码请写明原因，旧码随即作废。"
    status = 422


class NotForCodes(Refusal):
    text = "这份证照现在是「{state}」，不能配码。"


class TooManyPicked(Refusal):
    text = "一次最多下载 {limit} 份，请分几次下载。"
    status = 422


class NothingPicked(Refusal):
    text = "没有选中可用的码，请先勾选，或先给证照生成、绑定。"
    status = 422


class BatchNotReady(Refusal):
    text = "这一批还在生成，请稍后再下载。"
