"""A tiny product: the unmodified SDK in its own process, which prints what it sees as JSON lines.

It answers clicks by what their action says, so that a test can ask for every kind of behaviour.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any

from dingtalk_stream import (
    AckMessage,
    CallbackHandler,
    CallbackMessage,
    ChatbotHandler,
    ChatbotMessage,
    Credential,
    DingTalkStreamClient,
    EventHandler,
    EventMessage,
)


def tell(what: str, **facts: Any) -> None:
    """One JSON line to whoever started us."""
    print(json.dumps({"what": what, "at": time.time(), **facts}, ensure_ascii=False), flush=True)


class Cards(CallbackHandler):  # type: ignore[misc]
    """Answers a click: normally by signing, or slowly, wrongly or not at all."""

    async def process(self, callback: CallbackMessage) -> tuple[int, dict[str, Any]]:
        private = json.loads(callback.data["content"])["cardPrivateData"]
        params = private["params"]
        tell("click", messageId=callback.headers.message_id, data=callback.data, private=private)
        mood = params.get("number", "")
        if mood == "raise":
            raise RuntimeError("asked to fail")
        if mood.startswith("slow"):
            await asyncio.sleep(float(mood[4:]))
        if mood == "wrong":
            return AckMessage.STATUS_OK, {"cardData": {"cardParamMap": {"nobody_declared_this": "1"}}}
        by_key = {"updateCardDataByKey": True, "updatePrivateDataByKey": True}
        face = {"cardParamMap": {"state": "已签收"}}
        note = {"cardParamMap": {"note": "您已签收", "has_note": "true", "can_sign": "false"}}
        return AckMessage.STATUS_OK, {"cardUpdateOptions": by_key, "cardData": face, "userPrivateData": note}


class Chat(ChatbotHandler):  # type: ignore[misc]
    """Repeats what was said on the session webhook."""

    async def process(self, callback: CallbackMessage) -> tuple[int, str]:
        message = ChatbotMessage.from_dict(callback.data)
        text = message.text.content.strip() if message.text else ""
        tell("chat", messageId=callback.headers.message_id, text=text, data=callback.data)
        if message.image_content:
            url = await asyncio.to_thread(self.get_image_download_url, message.image_content.download_code)
            tell("picture", url=url)
        if text == "raise":
            raise RuntimeError("asked to fail")
        if text:
            await asyncio.to_thread(self.reply_text, f"收到：{text}", message)
        return AckMessage.STATUS_OK, "OK"


class Events(EventHandler):  # type: ignore[misc]
    """Tells which event came."""

    async def process(self, event: EventMessage) -> tuple[int, str]:
        tell("event", eventId=event.headers.event_id, eventType=event.headers.event_type, data=event.data)
        return AckMessage.STATUS_OK, "OK"


def main() -> None:
    """Listen until killed."""
    client = DingTalkStreamClient(Credential(os.environ["BOT_ID"], os.environ["BOT_SECRET"]))
    client.register_all_event_handler(Events())
    client.register_callback_handler(ChatbotMessage.TOPIC, Chat())
    if "--no-cards" not in sys.argv:
        client.register_callback_handler(CallbackHandler.TOPIC_CARD_CALLBACK, Cards())
    tell("start")
    asyncio.run(client.start())


if __name__ == "__main__":
    main()
