"""The control API under /sandbox/: how tests, the bench and the page act as people and move the world."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from aiohttp import web

from .callbacks import Click, burst, load, press
from .camera import read_code
from .clock import SHANGHAI
from .guesses import GUESSES
from .line import MOMENTS, break_now, freeze, listed, ping
from .phone import card_for, phone, server_copy
from .sms_api import control as sms_control
from .talk import keep_picture, organisation_event, say
from .wire import ControlError, Json
from .world import World, world_of

Answer = Callable[[World, web.Request, Json], Awaitable[object]]


def control(answer: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
    """An endpoint of the control API: JSON in (if any), JSON out."""

    async def endpoint(request: web.Request) -> web.Response:
        body: Json = {}
        if request.method == "POST" and request.can_read_body and request.content_type == "application/json":
            try:
                body = json.loads(await request.text() or "{}")
            except ValueError as error:
                raise ControlError("不是 JSON") from error
        headers = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
        return web.json_response(await answer(world_of(request), request, body), headers=headers)

    return endpoint


async def people(world: World, request: web.Request, body: Json) -> object:
    """GET lists (`?q=` searches), POST adds one person or a list of them; `left` names userIds that go."""
    if request.method == "POST":
        for user in body.get("left") or ():
            world.directory.remove(str(user))
        rows = body.get("people", [] if "left" in body else [body])
        added = [world.directory.add(row).to_json() for row in rows]
        world.ledger.ring("people")
        world.ledger.phones_changed(row["userId"] for row in added)
        return added if "people" in body or "left" in body else added[0]
    return [person.to_json() for person in world.directory.search(request.query.get("q", ""))]


async def groups(world: World, request: web.Request, body: Json) -> object:
    """GET lists, POST makes or refills a group `{title, members, id?}` with the robot in it."""
    if request.method == "POST":
        members = [world.directory.get(str(user)).user_id for user in body.get("members") or []]
        client_id = str(body.get("clientId") or world.robot)
        chat = world.chats.group(client_id, str(body.get("title") or "群聊"), members, str(body.get("id") or ""))
        world.ledger.phones_changed(members)
        return {"id": chat.id, "title": chat.title, "members": chat.members}
    chats = world.chats.conversations.values()
    return [
        {"id": c.id, "title": c.title, "members": c.members, "pinned": c.pinned, "owner": c.owner, "robots": c.robots}
        for c in chats if c.kind == "group"
    ]  # fmt: skip


async def speak(world: World, request: web.Request, body: Json) -> object:
    """A person writes to the robot."""
    return await say(world, body)


async def click(world: World, request: web.Request, body: Json) -> object:
    """A person presses a button on a card."""
    return await press(world, Click.parse(body))


async def clicks(world: World, request: web.Request, body: Json) -> object:
    """`{"clicks": [...]}`: all at the same instant, or with `in_flight` only so many open at a time.

    `brief` leaves the single results out of the answer.
    """
    wanted = [Click.parse(one) for one in body.get("clicks") or []]
    in_flight = int(body.get("in_flight") or 0)
    told = await (load(world, wanted, in_flight) if in_flight else burst(world, wanted))
    return {name: value for name, value in told.items() if name != "results" or not body.get("brief")}


async def one_phone(world: World, request: web.Request, body: Json) -> object:
    """A person's phone as they see it now."""
    return phone(world, request.match_info["user"], int(request.query.get("limit") or 0))


async def seen(world: World, request: web.Request, body: Json) -> object:
    """`{userId, conversationId}`: the person opened the chat; everything in it is read."""
    chat = world.chats.conversations.get(str(body.get("conversationId")))
    if chat is None:
        raise ControlError("没有这个聊天", status=404)
    if chat.read_by(str(body.get("userId"))):
        world.ledger.phones_changed([str(body.get("userId"))])
    return {"unread": 0}


async def one_card(world: World, request: web.Request, body: Json) -> object:
    """The server's copy, every viewer's differences and the history; `?userId=` one viewer's face instead."""
    if "userId" in request.query:
        return card_for(world, request.match_info["card"], request.query["userId"])
    return server_copy(world, request.match_info["card"])


async def all_cards(world: World, request: web.Request, body: Json) -> object:
    """Every card: id, template, version and who sees something else than the server holds."""
    return [
        {
            "outTrackId": card.out_track_id, "templateId": card.template_id, "version": card.version,
            "viewers": sorted(world.viewers(card)),
            "differs": [user for user in sorted(world.viewers(card)) if card.differs_for(user)],
        }
        for card in world.cards.cards.values()
    ]  # fmt: skip


async def frames(world: World, request: web.Request, body: Json) -> object:
    """Raw frames and REST calls after `?since=`, perhaps of one `?messageId=`, `?kind=` part or `?direction=`.

    `?sources=1` tells only of data sources outside (feeds, hotline, province, licences), `?sources=0` of all else.
    """
    query, since = request.query, int(request.query.get("since") or 0)
    found = [
        frame.to_json()
        for frame in world.ledger.frames
        if frame.seq > since
        and query.get("messageId", frame.message_id) == frame.message_id
        and query.get("direction", frame.direction) == frame.direction
        and query.get("kind", "") in frame.kind
        and query.get("sources", str(int(frame.of_source))) == str(int(frame.of_source))
    ]
    return found[-int(query.get("limit") or 1000) :]


async def warnings(world: World, request: web.Request, body: Json) -> object:
    """What the product should not have done; POST `{"clear": true}` forgets."""
    if request.method == "POST" and body.get("clear"):
        world.ledger.warnings.clear()
    kind = request.query.get("kind")
    return [warning for warning in world.ledger.warnings if kind in (None, warning["kind"])]


async def clock(world: World, request: web.Request, body: Json) -> object:
    """The business clock: GET, or POST `advance_s`, `set`, `to` (tomorrow, workday), `stop`, `run`, `reset`."""
    if request.method == "POST":
        _move_clock(world, body)
        world.ledger.ring("clock")
        if world.ledger.on_change:
            world.ledger.on_change()
    local = world.clock.now().astimezone(SHANGHAI)
    return {
        "now": world.clock.iso(), "local": local.isoformat(), "offset_s": world.clock.offset.total_seconds(),
        "stopped": world.clock.stopped,
    }  # fmt: skip


def _move_clock(world: World, body: Json) -> None:
    if "advance_s" in body:
        world.clock.advance(timedelta(seconds=float(body["advance_s"])))
    elif "set" in body:
        try:
            world.clock.set(datetime.fromisoformat(str(body["set"])))
        except ValueError as error:
            raise ControlError("时间写成 2026-03-09T17:30 这样") from error
    elif "to" in body:
        if not world.clock.go_to(str(body["to"])):
            raise ControlError("to 只能是 tomorrow 或 workday")
    elif body.get("stop"):
        world.clock.stop()
    elif body.get("run"):
        world.clock.run()
    elif body.get("reset"):
        world.clock.reset()
    else:
        raise ControlError("给出 advance_s、set、to、stop、run 或 reset")


async def events(world: World, request: web.Request, body: Json) -> object:
    """An event of the organisation, e.g. `{type: "user_leave_org", data: {userId: [...]}}`."""
    return await organisation_event(world, body)


async def meter(world: World, request: web.Request, body: Json) -> object:
    """Counts of this month; POST `quota_api`, `quota_stream`, `qps` set limits, `reset` forgets the counts."""
    if request.method == "POST":
        if body.get("reset"):
            world.meter.reset()
        world.meter.quota_api = int(body.get("quota_api", world.meter.quota_api))
        world.meter.quota_stream = int(body.get("quota_stream", world.meter.quota_stream))
        world.meter.qps = int(body.get("qps", world.meter.qps))
        world.ledger.ring("meter")
    return world.meter.to_json()


async def faults(world: World, request: web.Request, body: Json) -> object:
    """The fault switches: POST `{name: value, …}` sets, null turns off, `{"clear": true}` turns all off."""
    hit = 0
    for name, value in body.items():
        if name == "clear":
            world.faults.clear()
        elif name == "token_revoked":
            world.tokens.revoke()
        elif name == "login_codes_old":
            world.tokens.expire_codes()
        elif name in MOMENTS:
            hit += await break_now(world.stream, name, value)
        else:
            world.faults.set(name, value)
    if "freeze" in body or "clear" in body:
        freeze(world.stream, bool(world.faults.on("freeze")))
    if request.method == "POST":
        world.ledger.ring("faults")
    return {**world.faults.to_json(), "hit": hit, "connections": listed(world.stream)}


async def picture(world: World, request: web.Request, body: Json) -> object:
    """`{"picture": data URL}` → a download code that `say` accepts."""
    return {"downloadCode": keep_picture(world, str(body.get("picture") or ""))}


async def login_code(world: World, request: web.Request, body: Json) -> object:
    """A login code for `?user=`, for the stub `dd` script; a page says for which organisation and application."""
    if request.query.get("corpId", world.options.corp_id) != world.options.corp_id:
        raise ControlError("corpId 不是这个组织的")
    if request.query.get("clientId", world.robot) not in world.tokens.apps:
        raise ControlError("clientId 不认识")
    return {"code": world.tokens.code(world.directory.get(request.query.get("user", "")).user_id)}


async def jsapi(world: World, request: web.Request, body: Json) -> object:
    """`dd.config` of the stub script: is the page's signature right, for this organisation?"""
    query = request.query
    if query.get("corpId") != world.options.corp_id or not query.get("agentId"):
        raise ControlError("corpId 或 agentId 不对")
    page, nonce, at = (query.get(name, "") for name in ("url", "nonceStr", "timeStamp"))
    if not world.tokens.signed(page, nonce, at, query.get("signature", "")):
        raise ControlError("签名不对")
    return {"signed": True}


async def screens(world: World, request: web.Request, body: Json) -> object:
    """The codes people's screens show, as a camera reads them; POST `?user=` with a data URL says what one shows."""
    if request.method == "POST":
        user, picture = world.directory.get(request.query.get("user", "")).user_id, await request.text()
        world.screens.pop(user, None)
        if picture:
            world.screens[user] = picture
        return {"shown": bool(picture)}
    seen = [(user, read_code(picture)) for user, picture in reversed(world.screens.items())]
    return [{"userId": user, "name": world.directory.get(user).name, "text": text} for user, text in seen if text]


async def tickets(world: World, request: web.Request, body: Json) -> object:
    """Hotline tickets: GET all revisions, POST one (or `{"tickets": [...]}`)."""
    if request.method == "POST":
        rows = body.get("tickets", [body])
        added = [world.hotline.add(row) for row in rows]
        return added if "tickets" in body else added[0]
    return world.hotline.tickets


async def sms(world: World, request: web.Request, body: Json) -> object:
    """The SMS service; see `sms_api.control`."""
    return await sms_control(world, body, request.query)


async def results(world: World, request: web.Request, body: Json) -> object:
    """What the product handed back to the hotline."""
    return world.hotline.results


async def connections(world: World, request: web.Request, body: Json) -> object:
    """Open streams; POST `{"ping": true}` pings them all, `{"expire_tickets": true}` ages unused tickets."""
    if body.get("expire_tickets"):
        world.tokens.expire_tickets()
    if body.get("ping"):
        return {"pings": [await ping(world.stream, one) for one in list(world.stream.connections)]}
    return listed(world.stream)


async def guess_table(world: World, request: web.Request, body: Json) -> object:
    """Every assumption about the platform with its mark."""
    return [
        {"name": g.name, "value": g.value, "mark": g.mark, "section": g.section, "meaning": g.meaning} for g in GUESSES
    ]


async def about(world: World, request: web.Request, body: Json) -> object:
    """Which robot, which templates, how many people: what the page needs first."""
    return {
        "clientId": world.robot, "corpId": world.options.corp_id, "templates": world.manifests.ids(),
        "people": len(world.directory.people), "connections": len(world.stream.connections), "ready": True,
    }  # fmt: skip


async def reset(world: World, request: web.Request, body: Json) -> object:
    """Empty the practice ground; people and connections stay."""
    world.reset()
    return {"reset": True}
