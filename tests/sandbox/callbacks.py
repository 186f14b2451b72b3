"""A click, from the thumb to the answer: the callback as the manifest says, the 2-second clock, the clicker's view."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import guesses
from .card_api import warn_long
from .cards import Card
from .faces import option_index, options_of
from .manifests import Manifest, check, typed
from .stream import CARD_TOPIC, Ack, Delivery
from .wire import ApiError, ControlError, Json, dumps, new_id
from .world import World

CHOICES = ("SELECT", "MULTI_SELECT", "CHECKBOX_GROUP", "MULTI_CHECKBOX_GROUP")
FAILURE = "网络有点慢，请稍后再点一次"


@dataclass(frozen=True, slots=True)
class Click:
    """What a thumb did: `params` override what the template would send; `form` holds the filled fields."""

    user_id: str
    out_track_id: str
    action: str
    form: Mapping[str, Any] | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    message_id: str = ""
    copies: int = 1

    @classmethod
    def parse(cls, body: Json) -> Click:
        """From the control API's JSON.

        Raises:
            ControlError: a field is missing.
        """
        for name in ("userId", "outTrackId", "action"):
            if not body.get(name):
                raise ControlError(f"缺少 {name}")
        return cls(
            user_id=str(body["userId"]), out_track_id=str(body["outTrackId"]), action=str(body["action"]),
            form=body.get("form"), params=body.get("params") or {}, message_id=str(body.get("messageId") or ""),
            copies=max(int(body.get("copies") or 1), 1),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Ready:
    click: Click
    card: Card
    message_id: str
    data: Json


async def press(world: World, click: Click) -> Json:
    """One click: send the callback, wait for the answer, change the clicker's phone; returns what happened."""
    told = await _fire(world, _prepare(world, click), time.monotonic())
    if world.on_tap is not None:
        world.on_tap(click, told)
    return told


async def burst(world: World, clicks: list[Click]) -> Json:
    """Many clicks at the same instant; every latency counts from that instant, in ms."""
    ready = [_prepare(world, click) for click in clicks]
    began = time.monotonic()
    results = await asyncio.gather(*(_fire(world, one, began) for one in ready))
    return _summary(results, time.monotonic() - began)


async def load(world: World, clicks: list[Click], in_flight: int) -> Json:
    """The same clicks in a closed loop: a new one is sent when one of the `in_flight` open ones is answered."""
    ready = iter([_prepare(world, click) for click in clicks])
    results: list[Json] = []

    async def thumb() -> None:
        for one in ready:
            results.append(await _fire(world, one, time.monotonic()))

    began = time.monotonic()
    await asyncio.gather(*(thumb() for _ in range(in_flight)))
    return _summary(results, time.monotonic() - began)


def _summary(results: list[Json], seconds: float) -> Json:
    latencies = sorted(r["latency_ms"] for r in results if r["latency_ms"] is not None)
    inside = sum(1 for r in results if not r["timeout"])
    return {
        "results": results, "count": len(results), "answered": inside,
        "seconds": round(seconds, 4), "per_second": round(len(results) / seconds, 1) if seconds else None,
        "p50_ms": _at(latencies, 0.5), "p99_ms": _at(latencies, 0.99), "worst_ms": _at(latencies, 1.0),
    }  # fmt: skip


def _at(ordered: list[float], share: float) -> float | None:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else None


def _prepare(world: World, click: Click) -> _Ready:
    if click.out_track_id not in world.cards.cards:
        raise ControlError(f"没有卡片「{click.out_track_id}」", status=404)
    card = world.cards.cards[click.out_track_id]
    person = world.directory.get(click.user_id)
    if click.user_id not in world.viewers(card):
        raise ControlError(f"「{person.name}」的手机上没有这张卡片")
    manifest = world.manifests.get(card.template_id)
    if click.action not in manifest.actions:
        raise ControlError(f"模板「{manifest.template}」没有动作「{click.action}」")
    params = _params(world, manifest, card, click)
    named = "form" if "form" in params and world.faults.on("form_id") else click.action
    private = {"cardPrivateData": {"actionIds": [named], "params": params}}
    loose = world.faults.on("loose_types")
    content = private if loose else dumps(private)
    user_id = person.union_id if card.user_id_type == 2 else person.user_id
    chat_id = card.placements[0].conversation_id
    for place in card.placements:
        chat = world.chats.conversations.get(place.conversation_id)
        if chat and click.user_id in (place.recipients or chat.members):
            chat_id = place.conversation_id
    data = {
        "type": "actionCallback", "outTrackId": card.out_track_id, "corpId": world.options.corp_id,
        "userId": int(user_id) if loose and user_id.isdecimal() else user_id, "userIdType": card.user_id_type,
        "spaceType": "IM", "spaceId": chat_id, "extension": "{}", "content": content, "value": content,
    }  # fmt: skip
    return _Ready(click, card, click.message_id or new_id("m-"), data)


def _params(world: World, manifest: Manifest, card: Card, click: Click) -> Json:
    seen = card.seen_by(click.user_id)
    declared = manifest.params_of(click.action)
    fields = declared.pop("form", None)
    unknown = set(click.params) - set(declared)
    if unknown:
        raise ControlError(f"动作「{click.action}」不带参数「{'、'.join(sorted(unknown))}」")
    params = {name: click.params.get(name, typed(kind, seen.get(name, ""))) for name, kind in declared.items()}
    if fields is not None:
        params["form"] = _form(world, manifest, click, fields, seen)
    return params


def _form(world: World, manifest: Manifest, click: Click, fields: Json, seen: dict[str, str]) -> Json:
    given = dict(click.form or {})
    unknown = set(given) - set(fields)
    if unknown:
        raise ControlError(f"表单里没有「{'、'.join(sorted(unknown))}」")
    sent: Json = {}
    plain_select = world.faults.on("plain_select") or not guesses.holds("select_as_index_value")
    for row in manifest.forms.get(click.action, []):
        if row.get("required") and given.get(row["name"]) in (None, "", []):
            raise ControlError(f"请填写「{row.get('label', row['name'])}」")
    for name, value in given.items():
        if plain_select or fields[name] not in CHOICES or isinstance(value, dict) or value in (None, ""):
            sent[name] = value
            continue
        options = options_of(manifest, click.action, name, seen)
        index = (
            [option_index(options, one) for one in value] if isinstance(value, list) else option_index(options, value)
        )
        sent[name] = {"index": index, "value": value}
    return sent


async def _fire(world: World, ready: _Ready, began: float) -> Json:
    click, card = ready.click, ready.card
    if card.callback_type != "STREAM":
        world.ledger.warn("no_stream_callback", "卡片不是按 STREAM 建的，点了没有回调", outTrackId=card.out_track_id)
        return _result(ready, None, [], "", sent=False)
    if guesses.holds("callbacks_counted"):
        world.meter.message()
    world.cards.opened(card.out_track_id, ready.message_id, click.user_id)
    try:
        deliveries = await world.stream.push(
            card.client_id, "CALLBACK", CARD_TOPIC, ready.data,
            message_id=ready.message_id, copies=click.copies, at=began,
        )  # fmt: skip
        first, acks = await _answers(world, deliveries)
    finally:
        world.cards.closed(card.out_track_id, ready.message_id)
    refused = _apply(world, card, click.user_id, first)
    world.card_changed(card)
    sent = any(d.left_the_platform for d in deliveries)
    return _result(ready, first, acks, refused, sent=sent)


async def _answers(world: World, deliveries: list[Delivery]) -> tuple[Ack | None, list[Ack | None]]:
    limit = float(world.faults.part("patient", "seconds", guesses.seconds("callback_limit_s")))
    acks = await asyncio.gather(*(world.stream.wait(delivery, limit) for delivery in deliveries))
    arrived = sorted((ack for ack in acks if ack is not None), key=lambda ack: ack.latency_ms)
    return (arrived[0] if arrived else None), list(acks)


def _apply(world: World, card: Card, user_id: str, ack: Ack | None) -> str:
    """Change the clicker's view by the answer; returns why it was refused, or an empty text."""
    now = world.clock.iso()
    if ack is None:
        card.failures[user_id] = FAILURE
        card.note(now, "timeout", user_id)
        world.ledger.warn("callback_timeout", "点击没有在 2 秒内应答", outTrackId=card.out_track_id, userId=user_id)
        return ""
    try:
        response = ack.data["response"] if isinstance(ack.data, dict) else None
        if ack.code != 200 or not isinstance(response, dict):
            raise ApiError(400, f"code {ack.code}", "the answer is no object")
        manifest = world.manifests.get(card.template_id)
        public = _part(world, card, manifest.public, response, "cardData")
        private = _part(world, card, manifest.private, response, "userPrivateData")
    except (ApiError, KeyError) as error:
        card.failures[user_id] = FAILURE
        card.note(now, "refused", user_id, why=str(error))
        world.ledger.warn("answer_refused", "应答不合规定，没有采用", outTrackId=card.out_track_id, why=str(error))
        return str(error)
    options = response.get("cardUpdateOptions") or {}
    if public is not None or private is not None:
        world.cards.answer(
            card, now, user_id, public, private,
            public_by_key=options.get("updateCardDataByKey") is True,
            private_by_key=options.get("updatePrivateDataByKey") is True,
        )  # fmt: skip
    else:
        card.failures.pop(user_id, None)
    return ""


def _part(world: World, card: Card, declared: Mapping[str, str], response: Json, name: str) -> dict[str, str] | None:
    part = response.get(name)
    if not part:
        return None
    checked, long = check(declared, part.get("cardParamMap"), name)
    warn_long(world, card.out_track_id, long)
    return checked


def _result(ready: _Ready, first: Ack | None, acks: list[Ack | None], refused: str, *, sent: bool) -> Json:
    answers = [_shown(ack) for ack in acks]
    return {
        "userId": ready.click.user_id, "outTrackId": ready.card.out_track_id, "action": ready.click.action,
        "messageId": ready.message_id, "sent": sent, "timeout": first is None, "refused": refused,
        **_shown(first), "answers": answers,
    }  # fmt: skip


def _shown(ack: Ack | None) -> Json:
    if ack is None:
        return {"code": None, "latency_ms": None, "response": None, "moved": False}
    response = ack.data.get("response") if isinstance(ack.data, dict) else ack.data
    return {"code": ack.code, "latency_ms": round(ack.latency_ms, 2), "response": response, "moved": ack.moved}
