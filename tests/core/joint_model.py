"""树党旗 in plain Python, written from domain-rules §7 without the flow tables: what its histories must equal."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

SPONSOR = "city_management"
GONE = ("released", "no_feedback")
OPEN = {  # action → the states it starts from
    "start_check_in": ("answering",), "adjust": ("answering",), "end_meeting": ("signing",),
    "close": ("answering", "signing", "working"), "close_over": ("answering", "signing", "working"),
    "approve_close": ("close_review",), "refuse_close": ("close_review",), "redo_all": ("working",),
    "urge": ("answering", "signing", "working"), "end_rating": ("to_rate",), "relaunch": ("completed",),
}  # fmt: skip
LEG_OPEN = {
    "accept": ("invited",), "refuse": ("invited",), "let_go": ("return_review",), "contest": ("return_review",),
    "rule_in": ("disputed",), "rule_out": ("disputed",), "check_in": ("coming",), "check_in_late": ("coming",),
    "approve_late": ("late_asked",), "refuse_late": ("late_asked",),
    "report": ("reporting", "coming", "late_asked", "on_site"), "approve": ("in_review",), "send_back": ("in_review",),
    "redo": ("in_review", "fed_back"), "hand_on": ("invited", "coming", "late_asked", "on_site", "reporting"),
    "rate_unit": ("fed_back",), "rate_sponsor": ("fed_back",), "keep_promise": ("fed_back",),
    "drop_basis": ("invited",),
    "remind": ("invited", "return_review", "disputed", "reporting"),
}  # fmt: skip

ASIDE = ("urge", "remind", "rate_unit", "rate_sponsor", "keep_promise", "drop_basis")
"""What leaves every button as it was drawn."""


@dataclass(frozen=True)
class Who:
    """Somebody who plays: kind is unit, leader, contact, centre or clock; `here`: in charge of the units called."""

    kind: str
    unit: str = ""
    head: bool = False
    here: bool = True


@dataclass
class Leg:
    """One unit's part, as kept on paper."""

    unit: str
    state: str = "invited"
    barred: bool = False
    late: bool = False
    round: int = 1
    overdue: int = 0
    rated: set[str] = field(default_factory=set)
    shown: bool = False
    promised: bool = False
    seq: int = 1

    def step(self, state: str) -> None:
        """Another state, by a move of the leg's own or of the order's."""
        self.state, self.seq = state, self.seq + 1


@dataclass
class Order:
    """A joint order as a thoughtful sponsor would keep it. `do` answers "ok" or the name of the refusal."""

    legs: list[Leg]
    state: str = "answering"
    began: bool = False
    met: bool = False
    day: int = 1
    place: str = "港口路"
    children: int = 0
    seq: int = 1

    def copy(self) -> Order:
        """The same order on another sheet of paper."""
        return replace(self, legs=[replace(leg, rated=set(leg.rated)) for leg in self.legs])

    def would(self, who: Who, action: str, leg: int | None, form: dict[str, str]) -> str:
        """What `do` would answer; the order stays as it is."""
        return self.copy().do(who, action, leg, form)

    def remaining(self) -> list[Leg]:
        return [leg for leg in self.legs if leg.state not in GONE]

    def unfed(self) -> list[int]:
        return [n for n, leg in enumerate(self.legs) if leg.state not in (*GONE, "fed_back")]

    def do(self, who: Who, action: str, leg: int | None, form: dict[str, str], seen: int | None = None) -> str:
        target = self if leg is None else self.legs[leg]
        if seen is not None and seen != target.seq:
            return "Stale"
        told = self._done(who, action, leg, form)
        if told == "ok" and action not in ASIDE:
            target.seq += 1
        return told

    def _done(self, who: Who, action: str, leg: int | None, form: dict[str, str]) -> str:
        if leg is None:
            if self.state not in OPEN[action]:
                return "MoveNotOpen"
            return "NotYours" if not self._may(who, action) else getattr(self, f"_{action}")(form) or "ok"
        part = self.legs[leg]
        if part.state not in LEG_OPEN[action]:
            return "MoveNotOpen"
        if not self._may_on_leg(who, action, part):
            return "NotYours"
        return getattr(self, f"_{action}")(part, form) or "ok"

    @staticmethod
    def _may(who: Who, action: str) -> bool:
        if action == "end_rating":
            return who.kind == "clock"
        if action == "urge" and (who.kind == "centre" or (who.kind == "leader" and who.here)):
            return True
        return who.unit == SPONSOR and (who.head or action not in ("approve_close", "refuse_close"))

    @staticmethod
    def _may_on_leg(who: Who, action: str, leg: Leg) -> bool:
        if action == "remind":
            return who.kind == "clock"
        if action in ("rule_in", "rule_out"):
            return who.kind in ("leader", "contact") and who.here
        if action in ("let_go", "contest", "approve_late", "refuse_late", "redo", "rate_unit"):
            return who.unit == SPONSOR
        return who.unit == leg.unit and (who.head or action not in ("approve", "send_back"))

    # --- the order ---

    def _start_check_in(self, _form: dict[str, str]) -> str | None:
        if not any(leg.state == "coming" for leg in self.legs):
            return "NobodyComes"
        self.state, self.began = "signing", True
        return None

    def _adjust(self, form: dict[str, str]) -> str | None:
        day, place = int(form["day"]), form["place"]
        if day == self.day and place == self.place:
            return "NothingChanged"
        if day != self.day:
            for leg in self.legs:
                if leg.state == "coming" and not leg.barred:
                    leg.step("invited")
        self.day, self.place = day, place
        return None

    def _end_meeting(self, _form: dict[str, str]) -> None:
        self.state, self.met = "working", True
        for leg in self.legs:
            if leg.state == "on_site":
                leg.step("reporting")

    def _close(self, _form: dict[str, str]) -> str | None:
        if self.state == "working":
            if self.unfed():
                return "UnitsUnfed"
            self.state = "close_review"
            return None
        if self.remaining():
            return "UnitsUnfed"
        self.state = "completed"
        return None

    def _close_over(self, form: dict[str, str]) -> str | None:
        if not self.unfed():
            return "UnfedChanged"
        if form["confirmed"] != ",".join(map(str, self.unfed())):
            return "UnfedChanged"
        self.state = "close_review"
        return None

    def _approve_close(self, _form: dict[str, str]) -> None:
        for leg in self.legs:
            if leg.state not in (*GONE, "fed_back"):
                leg.step("no_feedback")
        self.state = "to_rate" if any(leg.state == "fed_back" for leg in self.legs) else "completed"

    def _refuse_close(self, _form: dict[str, str]) -> None:
        self.state = "working" if self.met else "signing" if self.began else "answering"

    def _redo_all(self, _form: dict[str, str]) -> str | None:
        answered = [leg for leg in self.legs if leg.state in ("in_review", "fed_back")]
        for leg in answered:
            leg.step("reporting")
            leg.round += 1
        return None if answered else "NobodyFedBack"

    def _urge(self, _form: dict[str, str]) -> None:
        """Nothing changes but what people hear."""

    def _end_rating(self, _form: dict[str, str]) -> None:
        for leg in self.legs:
            leg.shown = leg.shown or leg.state == "fed_back"
        self.state = "completed"

    def _relaunch(self, _form: dict[str, str]) -> None:
        self.children += 1

    # --- a leg ---

    def _accept(self, leg: Leg, _form: dict[str, str]) -> None:
        leg.state = "coming"

    def _refuse(self, leg: Leg, _form: dict[str, str]) -> str | None:
        if leg.barred:
            return "RefusalBarred"
        leg.state = "return_review"
        return None

    def _let_go(self, leg: Leg, _form: dict[str, str]) -> None:
        leg.state = "released"

    def _contest(self, leg: Leg, _form: dict[str, str]) -> None:
        leg.state = "disputed"

    def _rule_in(self, leg: Leg, _form: dict[str, str]) -> None:
        leg.state, leg.barred = "coming", True

    def _rule_out(self, leg: Leg, _form: dict[str, str]) -> None:
        leg.state = "released"

    def _check_in(self, leg: Leg, _form: dict[str, str]) -> str | None:
        if self.met:
            return "CheckInOver"
        if not self.began:
            return "CheckInNotStarted"
        leg.state = "on_site"
        return None

    def _check_in_late(self, leg: Leg, _form: dict[str, str]) -> str | None:
        if not self.began:
            return "CheckInNotStarted"
        leg.state = "late_asked"
        return None

    def _approve_late(self, leg: Leg, _form: dict[str, str]) -> None:
        leg.late, leg.state = True, "reporting" if self.met else "on_site"

    def _refuse_late(self, leg: Leg, _form: dict[str, str]) -> None:
        leg.state = "coming"

    def _report(self, leg: Leg, form: dict[str, str]) -> str | None:
        if leg.state in ("coming", "late_asked"):
            return "NotOnSite"
        if leg.state == "on_site" and not self.met:
            return "MeetingNotOver"
        leg.state, leg.promised = "in_review", bool(form["next_step"])
        return None

    def _approve(self, leg: Leg, _form: dict[str, str]) -> None:
        leg.state = "fed_back"

    def _send_back(self, leg: Leg, _form: dict[str, str]) -> None:
        leg.state = "reporting"

    def _redo(self, leg: Leg, _form: dict[str, str]) -> str | None:
        if self.state != "working":
            return "OrderNotWorking"
        leg.state, leg.round = "reporting", leg.round + 1
        return None

    def _hand_on(self, _leg: Leg, form: dict[str, str]) -> str | None:
        return None if form["known"] else "NotColleague"

    def _rate_unit(self, leg: Leg, form: dict[str, str]) -> str | None:
        return self._rate(leg, "sponsor", form)

    def _rate_sponsor(self, leg: Leg, form: dict[str, str]) -> str | None:
        return self._rate(leg, "unit", form)

    def _rate(self, leg: Leg, side: str, form: dict[str, str]) -> str | None:
        if self.state != "to_rate":
            return "RatingNotOpen"
        if side in leg.rated:
            return "RatedAlready"
        if form["pleased"] == "displeased" and not form["displeasure"]:
            return "FieldMissing"
        leg.rated.add(side)
        leg.shown = len(leg.rated) == 2
        if all(one.shown for one in self.legs if one.state == "fed_back"):
            self.state, self.seq = "completed", self.seq + 1
        return None

    def _drop_basis(self, _leg: Leg, _form: dict[str, str]) -> str:
        return "BasisGone"  # nobody brings a file in these histories

    def _keep_promise(self, leg: Leg, _form: dict[str, str]) -> str | None:
        if not leg.promised:
            return "NoPromiseOpen"
        leg.promised = False
        return None

    def _remind(self, leg: Leg, _form: dict[str, str]) -> None:
        leg.overdue += 1
