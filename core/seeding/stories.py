"""A case told part by part: it arrives, is dispatched, handled, confirmed, called back, archived."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from core.ports import Ticket
from core.queries.people import Holder
from core.seeding.draws import BY_HAND, Sayings, Wish
from core.seeding.stage import Stage, Steps

ARCHIVE_AFTER = timedelta(days=30, hours=1)
RETURN_BASES = ("权责清单", "部门「三定」规定", "行政区划界线", "现场核查记录")


class Story:
    """One case. Each part yields the moments at which its acts happen; `at` fixes a moment instead of chance."""

    def __init__(self, stage: Stage, wish: Wish, at: datetime) -> None:
        self.stage, self.wish, self.at = stage, wish, at
        self.case, self.no = 0, ""
        self.last = at
        normal = wish.ticket.urgency == "normal"
        self.quick = "default" if normal else "duty"  # urgent cases are dispatched and signed day and night
        self.hours = "default" if normal else "urgent"

    @property
    def say(self) -> Sayings:
        return self.stage.draws.sayings

    def acts(self, who: Holder, action: str, unit: str = "", **form: str) -> None:
        leg = self.stage.leg(self.case, unit)["id"] if unit else None
        self.stage.act(who, self.case, action, leg, **form)

    def unit_acts(self, action: str, unit: str, **form: str) -> None:
        """An act of a unit's clerk on the unit's own leg."""
        self.acts(self.stage.clerk(unit), action, unit, **form)

    # --- registration and dispatch ---

    def arrive(self, registered_by: str = "") -> Steps:
        """From the feed day and night; by hand in office hours, at the desk or by the unit named."""
        by_hand = self.wish.ticket.channel in BY_HAND
        yield self.stage.office(self.at) if by_hand else self.at
        who = self.stage.clerk(registered_by) if registered_by else self.stage.desk()
        done = self.stage.register(self.wish.ticket, who.actor if by_hand else None)
        self.case, self.no = done.case, done.no

    def dispatch(self, lead: str = "", *, at: datetime | None = None, support: bool = True) -> Steps:
        yield at or self.stage.after(4, 26, self.quick)
        lead = lead or self.wish.lead
        form = {"lead": self.stage.short(lead)}
        if support and self.wish.support:
            form["support"] = "、".join(self.stage.short(code) for code in self.wish.support)
        if self.stage.rng.random() < 0.6:
            form["opinion"] = self.say.one("dispatch_opinions", unit=self.stage.short(lead))
        self.stage.core.suggest.make(self.case)  # as the worker does while a case waits
        self.acts(self.stage.desk(), "dispatch", **form)

    def close_at_desk(self) -> Steps:
        """Advice is answered at the desk (domain-rules §3)."""
        yield self.stage.after(6, 70)
        self.acts(self.stage.desk(), "close_directly", reply=self.wish.reply)

    def join(self, leading: str) -> None:
        """The desk merges the case into the one with this number."""
        self.acts(self.stage.desk(), "merge", leading=leading)

    # --- a unit's part ---

    def sign(self, unit: str, *, at: datetime | None = None) -> Steps:
        yield at or self.stage.after(2, 26, self.quick)
        self.unit_acts("sign", unit)

    def contact(self, unit: str, *, at: datetime | None = None) -> Steps:
        yield at or self.stage.after(12, 100, self.hours)
        self.unit_acts("contact", unit, note=self.say.one("contacts"))

    def progress(self, unit: str, number: int = 0, *, at: datetime | None = None) -> Steps:
        yield at or self.stage.after(30, 240, self.hours)
        steps = self.say.steps(self.wish.ticket.class_code)
        self.unit_acts("progress", unit, note=steps[min(number, len(steps) - 1)])

    def report(self, unit: str, *, at: datetime | None = None) -> Steps:
        yield at or self.stage.after(40, 300, self.hours)
        lead = unit == self.wish.lead or unit == self.wish.pass_down
        result = self.wish.reply if lead else f"已按职责配合{self.stage.short(self.wish.lead)}办理，现场情况已移交。"
        self.unit_acts("report", unit, result=result, solved="solved")

    def work(self, unit: str, span: int) -> Steps:
        """Sign, contact, tell how it goes and report, over about `span` minutes of open time."""
        yield from self.sign(unit)
        yield from self.contact(unit)
        yield self.stage.after(span // 3, span // 2, self.hours)
        yield from self.progress(unit, 0)
        if span > 500:
            yield self.stage.after(span // 4, span // 3, self.hours)
            yield from self.progress(unit, 1)
        yield from self.report(unit)

    def helpers(self) -> Steps:
        """The supporting units do their share."""
        for unit in self.wish.support:
            yield from self.sign(unit)
            yield from self.report(unit)

    def below(self, span: int, *, twice: bool = False) -> Steps:
        """The lead signs and passes down; the sub-unit does the work, the lead reviews it, once or twice."""
        lead, sub = self.wish.lead, self.wish.pass_down
        yield from self.sign(lead)
        yield from self.pass_down()
        yield from self.work(sub, span)
        if twice:
            yield self.stage.after(20, 120)
            self.acts(self.stage.clerk(lead), "send_back", sub, reason=self.say.one("reviews", "send_back"))
            yield from self.report(sub)
        yield from self.review()

    def pass_down(self, *, at: datetime | None = None) -> Steps:
        yield at or self.stage.after(5, 40)
        self.unit_acts("pass_down", self.wish.lead, lead=self.stage.short(self.wish.pass_down))

    def review(self) -> Steps:
        yield self.stage.after(15, 150)
        self.acts(self.stage.clerk(self.wish.lead), "confirm", self.wish.pass_down)

    # --- turns ---

    def ask_return(self, unit: str, *, at: datetime | None = None) -> Steps:
        yield at or self.stage.after(20, 150)
        text = self.wish.wrong_text or "现场核查后认为不属本单位职责范围。"
        basis = self.stage.rng.choice(RETURN_BASES)
        self.unit_acts("return", unit, reason="not_our_duty", basis=basis, text=text)

    def rule_return(self, unit: str, *, agree: bool, at: datetime | None = None) -> Steps:
        yield at or self.stage.after(20, 180)
        if agree:
            self.acts(self.stage.desk(), "accept_return", unit, opinion=self.say.one("rulings", "accept_return"))
        else:
            self.acts(self.stage.desk(), "refuse_return", unit, reason=self.say.one("rulings", "refuse_return"))

    def adjudicate(self, unit: str) -> Steps:
        yield self.stage.after(60, 360)
        basis = self.say.one("rulings", "rule_in", unit=self.stage.short(unit))
        self.acts(self.stage.desk("desk_head"), "rule_in", unit, basis=basis)

    def ask_days(self, unit: str, *, at: datetime | None = None) -> Steps:
        yield at or self.stage.after(200, 700)
        row = self.say.row("extensions")
        reason = self.stage.core.policy.choices["extension_reasons"][row["reason"]]
        self.unit_acts("ask_extension", unit, days=str(row["days"]), reason=reason, basis=row["text"])

    def grant_days(self, unit: str, *, agree: bool = True) -> Steps:
        yield self.stage.after(20, 150)
        if agree:
            self.acts(self.stage.desk(), "grant_extension", unit)
        else:
            self.acts(self.stage.desk(), "refuse_extension", unit, reason="理由不充分，请按原时限办结")

    def pause(self, unit: str, *, at: datetime | None = None) -> Steps:
        yield at or self.stage.after(60, 300)
        row = self.say.row("pauses")
        self.unit_acts("pause", unit, reason=row["reason"])

    def resume(self, unit: str) -> Steps:
        yield self.stage.after(200, 800)
        self.unit_acts("resume", unit)

    def nudge(self, *, at: datetime | None = None) -> Steps:
        yield at or self.stage.after(100, 500)
        self.acts(self.stage.desk(), "nudge", opinion=self.say.one("nudges"))

    def oversee(self, *, at: datetime | None = None, leader: bool = False) -> Steps:
        yield at or self.stage.after(200, 600)
        who = self.stage.leader(self.wish.lead) if leader else None
        self.acts(who or self.stage.desk("desk_head"), "oversee", opinion=self.say.one("oversees"))

    def revise(self) -> Steps:
        """The same caller adds something: the feed sends the next revision of the ticket."""
        yield self.stage.after(60, 300)
        told = self.wish.ticket
        more = self.say.one("repeats", place=self.wish.place)
        ticket: Ticket = replace(told, revision=told.revision + 1, content=f"{told.content}\n{more}")
        self.stage.register(ticket)

    def mark_invalid(self, reason: str) -> Steps:
        yield self.stage.after(10, 90)
        self.acts(self.stage.desk(), "mark_invalid", reason=reason)

    def restore(self) -> Steps:
        yield self.stage.after(120, 700)
        self.acts(self.stage.desk(), "restore", reason="诉求人有异议，经核实情况属实，恢复办理")

    # --- closing ---

    def send_back(self) -> Steps:
        yield self.stage.after(15, 120)
        self.acts(self.stage.desk(), "send_back", reason=self.say.one("reviews", "send_back"))

    def confirm(self, *, at: datetime | None = None) -> Steps:
        yield at or self.stage.after(10, 150)
        self.acts(self.stage.desk(), "confirm")

    def call(self, satisfied: str = "", *, at: datetime | None = None) -> Steps:
        """Call-back with its three answers; most people are satisfied."""
        yield at or self.stage.after(60, 420)
        answer = satisfied or self.stage.rng.choices(("satisfied", "basically"), (4, 1))[0]
        solved = {"satisfied": "solved", "basically": "partly"}.get(answer, "not")
        contacted = "no" if answer == "unsatisfied" and self.stage.rng.random() < 0.4 else "yes"
        self.acts(
            self.stage.desk("caller"), "record_call", connected="connected", contacted=contacted, solved=solved,
            satisfied=answer, opinion=self.say.one("opinions", answer),
        )  # fmt: skip

    def miss(self, *, at: datetime | None = None) -> Steps:
        yield at or self.stage.after(90, 340)
        opinion = self.say.one("opinions", "unreached")
        self.acts(self.stage.desk("caller"), "record_call", connected="no_answer", opinion=opinion)

    def archive(self) -> Steps:
        yield self.stage.now + ARCHIVE_AFTER
        if self.stage.state(self.case) == "closed":
            self.stage.tick(self.case, "archive")

    def finish(self) -> Steps:
        """The usual end: the desk closes, the caller is content, a month later it is archived."""
        yield from self.confirm()
        yield from self.call()
        yield from self.archive()
