"""The desk as it is this morning: cases left open on purpose, each at the point where somebody has to act."""

from __future__ import annotations

from dataclasses import dataclass

from core.seeding import kinds
from core.seeding.kinds import Fits
from core.seeding.plots import Plot
from core.seeding.stage import Steps
from core.seeding.stories import Story


def to_dispatch(s: Story) -> Steps:
    yield from s.arrive()


def to_dispatch_again(s: Story) -> Steps:
    """Returned and let go: the desk has to find another unit."""
    yield from s.arrive()
    yield from s.dispatch(s.wish.wrong, support=False)
    yield from s.ask_return(s.wish.wrong, at=s.stage.ago(90))
    yield from s.rule_return(s.wish.wrong, agree=True, at=s.stage.ago(25))


def told_twice(s: Story) -> Steps:
    """Somebody else tells of what is at work already: it joins that case (合并)."""
    yield from s.arrive()
    yield s.stage.ago(4)
    s.join(s.stage.at_work(s.wish.ticket.class_code))


def to_sign(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch()


def begun(s: Story) -> Steps:
    """Signed, the caller contacted, on the way."""
    yield from s.arrive()
    yield from s.dispatch()
    yield from s.sign(s.wish.lead)
    yield from s.contact(s.wish.lead)
    yield from s.progress(s.wish.lead, 0)
    yield from s.helpers()
    yield s.stage.after(300, 500)
    yield from s.progress(s.wish.lead, 1)


def below(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch(support=False)
    yield from s.sign(s.wish.lead)
    yield from s.pass_down()
    yield from s.sign(s.wish.pass_down)
    yield from s.contact(s.wish.pass_down)


def below_to_review(s: Story) -> Steps:
    yield from below(s)
    yield from s.report(s.wish.pass_down, at=s.stage.ago(35))


def overdue(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch(support=False)
    yield from s.sign(s.wish.lead)
    yield from s.contact(s.wish.lead)
    yield from s.progress(s.wish.lead, 0)


def overdue_nudged(s: Story) -> Steps:
    yield from overdue(s)
    yield from s.nudge(at=s.stage.ago(150))


def overdue_overseen(s: Story) -> Steps:
    yield from overdue(s)
    yield from s.nudge(at=s.stage.ago(420))
    yield from s.oversee(at=s.stage.ago(200), leader=True)


def to_close(s: Story, newest: int = 12) -> Steps:
    yield from s.arrive()
    yield from s.dispatch(support=False)
    yield from s.sign(s.wish.lead)
    yield from s.contact(s.wish.lead)
    yield from s.progress(s.wish.lead, 1)
    yield from s.report(s.wish.lead, at=s.stage.ago(newest + s.stage.rng.randrange(120)))


def to_call(s: Story) -> Steps:
    yield from to_close(s, 100)
    yield from s.confirm(at=s.stage.ago(s.stage.rng.randint(8, 95)))


def to_call_again(s: Story) -> Steps:
    """Nobody answered the first call."""
    yield from s.arrive()
    yield from s.dispatch(support=False)
    yield from s.work(s.wish.lead, 300)
    yield from s.confirm()
    yield from s.miss(at=s.stage.ago(260))


def return_asked(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch(s.wish.wrong, support=False)
    yield from s.ask_return(s.wish.wrong, at=s.stage.ago(s.stage.rng.randint(30, 90)))


def return_disputed(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch(s.wish.wrong, support=False)
    yield from s.ask_return(s.wish.wrong)
    yield from s.rule_return(s.wish.wrong, agree=True)
    yield from s.dispatch(support=False)
    yield from s.ask_return(s.wish.lead, at=s.stage.ago(60))


def on_hold(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch(support=False)
    yield from s.sign(s.wish.lead)
    yield from s.contact(s.wish.lead)
    yield from s.pause(s.wish.lead, at=s.stage.ago(300))


def days_asked(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch(support=False)
    yield from s.sign(s.wish.lead)
    yield from s.contact(s.wish.lead)
    yield from s.ask_days(s.wish.lead, at=s.stage.ago(80))


def days_granted(s: Story) -> Steps:
    yield from s.arrive()
    yield from s.dispatch(support=False)
    yield from s.sign(s.wish.lead)
    yield from s.ask_days(s.wish.lead, at=s.stage.ago(500))
    yield from s.grant_days(s.wish.lead)


def handled_again(s: Story) -> Steps:
    """Not satisfied at the first call-back, the lead is at it again."""
    yield from s.arrive()
    yield from s.dispatch(support=False)
    yield from s.work(s.wish.lead, 300)
    yield from s.confirm()
    yield from s.call("unsatisfied", at=s.stage.ago(350))
    yield from s.contact(s.wish.lead)


@dataclass(frozen=True, slots=True)
class Scene:
    """A plot left where it stands, of which appeals, and when each began: minutes of office time before now.

    Negative numbers are plain minutes: what waits for dispatch came in just now, day or night.
    """

    plot: Plot
    fits: Fits
    ago: tuple[int, ...]


SCENES = (
    Scene(to_dispatch, kinds.for_unit, (-9, -34, -78)),
    Scene(to_dispatch, kinds.is_advice, (-21, -52)),
    Scene(to_dispatch_again, kinds.may_stray, (260,)),
    Scene(told_twice, kinds.for_unit, (-47, -95)),
    Scene(to_sign, kinds.for_unit, (34, 41)),
    Scene(to_sign, kinds.is_urgent, (38,)),
    Scene(begun, kinds.for_unit, (210, 330, 560, 840, 1130)),
    Scene(begun, kinds.is_hard, (2300,)),
    Scene(below, kinds.goes_below, (240, 470, 760)),
    Scene(below_to_review, kinds.goes_below, (900,)),
    Scene(overdue, kinds.for_unit, (2480, 2700, 2960, 3200)),
    Scene(overdue, kinds.is_urgent, (980, 1300)),
    Scene(overdue_nudged, kinds.for_unit, (2820,)),
    Scene(overdue_overseen, kinds.for_unit, (3300,)),
    Scene(to_close, kinds.for_unit, (800, 1000, 1250, 1500)),
    Scene(to_call, kinds.for_unit, (700, 980, 1200, 1400)),
    Scene(to_call_again, kinds.for_unit, (1700,)),
    Scene(return_asked, kinds.may_stray, (180, 240)),
    Scene(return_disputed, kinds.may_stray, (520,)),
    Scene(on_hold, kinds.for_unit, (900,)),
    Scene(days_asked, kinds.for_unit, (1500,)),
    Scene(days_granted, kinds.for_unit, (1650,)),
    Scene(handled_again, kinds.for_unit, (2200,)),
)
