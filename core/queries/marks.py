"""The marks a case wears: what is unusual about it, a word or two each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.policy import URGENCIES
from core.queries.sheets import Sheet


def marks_of(sheet: Sheet, own: Mapping[str, Any] | None) -> Iterator[str]:
    case = sheet.case
    if case["urgency"] != "normal":
        yield URGENCIES[case["urgency"]]
    if case["supervised"]:
        yield "督办"
    if case["hard"]:
        yield "疑难"
    if case["returns"]:
        yield f"退回 {case['returns']} 次"
    if case["redos"]:
        yield f"重办 {case['redos']} 次"
    if case["outcome"] == "unreached":
        yield "未接通"
    if case["state"] == "follow_up" and own is not None:
        yield "待回访"  # a unit sees its own part as 已办结; the desk sees 待回访 as the state itself
    if sheet.merged:
        yield f"并入 {len(sheet.merged)} 件"
    if sheet.repeats:
        yield f"重复来件，前件尾号 {sheet.repeats[-6:]}"
    if case["keep_secret"]:
        yield "保密"
