"""What the robot sends: single and group messages, session webhooks, DING, recall, pictures and media."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import BodyPartReader, web

from . import guesses
from .chats import ROBOT, Conversation, Message
from .tokens import App
from .wire import ApiError, Json, OldApiError, body_of, need, new_id, real_ms, text_of
from .world import World, world_of

TEMPLATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "sampleText": ("text", ("content",)),
    "sampleMarkdown": ("markdown", ("title", "text")),
    "sampleImageMsg": ("image", ("photoURL",)),
    "sampleLink": ("link", ("text", "title", "picUrl", "messageUrl")),
    "sampleActionCard": ("actionCard", ("title", "text", "singleTitle", "singleURL")),
    "sampleActionCard6": ("actionCard", ("title", "text", "buttonTitle1", "buttonUrl1", "buttonTitle2", "buttonUrl2")),
    "sampleAudio": ("audio", ("mediaId", "duration")),
    "sampleFile": ("file", ("mediaId", "fileName", "fileType")),
    "sampleVideo": ("video", ("duration", "videoMediaId", "videoType", "picMediaId")),
    **{
        f"sampleActionCard{n}": (
            "actionCard", ("title", "text", *(f"action{what}{i}" for i in range(1, n + 1) for what in ("Title", "URL")))
        )
        for n in range(2, 6)
    },
}  # fmt: skip
MEDIA = {"image": (20, "jpg jpeg gif png bmp"), "voice": (2, "amr mp3 wav"), "video": (20, "mp4"), "file": (20, "")}


async def batch_send(request: web.Request) -> web.Response:
    """`POST /v1.0/robot/oToMessages/batchSend`."""
    world, body = world_of(request), await body_of(request)
    need(body, "robotCode", "userIds", "msgKey", "msgParam")
    _own_robot(request, body)
    users = body["userIds"]
    if not isinstance(users, list) or len(users) > guesses.number("batch_max_users"):
        raise ApiError(400, guesses.word("too_many_users_code"), "userIds: at most 20")
    kind, content = _content(body)
    key = new_id("pk-")
    known = [str(user) for user in users if user in world.directory.people]
    held, filtered = (
        [user for user in known if user in (world.faults.on(name) or ())] for name in ("flow_controlled", "filtered")
    )
    reached = [user for user in known if user not in {*held, *filtered}]
    for user in reached:
        chat = world.chats.single(request["client_id"], user)
        world.chats.post(chat, world.clock.iso(), ROBOT, kind, content, process_key=key)
    world.ledger.phones_changed(reached)
    invalid = [str(user) for user in users if user not in known]
    lists = {"invalidStaffIdList": invalid, "flowControlledStaffIdList": held, "filteredStaffIdList": filtered}
    return web.json_response({"processQueryKey": key, **lists})


async def group_send(request: web.Request) -> web.Response:
    """`POST /v1.0/robot/groupMessages/send`."""
    world, body = world_of(request), await body_of(request)
    need(body, "robotCode", "openConversationId", "msgKey", "msgParam")
    _own_robot(request, body)
    chat = world.chats.conversations.get(str(body["openConversationId"]))
    if chat is None or chat.kind != "group":
        raise ApiError(400, "invalidParameter.openConversationId", "no such group")
    kind, content = _content(body)
    key = new_id("pk-")
    world.chats.post(chat, world.clock.iso(), ROBOT, kind, content, process_key=key)
    world.ledger.phones_changed(chat.members)
    return web.json_response({"processQueryKey": key})


async def read_status(request: web.Request) -> web.Response:
    """`GET /v1.0/robot/oToMessages/readStatus`."""
    world = world_of(request)
    _own_robot(request, dict(request.query))
    sent = _sent(world, request.query.get("processQueryKey", ""))
    rows = [_reader(world, message, chat.members[0]) for chat, message in sent]
    return web.json_response({"sendStatus": "SUCCESS", "messageReadInfoList": rows})


async def group_query(request: web.Request) -> web.Response:
    """`POST /v1.0/robot/groupMessages/query`: who of a group has read it."""
    world, body = world_of(request), await body_of(request)
    need(body, "robotCode", "openConversationId", "processQueryKey")
    ((_, message),) = _sent(world, str(body["processQueryKey"]))[:1]
    return web.json_response({"sendStatus": "SUCCESS", "readUserIds": sorted(message.read_at), "hasMore": False})


async def recall(request: web.Request) -> web.Response:
    """`POST /v1.0/robot/otoMessages/batchRecall` and `groupMessages/recall`."""
    world, body = world_of(request), await body_of(request)
    need(body, "robotCode", "processQueryKeys")
    _own_robot(request, body)
    done, failed = [], {}
    for key in body["processQueryKeys"]:
        sent = world.chats.by_process_key(str(key))
        for chat, message in sent:
            message.recalled = True
            world.ledger.phones_changed(chat.members)
        if sent:
            done.append(key)
        else:
            failed[str(key)] = "processQueryKey.notExist"
    return web.json_response({"successResult": done, "failedResult": failed})


async def ding(request: web.Request) -> web.Response:
    """`POST /v1.0/robot/ding/send`: a DING on every receiver's phone."""
    world, body = world_of(request), await body_of(request)
    need(body, "robotCode", "remindType", "receiverUserIdList", "content")
    _own_robot(request, body)
    most = guesses.number("ding_max_users" if body["remindType"] == 1 else "ding_max_users_sms")
    users = [str(user) for user in body["receiverUserIdList"]]
    if len(users) > most:
        raise ApiError(400, "invalidParameter.receiverUserIdList", f"at most {most}")
    failed = {user: "userNotExist" for user in users if user not in world.directory.people}
    for user in (user for user in users if user not in failed):
        content = {"content": text_of(body, "content"), "remindType": body["remindType"]}
        world.chats.post(world.chats.single(request["client_id"], user), world.clock.iso(), ROBOT, "ding", content)
    world.ledger.phones_changed(users)
    return web.json_response({"openDingId": new_id("ding-"), "failedList": failed})


async def download(request: web.Request) -> web.Response:
    """`POST /v1.0/robot/messageFiles/download`: a download code to a URL."""
    world, body = world_of(request), await body_of(request)
    need(body, "robotCode", "downloadCode")
    _own_robot(request, body)
    if body["downloadCode"] not in world.chats.blobs:
        raise ApiError(400, "invalidParameter.downloadCode", "unknown downloadCode")
    return web.json_response({"downloadUrl": f"{world.options.base}/files/{world.chats.link(body['downloadCode'])}"})


async def file(request: web.Request) -> web.Response:
    """`GET /files/{key}`: the bytes behind a download URL."""
    world = world_of(request)
    code, ends = world.chats.links.get(request.match_info["key"], ("", 0))
    if ends < real_ms() or code not in world.chats.blobs:
        return web.Response(status=403, text="link expired")
    blob = world.chats.blobs[code]
    return web.Response(body=blob.data, content_type=blob.content_type)


async def upload(request: web.Request) -> web.Response:
    """`POST /media/upload?access_token=` (old API): multipart `media` + `type`."""
    world = world_of(request)
    if request.content_type != "multipart/form-data":
        raise OldApiError(40035, "不合法的参数")
    kind, data, name, mime = request.query.get("type", ""), b"", "", "application/octet-stream"
    reader = await request.multipart()
    while isinstance(part := await reader.next(), BodyPartReader):
        if part.name == "type":
            kind = await part.text()
        elif part.name == "media":
            data, name = bytes(await part.read()), part.filename or "file"
            mime = part.headers.get("Content-Type", mime)
    limit, endings = MEDIA.get(kind, (0, ""))
    ending = name.rpartition(".")[2].lower()
    if not limit or not data or (endings and ending not in endings.split()):
        raise OldApiError(40004, "不合法的媒体文件类型")
    if len(data) > limit * 2**20:
        raise OldApiError(40006, "不合法的文件大小")
    media_id = world.chats.keep(data, mime, name)
    return web.json_response(
        {"errcode": 0, "errmsg": "ok", "type": kind, "media_id": media_id, "created_at": real_ms()}
    )


async def webhook(request: web.Request) -> web.Response:
    """`POST /robot/sendBySession?session=`: an answer into the chat a message came from; needs no token."""
    world, body = world_of(request), await body_of(request)
    session = world.chats.sessions.get(request.query.get("session", ""))
    if session is None or session.ends < real_ms() or session.conversation_id not in world.chats.conversations:
        raise OldApiError(guesses.number("webhook_dead_errcode"), "session 不存在或已过期")
    kind = str(body.get("msgtype"))
    content = body.get(kind)
    if kind not in ("text", "markdown", "actionCard", "link", "feedCard") or not isinstance(content, dict):
        raise OldApiError(40035, "不合法的参数")
    at = body.get("at") or {}
    chat = world.chats.conversations[session.conversation_id]
    shown = {**content, "at": [str(user) for user in at.get("atUserIds") or []], "atAll": bool(at.get("isAtAll"))}
    world.chats.post(chat, world.clock.iso(), ROBOT, kind, shown)
    world.meter.message()
    world.ledger.phones_changed(chat.members)
    return web.json_response({"errcode": 0, "errmsg": "ok"})


def _own_robot(request: web.Request, body: Json) -> None:
    app: App | None = world_of(request).tokens.apps.get(str(body.get("robotCode")))
    if app is None or app.client_id != request["client_id"]:
        raise ApiError(400, "robot.notExist", "robotCode is not a robot of this app")


def _content(body: Json) -> tuple[str, Json]:
    if body["msgKey"] not in TEMPLATES:
        raise ApiError(400, "invalidParameter.msgKey", str(body["msgKey"]))
    kind, fields = TEMPLATES[body["msgKey"]]
    raw = body["msgParam"]
    if not isinstance(raw, str) or len(raw.encode()) > guesses.number("msg_param_max_bytes"):
        raise ApiError(400, "invalidParameter.msgParam", "a JSON string of at most 15 000 bytes")
    try:
        content: Any = json.loads(raw)
    except ValueError as error:
        raise ApiError(400, "invalidParameter.msgParam", "not JSON") from error
    if not isinstance(content, dict) or set(content) - set(fields) or not content.get(fields[0]):
        raise ApiError(400, "invalidParameter.msgParam", f"keys are {', '.join(fields)}")
    if any(not isinstance(value, str) for value in content.values()):
        raise ApiError(400, "invalidParameter.msgParam", "values are strings")
    return kind, content


def _sent(world: World, key: str) -> list[tuple[Conversation, Message]]:
    sent = world.chats.by_process_key(key)
    if not key or not sent:
        raise ApiError(400, "invalidParameter.processQueryKey", "unknown processQueryKey")
    return sent


def _reader(world: World, message: Message, user_id: str) -> Json:
    person = world.directory.people.get(user_id)
    return {
        "userId": user_id, "name": person.name if person else "", "readTimestamp": message.read_at.get(user_id, 0),
        "readStatus": "READ" if user_id in message.read_at else "UNREAD",
    }  # fmt: skip
