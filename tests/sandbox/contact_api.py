"""Tokens, login, people and departments: the endpoints around the robot."""

from __future__ import annotations

import secrets

from aiohttp import web

from . import guesses
from .directory import ROOT, Person
from .wire import ApiError, Json, OldApiError, body_of, need, request_id
from .world import World, world_of


async def access_token(request: web.Request) -> web.Response:
    """`POST /v1.0/oauth2/accessToken`: the same token while it is valid."""
    world, body = world_of(request), await body_of(request)
    app = world.tokens.app(body.get("appKey"), body.get("appSecret"))
    if app is None:
        raise ApiError(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
    token, left = world.tokens.access(app.client_id)
    return web.json_response({"accessToken": token, "expireIn": left})


async def corp_token(request: web.Request) -> web.Response:
    """`POST /v1.0/oauth2/{corpId}/token`."""
    world, body = world_of(request), await body_of(request)
    app = world.tokens.app(body.get("client_id"), body.get("client_secret"))
    if app is None or body.get("grant_type") != "client_credentials":
        raise ApiError(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
    token, left = world.tokens.access(app.client_id)
    return web.json_response({"access_token": token, "expires_in": left})


async def old_token(request: web.Request) -> web.Response:
    """`GET /gettoken?appkey=&appsecret=`."""
    world = world_of(request)
    app = world.tokens.app(request.query.get("appkey"), request.query.get("appsecret"))
    if app is None:
        raise OldApiError(40089, "不合法的appkey或appsecret")
    token, left = world.tokens.access(app.client_id)
    return web.json_response({"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": left})


async def user_access_token(request: web.Request) -> web.Response:
    """`POST /v1.0/oauth2/userAccessToken`: a login code to a user token."""
    world, body = world_of(request), await body_of(request)
    if world.tokens.app(body.get("clientId"), body.get("clientSecret")) is None:
        raise ApiError(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret")
    if body.get("grantType") != "authorization_code":
        raise ApiError(400, guesses.word("grant_type_code"), "grantType must be authorization_code")
    user_id = world.tokens.use_code(body.get("code"), "login")
    if user_id is None:
        raise ApiError(400, "invalidParameter.authCode.notFound", "不存在的临时授权码")
    token = world.tokens.user_token(user_id)
    life = guesses.number("user_token_life_s")
    answer = {"accessToken": token, "refreshToken": secrets.token_hex(16), "expireIn": life}
    return web.json_response({**answer, "corpId": world.options.corp_id})


async def jsapi_ticket(request: web.Request) -> web.Response:
    """`POST /v1.0/oauth2/jsapiTickets`."""
    ticket = world_of(request).tokens.jsapi()
    return web.json_response({"jsapiTicket": ticket, "expireIn": guesses.number("jsapi_ticket_life_s")})


async def me(request: web.Request) -> web.Response:
    """`GET /v1.0/contact/users/me`, with a user token."""
    world = world_of(request)
    user_id = world.tokens.user_of(request.headers.get("x-acs-dingtalk-access-token"))
    person = world.directory.people.get(user_id or "")
    if person is None:
        raise ApiError(guesses.number("bad_token_status"), "InvalidAuthentication", "不合法的access_token")
    return web.json_response(
        {"nick": person.name, "mobile": person.mobile, "openId": f"open-{person.user_id}", "unionId": person.union_id,
         "avatarUrl": "", "email": "", "stateCode": "86"}
    )  # fmt: skip


async def user_by_code(request: web.Request) -> web.Response:
    """`POST /topapi/v2/user/getuserinfo`: who opened the page in DingTalk (免登)."""
    world, body = world_of(request), await body_of(request)
    user_id = world.tokens.use_code(body.get("code"), "inside")
    person = world.directory.people.get(user_id or "")
    if person is None:
        raise OldApiError(guesses.number("used_code_errcode"), "不存在的临时授权码")
    result = {"userid": person.user_id, "unionid": person.union_id, "name": person.name, "device_id": "sandbox"}
    return _result({**result, "sys": False, "sys_level": 0, "associated_unionid": person.union_id})


async def user_get(request: web.Request) -> web.Response:
    """`POST /topapi/v2/user/get`."""
    world, body = world_of(request), await body_of(request)
    return _result(_full(world, _person(world, str(body.get("userid") or ""))))


async def user_list(request: web.Request) -> web.Response:
    """`POST /topapi/v2/user/list`, `/topapi/user/listsimple`, `/topapi/user/listid`: people of a department, paged."""
    world, body = world_of(request), await body_of(request)
    number = int(body.get("dept_id") or ROOT)
    if number != ROOT and number not in world.directory.departments():
        raise OldApiError(60003, "部门不存在")
    members = world.directory.members(number)
    if request.path.endswith("listid"):
        return _result({"userid_list": [p.user_id for p in members]})
    cursor, size = int(body.get("cursor") or 0), int(body.get("size") or 0)
    if not (cursor >= 0 and 1 <= size <= guesses.number("user_page_max")):
        raise OldApiError(guesses.number("wrong_page_errcode"), "cursor 或 size 不对")
    page = members[cursor : cursor + size]
    simple = request.path.endswith("listsimple")
    rows = [{"userid": p.user_id, "name": p.name} if simple else _full(world, p) for p in page]
    more = cursor + size < len(members)
    return _result({"has_more": more, "list": rows, **({"next_cursor": cursor + size} if more else {})})


async def user_by_union_id(request: web.Request) -> web.Response:
    """`POST /topapi/user/getbyunionid`."""
    world, body = world_of(request), await body_of(request)
    person = world.directory.resolve(str(body.get("unionid") or ""), 2)
    return _result({"contact_type": 0, "userid": _person(world, person.user_id if person else "").user_id})


async def user_by_mobile(request: web.Request) -> web.Response:
    """`POST /topapi/v2/user/getbymobile`."""
    world, body = world_of(request), await body_of(request)
    mobile = str(body.get("mobile") or "-")
    found = next((p.user_id for p in world.directory.people.values() if p.mobile == mobile), "")
    return _result({"userid": _person(world, found).user_id})


async def departments(request: web.Request) -> web.Response:
    """`POST /topapi/v2/department/listsub` and `listsubid`: one level below a department."""
    world, body = world_of(request), await body_of(request)
    above, rows = int(body.get("dept_id") or ROOT), world.directory.tree()
    if above != ROOT and above not in {row["dept_id"] for row in rows}:
        raise OldApiError(60003, "部门不存在")
    below = [row for row in rows if row["parent_id"] == above]
    if request.path.endswith("listsubid"):
        return _result({"dept_id_list": [row["dept_id"] for row in below]})
    return _result(below)


async def department(request: web.Request) -> web.Response:
    """`POST /topapi/v2/department/get`."""
    world, body = world_of(request), await body_of(request)
    number = int(body.get("dept_id") or ROOT)
    if number == ROOT:
        return _result({"dept_id": ROOT, "name": "秀英区", "parent_id": 0})
    name = world.directory.departments().get(number)
    if name is None:
        raise OldApiError(60003, "部门不存在")
    return _result(next(row for row in world.directory.tree() if row["dept_id"] == number))


async def departments_of(request: web.Request) -> web.Response:
    """`POST /topapi/v2/department/listparentbyuser`."""
    world, body = world_of(request), await body_of(request)
    number = world.directory.department_of(_person(world, str(body.get("userid") or "")))
    chain = [ROOT] if number == ROOT else [number, ROOT]
    return _result({"parent_list": [{"parent_dept_id_list": chain}]})


async def search(request: web.Request) -> web.Response:
    """`POST /v1.0/contact/users/search`."""
    world, body = world_of(request), await body_of(request)
    need(body, "queryWord")
    offset, size = int(body.get("offset") or 0), int(body.get("size") or 20)
    found = [p.user_id for p in world.directory.search(str(body["queryWord"]))]
    page = found[offset : offset + size]
    return web.json_response({"hasMore": offset + size < len(found), "totalCount": len(found), "list": page})


def _result(result: object) -> web.Response:
    return web.json_response({"errcode": 0, "errmsg": "ok", "result": result, "request_id": request_id()})


def _person(world: World, user_id: str) -> Person:
    if user_id not in world.directory.people:
        raise OldApiError(60121, "找不到该用户")
    return world.directory.people[user_id]


def _full(world: World, person: Person) -> Json:
    number = world.directory.department_of(person)
    return {
        "userid": person.user_id, "unionid": person.union_id, "name": person.name, "mobile": person.mobile,
        "title": person.title, "job_number": "", "manager_userid": "", "dept_id_list": [number],
        "leader_in_dept": [{"dept_id": number, "leader": person.leader}], "role_list": [], "active": True,
    }  # fmt: skip
