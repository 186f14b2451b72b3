"""A message answered: a list, a card or a command; the reply leaves as a letter, always to the person alone."""

from __future__ import annotations

import logging
from contextlib import suppress

from bots.dingtalk.acts import Hand
from bots.dingtalk.faces import Faces
from bots.dingtalk.hands import own_case
from bots.dingtalk.joints import JOINT_NUMBERS, JointDesk, seen_from
from bots.dingtalk.messages import LONGEST, NO_TEXT, NOT_TEXT, SPOKEN, Aside, Message, Pace
from bots.dingtalk.signing import SignDesk
from bots.dingtalk.words import Said, form_of, guesses, paper_of, read, told_of
from bots.replies import sentence_of
from cards.plain import plain, scrub
from cards.text import duty_lines, help_lines
from core import Actor, Core, Refusal
from core.digests import Digests
from core.duty import Duty
from core.errors import Ambiguous, DifferentBody, FieldMissing, NotKnownHere, TooLong, TooMany, Unknown
from core.policy.arrivals import arrival_rules
from core.ports import Ticket

log = logging.getLogger("bots.dingtalk.chat")

OWN_CHANNEL, OWN_TYPE = "ZJ", "help"  # registered by staff themselves, as a request for help
OUTSIDER = "这里只为本单位工作人员服务，请用本人钉钉账号单独发消息给我"


class Chat:
    """Answers chat messages. Plain synchronous code: the bot runs it in a thread."""

    def __init__(self, core: Core, pace: Pace | None = None) -> None:
        self._core, self._hand, self._digests = core, Hand(core), Digests(core)
        self._joints = JointDesk(core, Faces(core))
        self._pace = pace or Pace()

    def hear(self, message_id: object, data: object) -> Aside | None:
        """Act on one message. Returns a line for the session webhook only when no letter can reach the person."""
        try:
            message = Message.parse(message_id, data)
        except Refusal as refusal:
            self._core.note_refusal(None, "chat", "message", refusal, "dingtalk")
            raise
        if not message.is_from(self._core.settings.dingtalk.corp_id):
            return self._aside(message, OUTSIDER, NotKnownHere())
        try:
            actor = self._core.actor_for("dingtalk", message.user)
        except Refusal as refusal:
            return self._aside(message, sentence_of(refusal), refusal)
        allowed = self._pace.allows(message.user)
        if allowed and self._core.rates.wait_s("chat", str(actor.person)):  # one count for all bots (C5)
            allowed = False if self._core.rates.first_of_minute("chat", str(actor.person)) else None
        if allowed is None:
            return None
        try:
            if not allowed:
                raise TooMany()
            if not self._is_only_heard(message, actor):
                self._answer(message, actor)
        except DifferentBody:
            log.info("heard before: %s", message.key)  # acted upon then, and answered
        except Refusal as refusal:
            self._core.note_refusal(actor, "chat", "message", refusal)
            self._say(message, actor, sentence_of(refusal))
        return None

    def _aside(self, message: Message, sentence: str, refusal: Refusal) -> Aside | None:
        """A line for somebody we cannot write to, and an entry in the log; a crowd of them is answered slowly."""
        if not self._pace.allows(f"?{message.tenant}"):
            return None
        who = f"stranger:{message.user}" if message.user.isprintable() else "stranger"
        self._core.note_refusal(None, "chat", who, refusal, "dingtalk")
        return Aside(message.webhook, sentence)

    def _answer(self, message: Message, actor: Actor) -> None:
        if message.pictures and self._took(message, actor):
            return
        if not message.text.strip():
            self._say(message, actor, NOT_TEXT.get(message.kind, NO_TEXT))
            return
        if len(message.text) > LONGEST:
            raise TooLong(field="消息", limit=LONGEST)
        said = read(message.text)
        match said.kind:
            case "list":
                self._card(message, actor, "work", key=said.word)
            case "home" | "patrol":
                self._card(message, actor, said.kind)
            case "stats" | "scores" | "last_scores":
                self._stats(message, actor, {} if said.kind == "stats" else {"scores": said.kind})
            case "duty":
                self._say(message, actor, "\n\n".join(duty_lines(Duty(self._core).week(actor))), "值班")
            case "flag" | "joint" | "joint_act" | "joint_paper":
                self._joint(message, actor, said)
            case "help":
                self._say(message, actor, "\n\n".join(help_lines()), "帮助")
            case "refuse_digest" | "want_digest":
                self._say(message, actor, self._digests.subscribe(actor, said.kind == "want_digest"), "早报")
            case "posts":
                self._say(message, actor, self._posts(message, actor, said.word), "岗位")
            case "open" | "find":
                self._look(message, actor, said)
            case "sign":
                self._sign(message, actor, said.rest.split())
            case "register":
                self._register(message, actor, said)
            case "clock":
                self._explain(message, actor, said)
            case "act":
                self._act(message, actor, said)
            case "short":
                self._say(message, actor, f"请写上尾号，比如「{form_of(said.word)}」", said.word)
            case "found" if self._core.arrivals.drafts.may_tell(actor):
                self._draft(message, actor)
            case _ if self._core.arrivals.drafts.is_story(actor, message.text):
                self._draft(message, actor)
            case _:
                self._card(message, actor, "work", words=said.word[:60], guesses=guesses(message.text))

    def _is_only_heard(self, message: Message, actor: Actor) -> bool:
        """A spoken word that would change something: told back, not done."""
        if message.kind != SPOKEN or len(message.text) > LONGEST or not read(message.text).acts:
            return False
        self._say(message, actor, f"语音听成「{plain(scrub(message.text), 20)}」，要办理请打字或点卡片")
        return True

    def _stats(self, message: Message, actor: Actor, what: dict[str, str]) -> None:
        """The card of figures of cases, or of the scores of joint orders, and its picture."""
        self._card(message, actor, "stats", **what)
        self._picture(message, actor, **what)

    def _joint(self, message: Message, actor: Actor, said: Said) -> None:
        """树党旗: the form of a new one, the lists, or an act named with its order."""
        if said.kind == "flag":
            self._core.joints.may_raise(actor)
            self._card(message, actor, "joint_new")
        elif said.kind == "joint":
            self._core.joints.listed(actor)
            self._card(message, actor, "joint_list")
        elif said.kind == "joint_paper":
            kind, reason = paper_of(said.rest)
            order, _ = seen_from(self._core, actor, said.ref)
            if not reason:
                raise FieldMissing(field="导出理由", action=f"导出，如「{form_of('联办导出')}」")
            self._card(message, actor, "paper", joint=order, no=said.ref, format=kind, reason=reason)
        else:
            told = self._joints.typed(message.key, actor, said.word, said.ref, said.rest)
            self._say(message, actor, told, "联办")

    def _sign(self, message: Message, actor: Actor, numbers: list[str]) -> None:
        """Sign the cases named, else everything that waits for it."""
        desk = SignDesk(self._core)
        told = desk.named(message.key, actor, numbers) if numbers else desk.everything(message.key, actor)
        self._say(message, actor, told, "签收")

    def _look(self, message: Message, actor: Actor, said: Said) -> None:
        """A number or tail opens its case; words open the only case they mean, or list them."""
        ref = said.ref or said.word
        if self._look_at_joint(message, actor, ref):
            return
        if said.kind == "open" or (ref.isascii() and ref.replace("-", "").isalnum()):
            case_id = self._named(message, actor, ref)
        else:
            found = self._core.find(actor, ref[:60])
            if not found.total:
                raise Unknown(what=ref[:20])
            case_id = found.items[0].id if found.total == 1 else None
            if case_id is None:
                self._listed(message, actor, ref)
        if case_id is not None:
            self._show(message, actor, case_id)

    def _look_at_joint(self, message: Message, actor: Actor, ref: str) -> bool:
        """A number that only a joint order has opens its card."""
        is_theirs = ref.upper().startswith(JOINT_NUMBERS)
        if not is_theirs and not (ref.isascii() and ref.isdigit() and len(ref) >= 4):
            return False
        try:
            if not is_theirs:
                with suppress(Unknown):
                    own_case(self._core, actor, ref)
                    return False
            order, _ = seen_from(self._core, actor, ref)
        except Refusal:
            if is_theirs:
                raise
            return False
        body = {"userId": message.user, "post": actor.post, "joint": order}
        self._core.reply(f"{message.key}:reply", actor.person or 0, "show", body)
        return True

    def _register(self, message: Message, actor: Actor, said: Said) -> None:
        """A case of their own (R084, R094): it comes back as a card, to send out, pass on or close."""
        parts = told_of(said.rest)
        ticket = Ticket(
            "", 1, OWN_CHANNEL, OWN_TYPE, parts["标题"], parts.get("内容", parts["标题"]), parts.get("地点", ""),
            caller_phone=parts.get("电话") or None, caller_name=parts.get("姓名") or None,
        )  # fmt: skip
        done = self._core.register(message.key, ticket, actor, "chat")
        self._say(message, actor, done.sentence, "登记")

    def _took(self, message: Message, actor: Actor) -> bool:
        """Photos of a feedback or of a new matter, taken in; False where they only go with a command."""
        if self._is_of_report(message, actor):
            return True
        is_photo = self._is_photo(message, actor)
        if is_photo:
            self._draft(message, actor)
        return is_photo

    def _is_of_report(self, message: Message, actor: Actor) -> bool:
        """Photos for a refusal or feedback on a joint order (R126, R131): each kept by a letter. Raises Refusal."""
        found = self._joints.brought_for(actor, message.text) if len(message.text) <= LONGEST else None
        if found is None:
            return False
        for place, code in enumerate(message.pictures[: arrival_rules().photo.most]):
            body = {"userId": message.user, **found, "code": code}
            self._core.reply(f"{message.key}:photo:{place}", actor.person or 0, "photo", body)
        return True

    def _is_photo(self, message: Message, actor: Actor) -> bool:
        """Photos that tell of a matter: alone, or with words that are no command."""
        drafts = self._core.arrivals.drafts
        if message.text.strip() and len(message.text) <= LONGEST:
            return read(message.text).kind in ("unknown", "found") and drafts.may_tell(actor)
        return not message.text.strip() and drafts.may_tell(actor)

    def _draft(self, message: Message, actor: Actor) -> None:
        """A matter told in free words or shown in photos: a filled card to confirm, nothing else happens (C12)."""
        token = self._core.arrivals.drafts.tell(message.key, actor, message.text)
        for place, code in enumerate(message.pictures[: arrival_rules().photo.most]):
            body = {"userId": message.user, "draft": token, "code": code}
            self._core.reply(f"{message.key}:photo:{place}", actor.person or 0, "photo", body)
        self._card(message, actor, "draft", draft=token)

    def _explain(self, message: Message, actor: Actor, said: Said) -> None:
        """How the deadline comes about, line by line."""
        case_id = self._named(message, actor, said.ref)
        if case_id is not None:
            view = self._core.case_view(actor, case_id)
            lines = view.rules or ("还没有派发，派发后开始计时。",)
            self._say(
                message, actor, "\n\n".join((f"{view.tail} {plain(scrub(view.title), 20)}", *lines)), "时限怎么算的"
            )

    def _act(self, message: Message, actor: Actor, said: Said) -> None:
        case_id = self._named(message, actor, said.ref, unfinished=True)
        if case_id is not None:
            result = self._hand.do(message.key, actor, case_id, said)
            if result.needs_card:
                self._show(message, actor, case_id, f"{message.key}:card")
            self._say(message, actor, result.text, said.word)

    def _named(self, message: Message, actor: Actor, ref: str, *, unfinished: bool = False) -> int | None:
        """The case a number or tail means; when it means several, they are listed and nothing is done."""
        try:
            return own_case(self._core, actor, ref, unfinished=unfinished)
        except Ambiguous:
            self._listed(message, actor, ref)
            return None

    def _listed(self, message: Message, actor: Actor, words: str) -> None:
        self._card(message, actor, "work", key="find", words=words[:60])

    def _posts(self, message: Message, actor: Actor, wished: str) -> str:
        """「岗位」 lists them; 「岗位 2」 or 「岗位 水务局」 changes (R102)."""
        posts = self._core.posts(actor)
        if wished.isascii() and wished.isdigit() and 0 < len(wished) < 3:
            found = list(posts[int(wished) - 1 : int(wished)]) if int(wished) else []
        else:
            found = [post for post in posts if wished and wished.replace(" ", "") in post.label.replace(" ", "")]
        if len(found) == 1:
            now = self._core.switch_post(message.key, actor, found[0].id)
            return f"已切换到「{now.unit_name} {now.title}」，发送「待办」看这个岗位的件"
        rows = [f"{place}. {post.label}{'（当前）' if post.current else ''}" for place, post in enumerate(posts, 1)]
        if len(posts) < 2:
            return "\n\n".join(["您只有一个岗位，不用切换：", *rows])
        head = "没有对上您的岗位，请照下面的序号发：" if wished else "您的岗位，发送「岗位 2」这样的话就能切换："
        return "\n\n".join([head, *rows])

    def _show(self, message: Message, actor: Actor, case_id: int, key: str = "") -> None:
        body = {"userId": message.user, "post": actor.post, "case_id": case_id}
        self._core.reply(key or f"{message.key}:reply", actor.person or 0, "show", body)

    def _card(self, message: Message, actor: Actor, kind: str, **what: object) -> None:
        body = {"userId": message.user, "post": actor.post, **what}
        self._core.reply(f"{message.key}:reply", actor.person or 0, kind, body)

    def _picture(self, message: Message, actor: Actor, **what: object) -> None:
        """The drawn chart that goes with a statistics card."""
        body = {"userId": message.user, "post": actor.post, **what}
        self._core.reply(f"{message.key}:chart", actor.person or 0, "chart", body)

    def _say(self, message: Message, actor: Actor, text: str, title: str = "回复") -> None:
        body = {"people": [actor.person], "userIds": [message.user], "text": text, "title": title}
        self._core.reply(f"{message.key}:reply", actor.person or 0, "say", body)
