"""日志: the chained record, read by the audit administrator, with its verifier."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import ceil

from flask import Blueprint, render_template, request

from core.boards import LogLine
from core.chain import Verdict
from core.policy import Policy
from webapp import logwords
from webapp.auth import audience
from webapp.context import address, number, the_actor, the_core
from webapp.sought import words_asked

SIZE = 50
log = Blueprint("log", __name__)


@dataclass(frozen=True, slots=True)
class Row:
    """One entry of the record, in words."""

    seq: int
    at: datetime
    who: str
    channel: str
    act: str
    thing: str
    fine: bool
    result: str
    reason: str
    mac: str


@log.get("/log")
@audience("log")
def index() -> str:
    return _page(None)


@log.post("/log/verify")
@audience("log")
def verify() -> str:
    """Run the verifier over the whole log and show the first broken entry, if there is one."""
    core = the_core()
    verdict = core.verify_log()
    result = "done" if verdict.ok else "broken"
    core.note(
        the_actor(), "verify_log", "log", result, str(verdict.first_broken or ""), channel="web", address=address()
    )
    return _page(verdict)


def _page(verdict: Verdict | None) -> str:
    """Reading is itself an entry: the core writes it."""
    core, (words, _) = the_core(), words_asked()
    page = number(request.args.get("page"), 1, most=1_000_000)
    lines, total = core.log_page(the_actor(), page, logwords.search_words(core.policy, words))
    rows = [_told(core.policy, line) for line in lines]
    pages = max(1, ceil(total / SIZE))
    return render_template("log.html", rows=rows, total=total, words=words, page=page, pages=pages, verdict=verdict)


def _told(policy: Policy, line: LogLine) -> Row:
    channel = logwords.CHANNELS.get(line.channel, line.channel)
    return Row(
        line.seq, line.at, line.who, channel,
        logwords.act(policy, line.action), logwords.thing(line.object), line.result == "done",
        logwords.RESULTS.get(line.result, line.result), logwords.reason(line.reason), line.mac,
    )  # fmt: skip
