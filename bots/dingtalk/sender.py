"""Letters handed to DingTalk: cards brought to the truth, cards a person asked for, short lines to people."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from bots.dingtalk.api import DingTalkApi
from bots.dingtalk.case_cards import CaseCards
from bots.dingtalk.copies import SHUT, Viewer, next_own_track
from bots.dingtalk.faces import Faces, shut
from bots.dingtalk.fates import ApiFault
from bots.dingtalk.hands import drawn_for
from bots.dingtalk.photos import PhotoTaker
from bots.dingtalk.wire import Wire, spaces_of, undelivered_in, update
from bots.dingtalk.words import SHORT_HELP
from bots.replies import sentence_of
from cards import Face, Query, StatsQuery, digest_face
from cards.text import fallback
from core import Actor, Core, Refusal
from core.copies import Kept
from core.digests import Digests
from core.errors import NotKnownHere
from core.ports import Envelope, Undelivered
from core.unreached import Unreached
from core.worktime import local_date

log = logging.getLogger("bots.dingtalk.sender")

MOVED = "已在下方打开最新卡片"
NOT_HEARD = "没有听明白，您是想说下面哪一个？也可以发送「帮助」"
MOST_USERS = 20  # of one batchSend (dingtalk.md §9)


class CardSender:
    """Channel dingtalk.card: `card` updates every copy of a case card; all other kinds answer one person."""

    def __init__(self, core: Core, api: DingTalkApi) -> None:
        self._core, self._api = core, api
        self._faces, self._wire = Faces(core), Wire(core.settings.dingtalk)
        self._cases, self._digests = CaseCards(core, api, self._faces), Digests(core)
        self._photos = PhotoTaker(core, api)

    def send(self, letter: Envelope) -> None:
        """Deliver one card letter; rendered now, so it is the latest truth. Raises Undelivered."""
        letter = self._core.opened(letter)
        if letter.kind == "card":
            if letter.case is None:
                raise Undelivered("never", "a card letter without a case")
            self._core.suggest.before_drawing(letter.case)
            return self._cases.bring_up_to_date(letter.case, letter.body.get("by"))
        draw: Mapping[str, Callable[[Envelope, Actor], Face]] = {
            "home": self._home, "work": self._work, "stats": self._stats, "draft": self._draft,
        }  # fmt: skip
        try:
            if letter.kind == "photo":
                return self._photos.take(letter)
            if letter.kind == "show":
                return self._show(letter)
            actor = self._reader(letter)
            if letter.kind == "digest":
                return self._digest(letter, actor)
            if letter.kind == "chart":
                return self._chart(letter, actor)
            face = draw[letter.kind](letter, actor)
        except KeyError as missing:
            raise Undelivered("never", f"a {letter.kind} letter without {missing}") from None
        except Refusal as refusal:
            return self._tell(letter, sentence_of(refusal))
        whose = letter.body["draft"] if letter.kind == "draft" else actor.person
        return self._create(letter, f"{letter.kind}:{whose}:{letter.id}", actor, face)

    def words(self, letter: Envelope) -> None:
        """While the card channel is closed: plain messages for whoever has no copy yet (C9). Calls nothing."""
        if letter.kind == "card" and letter.case is not None:
            self._cases.tell_in_words(letter.case)

    def _reader(self, letter: Envelope) -> Actor:
        """Who asked, as they are now. Raises Refusal."""
        return self._core.actor_for("dingtalk", self._user(letter))

    def _user(self, letter: Envelope) -> str:
        """The name DingTalk knows the person by, as the letter says or as the directory does."""
        if user := letter.body.get("userId"):
            return str(user)
        holder = self._core.reader_at(int(letter.body["person"]), 0)
        if holder is None or not holder.dingtalk:
            raise NotKnownHere()
        return holder.dingtalk

    def _home(self, letter: Envelope, actor: Actor) -> Face:
        key = letter.body.get("key")
        return self._faces.home(actor, Query(str(key)) if key else None)

    def _work(self, letter: Envelope, actor: Actor) -> Face:
        body = letter.body
        if guesses := body.get("guesses"):
            return self._faces.readings(tuple(str(one) for one in guesses), NOT_HEARD)
        query = Query(str(body.get("key", "todo")), words=str(body.get("words", "")))
        return self._faces.work(actor, query, int(body.get("page", 1)))

    def _digest(self, letter: Envelope, actor: Actor) -> None:
        """The digest as it is now; nothing when all is done by now or its day is over."""
        if letter.body["day"] != local_date(self._core.clock.now()).isoformat():
            return
        view = self._digests.view(actor, str(letter.body["digest"]))
        if view is not None:
            self._create(letter, f"digest:{actor.person}:{letter.id}", actor, digest_face(view))

    def _stats(self, letter: Envelope, actor: Actor) -> Face:
        return self._faces.stats(actor, _asked(letter))

    def _chart(self, letter: Envelope, actor: Actor) -> None:
        """The drawn chart of one's figures, as a picture in one's own chat with the robot."""
        media = self._api.upload_image(self._faces.chart(actor, _asked(letter)))
        self._api.send_image([self._user(letter)], media)

    def _draft(self, letter: Envelope, actor: Actor) -> Face:
        return self._faces.draft(actor, str(letter.body["draft"]))

    def _show(self, letter: Envelope) -> None:
        """A person's own fresh copy of a case card, below what was said; their older own copies lose their buttons."""
        case_id, user = int(letter.body["case_id"]), self._user(letter)
        self._core.suggest.before_drawing(case_id)
        actor = self._core.actor_for("dingtalk", user)
        drawn = drawn_for(self._core, actor, actor, case_id)
        view = self._core.case_view(drawn, case_id)
        reader = Viewer(int(letter.body["person"]), drawn.post or 0, user, self._faces.case(view))
        copies = self._core.card_copies(case_id)
        track = next_own_track(view.no, reader.person, copies)
        try:
            self._create(letter, track, actor, reader.face)
        except Undelivered:
            title, text = fallback(view, self._core.settings.web.public_address)
            self._core.say(f"fallback:{letter.key}", reader.person, text, title, case_id=case_id)
            raise
        self._core.keep_copies(case_id, track, [Kept(reader.person, reader.post, reader.hash, True)])
        head = track.rpartition(":")[0] + ":"
        older = [copy for copy in copies if copy.track.startswith(head) and copy.face_hash != SHUT]
        for copy in older:
            self._shut(case_id, copy.track, reader)

    def _shut(self, case_id: int, track: str, reader: Viewer) -> None:
        private = {reader.user: {"cardParamMap": shut("case", MOVED)}}
        try:
            self._api.update(update(track, None, private))
        except ApiFault as fault:
            log.warning("an older own copy keeps its buttons for now: %s", fault)
            return
        self._core.keep_copies(case_id, track, [Kept(reader.person, reader.post, SHUT, True)])

    def _create(self, letter: Envelope, track: str, actor: Actor, face: Face) -> None:
        """One card for one person. A repeat of a call that had worked is a success."""
        user = self._user(letter)
        reader = Viewer(actor.person or 0, actor.post or 0, user, face)
        body = self._wire.create(track, face, [reader], spaces_of([user])[0], face.alert)
        try:
            result = self._api.create_and_deliver(body)
        except ApiFault as fault:
            if fault.code == "param.cardAlreadyExist":
                return
            raise
        if failed := undelivered_in(result.get("deliverResults")):
            raise Undelivered("never", f"{track} not delivered: {failed}")

    def _tell(self, letter: Envelope, sentence: str) -> None:
        """The card cannot be drawn for this person any more: they hear why."""
        self._core.say(f"refused:{letter.key}", int(letter.body["person"]), sentence, "回复")


def _asked(letter: Envelope) -> StatsQuery:
    word = letter.body.get("ask")
    return StatsQuery.read(str(word)) if word else StatsQuery()


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
        """One call; returns the people whom flow control held back, and those nobody knows any more."""
        answer = self._api.batch_send(list(users), title, text)
        if gone := answer.get("invalidStaffIdList"):
            log.warning("no longer in the organisation: %d of %d people", len(gone), len(users))
        return [str(user) for user in answer.get("flowControlledStaffIdList") or ()], [str(user) for user in gone or ()]

    def _miss(self, letter: Envelope, users: Sequence[str], gone: Sequence[str]) -> None:
        """Who sent the case hears whom the line did not reach (C16); a line about such a miss causes no other."""
        people = letter.body.get("people") or ()
        if gone and letter.case is not None and len(people) == len(users) and not letter.key.startswith("unreached:"):
            missed = [int(person) for user, person in zip(users, people, strict=True) if user in gone]
            Unreached(self._core).tell(letter.id, letter.case, missed)

    def _later(self, letter: Envelope, users: Sequence[str], held: Sequence[str], title: str, text: str) -> None:
        """Those held back hear it later; nobody who has read it reads it again."""
        people = letter.body.get("people") or ()
        if len(held) == len(users) or len(people) != len(users):
            raise Undelivered("again", f"{len(held)} people held back by flow control")
        for user, person in zip(users, people, strict=True):
            if user in held:
                self._core.say(f"held:{letter.key}:{person}", int(person), text, title, case_id=letter.case)


def senders(core: Core, api: DingTalkApi | None = None) -> Mapping[str, CardSender | SaySender]:
    """The two channels of DingTalk over one shared client, for the relay."""
    shared = api or DingTalkApi(core.settings.dingtalk, core.count_call)
    return {"dingtalk.card": CardSender(core, shared), "dingtalk.say": SaySender(core, shared)}
