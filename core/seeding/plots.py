"""The courses a case may take, from the everyday to the disputed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from core.seeding.stage import Steps
from core.seeding.stories import Story

Plot = Callable[[Story], Steps]


def span(story: Story) -> int:
    """Minutes of open time a unit needs, by the kind of case; most finish well within the limit."""
    ticket, draw = story.wish.ticket, story.stage.rng.randint
    if ticket.urgency != "normal":
        return draw(70, 260)
    if ticket.hard:
        return draw(1500, 4200)
    return draw(70, 220) if ticket.type == "suggest" else draw(240, 1500)


# --- everyday ---


def advice(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.close_at_desk()
    yield from s.archive()


def plain(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch()
    yield from handled(s)
    yield from s.finish()


def handled(s: Story) -> Steps:
    """The lead does it, or has it done below; those who support do their share."""
    if s.wish.pass_down and s.stage.rng.random() < 0.7:
        yield from s.below(span(s))
    else:
        yield from s.work(s.wish.lead, span(s))
    yield from s.helpers()


def late(s: Story) -> Steps:
    """Finished after its deadline, after a nudge."""
    yield from s.arrive()
    yield from s.dispatch(support=False)
    yield from s.work(s.wish.lead, s.stage.rng.randint(2500, 3600))
    yield from s.finish()


def own(s: Story) -> Steps:
    """A unit registers what it sees for itself, and closes it."""
    yield from s.arrive(registered_by=s.wish.lead)
    yield s.stage.after(100, 600)
    s.stage.act(s.stage.clerk(s.wish.lead), s.case, "close_own", reply=s.wish.reply)
    yield from s.archive()


def own_passed_on(s: Story) -> Steps:
    """A unit registers and hands on what another has to do."""
    yield from s.arrive(registered_by=s.wish.wrong or "petition")
    yield s.stage.after(10, 60)
    who = s.stage.clerk(s.wish.wrong or "petition")
    s.stage.act(who, s.case, "pass_on", lead=s.stage.short(s.wish.lead), opinion="请按职责办理并答复诉求人")
    yield from s.work(s.wish.lead, span(s))
    yield from s.finish()


# --- sent down, across and back ---


def sent_back_below(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch()
    yield from s.below(span(s), twice=True)
    yield from s.helpers()
    yield from s.finish()


def passed_on(s: Story) -> Steps:
    """The lead turns to a unit beside it, which takes its share of the work."""
    yield from s.arrive()
    yield from s.dispatch(support=False)
    yield from s.sign(s.wish.lead)
    yield s.stage.after(20, 90)
    other = s.wish.support[0]
    s.unit_acts("pass_on", s.wish.lead, lead=s.stage.short(other), opinion="请协助办理，结果报我单位汇总")
    yield from s.work(other, span(s))
    yield s.stage.after(20, 120)
    s.acts(s.stage.clerk(s.wish.lead), "confirm", other)
    yield from s.finish()


def astray(s: Story) -> Steps:
    """Sent to the wrong unit, returned with grounds, sent to the right one."""
    yield from s.arrive()
    yield from s.dispatch(s.wish.wrong, support=False)
    yield from s.ask_return(s.wish.wrong)
    yield from s.rule_return(s.wish.wrong, agree=True)
    yield from s.dispatch()
    yield from handled(s)
    yield from s.finish()


def return_refused(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch()
    yield from s.ask_return(s.wish.lead)
    yield from s.rule_return(s.wish.lead, agree=False)
    yield from rest(s)


def disputed(s: Story) -> Steps:
    """Returned a second time: a head rules whose it is (domain-rules §6)."""
    yield from s.arrive()
    yield from s.dispatch(s.wish.wrong, support=False)
    yield from s.ask_return(s.wish.wrong)
    yield from s.rule_return(s.wish.wrong, agree=True)
    yield from s.dispatch(support=False)
    yield from s.ask_return(s.wish.lead)
    yield from s.adjudicate(s.wish.lead)
    yield from s.contact(s.wish.lead)
    yield from s.report(s.wish.lead)
    yield from s.finish()


def rest(s: Story) -> Steps:
    """From a lead that has signed to the archive."""
    yield from s.contact(s.wish.lead)
    yield from s.progress(s.wish.lead, 1)
    yield from s.report(s.wish.lead)
    yield from s.helpers()
    yield from s.finish()


# --- the clock ---


def extended(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch()
    yield from s.sign(s.wish.lead)
    yield from s.ask_days(s.wish.lead)
    yield from s.grant_days(s.wish.lead)
    yield from rest(s)


def not_extended(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch()
    yield from s.sign(s.wish.lead)
    yield from s.ask_days(s.wish.lead)
    yield from s.grant_days(s.wish.lead, agree=False)
    yield from rest(s)


def paused(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch()
    yield from s.sign(s.wish.lead)
    yield from s.contact(s.wish.lead)
    yield from s.pause(s.wish.lead)
    yield from s.resume(s.wish.lead)
    yield from rest(s)


def pressed(s: Story) -> Steps:
    """Nudged, then overseen by a head or a leader."""
    yield from s.arrive()
    yield from s.dispatch(support=False)
    yield from s.sign(s.wish.lead)
    yield from s.nudge()
    yield from s.oversee(leader=s.stage.rng.random() < 0.5)
    yield from s.contact(s.wish.lead)
    yield from s.report(s.wish.lead)
    yield from s.finish()


# --- not good enough ---


def sent_back(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch(support=False)
    yield from s.work(s.wish.lead, span(s))
    yield from s.send_back()
    yield from s.report(s.wish.lead)
    yield from s.finish()


def redone(s: Story) -> Steps:
    """The caller is not satisfied: the lead handles it again."""
    yield from s.arrive()
    yield from s.dispatch()
    yield from handled(s)
    yield from again(s)
    yield from s.finish()


def redone_twice(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch(support=False)
    yield from s.work(s.wish.lead, span(s))
    yield from again(s)
    yield from again(s)
    yield from s.finish()


def again(s: Story) -> Steps:
    yield from s.confirm()
    yield from s.call("unsatisfied")
    yield from s.contact(s.wish.lead)
    yield from s.progress(s.wish.lead, 1)
    yield from s.report(s.wish.lead)


def unreached(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch(support=False)
    yield from s.work(s.wish.lead, span(s))
    yield from s.confirm()
    for _ in range(3):
        yield from s.miss()
    yield from s.archive()


def repeated(s: Story) -> Steps:
    """Closed, and some days later the same caller calls about it again."""
    yield from s.arrive()
    yield from s.dispatch(support=False)
    yield from s.work(s.wish.lead, span(s))
    yield from s.confirm()
    yield from s.call()
    s.stage.begin(second_call(s))
    yield from s.archive()


def second_call(s: Story) -> Steps:
    stage, told = s.stage, s.wish.ticket
    at = stage.now + timedelta(days=stage.rng.randint(2, 5), minutes=stage.rng.randrange(600))
    ticket = replace(
        told, outside_no=stage.draws.outside_no(told.channel, at), revision=1, title=f"再次反映：{told.title}",
        content=stage.draws.sayings.one("repeats", place=s.wish.place), parent_no=s.no,
    )  # fmt: skip
    yield from plain(Story(stage, replace(s.wish, ticket=ticket), at))


def revised(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch(support=False)
    yield from s.sign(s.wish.lead)
    yield from s.revise()
    yield from s.contact(s.wish.lead)
    yield from s.report(s.wish.lead)
    yield from s.finish()


def void(s: Story) -> Steps:
    """Nothing to handle: a wrong number, a matter for the courts."""
    row = s.say.row("invalid")
    ticket = replace(s.wish.ticket, title=row["title"], content=row["content"], type="other", urgency="normal")
    s.wish = replace(s.wish, ticket=ticket)
    yield from s.arrive()
    yield from s.mark_invalid(row["reason"])


def restored(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.mark_invalid("duplicate")
    yield from s.restore()
    yield from s.dispatch(support=False)
    yield from s.work(s.wish.lead, span(s))
    yield from s.finish()
