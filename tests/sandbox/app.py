"""The server: every route, the door they pass, and what starts and stops with it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from aiohttp import web

from . import (
    card_api,
    contact_api,
    control,
    gateway,
    group_api,
    haizhengtong,
    hotline_api,
    login,
    opus,
    province_api,
    robot_api,
    service_platform_api,
    site,
    sms_api,
    wechat_api,
    wechat_page,
)
from .door import door
from .feeds import api as feeds_api
from .state import StateFile
from .training import desk as training
from .watch import watch
from .world import WORLD, Options, World

MAX_BODY = 64 * 2**20


def build(options: Options) -> web.Application:
    """A sandbox ready to serve on 127.0.0.1."""
    app = web.Application(middlewares=[door], client_max_size=MAX_BODY)
    app[WORLD] = World(options)
    app.add_routes([*_platform(), *_organisation(), *_control(), *site.routes(), *wechat_api.routes()])
    if options.state:
        app.cleanup_ctx.append(_kept)
    app.cleanup_ctx.append(_watched)
    app.cleanup_ctx.append(training.kept)
    app.cleanup_ctx.append(_carried)
    return app


async def _watched(app: web.Application) -> AsyncIterator[None]:
    job = asyncio.create_task(watch(app[WORLD]))
    yield
    job.cancel()


async def _carried(app: web.Application) -> AsyncIterator[None]:
    job = asyncio.create_task(sms_api.carrier(app[WORLD]))
    yield
    job.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await job


async def _kept(app: web.Application) -> AsyncIterator[None]:
    file = app[WORLD].options.state
    assert file is not None
    keeper = StateFile(app[WORLD], file)
    keeper.load()
    job = asyncio.create_task(keeper.keep())
    yield
    job.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await job


def _platform() -> list[web.RouteDef]:
    card, robot = "/v1.0/card", "/v1.0/robot"
    return [
        web.post("/v1.0/gateway/connections/open", gateway.open_connection),
        web.get("/connect", gateway.connect),
        web.post(f"{card}/instances/createAndDeliver", card_api.create_and_deliver),
        web.post(f"{card}/instances", card_api.create),
        web.put(f"{card}/instances", card_api.update),
        web.post(f"{card}/instances/deliver", card_api.deliver),
        web.put(f"{card}/instances/spaces", card_api.add_space),
        web.post(f"{card}/tops/close", card_api.close_top),
        web.put(f"{card}/streaming", card_api.streaming),
        web.post(f"{robot}/oToMessages/batchSend", robot_api.batch_send),
        web.get(f"{robot}/oToMessages/readStatus", robot_api.read_status),
        web.post(f"{robot}/otoMessages/batchRecall", robot_api.recall),
        web.post(f"{robot}/groupMessages/send", robot_api.group_send),
        web.post(f"{robot}/groupMessages/query", robot_api.group_query),
        web.post(f"{robot}/groupMessages/recall", robot_api.recall),
        web.post(f"{robot}/messageFiles/download", robot_api.download),
        web.post(f"{robot}/ding/send", robot_api.ding),
        web.post("/robot/sendBySession", robot_api.webhook),
        web.post("/media/upload", robot_api.upload),
        web.get("/files/{key}", robot_api.file),
        web.get("/hotline/tickets", hotline_api.pull),
        web.get("/haizhengtong/authorize", haizhengtong.authorize),
        web.get("/haizhengtong/agreed", haizhengtong.agreed),
        web.post("/haizhengtong/token", haizhengtong.token),
        web.get("/haizhengtong/userinfo", haizhengtong.userinfo),
        web.post("/hotline/results", hotline_api.take_result),
        web.get("/opus/departments", opus.departments),
        web.get("/opus/persons", opus.persons),
        web.post("/", sms_api.gateway),
        web.get("/service-platform/licences", service_platform_api.pull),
        web.post("/province/resources/{resource}/rows", province_api.take_rows),
        web.get("/feeds/{topic}/{dataset}", feeds_api.pull),
    ]


def _organisation() -> list[web.RouteDef]:
    old = "/topapi"
    return [
        web.post("/v1.0/oauth2/accessToken", contact_api.access_token),
        web.post("/v1.0/oauth2/userAccessToken", contact_api.user_access_token),
        web.post("/v1.0/oauth2/jsapiTickets", contact_api.jsapi_ticket),
        web.post("/v1.0/oauth2/{corp}/token", contact_api.corp_token),
        web.get("/oauth2/auth", login.ask),
        web.get("/oauth2/agreed", login.agreed),
        web.get("/gettoken", contact_api.old_token),
        web.get("/v1.0/contact/users/me", contact_api.me),
        web.post("/v1.0/contact/users/search", contact_api.search),
        web.post("/v1.0/im/sceneGroup/create", group_api.create),
        web.post("/v1.0/im/sceneGroup/update", group_api.rename),
        web.post("/v1.0/im/sceneGroup/member/add", group_api.add_members),
        web.post("/v1.0/im/sceneGroup/member/delete", group_api.delete_members),
        web.post("/v1.0/im/sceneGroups/query", group_api.query),
        web.post("/v1.0/robot/groups/orgRobots/add", group_api.add_robot),
        web.post(f"{old}/v2/user/getuserinfo", contact_api.user_by_code),
        web.post(f"{old}/v2/user/get", contact_api.user_get),
        web.post(f"{old}/v2/user/list", contact_api.user_list),
        web.post(f"{old}/user/listsimple", contact_api.user_list),
        web.post(f"{old}/user/listid", contact_api.user_list),
        web.post(f"{old}/user/getbyunionid", contact_api.user_by_union_id),
        web.post(f"{old}/v2/user/getbymobile", contact_api.user_by_mobile),
        web.post(f"{old}/v2/department/listsub", contact_api.departments),
        web.post(f"{old}/v2/department/listsubid", contact_api.departments),
        web.post(f"{old}/v2/department/get", contact_api.department),
        web.post(f"{old}/v2/department/listparentbyuser", contact_api.departments_of),
    ]


def _control() -> list[web.RouteDef]:
    both: dict[str, control.Answer] = {
        "people": control.people, "groups": control.groups, "clock": control.clock, "meter": control.meter,
        "faults": control.faults, "warnings": control.warnings, "connections": control.connections,
        "hotline/tickets": control.tickets, "opus": opus.control, "sms": control.sms,
        "province": province_api.control, "training": training.control, "wechat/state": wechat_page.state,
        "screens": control.screens, "service-platform": service_platform_api.control, "feeds": feeds_api.control,
    }  # fmt: skip
    told: dict[str, control.Answer] = {
        "say": control.speak, "click": control.click, "burst": control.clicks, "seen": control.seen,
        "wechat/act": wechat_page.act, "wechat/push": wechat_page.push, "wechat/read": wechat_page.read_code,
        "events": control.events, "pictures": control.picture, "reset": control.reset,
    }  # fmt: skip
    asked: dict[str, control.Answer] = {
        "phone/{user}": control.one_phone, "cards": control.all_cards, "cards/{card}": control.one_card,
        "frames": control.frames, "guesses": control.guess_table, "about": control.about,
        "authcode": control.login_code, "jsapi": control.jsapi, "hotline/results": control.results,
        "wechat/jsapi": wechat_page.jsapi,
    }  # fmt: skip
    gets = [web.get(f"/sandbox/{path}", control.control(answer)) for path, answer in {**both, **asked}.items()]
    posts = [web.post(f"/sandbox/{path}", control.control(answer)) for path, answer in {**both, **told}.items()]
    return [*gets, *posts]
