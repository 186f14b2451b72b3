"""Public messages of citizens, replayed as a live 12345 feed: read in the order of their times, signed, pushed."""

from __future__ import annotations

import csv
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from core.adapters.http import Http, Unreachable
from core.adapters.signatures import sign
from core.canon import canonical
from core.policy import read as read_table
from core.settings import Hotline

PATH = "/hooks/hotline"
TRIES = 5
_DIRTY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns of a public file hold what."""

    name: str
    number: str
    title: str
    content: str
    at: str
    kind: str = ""
    place: tuple[str, ...] = ()


LAYOUTS = (
    Layout("LY", "留言编号", "留言主题", "留言详情", "留言时间"),
    Layout("FZ", "id", "标题", "诉求内容", "诉求日期", kind="诉求性质", place=("区", "河流")),
    Layout("LB", "id", "subject", "content", "dateline", place=("forumName",)),
)

KINDS = {"投诉": "投诉", "举报": "举报", "建议": "建议", "咨询": "咨询", "感谢": "表扬", "表扬": "表扬", "？": "咨询"}
"""A sign in a message's own kind or title → its type."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a replay."""

    pushed: int
    opened: int
    known: int
    refused: int


def replay(file: Path, hotline: Hotline, address: str, *, per_minute: float, limit: int = 0) -> Sent:
    """Push every message of a file at `per_minute`. Raises ClickException when the file or the address is at fault."""
    tickets = read_messages(file)[: limit or None]
    http, counts = Http(address), {"opened": 0, "known": 0, "refused": 0}
    bars = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    started = time.monotonic()
    with Progress(*bars) as progress:
        task = progress.add_task("重放留言", total=len(tickets))
        for number, ticket in enumerate(tickets):
            # Paced by the clock, not by the answers: a slow answer does not slow the feed.
            time.sleep(max(0.0, started + number * 60 / per_minute - time.monotonic()))
            for outcome in push(http, hotline, [ticket]):
                counts[outcome] += 1
            told = (
                f"{ticket['registered_at'][:10]} {ticket['title'][:16]}　新 {counts['opened']}　拒 {counts['refused']}"
            )
            progress.update(task, advance=1, description=told)
    return Sent(len(tickets), counts["opened"], counts["known"], counts["refused"])


def push(http: Http, hotline: Hotline, tickets: list[dict[str, Any]]) -> Iterator[str]:
    """One signed push; yields for each ticket what became of it: opened, known or refused."""
    body = canonical({"tickets": tickets}).encode()
    for attempt in range(1, TRIES + 1):
        try:
            answer = http.post(PATH, body, signed(hotline, body)).json()
            break
        except Unreachable as fault:
            if fault.fate == "never" or attempt == TRIES:
                raise click.ClickException(f"推送不成功：{fault}。请确认平台正在运行，地址和密钥一致。") from None
            time.sleep(attempt)
    for row in answer["accepted"]:
        yield "known" if row["repeated"] else "opened"
    for _ in answer["refused"]:
        yield "refused"


def signed(hotline: Hotline, body: bytes) -> dict[str, str]:
    """The headers of a signed push, fresh for each try."""
    at, nonce = str(int(time.time())), secrets.token_hex(16)
    signature = sign(hotline.push_secret.get_secret_value(), "POST", PATH, body, at, nonce)
    return {"X-App-Id": hotline.push_appid, "X-Timestamp": at, "X-Nonce": nonce, "X-Signature": signature}


def read_messages(file: Path) -> list[dict[str, Any]]:
    """The messages of a public CSV file as tickets, oldest first. Raises ClickException for an unknown layout."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        columns = set(rows.fieldnames or ())
        layout = next((one for one in LAYOUTS if {one.number, one.title, one.content, one.at} <= columns), None)
        if layout is None:
            raise click.ClickException("认不出这份文件的列，应有留言编号、留言主题、留言时间、留言详情等列。")
        places = _places()
        found = [ticket for row in rows if (ticket := _ticket(layout, row, places)) is not None]
    return sorted(found, key=lambda ticket: (ticket["registered_at"], ticket["ticket_no"]))


def _places() -> list[tuple[str, str]]:
    """Place and town of the practice district: a message from elsewhere happens at one of them."""
    towns = {row["code"]: row["short"] for row in read_table("seed/units.yaml") if row["kind"] == "town"}
    found = [(row["name"], towns[row["town"]]) for row in read_table("seed/places.yaml") if row["town"] in towns]
    return found or [("秀英大道", "秀英街道")]


def _ticket(layout: Layout, row: Mapping[str, str | None], places: list[tuple[str, str]]) -> dict[str, Any] | None:
    number, title, content, at = (
        _text(row.get(name)) for name in (layout.number, layout.title, layout.content, layout.at)
    )
    moment = _moment(at)
    if not number or not content or moment is None:
        return None
    place, town = _place_of(title + content, number, places)
    ticket = {
        "ticket_no": f"{layout.name}{number}"[:64],
        "revision": 1,
        "title": " ".join(title.split())[:100] or content.replace("\n", " ")[:20],
        "content": content[:5000],
        "type": _kind_of(_text(row.get(layout.kind)) or title),
        "place": place,
        "street": town,
        "registered_at": moment.isoformat(),
    }
    said = "".join(_text(row.get(name)) for name in layout.place)
    return {**ticket, "address": said[:200]} if said else ticket


def _place_of(words: str, number: str, places: list[tuple[str, str]]) -> tuple[str, str]:
    """A place the message names, else one picked by its number, so that a replay is the same each time."""
    named = next((pair for pair in places if pair[0] in words), None)
    return named or places[sum(number.encode()) % len(places)]


def _kind_of(title: str) -> str:
    for sign_of, kind in (
        ("投诉", "投诉"),
        ("举报", "举报"),
        ("建议", "建议"),
        ("咨询", "咨询"),
        ("？", "咨询"),
        ("感谢", "表扬"),
    ):
        if sign_of in title:
            return kind
    return "求助"


def _text(value: str | None) -> str:
    return _DIRTY.sub("", value or "").strip()


def _moment(text: str) -> datetime | None:
    for form in ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
