"""wechat.reply: fifty encrypted pushes a second into the real web process, questions and scans alike."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import httpx
from sqlalchemy import select

from core.models.licences import licences
from core.policy.answers import load_answers
from core.seeding.licences import seed_licences
from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.bench.world import World, world
from tests.sandbox.wechat import WeChat
from tests.sandbox.wechat_push import judged, message_xml, wrapped

A_SECOND, SECONDS, WARM_S = 50, 20, 3
HANDS = 64
SCANS = 4
"""Every fourth push is a scan, the others are questions."""


def figures(databases: Databases, _runs: int) -> Iterator[Figure]:
    """wechat.reply and what was not answered as the platform wants it."""
    with world(databases) as scene:
        seed_licences(scene.core, companies=40, people=30, count=120)
        scene.processes.start(scene.processes.web)
        _met(scene, WARM_S)
        met = _met(scene, SECONDS)
    times = sorted(seconds for seconds, _ in met)
    p99, how = times[len(times) * 99 // 100 - 1], f"{A_SECOND} pushes/s for {SECONDS} s, AES, every {SCANS}th a scan"
    told = f"p99; {how}; median {times[len(times) // 2] * 1000:.0f} ms, worst {times[-1] * 1000:.0f} ms"
    yield Figure(databases.kind, "wechat.reply", p99, "s", told, at_most=1)
    wrong = sum(not fine for _, fine in met)
    yield Figure(
        databases.kind, "wechat.wrong", wrong, "replies", f"of {len(met)}: none, or not to be shown", at_most=0
    )


def _met(scene: World, seconds: int) -> Sequence[tuple[float, bool]]:
    """Each push at its instant, whether or not those before were answered: how long it took, whether it was right."""
    books, address = WeChat(), f"{scene.processes.base}/hooks/wechat"
    asked = cycle(text for one in load_answers().answers for text in one.ask)
    with scene.core.engine.connect() as tx:
        lines = cycle(tx.execute(select(licences.c.line).where(licences.c.state == "valid")).scalars().all())
    held, begins = threading.local(), time.monotonic() + 0.2

    def one(number: int) -> tuple[float, bool]:
        if not hasattr(held, "http"):
            held.http = httpx.Client(timeout=30, trust_env=False)
        openid, instant = f"o-bench-{seconds}-{number % 97}", begins + number / A_SECOND
        xml = message_xml(openid, pushed[number])
        time.sleep(max(0.0, instant - time.monotonic()))
        query, body = wrapped(books, xml, openid)
        answer = held.http.post(address, params=query, content=body.encode())
        took = time.monotonic() - instant
        text, fault = judged(books, openid, answer.status_code, answer.text)
        return took, bool(text) and not fault

    site = f"http://{scene.core.settings.web.public_address.partition('//')[2]}"
    pushed = [_fields(number, next(asked), f"{site}/v/{next(lines)}", books) for number in range(A_SECOND * seconds)]
    with ThreadPoolExecutor(HANDS) as hands:
        return list(hands.map(one, range(len(pushed))))


def _fields(number: int, question: str, link: str, books: WeChat) -> dict[str, object]:
    if number % SCANS:
        return {"MsgType": "text", "Content": question, "MsgId": books.next_id()}
    scan = {"ScanType": "qrcode", "ScanResult": link}
    event = {"MsgType": "event", "Event": "scancode_waitmsg", "EventKey": "LICENCE_SCAN", "ScanCodeInfo": scan}
    return {**event, "CreateTime": int(time.time()) + number}
