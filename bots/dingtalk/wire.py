"""The bodies of the card calls, in the shape of dingtalk.md §5.2 and §5.3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bots.dingtalk.copies import Viewer, private_of
from cards import Face
from core.settings import DingTalk

SPACE_PREFIX = "dtv1.card//"
SPACE_LIMIT = 1_000  # characters of openSpaceId

Json = dict[str, Any]


class Wire:
    """Writes bodies for one application: its robot, its template ids."""

    def __init__(self, settings: DingTalk) -> None:
        self._settings = settings

    def create(self, track: str, face: Face, readers: Sequence[Viewer], spaces: str, preview: str) -> Json:
        """createAndDeliver: the card with every reader's own part, shown to those in `spaces`."""
        return {
            "cardTemplateId": self._template(face),
            "outTrackId": track,
            "callbackType": "STREAM",
            "userIdType": 1,
            "cardData": {"cardParamMap": dict(face.public)},
            "privateData": private_data(readers),
            "openSpaceId": spaces,
            "imRobotOpenSpaceModel": {
                "supportForward": False,
                "lastMessageI18n": {"ZH_CN": preview},
                "notification": {"alertContent": preview, "notificationOff": False},
            },
            "imRobotOpenDeliverModel": self._robot(),
        }

    def pinned(self, track: str, face: Face, spaces: str, until: datetime) -> Json:
        """createAndDeliver: one card in a group's chat and, until then, pinned above it (dingtalk.md §5.3)."""
        return {
            "cardTemplateId": self._template(face),
            "outTrackId": track,
            "callbackType": "STREAM",
            "userIdType": 1,
            "cardData": {"cardParamMap": dict(face.public)},
            "openSpaceId": spaces,
            "imGroupOpenSpaceModel": {
                "supportForward": False,
                "lastMessageI18n": {"ZH_CN": face.alert},
                "notification": {"alertContent": face.alert, "notificationOff": True},
            },
            "imGroupOpenDeliverModel": {"robotCode": self._settings.robot_code},
            "topOpenSpaceModel": {"spaceType": "ONE_BOX"},
            "topOpenDeliverModel": {
                "expiredTimeMillis": int(until.timestamp() * 1000),
                "platforms": ["android", "ios", "win", "mac"],
            },
        }

    def _template(self, face: Face) -> str:
        return self._settings.templates.get(face.template, f"{face.template}.schema")

    def deliver(self, track: str, spaces: str) -> Json:
        """deliver: an existing card shown to further people."""
        return {"outTrackId": track, "userIdType": 1, "openSpaceId": spaces, "imRobotOpenDeliverModel": self._robot()}

    def _robot(self) -> Json:
        return {"spaceType": "IM_ROBOT", "robotCode": self._settings.robot_code}


def update(track: str, public: Mapping[str, str] | None, private: Json) -> Json:
    """PUT: by key, so that what is not named stays as it is."""
    body: Json = {
        "outTrackId": track,
        "userIdType": 1,
        "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
    }
    if private:
        body["privateData"] = private
    if public is not None:
        body["cardData"] = {"cardParamMap": dict(public)}
    return body


def private_data(readers: Iterable[Viewer], clicker: int | None = None) -> Json:
    """Every reader's own part; the clicker's private line is left alone."""
    return {one.user: {"cardParamMap": dict(private_of(one, one.person == clicker))} for one in readers}


def spaces_of(users: Iterable[str]) -> list[str]:
    """`openSpaceId` values that hold these people, each within the limit of length."""
    found: list[str] = []
    for user in users:
        part = f"IM_ROBOT.{user}"
        if found and len(found[-1]) + 1 + len(part) <= SPACE_LIMIT:
            found[-1] += f";{part}"
        else:
            found.append(SPACE_PREFIX + part)
    return found


def undelivered_in(rows: object) -> dict[str, str]:
    """userId → why, out of deliverResults: HTTP 200 does not mean delivered (dingtalk.md §5.2)."""
    if not isinstance(rows, list):
        return {}
    failed = [row for row in rows if isinstance(row, dict) and row.get("success") is not True]
    return {_user_of(row.get("spaceId")): str(row.get("errorMsg") or "no reason given")[:80] for row in failed}


def _user_of(space: object) -> str:
    """The userId of a space, told alone, as 「IM_ROBOT.<userId>」 or with the prefix of openSpaceId; any case."""
    text = str(space or "").removeprefix(SPACE_PREFIX)
    kind, dot, user = text.partition(".")
    return user if dot and kind.upper() == "IM_ROBOT" else text
