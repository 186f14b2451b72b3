"""Drafts: what the bot understood of a sentence or a photo waits for its writer's yes; nothing is registered before."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from core.arrivals.classes import likely_classes
from core.arrivals.fields import RULES, USUAL, Filled
from core.arrivals.guess import filled_on_walk, guess, is_story
from core.arrivals.house import House
from core.boards import DraftView
from core.canon import canonical
from core.crypto import place
from core.errors import NotYours, Refusal, Unknown
from core.flags import HELD
from core.models.arrivals import attachments, drafts
from core.models.cases import cases
from core.models.patrols import patrol_findings
from core.models.record import receipts
from core.patrols import found_on
from core.people import CLOCK, Actor
from core.policy import URGENCIES
from core.policy.arrivals import arrival_rules
from core.queries import patrols
from core.queries.masks import mask_name, mask_phone
from core.receipts import Done
from core.views import Option

OPEN, REGISTERED, DROPPED, EXPIRED = "open", "registered", "dropped", "expired"
TITLES = {OPEN: "待确认", REGISTERED: "已登记", DROPPED: "已放弃", EXPIRED: "已过期"}
TONES = {OPEN: "orange", REGISTERED: "green"}
KEPT = ("content", "caller_phone", "caller_name")
"""Fields a card never shows in full: left empty in its form, they stay as they are; 「无」 empties them."""
NOTHING = "无"
MOST = 200


class DraftLacks(Refusal):
    text = "还要填好「{fields}」，请点「修改」补上再登记。"
    status = 422


class DraftGone(Refusal):
    text = "这张登记单{how}，请把情况重新发一遍。"


class Drafts:
    """Opens, changes, confirms and drops drafts. Only their writer sees one."""

    def __init__(self, house: House, understood: Callable[[Mapping[str, str]], Filled]) -> None:
        self._house, self._understood = house, understood

    def may_tell(self, actor: Actor) -> bool:
        """Whether this person may register at all."""
        return actor.role in self._house.policy.registers

    def is_story(self, actor: Actor, text: str) -> bool:
        """Whether this person may register, and speaks of a matter rather than to the bot."""
        if not self.may_tell(actor):
            return False
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            on_walk = patrols.under_way(tx, actor.person, self._house.today()) is not None
        return is_story(text, self._house.spots(), arrival_rules(), on_walk=on_walk)

    def tell(self, key: str, actor: Actor, text: str) -> str:
        """A sentence becomes a draft, or the words of the photo just sent; returns its token. A repeat changes nothing.

        Raises NotYours.
        """
        given = guess(text, self._house.spots(), arrival_rules()) if text.strip() else dict(USUAL)
        return self.open(key, actor, given)

    def open(self, key: str, actor: Actor, given: Mapping[str, str]) -> str:
        """A draft with these fields; the one of a moment ago, while one of the two has no words. Raises NotYours."""
        if not self.may_tell(actor):
            raise NotYours(holder="指挥中心和承办单位", action="登记")
        token: str = self._house._write(
            actor, "draft.opened", "draft:new", lambda tx: self._open(tx, key, actor, given)
        )
        return token

    def just_begun(self, actor: Actor) -> bool:
        """Whether this person opened a draft a moment ago, which a photo alone still joins."""
        since = self._house.clock.now() - arrival_rules().draft.joins
        mine = (drafts.c.person_id == actor.person, drafts.c.state == OPEN, drafts.c.opened_at >= since)
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            return tx.execute(select(drafts.c.id).where(*mine).limit(1)).first() is not None

    def _open(self, tx: Connection, key: str, actor: Actor, given: Mapping[str, str]) -> str:
        now, rules = self._house.clock.now(), arrival_rules().draft
        if known := tx.execute(select(drafts.c.token).where(drafts.c.key == key)).scalar():
            return str(known)
        recent = select(drafts).where(
            drafts.c.person_id == actor.person, drafts.c.state == OPEN, drafts.c.opened_at >= now - rules.joins
        )
        last = tx.execute(recent.order_by(drafts.c.id.desc()).limit(1).with_for_update()).mappings().first()
        if last is not None and (joined := _joined(self._given(dict(last)), given)):
            self._keep(tx, last["token"], joined)
            return str(last["token"])
        token = secrets.token_urlsafe(12)
        row = {
            "token": token, "key": key, "person_id": actor.person, "state": OPEN, "body": self._sealed(token, given),
            "case_no": None, "opened_at": now, "expires_at": now + rules.keep,
        }  # fmt: skip
        draft = tx.execute(insert(drafts).returning(drafts.c.id), row).scalar_one()
        if walk := patrols.under_way(tx, actor.person, self._house.today()):
            tx.execute(insert(patrol_findings), {"walk_id": walk["id"], "draft_id": draft, "case_id": None})
        return token

    def change(self, actor: Actor, token: str, form: Mapping[str, str]) -> None:
        """Take over what the form of the card says. Raises Unknown, DraftGone."""

        def run(tx: Connection) -> None:
            row = self._own(tx, actor, token, lock=True)
            if row["state"] != OPEN:
                raise DraftGone(how=TITLES[row["state"]])
            self._keep(tx, token, {**self._given(row), **_changes(form)})

        self._house._write(actor, "draft.changed", f"draft:{token}", run)

    def drop(self, actor: Actor, token: str) -> None:
        """Nothing comes of it, and nothing of it is kept. Raises Unknown; DraftGone once it is a case."""

        def run(tx: Connection) -> None:
            row = self._own(tx, actor, token, lock=True)
            if row["state"] == REGISTERED:
                raise DraftGone(how="已登记")
            self._end(tx, row, DROPPED)

        self._house._write(actor, "draft.dropped", f"draft:{token}", run)

    def confirm(self, actor: Actor, token: str) -> str:
        """Register it, once however often this is said; returns the sentence. Raises DraftLacks, DraftGone, Unknown."""
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            row = self._own(tx, actor, token)
            given, _ = self._whole(tx, row)
        if row["state"] == REGISTERED:
            return f"已登记，编号 {row['case_no']}"
        if row["state"] != OPEN:
            raise DraftGone(how=TITLES[row["state"]])
        filled = self._understood(given)
        if filled.ticket is None:
            raise DraftLacks(fields="、".join(RULES[name].label for name in filled.faults))
        done = self._house.register(f"draft:{token}", filled.ticket, actor, "chat")
        self._house._write(actor, "draft.registered", f"draft:{token}", lambda tx: self._registered(tx, row, done))
        return done.sentence

    def _registered(self, tx: Connection, row: Mapping[str, Any], done: Done) -> None:
        self._end(tx, row, REGISTERED, done.no, done.case)

    def view(self, actor: Actor, token: str) -> DraftView:
        """The draft as its writer's card shows it. Raises Unknown."""
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            row = self._own(tx, actor, token)
            photos = tx.execute(select(func.count()).where(attachments.c.draft_id == row["id"])).scalar_one()
            given, walk = self._whole(tx, row)
        filled = self._understood(given)
        open_ = row["state"] == OPEN
        return DraftView(
            token=token,
            state=row["state"],
            state_title=TITLES[row["state"]],
            tone=TONES.get(row["state"], "grey"),
            rows=tuple(self._rows(given, walk)) if open_ else (),
            content=given.get("content", ""),
            lacks=tuple(RULES[name].label for name in filled.faults) if open_ else (),
            values={
                name: given.get(name, "") for name in ("title", "place", "type", "urgency", "channel", "class_code")
            },
            types=tuple(Option(code, title) for code, title in self._house.policy.types.items()),
            sources=tuple(Option(one.code, one.short) for one in self._house.policy.open_sources(self._house.today())),
            classes=self._classes(given),
            photos=int(photos),
            case_no=row["case_no"] or "",
        )

    def _rows(self, given: Mapping[str, str], walk: str) -> list[tuple[str, str]]:
        policy = self._house.policy
        source = policy.sources.get(given.get("channel", ""))
        told = {
            "地点": given.get("place", ""),
            "镇街社区": " ".join(one for one in (given.get("town", ""), given.get("community", "")) if one),
            "性质": f"{policy.types.get(given.get('type', ''), '')} · {URGENCIES.get(given.get('urgency', ''), '')}",
            "分类": policy.class_title(given.get("class_code")),
            "来源": source.title if source else "",
            "巡查": walk,
            "诉求人": " ".join(
                one
                for one in (mask_name(given.get("caller_name", "")), mask_phone(given.get("caller_phone", "")))
                if one
            ),
        }
        return [(label, text) for label, text in told.items() if text]

    def _classes(self, given: Mapping[str, str]) -> tuple[Option, ...]:
        ranked = [code for code, _ in likely_classes(f"{given.get('title', '')} {given.get('content', '')}")]
        codes = dict.fromkeys([given.get("class_code", ""), *ranked])
        classes = self._house.policy.classes
        return tuple(Option(code, classes[code].title) for code in codes if code in classes)

    def settle(self) -> int:
        """The clock's part: drafts that are too old are wiped, those that became cases are marked. Returns how many."""
        count: int = self._house._write(CLOCK, "draft.expired", "draft:old", self._settle) if self._any_due() else 0
        return count

    def _any_due(self) -> bool:
        with self._house.engine.connect().execution_options(readonly=True) as tx:
            return tx.execute(self._due().limit(1)).first() is not None

    def _due(self) -> Any:
        waiting = drafts.c.state.in_((OPEN, HELD))  # a flag that nobody raised is wiped like any other draft
        return select(drafts).where(waiting, drafts.c.expires_at <= self._house.clock.now())

    def _settle(self, tx: Connection) -> int:
        rows = tx.execute(self._due().limit(MOST).with_for_update()).mappings().all()
        for row in map(dict, rows):
            answer = tx.execute(select(receipts.c.answer).where(receipts.c.key == f"draft:{row['token']}")).scalar()
            no = (answer or {}).get("no")
            case = tx.execute(select(cases.c.id).where(cases.c.no == no)).scalar() if no else None
            self._end(tx, row, REGISTERED if case else EXPIRED, no, case)
        return len(rows)

    def _own(self, tx: Connection, actor: Actor, token: str, *, lock: bool = False) -> dict[str, Any]:
        mine = (drafts.c.token == token, drafts.c.person_id == actor.person, drafts.c.key.not_like(f"{HELD}:%"))
        query = select(drafts).where(*mine)
        row = tx.execute(query.with_for_update() if lock else query).mappings().first()
        if row is None or not token:
            raise Unknown(what="这张登记单")
        if row["state"] == OPEN and self._is_over(row["expires_at"]):
            raise DraftGone(how=TITLES[EXPIRED])
        return dict(row)

    def _is_over(self, until: datetime) -> bool:
        return until <= self._house.clock.now()

    def _end(
        self, tx: Connection, row: Mapping[str, Any], state: str, no: str | None = None, case: int | None = None
    ) -> None:
        """Wipe the words; photos and the walk it was made on follow the case, or go when there is none."""
        if case is None:
            tx.execute(delete(attachments).where(attachments.c.draft_id == row["id"], attachments.c.case_id.is_(None)))
        else:
            tx.execute(update(attachments).where(attachments.c.draft_id == row["id"]).values(case_id=case))
        found_on(tx, row["id"], case)
        tx.execute(update(drafts).where(drafts.c.id == row["id"]).values(state=state, body={}, case_no=no))

    def _whole(self, tx: Connection, row: Mapping[str, Any]) -> tuple[dict[str, str], str]:
        """What was said, with what a walk knows by itself where nothing was, and the title of that walk's plan."""
        given, walk = self._given(row), patrols.walk_of_draft(tx, row["id"])
        if walk is None:
            return given, ""
        known = filled_on_walk(walk["title"], walk["place"], self._house.spots(), arrival_rules())
        if given.get("place"):
            known = {**known, "town": "", "community": ""}
        return {**known, **{name: text for name, text in given.items() if text}}, str(walk["title"])

    def _keep(self, tx: Connection, token: str, given: Mapping[str, str]) -> None:
        tx.execute(update(drafts).where(drafts.c.token == token).values(body=self._sealed(token, given)))

    def _sealed(self, token: str, given: Mapping[str, str]) -> dict[str, Any]:
        return {"sealed": self._house.cipher.seal(canonical(dict(given)), place("drafts", "body", token))}

    def _given(self, row: Mapping[str, Any]) -> dict[str, str]:
        sealed = row["body"].get("sealed")
        if not sealed:
            return {}
        found: dict[str, str] = json.loads(self._house.cipher.open(sealed, place("drafts", "body", row["token"])))
        return found


def _joined(held: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Photo and words that came one after the other are one matter; empty when both have words."""
    if held.get("content") and given.get("content"):
        return {}
    first, second = (given, held) if given.get("content") else (held, given)
    return {**first, **{name: text for name, text in second.items() if text and text != USUAL.get(name)}}


def _changes(form: Mapping[str, str]) -> dict[str, str]:
    """What a card's form changes: kept fields only when something is written in them."""
    listed = {
        name: form.get(name, "").strip() for name in ("title", "place", "type", "urgency", "channel", "class_code")
    }
    for name in ("type", "urgency", "channel"):
        listed[name] = listed[name] or USUAL[name]
    for name in KEPT:
        if text := form.get(name, "").strip():
            listed[name] = "" if text == NOTHING else text
    return listed
