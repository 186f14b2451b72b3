"""Letters handed to DingTalk: cards brought to the truth, cards a person asked for, short lines to people."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from bots.dingtalk.api import DingTalkApi
from bots.dingtalk.copies import SHUT, Viewer, next_own_track
from bots.dingtalk.faces import Faces, shut
from bots.dingtalk.fates import UNSAFE, ApiFault, Withheld
from bots.dingtalk.groups import GroupSender
from bots.dingtalk.hands import drawn_for
from bots.dingtalk.joints import drawn_at, seen_from
from bots.dingtalk.lines import SaySender
from bots.dingtalk.photos import PhotoTaker
from bots.dingtalk.shared_cards import SharedCards
from bots.dingtalk.subjects import CaseSubject, JointSubject, Subject, View
from bots.dingtalk.where import WhereSketch
from bots.dingtalk.wire import Wire, spaces_of, undelivered_in, update
from bots.replies import sentence_of
from cards import Face, Query, ScoreQuery, StatsQuery, briefing_face, digest_face, is_of_scores, warning_face
from cards.spoken import in_words
from core import Actor, Core, Refusal
from core.copies import Kept
from core.digests import Digests
from core.errors import NotKnownHere
from core.ports import Envelope, Undelivered
from core.warning_views import warning_of
from core.worktime import local_date

log = logging.getLogger("bots.dingtalk.sender")

MOVED = "已在下方打开最新卡片"
NOT_HEARD = "没有听明白，您是想说下面哪一个？也可以发送「帮助」"


class CardSender:
    """Channel dingtalk.card: `card` updates every copy of a case card; all other kinds answer one person."""

    def __init__(self, core: Core, api: DingTalkApi) -> None:
        self._core, self._api = core, api
        self._faces, self._wire = Faces(core), Wire(core.settings.dingtalk)
        self._case, self._joint = CaseSubject(core, self._faces), JointSubject(core, self._faces)
        self._cases, self._joints = SharedCards(core, api, self._case), SharedCards(core, api, self._joint)
        self._digests = Digests(core)
        self._photos, self._where = PhotoTaker(core, api), WhereSketch(core, api)
        self._draw: Mapping[str, Callable[[Envelope, Actor], Face]] = {
            "home": self._home, "work": self._work, "stats": self._stats, "draft": self._draft,
            "patrol": lambda _letter, actor: self._faces.patrol(actor), "briefing": self._briefing,
            "joint_new": self._joint_new, "joint_list": self._joint_list, "warning": self._warning,
        }  # fmt: skip

    def send(self, letter: Envelope) -> None:
        """Deliver one card letter; rendered now, so it is the latest truth. Raises Undelivered."""
        letter = self._core.opened(letter)
        if letter.kind == "card":
            if "joint" in letter.body:
                self._where.refresh(int(letter.body["joint"]))
                return self._joints.bring_up_to_date(int(letter.body["joint"]), letter.body.get("by"))
            if letter.case is None:
                raise Undelivered("never", "a card letter without a case")
            self._core.suggest.before_drawing(letter.case)
            return self._cases.bring_up_to_date(letter.case, letter.body.get("by"))
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
            if letter.kind == "paper":
                return self._paper(letter, actor)
            face = self._draw[letter.kind](letter, actor)
        except KeyError as missing:
            raise Undelivered("never", f"a {letter.kind} letter without {missing}") from None
        except Refusal as refusal:
            return self._tell(letter, sentence_of(refusal))
        whose = letter.body["draft"] if letter.kind == "draft" else actor.person
        return self._create(letter, f"{letter.kind}:{whose}:{letter.id}", actor, face)

    def words(self, letter: Envelope) -> None:
        """While the card channel is closed: plain messages for whoever has no copy yet or asked for a card (C9).

        Calls nothing.
        """
        if letter.kind == "card" and "joint" in letter.body:
            self._joints.tell_in_words(int(letter.body["joint"]))
        elif letter.kind == "card" and letter.case is not None:
            self._cases.tell_in_words(letter.case)
        elif letter.kind in self._draw:
            opened = self._core.opened(letter)
            try:
                self._say_face(opened, self._draw[letter.kind](opened, self._reader(opened)))
            except (KeyError, Refusal) as why:
                log.warning("a %s letter not told in words: %s", letter.kind, type(why).__name__)

    def _say_face(self, letter: Envelope, face: Face) -> None:
        """What the card would have shown; said once, however often the card fails."""
        title, text = in_words(face, self._core.settings.web.public_address)
        self._core.say(f"plain:{letter.key}", int(letter.body["person"]), text, title)

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

    def _briefing(self, letter: Envelope, actor: Actor) -> Face:
        view = self._core.briefings.one(actor, int(letter.body["briefing"]))
        return briefing_face(view, base=self._core.settings.web.public_address)

    def _warning(self, letter: Envelope, actor: Actor) -> Face:
        """A warning with the acts that are this reader's to take."""
        core, view = self._core, warning_of(letter.body)
        base, asked = core.settings.web.public_address.rstrip("/"), f"?metric={view.metric}"
        case = f"/intake{asked}" if view.metric and actor.role in core.policy.pages["intake"] else ""
        joint = f"/joint/new{asked}" if view.metric and actor.role in core.policy.raises else ""
        return warning_face(view, base=base, case=case, joint=joint)

    def _digest(self, letter: Envelope, actor: Actor) -> None:
        """The digest as it is now; nothing when all is done by now or its day is over."""
        if letter.body["day"] != local_date(self._core.clock.now()).isoformat():
            return
        view = self._digests.view(actor, str(letter.body["digest"]))
        if view is not None:
            self._create(letter, f"digest:{actor.person}:{letter.id}", actor, digest_face(view))

    def _stats(self, letter: Envelope, actor: Actor) -> Face:
        if (query := self._scores_asked(letter)) is not None:
            return self._faces.score_card(actor, query)
        return self._faces.stats(actor, _asked(letter))

    def _chart(self, letter: Envelope, actor: Actor) -> None:
        """The drawn chart of one's figures, as a picture in one's own chat with the robot."""
        query = self._scores_asked(letter)
        drawn = self._faces.chart(actor, _asked(letter)) if query is None else self._faces.scores(actor, query)
        self._picture(letter, drawn)

    def _scores_asked(self, letter: Envelope) -> ScoreQuery | None:
        """The scores of joint orders a letter asks for, if it does: named by a button's word, or this month's."""
        word = str(letter.body.get("ask") or "")
        if word:
            return ScoreQuery.read(word) if is_of_scores(word) else None
        asked = letter.body.get("scores")
        return self._faces.score_query(last=asked == "last_scores") if asked else None

    def _paper(self, letter: Envelope, actor: Actor) -> None:
        """The process of a joint order as a file in one's own chat with the robot (C17)."""
        _, reader = seen_from(self._core, actor, str(letter.body["no"]))
        kind, reason = str(letter.body["format"]), str(letter.body["reason"])
        paper = self._core.joint_papers.take(reader, int(letter.body["joint"]), kind, reason)
        media = self._api.upload("file", paper.name, paper.data, paper.kind)
        self._api.send_file([self._user(letter)], media, paper.name, kind)

    def _picture(self, letter: Envelope, drawn: bytes) -> None:
        self._api.send_image([self._user(letter)], self._api.upload_image(drawn))

    def _joint_new(self, letter: Envelope, actor: Actor) -> Face:
        if token := str(letter.body.get("flag", "")):
            return self._faces.flag(actor, token)
        self._core.joints.may_raise(actor)
        return self._faces.flag(actor)

    def _joint_list(self, letter: Envelope, actor: Actor) -> Face:
        return self._faces.joint_list(actor, str(letter.body.get("key", "")))

    def _draft(self, letter: Envelope, actor: Actor) -> Face:
        return self._faces.draft(actor, str(letter.body["draft"]))

    def _show(self, letter: Envelope) -> None:
        """A person's own fresh copy of a card, below what was said; their older own copies lose their buttons."""
        user = self._user(letter)
        actor = self._core.actor_for("dingtalk", user)
        if "joint" in letter.body:
            order = int(letter.body["joint"])
            drawn = drawn_at(self._core, actor, actor, order)
            return self._show_own(letter, self._joint, order, drawn, self._core.joints.view(drawn, order))
        case_id = int(letter.body["case_id"])
        self._core.suggest.before_drawing(case_id)
        drawn = drawn_for(self._core, actor, actor, case_id)
        return self._show_own(letter, self._case, case_id, drawn, self._core.case_view(drawn, case_id))

    def _show_own(self, letter: Envelope, of: Subject, subject: int, drawn: Actor, view: View) -> None:
        reader = Viewer(int(letter.body["person"]), drawn.post or 0, self._user(letter), of.face(view))
        copies = of.copies(subject)
        track = next_own_track(view.no, reader.person, copies)
        try:
            shown = self._create_as_allowed(letter, track, drawn, reader.face, of.withheld(view))
        except Undelivered:
            of.say(subject, letter.key, reader.person, *of.words(view))
            raise
        of.keep(subject, track, [Kept(reader.person, reader.post, reader.hash, True)])
        head = track.rpartition(":")[0] + ":"
        for copy in copies:
            if copy.track.startswith(head) and copy.face_hash != SHUT:
                self._shut(of, subject, copy.track, reader)
        if not shown:
            raise Withheld()

    def _create_as_allowed(self, letter: Envelope, track: str, actor: Actor, face: Face, withheld: Face) -> bool:
        """The card, or if its words are refused the one without them; whether it was the first. Raises Undelivered."""
        try:
            self._create(letter, track, actor, face)
        except ApiFault as fault:
            if fault.code != UNSAFE:
                raise
            self._create(letter, track, actor, withheld)
            return False
        return True

    def _shut(self, of: Subject, subject: int, track: str, reader: Viewer) -> None:
        private = {reader.user: {"cardParamMap": shut(reader.face.template, MOVED)}}
        try:
            self._api.update(update(track, None, private))
        except ApiFault as fault:
            log.warning("an older own copy keeps its buttons for now: %s", fault)
            return
        of.keep(subject, track, [Kept(reader.person, reader.post, SHUT, True)])

    def _create(self, letter: Envelope, track: str, actor: Actor, face: Face) -> None:
        """One card for one person. A repeat of a call that had worked is a success; what fails is said in words."""
        user = self._user(letter)
        reader = Viewer(actor.person or 0, actor.post or 0, user, face)
        body = self._wire.create(track, face, [reader], spaces_of([user])[0], face.alert)
        try:
            result = self._api.create_and_deliver(body)
        except ApiFault as fault:
            if fault.code == "param.cardAlreadyExist":
                return
            if letter.kind in self._draw and (
                fault.fate == "never" or (fault.fate != "throttled" and letter.tries > 1)
            ):
                self._say_face(letter, face)
            raise
        if failed := undelivered_in(result.get("deliverResults")):
            if letter.kind in self._draw:
                self._say_face(letter, face)
            raise Undelivered("never", f"{track} not delivered: {failed}")

    def _tell(self, letter: Envelope, sentence: str) -> None:
        """The card cannot be drawn for this person any more: they hear why."""
        self._core.say(f"refused:{letter.key}", int(letter.body["person"]), sentence, "回复")


def _asked(letter: Envelope) -> StatsQuery:
    word = letter.body.get("ask")
    return StatsQuery.read(str(word)) if word else StatsQuery()


def senders(core: Core, api: DingTalkApi | None = None) -> Mapping[str, CardSender | SaySender | GroupSender]:
    """The three channels of DingTalk over one shared client, for the relay."""
    shared = api or DingTalkApi(core.settings.dingtalk, core.count_call)
    return {
        "dingtalk.card": CardSender(core, shared),
        "dingtalk.say": SaySender(core, shared),
        "dingtalk.group": GroupSender(core, shared),
    }
