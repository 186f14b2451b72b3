"""A message answered: a list, a card or a command; the reply leaves as a letter, always to the person alone."""

from __future__ import annotations

import logging

from bots.dingtalk.acts import Hand
from bots.dingtalk.hands import own_case
from bots.dingtalk.messages import GROUP, LONGEST, NO_TEXT, NOT_TEXT, SINGLE, Aside, Message, Pace
from bots.dingtalk.words import Said, form_of, guesses, read, told_of
from bots.replies import sentence_of
from cards.plain import plain, scrub
from cards.text import help_lines
from core import Actor, Core, Refusal
from core.digests import Digests
from core.errors import Ambiguous, DifferentBody, NotKnownHere, TooLong, TooMany, Unknown
from core.policy.arrivals import arrival_rules
from core.ports import Ticket

log = logging.getLogger("bots.dingtalk.chat")

OWN_CHANNEL, OWN_TYPE = "ZJ", "help"  # registered by staff themselves, as a request for help
OUTSIDER = "这里只为本单位工作人员服务，请用本人钉钉账号单独发消息给我"


class Chat:
    """Answers chat messages. Plain synchronous code: the bot runs it in a thread."""

    def __init__(self, core: Core, pace: Pace | None = None) -> None:
        self._core, self._hand, self._digests = core, Hand(core), Digests(core)
        self._pace = pace or Pace()

    def hear(self, message_id: object, data: object) -> Aside | None:
        """Act on one message. Returns a line for the session webhook only when no letter can reach the person."""
        try:
            message = Message.parse(message_id, data)
        except Refusal as refusal:
            self._core.note_refusal(None, "chat", "message", refusal, "dingtalk")
            raise
        home = self._core.settings.dingtalk.corp_id or message.home
        if not message.user or message.chat not in (SINGLE, GROUP) or (home and message.tenant != home):
            return self._aside(message, OUTSIDER, NotKnownHere())
        try:
            actor = self._core.actor_for("dingtalk", message.user)
        except Refusal as refusal:
            return self._aside(message, sentence_of(refusal), refusal)
        allowed = self._pace.allows(message.user)
        if allowed is None:
            return None
        try:
            if not allowed:
                raise TooMany()
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
        if message.pictures and self._is_photo(message, actor):
            self._draft(message, actor)
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
            case "home":
                self._card(message, actor, "home")
            case "stats":
                self._card(message, actor, "stats")
                self._picture(message, actor)
            case "help":
                self._say(message, actor, "\n\n".join(help_lines()), "帮助")
            case "refuse_digest" | "want_digest":
                self._say(message, actor, self._digests.subscribe(actor, said.kind == "want_digest"), "早报")
            case "posts":
                self._say(message, actor, self._posts(message, actor, said.word), "岗位")
            case "open" | "find":
                self._look(message, actor, said)
            case "register":
                self._register(message, actor, said)
            case "clock":
                self._explain(message, actor, said)
            case "act":
                self._act(message, actor, said)
            case "short":
                self._say(message, actor, f"请写上尾号，比如「{form_of(said.word)}」", said.word)
            case _ if self._core.arrivals.drafts.is_story(actor, message.text):
                self._draft(message, actor)
            case _:
                self._card(message, actor, "work", words=said.word[:60], guesses=guesses(message.text))

    def _look(self, message: Message, actor: Actor, said: Said) -> None:
        """A number or tail opens its case; words open the only case they mean, or list them."""
        ref = said.ref or said.word
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

    def _register(self, message: Message, actor: Actor, said: Said) -> None:
        """A case of their own (R084, R094): it comes back as a card, to send out, pass on or close."""
        parts = told_of(said.rest)
        ticket = Ticket(
            "", 1, OWN_CHANNEL, OWN_TYPE, parts["标题"], parts.get("内容", parts["标题"]), parts.get("地点", ""),
            caller_phone=parts.get("电话") or None, caller_name=parts.get("姓名") or None,
        )  # fmt: skip
        done = self._core.register(message.key, ticket, actor, "chat")
        self._say(message, actor, done.sentence, "登记")

    def _is_photo(self, message: Message, actor: Actor) -> bool:
        """Photos that tell of a matter: alone, or with words that are no command."""
        drafts = self._core.arrivals.drafts
        if message.text.strip() and len(message.text) <= LONGEST:
            return read(message.text).kind == "unknown" and drafts.may_tell(actor)
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

    def _picture(self, message: Message, actor: Actor) -> None:
        """The drawn chart that goes with a statistics card."""
        body = {"userId": message.user, "post": actor.post}
        self._core.reply(f"{message.key}:chart", actor.person or 0, "chart", body)

    def _say(self, message: Message, actor: Actor, text: str, title: str = "回复") -> None:
        body = {"people": [actor.person], "userIds": [message.user], "text": text, "title": title}
        self._core.reply(f"{message.key}:reply", actor.person or 0, "say", body)
