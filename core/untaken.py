"""Tickets the 12345 platform handed out and we could not take: on record, and the desk hears which and why.

Who pushes reads the refusal in the answer. Of a pull nobody over there hears: the cursor has moved on, and without this
a citizen's words would be lost to everybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from core.facade import Core
from core.people import HOTLINE
from core.plain import plain
from core.pulled import Untaken

TITLE = "未收工单"
SHOWN = 5


def tell_of_untaken(core: Core, untaken: Sequence[Untaken]) -> None:
    """One line to each dispatcher for all of a pull; the same tickets again say nothing."""
    if not untaken:
        return
    for one in untaken:
        core.note_refusal(HOTLINE, "case.registered", f"outside:{one.outside_no}", one.why, "hotline")
    lines = (f"{plain(one.outside_no, 64) or '没有编号的工单'}：{plain(str(one.why), 60)}" for one in untaken)
    named = list(dict.fromkeys(lines))
    more = f"等 {len(named)} 张" if len(named) > SHOWN else ""
    text = "\n\n".join(
        (f"12345 平台有 {len(named)} 张工单没有收进来，请到 12345 平台核对，要办的请人工登记。", *named[:SHOWN], more)
    ).strip()
    key = hashlib.sha256("\n".join(named).encode()).hexdigest()[:24]
    for holder in core.directory().by_role.get("dispatcher", ()):
        core.say(f"untaken:{key}:{holder.person}", holder.person, text, TITLE)
