"""Short lines handed to DingTalk: each person in their own chat with the robot, a long list in several calls."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from bots.dingtalk.api import DingTalkApi
from bots.dingtalk.words import SHORT_HELP
from core import Core
from core.ports import Envelope, Undelivered
from core.unreached import Unreached

log = logging.getLogger("bots.dingtalk.lines")

MISSED = ("invalidStaffIdList", "filteredStaffIdList")
"""Whom a line did not reach and will not: people who left, and people the platform passes over."""
MOST_USERS = 20  # of one batchSend (dingtalk.md §9)


class SaySender:
    """Channel dingtalk.say: one short line to one or several people, each in their chat with the robot."""

    def __init__(self, core: Core, api: DingTalkApi) -> None:
        self._core, self._api = core, api

    def send(self, letter: Envelope) -> None:
        """Send the line. People DingTalk no longer knows are noted, not a failure. Raises Undelivered."""
        letter = self._core.opened(letter)
        body = letter.body
        users = list(dict.fromkeys(str(user) for user in (body.get("userIds") or [body.get("userId")]) if user))
        text = str(body.get("text") or "")
        title = str(body.get("title") or text[:20] or SHORT_HELP[:20])
        if not users or not text:
            raise Undelivered("never", "a line without anybody to read it, or without words")
        if letter.tries > 1:
            text = f"{text}（补发）"  # the first try may have arrived without our hearing of it
        held, gone = list[str](), list[str]()
        for start in range(0, len(users), MOST_USERS):
            held_here, gone_here = self._batch(users[start : start + MOST_USERS], title, text)
            held, gone = held + held_here, gone + gone_here
        self._miss(letter, users, gone)
        if held:
            self._later(letter, users, held, title, text)

    def _batch(self, users: Sequence[str], title: str, text: str) -> tuple[list[str], list[str]]:
        """One call; returns the people whom flow control held back, and those it will not reach."""
        answer = self._api.batch_send(list(users), title, text)
        gone = [str(user) for name in MISSED for user in answer.get(name) or ()]
        if gone:
            log.warning("no longer in the organisation, or filtered: %d of %d people", len(gone), len(users))
        return [str(user) for user in answer.get("flowControlledStaffIdList") or ()], gone

    def _miss(self, letter: Envelope, users: Sequence[str], gone: Sequence[str]) -> None:
        """Who sent it hears whom the line did not reach (C16); a line about such a miss causes no other."""
        people = letter.body.get("people") or ()
        if gone and len(people) == len(users):
            missed = [int(person) for user, person in zip(users, people, strict=True) if user in gone]
            Unreached(self._core).tell(letter.id, missed)

    def _later(self, letter: Envelope, users: Sequence[str], held: Sequence[str], title: str, text: str) -> None:
        """Those held back hear it later; nobody who has read it reads it again."""
        people = letter.body.get("people") or ()
        if len(held) == len(users) or len(people) != len(users):
            raise Undelivered("again", f"{len(held)} people held back by flow control")
        for user, person in zip(users, people, strict=True):
            if user in held:
                self._core.say(f"held:{letter.key}:{person}", int(person), text, title, case_id=letter.case)
