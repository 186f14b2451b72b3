"""What every REST call passes: faults, Content-Type, token, quota, the meter and the record of raw frames."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from . import guesses, wechat_api
from .tokens import App
from .wire import ApiError, ControlError, OldApiError
from .world import World, world_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
OPEN = ("/v1.0/oauth2/accessToken", "/v1.0/oauth2/userAccessToken", "/v1.0/gateway/", "/v1.0/contact/users/me")
OTHERS = ("/hotline/", "/opus/", "/province/", "/feeds/", "/service-platform/", "/haizhengtong/")
OLD = ("/topapi/", "/media/")
SHOWN = 65536


@web.middleware
async def door(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a call in; the control API, the page and the WebSocket pass untouched."""
    if request.path.startswith("/sandbox"):
        return await _control(request, handler)
    if request.path == "/connect" or (request.path == "/" and request.method == "POST"):  # streams, and SMS
        return await handler(request)
    if request.path.startswith(wechat_api.PATHS):
        return await _wechat(request, handler)
    world, began = world_of(request), time.monotonic()
    response = await _answered(world, request, handler)
    latency = (time.monotonic() - began) * 1000
    kind = f"{request.method} {request.path}"
    asked = await _shown(request)
    world.ledger.frame("rest", kind, asked, answer=_body(response), status=response.status, latency_ms=latency)
    if world.faults.hits("lost_answer", request.path, request.method) and request.transport:
        request.transport.abort()
    return response


async def _wechat(request: web.Request, handler: Handler) -> web.StreamResponse:
    """WeChat's dialect: it refuses within HTTP 200 by itself; here only faults and the record."""
    world, began = world_of(request), time.monotonic()
    response = await _broken_before(world, request)
    if response is None:
        answer = await handler(request)
        assert isinstance(answer, web.Response)
        response = _broken_after(world, request, answer)
    latency = (time.monotonic() - began) * 1000
    asked = {name: "***" if "secret" in name else value for name, value in request.query.items()}
    kind = f"微信 {request.path}"
    world.ledger.frame("rest", kind, asked, answer=_body(response), status=response.status, latency_ms=latency)
    if world.faults.hits("lost_answer", request.path, request.method) and request.transport:
        request.transport.abort()
    return response


async def _control(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ControlError as error:  # also read by the stand-in scripts in the product's pages
        headers = {"Access-Control-Allow-Origin": "*"}
        return web.json_response({"error": str(error)}, status=error.status, headers=headers)
    except ApiError as error:
        return web.json_response({"error": error.code, "message": error.message}, status=400)
    except (KeyError, TypeError, ValueError) as error:
        return web.json_response({"error": f"请求里有写错的值：{error}"}, status=400)


async def _answered(world: World, request: web.Request, handler: Handler) -> web.Response:
    broken = await _broken_before(world, request)
    if broken is not None:
        return broken
    try:
        response = await _checked(world, request, handler)
    except (ApiError, OldApiError) as error:
        response = error.response()
    except (KeyError, TypeError, ValueError) as error:
        response = ApiError(400, "param.invalid", str(error)).response()
    except web.HTTPNotFound:
        response = ApiError(404, "InvalidAction.NotFound", "Specified api is not found").response()
    except web.HTTPMethodNotAllowed:
        response = ApiError(405, "UnsupportedHTTPMethod", "This http method is not supported").response()
    return _broken_after(world, request, response)


async def _checked(world: World, request: web.Request, handler: Handler) -> web.Response:
    resource = request.match_info.route.resource
    api = f"{request.method} {resource.canonical if resource else request.path}"
    old = request.path.startswith(OLD)
    outside = request.path.startswith((*OPEN, *OTHERS, "/gettoken", "/oauth2/", "/robot/", "/files/"))
    if not outside and resource is not None:
        app = _caller(world, request, old)
        request["client_id"] = app.client_id
        _within_limits(world, app, api, old)
    if request.method in ("POST", "PUT") and not old and request.path != "/haizhengtong/token":
        _typed(request)
    if resource is not None and not request.path.startswith((*OTHERS, "/files/", "/oauth2/")):
        world.meter.call(api)
        world.ledger.ring("meter")
    response = await handler(request)
    assert isinstance(response, web.Response)
    return response


def _caller(world: World, request: web.Request, old: bool) -> App:
    given = request.query.get("access_token") if old else request.headers.get("x-acs-dingtalk-access-token")
    app = world.tokens.owner(given)
    if app is not None:
        return app
    if old:
        raise OldApiError(guesses.number("bad_token_errcode"), "不合法的access_token")
    raise ApiError(guesses.number("bad_token_status"), "InvalidAuthentication", "不合法的access_token")


def _within_limits(world: World, app: App, api: str, old: bool) -> None:
    if not world.meter.has_quota(api):
        if old:
            raise OldApiError(guesses.number("quota_errcode"), "调用次数已达本月上限")
        raise ApiError(403, guesses.word("quota_code"), "api count limit for org")
    if not world.meter.has_speed(app.client_id, api):
        if old:
            raise OldApiError(guesses.number("qps_errcode"), "调用太快")
        raise ApiError(403, guesses.word("qps_code"), "qps limit for appkey and api")


def _typed(request: web.Request) -> None:
    if request.content_type != "application/json" and request.can_read_body:
        raise ApiError(400, guesses.word("no_content_type_code"), "Content-Type must be application/json")


async def _broken_before(world: World, request: web.Request) -> web.Response | None:
    faults, path, method = world.faults, request.path, request.method
    if faults.hits("black_hole", path, method):
        await request.read()
        while faults.hits("black_hole", path, method):
            await asyncio.sleep(0.1)
        return web.Response(status=504)
    if faults.hits("latency", path, method):
        await asyncio.sleep(float(faults.part("latency", "seconds", 3)))
    if faults.hits("http", path, method):
        body = faults.part("http", "body", {"code": "system.busy", "message": "系统繁忙"})
        status = int(faults.part("http", "status", 500))
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
        return web.Response(text=text, status=status, content_type="application/json")
    return None


def _broken_after(world: World, request: web.Request, response: web.Response) -> web.Response:
    faults, path, method = world.faults, request.path, request.method
    if faults.hits("html", path, method):
        return web.Response(text="<html><body><h1>502 Bad Gateway</h1></body></html>", content_type="text/html")
    if faults.hits("empty", path, method):
        return web.Response(text="", content_type="application/json")
    if faults.hits("truncated", path, method) and response.text:
        return web.Response(text=response.text[: len(response.text) // 2], content_type="application/json")
    return response


async def _shown(request: web.Request) -> object:
    if request.content_type != "application/json":
        return {"query": dict(request.query), "content_type": request.content_type}
    text = (await request.text())[:SHOWN]
    try:
        body = json.loads(text)
    except ValueError:
        return text
    if isinstance(body, dict):
        return {key: "***" if "secret" in key.lower() else value for key, value in body.items()}
    return body


def _body(response: web.Response) -> object:
    if response.content_type != "application/json":
        return response.content_type
    try:
        return json.loads(response.text or "null")
    except ValueError:
        return response.text
