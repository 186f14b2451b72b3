"""What people and the organisation say to the product: chat messages and directory events, as frames."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from . import guesses
from .chats import Conversation
from .directory import Person
from .stream import CHAT_TOPIC, Ack
from .wire import ControlError, Json, new_id, real_ms
from .world import World

EVENTS = ("user_add_org", "user_modify_org", "user_leave_org", "org_dept_create", "org_dept_modify", "org_dept_remove")
_DATA_URL = re.compile(r"data:(?P<mime>[\w/+.-]+);base64,(?P<data>.*)", re.DOTALL)


async def say(world: World, body: Json) -> Json:
    """A person writes to the robot, alone or in a group: shows it in the chat, sends the frame, waits for the ack."""
    person = world.directory.get(str(body.get("userId") or ""))
    chat = _chat_of(world, person, body)
    kind, content, wire = _spoken(world, chat, body)
    shown = world.chats.post(chat, world.clock.iso(), person.user_id, kind, content)
    chat.read_by(person.user_id)
    world.ledger.phones_changed(chat.members)
    if chat.kind == "group" and body.get("at") is False:
        return {"sent": False, "code": None, "latency_ms": None, "msgId": shown.id}
    message_id, copies = str(body.get("messageId") or new_id("m-")), max(int(body.get("copies") or 1), 1)
    data = _frame(world, chat, person, shown.id, wire)
    deliveries = await world.stream.push(
        chat.client_id, "CALLBACK", CHAT_TOPIC, data, message_id=message_id, copies=copies
    )
    limit = float(world.faults.part("patient", "seconds", guesses.seconds("chat_limit_s")))
    acks = [await world.stream.wait(one, limit) for one in deliveries]
    sent = any(one.left_the_platform for one in deliveries)
    first = next((ack for ack in acks if ack), None)
    return {"sent": sent, "msgId": shown.id, "messageId": message_id, "conversationId": chat.id, **_ack(first)}


async def organisation_event(world: World, body: Json) -> Json:
    """An EVENT frame of the directory; people named in `person` are added, changed or removed first."""
    kind = str(body.get("type") or "")
    if not kind:
        raise ControlError(f"缺少 type，例如 {EVENTS[0]}")
    row = body.get("person")
    data: Json = dict(body.get("data") or {})
    if isinstance(row, dict):
        person = world.directory.add(row)
        data.setdefault("userId", [person.user_id])
        world.ledger.ring("people")
    if kind == "user_leave_org":
        for user in data.get("userId") or []:
            world.directory.remove(str(user))
        world.ledger.ring("people")
    now = str(real_ms())
    headers = {
        "eventId": str(body.get("eventId") or new_id("e-")), "eventType": kind, "eventBornTime": now,
        "eventCorpId": world.options.corp_id, "eventUnifiedAppId": "sandbox-unified",
    }  # fmt: skip
    client_id = str(body.get("clientId") or world.robot)
    full = {"timeStamp": now, "corpId": world.options.corp_id, **data}
    (delivery,) = await world.stream.push(client_id, "EVENT", "*", full, headers=headers)
    ack = await world.stream.wait(delivery, guesses.seconds("event_limit_s"))
    status = ack.data.get("status") if ack and isinstance(ack.data, dict) else None
    return {"sent": delivery.left_the_platform, "status": status, "eventId": headers["eventId"], **_ack(ack)}


def keep_picture(world: World, given: str) -> str:
    """A picture as a download code: an existing code, a data URL or plain base64.

    Raises:
        ControlError: none of these.
    """
    if given in world.chats.blobs:
        return given
    match = _DATA_URL.fullmatch(given)
    mime, text = (match["mime"], match["data"]) if match else ("image/png", given)
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ControlError("图片要用 base64 或已有的 downloadCode") from error
    return world.chats.keep(data, mime, "picture", prefix="dl-")


def _chat_of(world: World, person: Person, body: Json) -> Conversation:
    if not body.get("groupId"):
        return world.chats.single(str(body.get("clientId") or world.robot), person.user_id)
    chat = world.chats.conversations.get(str(body["groupId"]))
    if chat is None or person.user_id not in chat.members:
        raise ControlError(f"「{person.name}」不在这个群里", status=404)
    return chat


def _spoken(world: World, chat: Conversation, body: Json) -> tuple[str, Json, Json]:
    """What was said: (kind in the chat, content in the chat, part of the frame)."""
    if body.get("picture"):
        code = keep_picture(world, str(body["picture"]))
        picture: Json = {"downloadCode": code, "pictureDownloadCode": code}
        if chat.kind == "group":
            rich = {"richText": [{"text": str(body.get("text") or "")}, {"type": "picture", **picture}]}
            return "image", {"photoURL": code}, {"msgtype": "richText", "content": rich}
        return "image", {"photoURL": code}, {"msgtype": "picture", "content": picture}
    if isinstance(body.get("message"), dict):
        return "text", {"content": f"[{body['message'].get('msgtype', '消息')}]"}, dict(body["message"])
    text = body.get("text")
    if not isinstance(text, str) or not text:
        raise ControlError("说点什么：text 或 picture")
    said = f" {text}" if chat.kind == "group" else text
    return "text", {"content": text}, {"msgtype": "text", "text": {"content": said}}


def _frame(world: World, chat: Conversation, person: Person, msg_id: str, wire: Json) -> Json:
    session, ends = world.chats.webhook(chat)
    data: Json = {
        "conversationId": chat.id, "conversationType": "2" if chat.kind == "group" else "1", "msgId": msg_id,
        "senderId": f"$:LWCP_v1:${person.user_id}", "senderNick": person.name, "senderUnionId": person.union_id,
        "senderCorpId": world.options.corp_id, "senderPlatform": "Win", "isAdmin": False,
        "chatbotCorpId": world.options.corp_id, "chatbotUserId": f"$:LWCP_v1:${chat.client_id}",
        "robotCode": chat.client_id, "createAt": ends - int(guesses.seconds("webhook_life_s") * 1000),
        "sessionWebhookExpiredTime": ends,
        "sessionWebhook": f"{world.options.base}/robot/sendBySession?session={session}", **wire,
    }  # fmt: skip
    if not world.faults.on("unpublished"):
        data["senderStaffId"] = person.user_id
    if chat.kind == "group":
        at = [{"dingtalkId": data["chatbotUserId"]}]
        data |= {"conversationTitle": chat.title, "atUsers": at, "isInAtList": True}
    if not world.meter.message():
        _empty(data)
    world.ledger.ring("meter")
    return data


def _empty(data: Json) -> None:
    """Over quota a message arrives without its content (dingtalk.md §3)."""
    data.pop("text", None)
    data.pop("content", None)
    data |= {"code": guesses.number("over_quota_code"), "message": "本月消息额度已用完"}
    if not guesses.holds("over_quota_keeps_msgtype"):
        data.pop("msgtype")


def _ack(ack: Ack | None) -> dict[str, Any]:
    if ack is None:
        return {"code": None, "latency_ms": None, "response": None, "timeout": True}
    return {"code": ack.code, "latency_ms": round(ack.latency_ms, 2), "response": ack.data, "timeout": False}
