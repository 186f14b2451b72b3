"""`python -m tests.bench.surfers`: a crowd with browsers, as one process of its own; a plan in, what they met out."""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from collections.abc import Mapping, Sequence
from html import unescape
from typing import Any

import aiohttp

KEYS = ("todo", "todo", "todo", "today", "done", "all", "overdue")
WORDS = ("垃圾", "积水", "路灯", "井盖", "噪音", "建筑垃圾", "港口路")
CASE = re.compile(r'href="(/cases/XY[A-Z]{2}\d{14})[?"]')
FORM = re.compile(r'<form[^>]*method="post" action="([^"]+/moves/(sign|progress)[^"]*)">(.*?)</form>', re.DOTALL)
HIDDEN = re.compile(r'name="(csrf_token|token|seen|leg)" value="([^"]*)"')


class Surfer:
    """One signed-in person: looks at lists and cases, and now and then writes something down."""

    def __init__(self, web: aiohttp.ClientSession, plan: Mapping[str, Any], sid: str, number: int) -> None:
        self._web, self._base, self._dice = web, plan["base"], random.Random(number)
        self._cookies = {"sid": sid}
        self.met: list[tuple[str, float, int]] = []
        self._page = ""

    async def act(self, until: float, pause: float) -> None:
        """Work with pauses until the time is over."""
        await asyncio.sleep(self._dice.random() * pause)
        while time.monotonic() < until:
            await self._next()
            await asyncio.sleep(self._dice.uniform(0.5, 1.5) * pause)

    async def poll(self, until: float, every: float) -> None:
        """Leave the home page open."""
        await asyncio.sleep(self._dice.random() * every)
        while time.monotonic() < until:
            await self._get("home", "/cases")
            await asyncio.sleep(every)

    async def _next(self) -> None:
        chance = self._dice.random()
        if chance < 0.10 and (form := FORM.search(self._page)):
            await self._post(form)
        elif chance < 0.40 and (known := CASE.findall(self._page)):
            await self._get("case", self._dice.choice(known))
        elif chance < 0.55 and (own := dict(HIDDEN.findall(self._page)).get("csrf_token")):
            asked = {"csrf_token": unescape(own), "to": "/cases", "q": self._dice.choice(WORDS)}
            await self._ask("search", "POST", "/search", asked)
        else:
            await self._get("list", f"/cases?key={self._dice.choice(KEYS)}")

    async def _get(self, kind: str, path: str) -> None:
        await self._ask(kind, "GET", path, None)

    async def _post(self, form: re.Match[str]) -> None:
        fields = {name: unescape(value) for name, value in HIDDEN.findall(form[3])}
        note = {"note": "已到现场查看"} if form[2] == "progress" else {}
        await self._ask("move", "POST", unescape(form[1]), {**fields, **note})

    async def _ask(self, kind: str, method: str, path: str, data: Mapping[str, str] | None) -> None:
        began, status = time.perf_counter(), 0
        try:
            async with self._web.request(method, self._base + path, data=data, cookies=self._cookies) as answer:
                self._page = await answer.text()
                self._cookies |= {name: one.value for name, one in answer.cookies.items()}
                status = 0 if "/sign-in" in str(answer.url) else answer.status
        except (aiohttp.ClientError, TimeoutError):
            self._page = ""
        self.met.append((kind, time.perf_counter() - began, status))


async def crowd(plan: Mapping[str, Any]) -> Sequence[tuple[str, float, int]]:
    """Everybody at once: the first act, the others only leave their home open."""
    limits = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        connector=limits, cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(30)
    ) as web:
        surfers = [Surfer(web, plan, sid, number) for number, sid in enumerate(plan["sids"])]
        until = time.monotonic() + plan["seconds"]
        acting = [one.act(until, plan["pause"]) for one in surfers[: plan["acting"]]]
        await asyncio.gather(*acting, *(one.poll(until, plan["poll"]) for one in surfers[plan["acting"] :]))
    return [told for one in surfers for told in one.met]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(crowd(json.load(sys.stdin)))))
