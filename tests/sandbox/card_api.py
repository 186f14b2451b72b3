"""The card endpoints: create, deliver, update, with the refusals of dingtalk.md §5.2 and §5.3."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from . import guesses
from .cards import Card, Placement
from .chats import ROBOT
from .manifests import Manifest, check
from .wire import ApiError, Json, body_of, new_id, text_of
from .world import World, world_of

PREFIX = "dtv1.card//"
MODELS = {
    "IM_GROUP": ("imGroupOpenSpaceModel", "imGroupOpenDeliverModel"),
    "IM_ROBOT": ("imRobotOpenSpaceModel", "imRobotOpenDeliverModel"),
    "IM_SINGLE": ("imSingleOpenSpaceModel", "imSingleOpenDeliverModel"),
    "ONE_BOX": ("topOpenSpaceModel", "topOpenDeliverModel"),
}


async def create_and_deliver(request: web.Request) -> web.Response:
    """`POST /v1.0/card/instances/createAndDeliver`."""
    world, body = world_of(request), await body_of(request)
    spaces = _spaces(body)
    card = _new_card(world, body, request["client_id"])
    _need_models(card, spaces, body)
    world.cards.add(card)
    results = _deliver(world, card, spaces, body)
    return _ok({"outTrackId": card.out_track_id, "deliverResults": results})


async def create(request: web.Request) -> web.Response:
    """`POST /v1.0/card/instances`: create only."""
    world, body = world_of(request), await body_of(request)
    card = _new_card(world, body, request["client_id"])
    world.cards.add(card)
    return _ok(card.out_track_id)


async def deliver(request: web.Request) -> web.Response:
    """`POST /v1.0/card/instances/deliver`."""
    world, body = world_of(request), await body_of(request)
    card = world.cards.get(body.get("outTrackId"))
    spaces = _spaces(body)
    _need_models(card, spaces, body)
    return _ok(_deliver(world, card, spaces, body))


async def add_space(request: web.Request) -> web.Response:
    """`PUT /v1.0/card/instances/spaces`: a further space model for an existing card."""
    world, body = world_of(request), await body_of(request)
    card = world.cards.get(body.get("outTrackId"))
    models = _space_models(body)
    if not models:
        raise ApiError(400, "param.openSpaceModelInvalid", "no open space model")
    card.space_models.update(models)
    return _ok(True)


async def update(request: web.Request) -> web.Response:
    """`PUT /v1.0/card/instances`: the server's copy changes for everybody."""
    world, body = world_of(request), await body_of(request)
    card = world.cards.get(body.get("outTrackId"))
    manifest = world.manifests.get(card.template_id)
    public = _public(world, card.out_track_id, manifest, body)
    private = _private(world, card.out_track_id, manifest, body, int(body.get("userIdType") or card.user_id_type))
    if public is None and private is None:
        raise ApiError(400, "param.cardDataAndPrivateDataBothEmpty")
    _need_safe(world, public, private)
    options = body.get("cardUpdateOptions") or {}
    if guesses.holds("put_inside_callback_flagged"):
        for message_id, user_id, ago in world.cards.waiting_on(card.out_track_id):
            world.ledger.warn(
                "put_inside_callback", "回调还没应答就更新了同一张卡片", outTrackId=card.out_track_id,
                messageId=message_id, userId=user_id, open_ms=round(ago, 1),
            )  # fmt: skip
    world.cards.update(
        card, world.clock.iso(), public, private,
        public_by_key=options.get("updateCardDataByKey") is True,
        private_by_key=options.get("updatePrivateDataByKey") is True,
    )  # fmt: skip
    world.card_changed(card)
    return _ok(True)


async def close_top(request: web.Request) -> web.Response:
    """`POST /v1.0/card/tops/close`: take a pinned card away from a group."""
    world = world_of(request)
    card = world.cards.get(request.query.get("outTrackId"))
    chat = world.chats.conversations.get(request.query.get("openConversationId", ""))
    if chat is None or card.out_track_id not in chat.pinned:
        raise ApiError(400, "param.openSpaceIdInvalid", "no such pinned card")
    chat.pinned.remove(card.out_track_id)
    world.card_changed(card)
    return _ok(True)


async def streaming(request: web.Request) -> web.Response:
    """`PUT /v1.0/card/streaming`: refused, for no template here is an AI template."""
    world, body = world_of(request), await body_of(request)
    world.cards.get(body.get("outTrackId"))
    for name in ("guid", "key", "content"):
        if not body.get(name):
            raise ApiError(400, "param.invalid", f"{name} is empty")
    raise ApiError(400, "param.invalid", "the template of this card is not an AI template")


def _ok(result: Any) -> web.Response:
    return web.json_response({"success": True, "result": result})


def _new_card(world: World, body: Json, client_id: str) -> Card:
    out_track_id, template_id = text_of(body, "outTrackId"), text_of(body, "cardTemplateId")
    if not out_track_id:
        raise ApiError(400, "param.outTrackIdEmpty")
    if len(out_track_id) > guesses.number("out_track_max"):
        raise ApiError(400, "param.invalid", "outTrackId is too long")
    if not template_id:
        raise ApiError(400, "param.cardTemplateIdEmpty")
    if world.faults.on("template_missing"):
        raise ApiError(400, "param.templateNotExist", f"template {template_id} does not exist")
    manifest = world.manifests.get(template_id)
    id_type = int(body.get("userIdType") or 1)
    public = _public(world, out_track_id, manifest, body)
    if public is None:
        raise ApiError(400, "param.cardPublicDataEmpty")
    private = _private(world, out_track_id, manifest, body, id_type) or {}
    _need_safe(world, public, private)
    return Card(
        out_track_id=out_track_id, template_id=template_id, client_id=client_id,
        callback_type=text_of(body, "callbackType"), user_id_type=id_type, created_at=world.clock.iso(), public=public,
        private=private, space_models=_space_models(body),
    )  # fmt: skip


def _public(world: World, out_track_id: str, manifest: Manifest, body: Json) -> dict[str, str] | None:
    data = body.get("cardData")
    if not isinstance(data, dict) or data.get("cardParamMap") is None:
        return None
    checked, long = check(manifest.public, data["cardParamMap"], "cardData")
    warn_long(world, out_track_id, long)
    return checked


def _private(
    world: World, out_track_id: str, manifest: Manifest, body: Json, id_type: int
) -> dict[str, dict[str, str]] | None:
    data = body.get("privateData")
    if not data:
        return None
    if not isinstance(data, dict):
        raise ApiError(400, "param.invalid", "privateData is not a map")
    private = {}
    for given, part in data.items():
        person = world.directory.resolve(given, id_type)
        if person is None:
            raise ApiError(400, "param.userIdNotExist", f"user {given} does not exist")
        checked, long = check(manifest.private, (part or {}).get("cardParamMap"), f"privateData.{given}")
        warn_long(world, out_track_id, long)
        private[person.user_id] = checked
    return private


def _need_safe(world: World, public: dict[str, str] | None, private: dict[str, dict[str, str]] | None) -> None:
    """What the content check says to the values of a card, where the switch names words it refuses."""
    words = world.faults.on("content_unsafe") or ()
    values = [*(public or {}).values(), *(value for part in (private or {}).values() for value in part.values())]
    if any(word in value for word in ([words] if isinstance(words, str) else words) for value in values):
        raise ApiError(400, "param.contentUnsafe", "the content did not pass the check")


def warn_long(world: World, out_track_id: str, names: list[str]) -> None:
    """Record variables whose value is over the safe size."""
    for name in names:
        world.ledger.warn("value_over_1kb", f"变量「{name}」超过 1 KB", outTrackId=out_track_id, variable=name)


def _space_models(body: Json) -> Json:
    return {kind: body[space] for kind, (space, _) in MODELS.items() if isinstance(body.get(space), dict)}


def _spaces(body: Json) -> list[tuple[str, str]]:
    given = text_of(body, "openSpaceId")
    if not given:
        raise ApiError(400, "param.openSpaceIdEmpty")
    if not given.lower().startswith(PREFIX) or len(given) > guesses.number("open_space_max"):
        raise ApiError(400, "param.openSpaceIdInvalid", given[:80])
    spaces = []
    for part in given[len(PREFIX) :].split(";"):
        kind, _, key = part.partition(".")
        if kind.upper() not in MODELS or not key:
            raise ApiError(400, "param.openSpaceIdInvalid", part)
        spaces.append((kind.upper(), key))
    return spaces


def _need_models(card: Card, spaces: list[tuple[str, str]], body: Json) -> None:
    for kind in {kind for kind, _ in spaces}:
        if kind not in card.space_models:
            raise ApiError(400, guesses.word("no_space_model_code"), f"{MODELS[kind][0]} is missing")
        model = body.get(MODELS[kind][1])
        if not isinstance(model, dict):
            raise ApiError(400, "param.openDeliverModelEmpty", f"{MODELS[kind][1]} is missing")
        robot = model.get("robotCode")
        if (kind == "IM_GROUP" and not robot) or (robot and robot != card.client_id):
            raise ApiError(400, "param.openDeliverModelError", "robotCode")
        if kind == "IM_ROBOT" and model.get("spaceType") != "IM_ROBOT":
            raise ApiError(400, "param.openDeliverModelError", "spaceType")
        if kind == "ONE_BOX" and not isinstance(model.get("expiredTimeMillis"), int):
            raise ApiError(400, "param.openDeliverModelError", "expiredTimeMillis")


def _deliver(world: World, card: Card, spaces: list[tuple[str, str]], body: Json) -> list[Json]:
    return [_deliver_one(world, card, kind, key, body) for kind, key in spaces]


def _deliver_one(world: World, card: Card, kind: str, key: str, body: Json) -> Json:
    row: Json = {"spaceType": kind, "spaceId": key, "success": False, "carrierId": "", "errorMsg": ""}
    fault = world.faults.on("deliver_fail")
    chat = None
    if kind == "IM_ROBOT":
        person = world.directory.resolve(key, int(body.get("userIdType") or card.user_id_type))
        chat = world.chats.single(card.client_id, person.user_id) if person else None
    else:
        held = world.chats.conversations.get(key)
        chat = held if held and held.kind == ("single" if kind == "IM_SINGLE" else "group") else None
    if chat is not None and chat.kind == "group" and guesses.holds("robot_joins_by_call"):
        chat = chat if card.client_id in chat.robots else None
    if fault or chat is None:
        row["errorMsg"] = fault if isinstance(fault, str) else guesses.word("unknown_space_message")
        return row
    model = body.get(MODELS[kind][1]) or {}
    recipients = tuple(str(user) for user in model.get("recipients") or model.get("userIds") or ())
    carrier = new_id("carrier-")
    card.placements.append(Placement(kind, key, chat.id, carrier, recipients))
    card.note(world.clock.iso(), "deliver", "api", space=f"{kind}.{key}")
    if kind == "ONE_BOX":
        chat.pinned.append(card.out_track_id)
    else:
        preview = ((card.space_models[kind].get("lastMessageI18n")) or {}).get("ZH_CN", "")
        content = {"outTrackId": card.out_track_id, "preview": preview, "at": sorted(model.get("atUserIds") or {})}
        world.chats.post(chat, world.clock.iso(), ROBOT, "card", content, recipients=recipients)
    world.ledger.phones_changed(recipients or chat.members)
    return {**row, "success": True, "carrierId": carrier}
