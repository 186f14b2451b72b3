"""A person's phone as they see it now: chats with unread marks, messages, and cards drawn for them."""

from __future__ import annotations

from .chats import ROBOT, Conversation, Message
from .faces import buttons, draw
from .wire import ApiError, Json
from .world import World

ROBOT_NAME = "社会治理助手"


def phone(world: World, user_id: str, limit: int = 0) -> Json:
    """Everything on one phone; `limit` keeps only the latest messages of each chat (0 = all).

    Raises:
        ControlError: nobody has this userId.
    """
    person = world.directory.get(user_id)
    chats = [_chat(world, chat, user_id, limit) for chat in world.chats.of(user_id)]
    return {
        "user": person.to_json(),
        "now": world.clock.iso(),
        "chats": chats,
        "sms": world.sms.inbox(person.mobile) if person.mobile else [],
        "unread": sum(c["unread"] for c in chats),
    }


def card_for(world: World, out_track_id: str, user_id: str) -> Json:
    """One card as this person sees it: merged variables, drawn blocks, visible buttons, differences."""
    card = world.cards.get(out_track_id)
    values = card.seen_by(user_id)
    try:
        manifest = world.manifests.get(card.template_id)
    except ApiError:
        return {"outTrackId": out_track_id, "broken": "内容加载失败", "variables": values, "blocks": [], "buttons": []}
    blocks = draw(manifest, values)
    return {
        "outTrackId": out_track_id, "template": manifest.template, "version": card.version, "variables": values,
        "blocks": blocks, "buttons": buttons(blocks), "differs": card.differs_for(user_id),
        "failure": card.failures.get(user_id, ""),
        "waiting": any(user == user_id for _, user, _ in world.cards.waiting_on(out_track_id)),
    }  # fmt: skip


def server_copy(world: World, out_track_id: str) -> Json:
    """One card as the server holds it, who sees it, and what differs on whose phone."""
    card = world.cards.get(out_track_id)
    viewers = [
        {"userId": user, "differs": card.differs_for(user), "overlay": card.overlays.get(user),
         "private": card.private.get(user, {}), "failure": card.failures.get(user, "")}
        for user in sorted(world.viewers(card))
    ]  # fmt: skip
    places = [
        {"spaceType": p.space_type, "spaceId": p.space_id, "conversationId": p.conversation_id,
         "carrierId": p.carrier_id, "recipients": list(p.recipients)}
        for p in card.placements
    ]  # fmt: skip
    return {
        "outTrackId": out_track_id, "templateId": card.template_id, "clientId": card.client_id,
        "callbackType": card.callback_type, "created_at": card.created_at, "version": card.version,
        "public": card.public, "private": card.private, "viewers": viewers, "placements": places,
        "history": card.history,
    }  # fmt: skip


def _chat(world: World, chat: Conversation, user_id: str, limit: int) -> Json:
    mine = [m for m in chat.messages if m.is_for(user_id)]
    shown = [_message(world, m, user_id) for m in (mine[-limit:] if limit else mine)]
    last = mine[-1] if mine else None
    return {
        "id": chat.id, "kind": chat.kind, "title": chat.title or ROBOT_NAME, "clientId": chat.client_id,
        "unread": chat.unread(user_id), "at": last.at if last else "", "last": _preview(world, last, user_id),
        "total": len(mine), "members": chat.members if chat.kind == "group" else [], "messages": shown,
        "pinned": [card_for(world, key, user_id) for key in chat.pinned],
    }  # fmt: skip


def _message(world: World, message: Message, user_id: str) -> Json:
    row: Json = {
        "id": message.id, "at": message.at, "from": message.sender, "name": _name(world, message.sender),
        "mine": message.sender == user_id, "kind": message.kind, "recalled": message.recalled,
        "read": user_id in message.read_at or message.sender == user_id,
        "content": {} if message.recalled else message.content,
    }  # fmt: skip
    if message.kind == "card" and not message.recalled:
        row["card"] = card_for(world, message.content["outTrackId"], user_id)
    return row


def _preview(world: World, message: Message | None, user_id: str) -> str:
    if message is None:
        return ""
    if message.recalled:
        return "撤回了一条消息"
    content = message.content
    if message.kind == "card":
        return str(content.get("preview") or "[卡片]")
    words = {"image": "[图片]", "file": "[文件]", "audio": "[语音]", "video": "[视频]"}
    text = words.get(message.kind) or str(content.get("title") or content.get("text") or content.get("content") or "")
    who = "" if message.sender in (ROBOT, user_id) else f"{_name(world, message.sender)}："
    return who + text.strip().split("\n")[0][:60]


def _name(world: World, sender: str) -> str:
    if sender == ROBOT:
        return ROBOT_NAME
    person = world.directory.people.get(sender)
    return person.name if person else "已离职人员"
