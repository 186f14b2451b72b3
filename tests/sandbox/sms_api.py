"""The SMS service on the wire: `POST /` with an action header, gateway errors and business codes, receipts pushed."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

from .acs3 import GatewayError
from .sms import WAITING, Refused, Text, request_id
from .wire import Json, dumps
from .world import World, world_of

VERSION = "2017-05-25"
NEEDED = {
    "SendSms": ("PhoneNumbers", "SignName", "TemplateCode"),
    "QuerySendDetails": ("PhoneNumber", "SendDate", "PageSize", "CurrentPage"),
}
PUSH_AGAIN_S = (0.0, 1.0, 5.0, 10.0)
"""When a receipt that was not taken is pushed again; minutes at the real service."""
TICK_S = 0.05


async def gateway(request: web.Request) -> web.StreamResponse:
    """One call of the SMS product, with the faults that are on; kept with the raw frames."""
    world, began = world_of(request), time.monotonic()
    body = await request.read()
    action = request.headers.get("x-acs-action", "")
    broken = world.faults.on("sms_broken")
    if broken == "reset" and request.transport:
        request.transport.abort()
        return web.Response()
    ground = world.rounds
    await asyncio.sleep(float(world.faults.part("sms_slow", "seconds", 0)))
    if world.rounds != ground and request.transport:  # what was under way when the ground was emptied is gone
        request.transport.abort()
        return web.Response()
    response = _answer(world, request, action, body)
    shown = {**dict(request.query), **dict(parse_qsl(body.decode("utf-8", "replace")))}
    took = (time.monotonic() - began) * 1000
    world.ledger.frame("rest", f"短信 {action}", shown, answer=response.text, status=response.status, latency_ms=took)
    if (hold := float(world.faults.part("sms_no_answer", "seconds", 0))) and action == "SendSms":
        await asyncio.sleep(hold)  # done, but the caller does not hear of it in time
        if request.transport:
            request.transport.abort()
    if broken in ("html", "empty", "nothing"):
        texts = {"html": "<html><body>502 Bad Gateway</body></html>", "empty": "", "nothing": "{}"}
        return web.Response(text=texts[str(broken)], content_type="text/html" if broken == "html" else None)
    return response


def _answer(world: World, request: web.Request, action: str, body: bytes) -> web.Response:
    fault = world.faults.on("sms_gateway")
    try:
        if fault:
            status, code = int(fault.get("status", 503)), str(fault.get("code", "ServiceUnavailable"))
            headers = {"x-acs-retry-after": str(fault["retry_after"])} if fault.get("retry_after") else None
            return _refusal(GatewayError(status, code, "The request has failed."), request, headers)
        headers_of = request.headers
        world.acs3.check(request.method, request.path, request.query_string, headers_of, body, time.time())
        asked = {**request.query, **dict(parse_qsl(body.decode(), keep_blank_values=True))}
        return web.json_response({"RequestId": request_id(), **_done(world, request, action, asked)}, dumps=dumps)
    except GatewayError as error:
        return _refusal(error, request)


def _done(world: World, request: web.Request, action: str, asked: dict[str, str]) -> Json:
    if request.headers.get("x-acs-version") != VERSION or action not in NEEDED:
        raise GatewayError(404, "InvalidAction.NotFound", "Specified api is not found.")
    for name in NEEDED[action]:
        if not asked.get(name):
            raise GatewayError(400, f"Missing{name}", f"{name} is mandatory for this action.")
    try:
        if (code := world.faults.on("sms_code")) and action == "SendSms":
            raise Refused(str(code))
        if action == "QuerySendDetails":
            return {"Message": "OK", "Code": "OK", **world.sms.details(asked)}
        biz_id, fresh = world.sms.send(asked)
    except Refused as refused:
        return {"Message": refused.message, "Code": refused.code}
    world.ledger.phones_changed(_users(world, fresh))
    return {"Message": "OK", "BizId": biz_id, "Code": "OK"}


def _refusal(error: GatewayError, request: web.Request, headers: dict[str, str] | None = None) -> web.Response:
    body = {
        "RequestId": request_id(), "HostId": request.host, "Code": error.code, "Message": error.message,
        "Recommend": "https://api.aliyun.com/troubleshoot",
    }  # fmt: skip
    return web.json_response(body, status=error.status, dumps=dumps, headers=headers)


def _users(world: World, texts: list[Text]) -> list[str]:
    phones = {one.phone for one in texts}
    return [person.user_id for person in world.directory.people.values() if person.mobile in phones]


# --- receipts -------------------------------------------------------------------------------------------------------


async def carrier(world: World) -> None:
    """Settle messages some time after they were accepted, and push their receipts; runs as long as the sandbox."""
    pushing = set[asyncio.Task[None]]()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10), trust_env=False) as http:
        while True:
            await asyncio.sleep(TICK_S)
            late = float(world.faults.part("sms_late", "seconds", 0))
            for one in [one for one in world.sms.texts if one.status == WAITING]:
                if time.time() - one.sent_s < world.sms.receipt_s + late:
                    continue
                world.sms.settle(one, str(world.faults.on("sms_fail") or "DELIVERED"))
                world.ledger.phones_changed(_users(world, [one]))
                copies = 0 if world.faults.on("sms_lost") else int(world.faults.part("sms_twice", "copies", 1))
                for _ in range(copies if world.sms.receipt_url else 0):
                    task = asyncio.create_task(_push(world, http, [world.sms.receipt(one)]))
                    pushing.add(task)
                    task.add_done_callback(pushing.discard)


async def _push(world: World, http: aiohttp.ClientSession, receipts: list[Json]) -> None:
    """Push until it is taken, four times at most."""
    for wait in PUSH_AGAIN_S:
        await asyncio.sleep(wait)
        try:
            async with http.post(world.sms.receipt_url, json=receipts) as answer:
                status, text = answer.status, await answer.text()
        except (aiohttp.ClientError, TimeoutError) as error:
            status, text = 0, type(error).__name__
        world.ledger.frame("rest", "短信回执", receipts, answer=text, status=status)
        if status == 200:
            return


async def control(world: World, body: Json, query: Any) -> object:
    """GET: every message, or `?phone=` / `?userId=` one phone's. POST: `template`, `signature`, `balance`, `day_limit`,
    `receipt_url`, `receipt_s`, or `push` (a list of receipts) as they are.
    """
    sms = world.sms
    if "template" in body:
        sms.approve(body["template"])
    if "signature" in body:
        sms.signatures[str(body["signature"]["name"])] = str(body["signature"].get("kind") or "通用")
    sms.balance = int(body.get("balance", sms.balance))
    sms.day_limit = int(body.get("day_limit", sms.day_limit))
    sms.receipt_url = str(body.get("receipt_url", sms.receipt_url))
    sms.receipt_s = float(body.get("receipt_s", sms.receipt_s))
    user = query.get("userId")
    phone = world.directory.get(user).mobile if user else query.get("phone")
    if phone:
        return sms.inbox(phone)
    texts = [{**sms.receipt(one), "text": one.text, "template": one.template, "at": one.at} for one in sms.texts]
    return {"balance": sms.balance, "texts": texts}
