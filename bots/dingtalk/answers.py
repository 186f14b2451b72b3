"""A click answered: command in, the fresh face and one private line out; no call to DingTalk from in here."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from functools import partial
from typing import Any

from bots.dingtalk.clicks import STALE_BUTTON, Click, meant
from bots.dingtalk.drafts import DraftDesk
from bots.dingtalk.faces import TITLES, Faces, note_only, shut
from bots.dingtalk.hands import numbered, own_case
from bots.dingtalk.joints import JOINT_NUMBERS, JointDesk, seen_from
from bots.dingtalk.signing import SignDesk
from bots.dingtalk.together import Outcome, Script, perform
from bots.dingtalk.walks import WalkDesk
from bots.dingtalk.words import SHORT_HELP, read
from bots.replies import sentence_of
from cards import Face, Query, ScoreQuery, StatsQuery, card_action, is_of_scores, manifests, move_of
from core import Actor, Command, Core, Refusal
from core.digests import Digests
from core.errors import Malformed, MoveNotOpen, Unknown
from core.queries.sheets import Rows
from core.receipts import Done

SENT = "已发到聊天里"
FLAG = "raise_flag"
OWN_TRACKS = frozenset({
    "briefing", "digest", "draft", "home", "joint_group", "joint_list", "joint_new", "patrol", "stats", "warning",
    "work",
})  # fmt: skip
Answer = dict[str, Any]
"""The `response` of a callback, in the wire shape of dingtalk.md §4.2; goes to the SDK and nowhere else."""


class Answers:
    """Answers card callbacks. Plain synchronous code: the bot runs it in a thread."""

    def __init__(self, core: Core) -> None:
        self._core, self._faces = core, Faces(core)
        self._drafts, self._walks = DraftDesk(core, self._faces), WalkDesk(core, self._faces)
        self._joints = JointDesk(core, self._faces)

    def answer(self, message_id: object, data: object) -> Answer:
        """What the clicker's copy becomes. Refusals are told in its private line; faults pass to the caller."""
        (told,) = self.answer_all([(message_id, data)])
        if isinstance(told, Exception):
            raise told
        return told

    def answer_all(self, frames: Sequence[tuple[object, object]]) -> list[Outcome]:
        """The same for clicks that came together, by message id and data; a fault stands in its own place."""
        return perform(self._core, [self._script(*frame) for frame in frames])

    def _script(self, message_id: object, data: object) -> Script:
        template = template_of(data.get("outTrackId") if isinstance(data, dict) else None)
        actor: Actor | None = None
        what = "card"
        try:
            click = Click.parse(message_id, data)
            what = f"card:{click.track}" if click.track.isprintable() else what
            click = meant(click, manifests()[template], partial(self._offered, click))
            actor = self._core.actor_for("dingtalk", click.user)
            if template == "case":
                return (yield from self._case(click, actor))
            if template == "joint":
                return told((yield from self._joints.press(click, actor)))
            if template == "joint_group":
                return private_line(template, self._joints.own_copy(click, actor))
            if template in ("joint_new", "joint_list"):
                return told(self._joints.answer(click, actor, template))
            if template == "draft":
                return told(self._drafts.answer(click, actor))
            if template == "patrol":
                return told(self._walks.answer(click, actor))
            if click.action == "open":
                return self._open(click, actor, template, click.params.get("no", ""))
            if template == "digest":
                return self._digest(click, actor)
            if template == "stats":
                return self._stats(click, actor)
            return self._home(click, actor) if template == "home" else self._work(click, actor)
        except Refusal as refusal:
            self._core.note_refusal(actor, "click", what, refusal, "dingtalk")
            return private_line(template, sentence_of(refusal))

    def _offered(self, click: Click) -> frozenset[str]:
        """The buttons of a case's card that stand open to the clicker; of other cards not known. Raises Refusal."""
        if template_of(click.track) != "case":
            return frozenset()
        actor = self._core.actor_for("dingtalk", click.user)
        case_id, reader = numbered(self._core, actor, click.track.partition(":")[0])
        return frozenset(map(card_action, self._core.case_view(reader, case_id).moves))

    def apology(self, data: object, sentence: str) -> Answer:
        """The private line of a fault, on whichever card it happened."""
        return private_line(template_of(data.get("outTrackId") if isinstance(data, dict) else None), sentence)

    def _case(self, click: Click, actor: Actor) -> Script:
        case_id, reader = numbered(self._core, actor, click.track.partition(":")[0])
        acted, rows = False, None
        try:
            (note, rows), acted = (yield from self._act(click, actor, reader, case_id)), True
        except Refusal as refusal:
            self._core.note_refusal(actor, "click", f"case:{case_id}", refusal)
            note = sentence_of(refusal)
        try:
            view = self._core.own_view(actor, reader, case_id, rows)
        except Unknown:
            if not acted:
                raise  # a case of others looks like one that is not there (security-reliability B3)
            return _by_key(None, shut("case", note))  # what they did took the case out of their sight
        return told(self._faces.case(view, note))

    def _act(
        self, click: Click, actor: Actor, reader: Actor, case_id: int
    ) -> Generator[Command, Done, tuple[str, Rows | None]]:
        """Make the move the button stands for; returns what the clicker reads, and the rows it left. Raises Refusal."""
        flow, action = move_of(click.action)
        leg = click.number("leg") if flow == "case_leg" else None
        seen = click.number("seq" if flow == "case_leg" else "case_seq")
        if flow == "case_leg" and (leg is None or seen is None):
            leg, seen = self._leg_of_others(action, actor, reader, case_id), None
        elif seen is None:
            raise Malformed(why=STALE_BUTTON)
        if action == "reveal":
            reason = click.form.get("reason", "")
            return in_full(*self._core.reveal(actor, case_id, click.key, reason, "chat", seen)), None
        if action == FLAG and (note := self._joints.hold_first(click, actor, case_id, leg)):
            return note, None
        done = yield Command(click.key, case_id, action, actor, click.form, leg, seen, "chat")
        return done.sentence, done.rows

    def _leg_of_others(self, action: str, actor: Actor, reader: Actor, case_id: int) -> int:
        """A leg's button pressed by somebody whose card has no leg: the part it must have meant, for the law to refuse.

        Raises:
            Malformed: the step is theirs, so their card is only old.
            MoveNotOpen: no unit has a part in the case.
        """
        view = self._core.case_view(reader, case_id)
        if reader is actor and any(move.leg is not None and move.action == action for move in view.moves):
            raise Malformed(why=STALE_BUTTON)
        flow = self._core.policy.flows["case_leg"]
        live = [leg for leg in view.legs if not flow.states[leg.state].final] or list(view.legs)
        meant = [leg for leg in live if flow.candidates(action, leg.state)] or live
        if not meant:
            raise MoveNotOpen(state=view.state_title, action=flow.title_of(action) or action)
        return meant[0].id

    def _home(self, click: Click, actor: Actor) -> Answer:
        """A list opened below the numbers, or another post taken (R102–R104)."""
        if click.action == "switch_post":
            actor = self._core.switch_post(click.key, actor, _post(click))
            return told(self._faces.home(actor, note=f"已切换到「{actor.unit_name} {actor.title}」"))
        if click.params.get("key") == "patrol":
            return self._reply(click, actor, "patrol", {}, "home")
        if click.action == "source":
            query, page = Query("todo", code=click.params.get("code", "")[:8]), 1
        else:
            query, page = _query(click), _page(click)
        return told(self._faces.home(actor, query, page))

    def _digest(self, click: Click, actor: Actor) -> Answer:
        """A list of the digest sent as a card of its own, or the digest refused (C14)."""
        if click.action == "refuse_digest":
            return private_line("digest", Digests(self._core).subscribe(actor, False))
        return self._reply(click, actor, "work", {"key": _list_key(click)})

    def _work(self, click: Click, actor: Actor) -> Answer:
        if click.action == "guess":
            return self._guess(click, actor, click.params.get("words", "")[:60])
        if click.action == "sign_all":
            text = SignDesk(self._core).everything(click.key, actor)
            body = {"people": [actor.person], "userIds": [click.user], "text": text, "title": "签收"}
            self._core.reply(f"{click.key}:reply", actor.person or 0, "say", body)
            return told(self._faces.work(actor, Query("todo"), note=text.partition("\n")[0]))
        return told(self._faces.work(actor, _query(click), _page(click)))

    def _stats(self, click: Click, actor: Actor) -> Answer:
        """Other figures, what stands behind a number, or the chart by letter (R105, R106, R134–R136, R144–R146)."""
        word = click.params.get("ask", "")
        try:
            if is_of_scores(word):
                return self._scores(click, actor, ScoreQuery.read(word))
            query = StatsQuery.read(word)
        except ValueError:
            raise Malformed(why=STALE_BUTTON) from None
        if click.action == "chart":
            return self._reply(click, actor, "chart", {"ask": query.word()}, "stats")
        return told(self._faces.stats(actor, query))

    def _scores(self, click: Click, actor: Actor, query: ScoreQuery) -> Answer:
        if click.action == "chart":
            return self._reply(click, actor, "chart", {"ask": query.word()}, "stats")
        return told(self._faces.score_card(actor, query))

    def _guess(self, click: Click, actor: Actor, words: str) -> Answer:
        """A chosen reading: shows or opens, and never acts (C12)."""
        said = read(words)
        if said.kind == "list":
            return told(self._faces.work(actor, Query(said.word)))
        if said.kind == "find":
            return told(self._faces.work(actor, Query("find", words=said.word)))
        if said.kind == "open":
            return self._open(click, actor, "work", said.ref)
        if said.kind == "stats":
            return self._reply(click, actor, "stats", {})
        if said.kind == "help":
            return private_line("work", SHORT_HELP)
        return self._reply(click, actor, "home", {})

    def _open(self, click: Click, actor: Actor, template: str, ref: str) -> Answer:
        if ref.upper().startswith(JOINT_NUMBERS):
            order, _ = seen_from(self._core, actor, ref)
            return self._reply(click, actor, "show", {"joint": order}, template)
        self._reply(click, actor, "show", {"case_id": own_case(self._core, actor, ref)})
        return private_line(template, SENT)

    def _reply(
        self, click: Click, actor: Actor, kind: str, body: Mapping[str, int | str], template: str = "work"
    ) -> Answer:
        """A further card for this person, by letter; the same click twice sends it once."""
        self._core.reply(
            f"{click.key}:{kind}", actor.person or 0, kind, {"userId": click.user, "post": actor.post, **body}
        )
        return private_line(template, SENT)


def told(face: Face) -> Answer:
    """A whole face as a callback's answer."""
    return _by_key(dict(face.public), dict(face.private))


def private_line(template: str, note: str) -> Answer:
    """Only a line for the clicker; the card stays as it is."""
    return _by_key(None, note_only(template, note))


def template_of(track: object) -> str:
    """Which card a track belongs to: 「digest:…」, 「draft:…」, 「home:…」 and so on, else a case card."""
    head = track.partition(":")[0] if isinstance(track, str) else ""
    if head.startswith(JOINT_NUMBERS):
        return "joint"
    return head if head in OWN_TRACKS else "case"


def is_quick(data: object) -> bool:
    """Whether answering takes some milliseconds only: a press on the card of a case or of a joint order, not a list, a
    chart or a search.
    """
    return template_of(data.get("outTrackId") if isinstance(data, dict) else None) in ("case", "joint")


def in_full(name: str, phone: str, address: str) -> str:
    """The caller unmasked, for the eyes of one reader who gave a reason (F3)."""
    told = (("诉求人", name), ("电话", phone), ("地址", address))
    return "，".join(f"{label} {value}" for label, value in told if value) or "来件没有留下姓名、电话和地址"


def _by_key(public: dict[str, str] | None, private: dict[str, str]) -> Answer:
    answer: Answer = {
        "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
        "userPrivateData": {"cardParamMap": private},
    }
    if public is not None:
        answer["cardData"] = {"cardParamMap": public}
    return answer


def _list_key(click: Click) -> str:
    key = click.params.get("key", "")
    if key not in TITLES:
        raise Malformed(why=STALE_BUTTON)
    return key


def _query(click: Click) -> Query:
    return Query(_list_key(click), click.params.get("code", "")[:8], click.params.get("words", "")[:60])


def _page(click: Click) -> int:
    return min(max(click.number("page") or 1, 1), 10_000)


def _post(click: Click) -> int:
    value = click.form.get("post", "")
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise Malformed(why="请选择岗位")
    return int(value)
