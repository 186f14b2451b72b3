"""A month is published, appealed against and published again, each on record; whoever is scored hears of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from core import tray
from core.deadlines import due
from core.decide import check_text
from core.errors import BadField, FieldMissing, NothingChanged, NotYours, Refusal, Unknown
from core.joint.notices import pair
from core.joint_scores import published
from core.joint_scores.opening import LOST, MARK, behind
from core.joint_scores.published import Basis
from core.models.joint import joint_legs, joint_orders
from core.models.scores import joint_appeals, joint_reports
from core.notices import addressed, letter
from core.people import Actor
from core.plain import plain, scrub
from core.policy.scoring import ScorePolicy
from core.queries.people import Holder
from core.queries.sheets import units_within
from core.score_views import AppealView, Ask
from core.scoring import Score
from core.timewords import when
from core.watch import quiet_until
from core.work import World
from core.worktime import local_date

if TYPE_CHECKING:
    from core.joint_scores import Wired

LONGEST = 200
STATES: Mapping[str, tuple[str, str]] = {
    "open": ("待答复", "orange"), "upheld": ("申诉成立", "green"), "dismissed": ("维持原评", "grey"),
}  # fmt: skip
MOST = 200
APPEALS = (
    select(joint_appeals, joint_reports.c.month, joint_reports.c.version, joint_orders.c.no, joint_orders.c.title)
    .join(joint_reports, joint_reports.c.id == joint_appeals.c.report_id)
    .join(joint_legs, joint_legs.c.id == joint_appeals.c.leg_id)
    .join(joint_orders, joint_orders.c.id == joint_legs.c.order_id)
    .order_by(joint_appeals.c.id.desc())
)


class MonthRuns(Refusal):
    text = "{month}还没有结束，下月起才能公布。"


class NotPublished(Refusal):
    text = "{month}还没有公布，公布后才能申诉。"


class AppealOver(Refusal):
    text = "申诉期已过（{until} 前），请联系指挥中心。"


class NothingLost(Refusal):
    text = "尾号 {tail} 没有在这一项失分，请核对后再申诉。"


class Appealed(Refusal):
    text = "这一件已申诉过，请查看答复。"


class Answered(Refusal):
    text = "这条申诉已经答复，请刷新查看。"


class Months:
    """Publishing and appeals. Every act and every refusal is in the log in the same commit."""

    def __init__(self, core: Wired, policy: ScorePolicy, live: Callable[[Connection, Ask, datetime], Basis]) -> None:
        self._core, self._policy, self._live = core, policy, live

    def publish(self, actor: Actor, ask: Ask, note: str = "") -> str:
        """Freeze what stands now as the month's next version; returns what was done, in words.

        Raises NotYours, MonthRuns, BadField for days that are no month, FieldMissing for a later version without its
        reason, NothingChanged when it would say the same again.
        """
        note, now = note.strip(), self._core.clock.now()
        run: Callable[[Connection], str] = lambda tx: self._publish(tx, actor, ask, note, now)  # noqa: E731
        said: str = self._core._write(actor, "joint_report.published", f"joint_report:{ask.month}", run, note)
        return said

    def _publish(self, tx: Connection, actor: Actor, ask: Ask, note: str, now: datetime) -> str:
        self._may_publish(actor, "公布考核")
        if not ask.month:
            raise BadField(field="月份", why="请选整月再公布")
        if local_date(now) <= ask.until:
            raise MonthRuns(month=_titled(ask.month))
        check_text("原因", note, LONGEST)
        world, known = self._core.world(), published.versions(tx, ask.month)
        basis = self._live(tx, ask, now)
        content = published.content_of(basis)
        digest = published.digest_of(content)
        if known and not note:
            raise FieldMissing(field="更正原因", action="公布新版")
        if known and known[-1]["digest"] == digest:
            raise NothingChanged()
        until = due(now, self._policy.appeal, world.calendar).at
        row = {
            "month": ask.month, "version": len(known) + 1, "at": now, "appeal_until": until, "person_id": actor.person,
            "post_id": actor.post, "note": note or None, "basis": content, "digest": digest,
        }  # fmt: skip
        try:
            with tx.begin_nested():
                tx.execute(insert(joint_reports), row)
        except IntegrityError:
            raise NothingChanged() from None
        self._tell_units(tx, world, row, basis.scores())
        return f"{_titled(ask.month)}树党旗考核第 {row['version']} 版已公布，{when(now, until)}前可以申诉。"

    def _tell_units(self, tx: Connection, world: World, row: Mapping[str, Any], found: Sequence[Score]) -> None:
        """One line to both people of each unit that was scored."""
        rules, directory = world.policy.joint, world.directory
        for one in found:
            rank = f"，{one.group}第 {one.rank} 名（共 {one.among} 个）" if one.rank else ""
            text = (
                f"【考核公布】{_titled(row['month'])}树党旗考核第 {row['version']} 版："
                f"{directory.unit_name(one.unit)} {one.text}{rank}。{when(row['at'], row['appeal_until'])}前可以申诉。"
            )
            key = f"joint_report:{row['month']}:{row['version']}:{one.unit}"
            self._say(tx, key, pair(rules.deputy, rules.contact, one.unit, directory), text)

    def may_appeal(self, actor: Actor, until: datetime, now: datetime) -> bool:
        """Whether this reader may appeal now for their own unit."""
        return actor.role in self._policy.asks and actor.unit is not None and now <= until

    def appeal(self, actor: Actor, ask: Ask, no: str, item: str, words: str) -> str:
        """Ask that one order should not count for one item at one's own unit. Raises Refusal; on record either way."""
        now = self._core.clock.now()
        run: Callable[[Connection], str] = lambda tx: self._appeal(tx, actor, ask, no, item, words.strip(), now)  # noqa: E731
        named = ":".join(
            one if one.isascii() and one.replace("_", "").isalnum() else "?" for one in (no[:24], item[:20])
        )
        what = f"joint_report:{ask.month}:{named}"
        said: str = self._core._write(actor, "joint_report.appealed", what, run)
        return said

    def _appeal(self, tx: Connection, actor: Actor, ask: Ask, no: str, item: str, words: str, now: datetime) -> str:
        if actor.role not in self._policy.asks or actor.unit is None:
            raise NotYours(holder="被考核单位", action="申诉")
        known = published.versions(tx, ask.month) if ask.month else []
        if not known:
            raise NotPublished(month=_titled(ask.month) if ask.month else "这段时间")
        if now > known[-1]["appeal_until"]:
            raise AppealOver(until=when(now, known[-1]["appeal_until"]))
        if not words:
            raise FieldMissing(field="申诉理由", action="申诉")
        check_text("申诉理由", words, LONGEST)
        basis = published.basis_of(known[-1]["basis"])
        leg = self._lost(tx, basis, actor.unit, no, item)
        row = {
            "report_id": known[-1]["id"], "unit_id": actor.unit, "leg_id": leg, "item": item, "state": "open",
            "words": words, "at": now, "person_id": actor.person, "post_id": actor.post,
        }  # fmt: skip
        try:
            with tx.begin_nested():
                number = tx.execute(insert(joint_appeals).returning(joint_appeals.c.id), row).scalar_one()
        except IntegrityError:
            raise Appealed() from None
        text = f"【考核申诉】{_titled(ask.month)}：{actor.label}对尾号 {no[-6:]} 提出申诉，{plain(scrub(words), 60)}"
        self._say(tx, f"joint_appeal:{number}", self._publishers(), text)
        return f"尾号 {no[-6:]} 的申诉已提交，等指挥中心答复。"

    @staticmethod
    def _lost(tx: Connection, basis: Basis, unit: int, no: str, item: str) -> int:
        """The leg of the order that lost points there at the unit. Raises NothingLost."""
        known = no.isascii() and no.isalnum() and len(no) <= 24
        query = select(joint_orders.c.id).where(joint_orders.c.no == no)
        order = tx.execute(query).scalar_one_or_none() if known else None
        if order is None:
            raise Unknown(what="这件联办工单")
        for name in (MARK + item, LOST + item):
            try:
                told = behind(basis, [unit], name)
            except Unknown:
                continue
            leg = next((one.leg for one in told.found if one.order == order), None)
            if told.item and leg is not None:
                return leg
        raise NothingLost(tail=no[-6:])

    def answer(self, actor: Actor, appeal: int, upheld: bool, words: str) -> str:
        """Uphold or dismiss; what is upheld no longer counts from the next version on. Raises Refusal."""
        now, words = self._core.clock.now(), words.strip()
        run: Callable[[Connection], str] = lambda tx: self._answer(tx, actor, appeal, upheld, words, now)  # noqa: E731
        action = "joint_report.upheld" if upheld else "joint_report.dismissed"
        said: str = self._core._write(actor, action, f"joint_appeal:{appeal}", run, words)
        return said

    def _answer(self, tx: Connection, actor: Actor, appeal: int, upheld: bool, words: str, now: datetime) -> str:
        self._may_publish(actor, "答复申诉")
        row = tx.execute(APPEALS.where(joint_appeals.c.id == appeal)).mappings().first()
        if row is None:
            raise Unknown(what="这条申诉")
        if not words:
            raise FieldMissing(field="答复", action="答复申诉")
        check_text("答复", words, LONGEST)
        state = published.UPHELD if upheld else "dismissed"
        values = {"state": state, "answer": words, "answered_at": now, "answered_by": actor.post}
        where = (joint_appeals.c.id == appeal, joint_appeals.c.state == "open")
        if not tx.execute(update(joint_appeals).where(*where).values(values)).rowcount:
            raise Answered()
        title = STATES[state][0]
        asked = self._core.directory().by_person.get(row["person_id"] or 0, ())[:1]
        text = f"【申诉答复】{_titled(row['month'])}尾号 {row['no'][-6:]}：{title}。{plain(scrub(words), 60)}"
        self._say(tx, f"joint_appeal:{appeal}:answer", asked, text)
        return f"已答复：{title}。" + ("公布新一版后，考核才会变。" if upheld else "")

    def appeals(self, actor: Actor, month: str = "") -> tuple[AppealView, ...]:
        """The appeals this reader may see, newest first; those of one month, or of all."""
        world, now = self._core.world(), self._core.clock.now()
        query = APPEALS.where(joint_appeals.c.unit_id.in_(units_within(actor, world))).limit(MOST)
        query = query.where(joint_reports.c.month == month) if month else query
        rows = self._core._read(lambda tx: [dict(row) for row in tx.execute(query).mappings()])
        titles = {one.name: one.title for rule in self._policy.rules for one in rule.indicators}
        titles |= {one.name: one.title for rule in self._policy.rules for one in rule.marks}
        return tuple(_viewed(row, world, titles, now) for row in rows)

    def _may_publish(self, actor: Actor, action: str) -> None:
        if actor.role not in self._policy.publishes:
            raise NotYours(holder="指挥中心负责人", action=action)

    def _publishers(self) -> list[Holder]:
        by_role = self._core.directory().by_role
        return [one for role in sorted(self._policy.publishes) for one in by_role.get(role, ())]

    def _say(self, tx: Connection, key: str, holders: Sequence[Holder], text: str) -> None:
        """One short line to each of these people, in the same commit."""
        reached = [one for one in {one.person: one for one in holders}.values() if one.dingtalk]
        if not reached:
            return
        now = self._core.clock.now()
        body = {**addressed(reached), "title": text[: text.find("】") + 1], "text": text, "case": ""}
        hold = quiet_until(now, self._core.world().policy.quiet)
        sealed = tray.closed(self._core.cipher, key, body)
        tray.write(tx, [letter(key, "dingtalk.say", "say", f"say:{key}", sealed, now, hold_until=hold)])


def _titled(month: str) -> str:
    return f"{int(month[:4])}年{int(month[5:])}月"


def _viewed(row: Mapping[str, Any], world: World, titles: Mapping[str, str], now: datetime) -> AppealView:
    title, tone = STATES[row["state"]]
    asked = next(iter(world.directory.by_person.get(row["person_id"] or 0, ())), None)
    said = f"{asked.name if asked else ''} {when(now, row['at'])}".strip()
    return AppealView(
        row["id"], _titled(row["month"]), row["version"], world.directory.unit_name(row["unit_id"]), row["no"],
        row["no"][-6:], row["title"], titles.get(row["item"], row["item"]), row["words"], said,
        row["state"], title, tone, row["answer"] or "",
    )  # fmt: skip
