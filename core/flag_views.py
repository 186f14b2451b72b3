"""What is read over before a flag goes up (树旗): the form, the units to call, what is open at the place."""

from __future__ import annotations

from dataclasses import dataclass

from core.views import Field


@dataclass(frozen=True, slots=True)
class RaiseForm:
    """The form with which somebody raises the flag on their own, and whether they may."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """What is still open at a place: an order under way, or next steps that a finished one left (place memory).

    `place` goes no further than the street; `steps` say which unit means to do what, and since when.
    """

    no: str
    tail: str
    title: str
    place: str
    state_title: str
    tone: str
    sponsor: str
    units: str
    when: str
    steps: tuple[str, ...]

    @property
    def said(self) -> str:
        """「尾号 000020 港口路积水（处置中，城管局发起）；水务局 3月10日 下一步：汛前清掏」"""
        head = f"尾号 {self.tail} {self.title}（{self.state_title}，{self.sponsor}发起）"
        return "；".join((head, *self.steps))


@dataclass(frozen=True, slots=True)
class FlagLook:
    """What is worth knowing before a flag is raised: what is open at the place, who is called elsewhere that hour,
    which units the matter calls for that are not called yet. `unlisted`: how many more are open there than are listed.
    """

    promises: tuple[Promise, ...]
    clashes: tuple[str, ...] = ()
    suggested: tuple[str, ...] = ()
    unlisted: int = 0

    @property
    def count(self) -> int:
        """How many are open at the place, listed or not."""
        return len(self.promises) + self.unlisted


@dataclass(frozen=True, slots=True)
class FlagView:
    """A flag filled in and not yet raised, as its writer reads it over; `no` is the order once there is one."""

    token: str
    title: str
    rows: tuple[tuple[str, str], ...]
    look: FlagLook
    no: str = ""


@dataclass(frozen=True, slots=True)
class UnitChoice:
    """Units offered together: those called last, or a group by its title; `key` is the group's, to take it back."""

    title: str
    units: tuple[str, ...]
    key: str = ""
    own: bool = False
