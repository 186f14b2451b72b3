"""Scene groups (dingtalk.md §5.4): made under a name of the caller's own, filled, renamed, joined by robots."""

from __future__ import annotations

import secrets

from aiohttp import web

from . import guesses
from .chats import Conversation
from .wire import ApiError, Json, body_of, need, text_of
from .world import World, world_of


async def create(request: web.Request) -> web.Response:
    """`POST /v1.0/im/sceneGroup/create`, in snake_case."""
    world, body = world_of(request), await body_of(request)
    need(body, "title", "template_id", "owner_user_id", code="miss.param")
    if len(text_of(body, "title")) > guesses.number("group_title_max"):
        raise ApiError(400, "invalidParameter.title", "at most 30 characters")
    members = list(dict.fromkeys([text_of(body, "owner_user_id"), *_users(world, body)]))
    _known(world, members)
    name = text_of(body, "uuid")
    chat = world.chats.named(request["client_id"], name) if guesses.holds("group_uuid_again") else None
    if chat is None:
        chat = world.chats.group(request["client_id"], text_of(body, "title"), members)
        chat.uuid, chat.owner, chat.robots = name, members[0], []
    world.ledger.phones_changed(members)
    return web.json_response({"open_conversation_id": chat.id, "chat_id": f"chat{secrets.token_hex(8)}"})


async def add_members(request: web.Request) -> web.Response:
    """`POST /v1.0/im/sceneGroup/member/add`, in snake_case."""
    world, chat, users = await _changed(request)
    chat.members = list(dict.fromkeys([*chat.members, *users]))
    world.ledger.phones_changed(chat.members)
    return web.json_response({"success": True})


async def delete_members(request: web.Request) -> web.Response:
    """`POST /v1.0/im/sceneGroup/member/delete`, in snake_case."""
    world, chat, users = await _changed(request)
    if chat.owner in users:
        raise ApiError(400, "invalidParameter.userIds", "the owner of a group stays")
    held, chat.members = chat.members, [user for user in chat.members if user not in users]
    world.ledger.phones_changed(held)
    return web.json_response({"success": True})


async def rename(request: web.Request) -> web.Response:
    """`POST /v1.0/im/sceneGroup/update`, in snake_case."""
    world, body = world_of(request), await body_of(request)
    need(body, "open_conversation_id", code="miss.param")
    chat = _group(world, request, text_of(body, "open_conversation_id"))
    if len(text_of(body, "title")) > guesses.number("group_title_max"):
        raise ApiError(400, "invalidParameter.title", "at most 30 characters")
    chat.title = text_of(body, "title") or chat.title
    world.ledger.phones_changed(chat.members)
    return web.json_response({"success": True})


async def query(request: web.Request) -> web.Response:
    """`POST /v1.0/im/sceneGroups/query`, in camelCase."""
    world, body = world_of(request), await body_of(request)
    need(body, "openConversationId", code="miss.param")
    chat = _group(world, request, text_of(body, "openConversationId"))
    return web.json_response({"openConversationId": chat.id, "title": chat.title, "ownerUserId": chat.owner})


async def add_robot(request: web.Request) -> web.Response:
    """`POST /v1.0/robot/groups/orgRobots/add`."""
    world, body = world_of(request), await body_of(request)
    need(body, "openConversationId", "robotCode", code="miss.param")
    chat = _group(world, request, text_of(body, "openConversationId"))
    if body["robotCode"] != request["client_id"]:
        raise ApiError(400, "robot.notExist", "robotCode is not a robot of this app")
    chat.robots = list(dict.fromkeys([*chat.robots, text_of(body, "robotCode")]))
    return web.json_response({"result": True})


async def _changed(request: web.Request) -> tuple[World, Conversation, list[str]]:
    world, body = world_of(request), await body_of(request)
    need(body, "open_conversation_id", "user_ids", code="miss.param")
    users = _users(world, body)
    _known(world, users)
    return world, _group(world, request, text_of(body, "open_conversation_id")), users


def _group(world: World, request: web.Request, key: str) -> Conversation:
    chat = world.chats.conversations.get(key)
    if chat is None or chat.kind != "group" or chat.client_id != request["client_id"]:
        raise ApiError(400, "invalidParameter.openConversationId", "no such group of this app")
    return chat


def _users(world: World, body: Json) -> list[str]:
    return [user for user in text_of(body, "user_ids").split(",") if user]


def _known(world: World, users: list[str]) -> None:
    if unknown := [user for user in users if user not in world.directory.people]:
        raise ApiError(400, "invalidParameter.userIds", ",".join(unknown))
