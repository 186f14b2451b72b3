"""总客服 in plain Python, written from domain-rules §3–6 without the flow tables: what histories must equal."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

DESK, HEAD, CALLER = "dispatcher", "desk_head", "caller"
LIVE = ("to_sign", "handling", "delegated", "paused", "returning", "adjudicating", "reported")


@dataclass
class Leg:
    """One unit's part. `upper` is the index of the leg that sent it, None for the centre's own."""

    unit: str
    part: str
    upper: int | None
    state: str = "to_sign"
    barred: bool = False
    extension: str = "none"
    extended: int = 0
    may_extend: bool = True

    @property
    def live(self) -> bool:
        return self.state in LIVE


@dataclass
class Model:
    """A case as a thoughtful clerk would keep it on paper. `do` answers "ok" or the name of the refusal."""

    state: str = "pending"
    legs: list[Leg] = field(default_factory=list)
    returns: int = 0
    redos: int = 0
    missed: int = 0
    supervised: bool = False
    children: dict[str, str] = field(default_factory=dict)
    no: str = ""
    shelf: dict[str, Model] = field(default_factory=dict)  # every case there is, by number
    leading: str = ""

    def copy(self) -> Model:
        """The same case on another sheet of paper, in a file of such copies of every case."""
        shelf: dict[str, Model] = {}
        for no, one in self.shelf.items():
            shelf[no] = replace(one, legs=[replace(leg) for leg in one.legs], shelf=shelf)
        return shelf[self.no]

    def would(self, role: str, unit: str, action: str, leg: int | None, form: dict[str, str]) -> str:
        """What `do` would answer; every case stays as it is."""
        return self.copy().do(role, unit, action, leg, form)

    def top(self) -> list[int]:
        return [n for n, leg in enumerate(self.legs) if leg.upper is None]

    def below(self, upper: int) -> list[int]:
        return [n for n, leg in enumerate(self.legs) if leg.upper == upper]

    def do(self, role: str, unit: str, action: str, leg: int | None, form: dict[str, str]) -> str:
        if leg is None:
            return self._on_case(role, unit, action, form)
        return self._on_leg(role, unit, action, leg, form)

    def led(self) -> list[Model]:
        return [one for one in self.shelf.values() if one.leading == self.no and one.state == "merged"]

    # --- the case ---

    def _on_case(self, role: str, unit: str, action: str, form: dict[str, str]) -> str:
        open_from = {
            "dispatch": ("pending",),
            "add_unit": ("dispatched", "handling"),
            "reassign": ("dispatched", "handling"),
            "close_directly": ("pending", "dispatched", "handling", "closing"),
            "confirm": ("closing",),
            "send_back": ("closing",),
            "record_call": ("follow_up",),
            "redo": ("follow_up", "closed"),
            "oversee": ("dispatched", "handling", "closing"),
            "nudge": ("dispatched", "handling"),
            "mark_invalid": ("pending", "dispatched"),
            "restore": ("invalid",),
            "merge": ("pending", "dispatched", "handling"),
            "unmerge": ("merged",),
        }[action]
        if self.state not in open_from:
            return "MoveNotOpen"
        hands = {"oversee": (HEAD,), "record_call": (DESK, HEAD, CALLER)}.get(action, (DESK, HEAD))
        if role not in hands:
            return "NotYours"
        return getattr(self, f"_{action}")(form) or "ok"

    def _dispatch(self, form: dict[str, str]) -> None:
        self._send(form["lead"], form.get("support", ""))

    def _send(self, lead: str, support: str) -> None:
        held = next((leg for leg in self.legs if leg.unit == lead and leg.live), None)
        if held is None:
            self._new(lead, "lead", None)
        else:
            held.part = "lead"
        self.state = "dispatched"
        self._add(support)

    def _new(self, unit: str, part: str, upper: int | None) -> None:
        """Redone and supervised work may not be put off."""
        self.legs.append(Leg(unit, part, upper, may_extend=not self.supervised and not self.redos))

    def _add(self, support: str) -> None:
        if support and not any(leg.unit == support and leg.live for leg in self.legs):
            self._new(support, "support", None)
        self._settle_up(None)

    def _add_unit(self, form: dict[str, str]) -> None:
        self._add(form["support"])

    def _reassign(self, form: dict[str, str]) -> None:
        for n in self.top():
            if self.legs[n].part == "lead" and self.legs[n].live:
                self._release(n)
        self._send(form["lead"], "")

    def _release(self, n: int) -> None:
        for m in self.below(n):
            self._release(m)
        if self.legs[n].live:
            self.legs[n].state = "released"

    def _close_directly(self, form: dict[str, str]) -> None:
        for n in self.top():
            self._release(n)
        self._finish()

    def _finish(self) -> None:
        """Whoever told the same gets the same answer, and a call of their own."""
        self.state = "follow_up"
        for one in self.led():
            one.state = "follow_up"

    def _confirm(self, form: dict[str, str]) -> None:
        for n in self.top():
            if self.legs[n].state == "reported":
                self.legs[n].state = "settled"
        self._finish()

    def _send_back(self, form: dict[str, str]) -> None:
        for n in self.top():
            if self.legs[n].part == "lead" and self.legs[n].state == "reported":
                self.legs[n].state = "handling"
        self.state = "handling"

    def _by_unit(self) -> bool:
        return any(self.legs[n].part == "lead" and self.legs[n].state == "settled" for n in self.top())

    def _again(self) -> None:
        self.redos += 1
        if not self._by_unit():
            self.state = "pending"
            return
        for n in self.top():
            if self.legs[n].part == "lead" and self.legs[n].state == "settled":
                self.legs[n].state, self.legs[n].may_extend = "handling", False
        self.state = "handling"

    def _record_call(self, form: dict[str, str]) -> str | None:
        if form["connected"] != "connected":
            self.missed += 1
            if self.missed >= 3:
                self.state = "closed"
            return None
        if not form.get("satisfied"):
            return "CallUnanswered"
        if form["satisfied"] == "unsatisfied":
            self.supervised = self.supervised or (self.redos > 0 and self._by_unit())
            self._again()
        else:
            self.state = "closed"
        return None

    def _redo(self, form: dict[str, str]) -> None:
        self._again()

    def _oversee(self, form: dict[str, str]) -> str | None:
        if self.supervised:
            return "AlreadyOverseen"
        self.supervised = True
        for n in self.top():
            if self.legs[n].state not in ("settled", "released"):
                self.legs[n].may_extend = False
        return None

    def _nudge(self, form: dict[str, str]) -> None:
        return None

    def _mark_invalid(self, form: dict[str, str]) -> None:
        for n in self.top():
            self._release(n)
        for one in self.led():
            one.state = "pending"
        self.state = "invalid"

    def _restore(self, form: dict[str, str]) -> None:
        self.state = "pending"

    def _merge(self, form: dict[str, str]) -> str | None:
        leading = self.shelf[form["leading"]]
        if self.led():
            return "LeadsOthers"
        if any(leg.live and leg.state != "to_sign" for leg in self.legs):
            return "UnitsAtWork"
        if leading is self:
            return "MergeItself"
        if leading.state == "merged":
            return "LeadingMerged"
        if leading.state not in ("pending", "dispatched", "handling", "closing"):
            return "LeadingOver"
        for n in self.top():
            self._release(n)
        self.state, self.leading = "merged", leading.no
        return None

    def _unmerge(self, form: dict[str, str]) -> None:
        self.state = "pending"

    # --- a leg ---

    def _on_leg(self, role: str, unit: str, action: str, n: int, form: dict[str, str]) -> str:
        leg = self.legs[n]
        open_from = {
            "sign": ("to_sign",),
            "contact": ("handling", "delegated"),
            "progress": ("handling", "delegated", "paused", "returning", "adjudicating"),
            "pass_on": ("to_sign", "handling"),
            "pass_down": ("to_sign", "handling"),
            "report": ("handling",),
            "return": ("to_sign", "handling"),
            "withdraw_return": ("returning", "adjudicating"),
            "accept_return": ("returning",),
            "refuse_return": ("returning",),
            "rule_out": ("adjudicating",),
            "rule_in": ("adjudicating",),
            "ask_extension": ("handling", "delegated"),
            "grant_extension": ("handling", "delegated", "reported"),
            "refuse_extension": ("handling", "delegated", "reported"),
            "pause": ("handling",),
            "resume": ("paused",),
            "confirm": ("reported",),
            "send_back": ("reported",),
            "snooze": ("to_sign", "handling", "delegated"),
        }[action]
        if leg.state not in open_from:
            return "MoveNotOpen"
        if not self._theirs(role, unit, action, leg):
            return "NotYours"
        answer = getattr(self, f"_leg_{action}")(n, leg, form)
        if answer is None:
            self._settle_up(n)
        return answer or "ok"

    def _theirs(self, role: str, unit: str, action: str, leg: Leg) -> bool:
        if action in ("rule_out", "rule_in"):
            return role == HEAD
        if action in ("grant_extension", "refuse_extension"):
            return role in (DESK, HEAD) and leg.upper is None
        upper = None if leg.upper is None else self.legs[leg.upper].unit
        if action in ("confirm", "send_back"):
            return role == "unit" and unit == upper
        if action in ("accept_return", "refuse_return"):
            return role in (DESK, HEAD) if upper is None else role == "unit" and unit == upper
        return role == "unit" and leg.unit == unit

    def _leg_sign(self, n: int, leg: Leg, form: dict[str, str]) -> None:
        leg.state = "handling"

    def _leg_contact(self, n: int, leg: Leg, form: dict[str, str]) -> None:
        return None

    _leg_progress = _leg_snooze = _leg_contact

    def _leg_pass_on(self, n: int, leg: Leg, form: dict[str, str]) -> str | None:
        if any(one.unit == form["lead"] and one.state not in ("settled", "released") for one in self.legs):
            return "AlreadyAbove"
        leg.state = "delegated"
        self._new(form["lead"], "below", n)
        return None

    def _leg_pass_down(self, n: int, leg: Leg, form: dict[str, str]) -> str | None:
        if self.children.get(form["lead"]) != leg.unit:
            return "NotBelow"
        leg.state = "delegated"
        self._new(form["lead"], "below", n)
        return None

    def _leg_report(self, n: int, leg: Leg, form: dict[str, str]) -> None:
        leg.state = "reported"

    def _leg_return(self, n: int, leg: Leg, form: dict[str, str]) -> str | None:
        if leg.barred and not form.get("text"):
            return "ReturnBarred"
        leg.state = "adjudicating" if self.returns else "returning"
        self.returns += 1
        return None

    def _leg_withdraw_return(self, n: int, leg: Leg, form: dict[str, str]) -> None:
        leg.state = "handling"

    def _leg_accept_return(self, n: int, leg: Leg, form: dict[str, str]) -> None:
        self._release(n)

    _leg_rule_out = _leg_accept_return

    def _leg_refuse_return(self, n: int, leg: Leg, form: dict[str, str]) -> None:
        leg.state, leg.barred = "handling", True

    _leg_rule_in = _leg_refuse_return

    def _leg_ask_extension(self, n: int, leg: Leg, form: dict[str, str]) -> str | None:
        if not leg.may_extend:
            return "ExtensionNotAllowed"
        if leg.extension == "asked" or leg.extended >= 1:
            return "ExtensionUsed"
        leg.extension = "asked"
        return None

    def _leg_grant_extension(self, n: int, leg: Leg, form: dict[str, str]) -> str | None:
        if leg.extension != "asked":
            return "NothingAsked"
        leg.extension, leg.extended = "granted", leg.extended + 1
        return None

    def _leg_refuse_extension(self, n: int, leg: Leg, form: dict[str, str]) -> str | None:
        if leg.extension != "asked":
            return "NothingAsked"
        leg.extension = "refused"
        return None

    def _leg_pause(self, n: int, leg: Leg, form: dict[str, str]) -> None:
        leg.state = "paused"

    def _leg_resume(self, n: int, leg: Leg, form: dict[str, str]) -> None:
        leg.state = "handling"

    def _leg_confirm(self, n: int, leg: Leg, form: dict[str, str]) -> None:
        leg.state = "settled"
        for m in self.below(n):
            self._release(m)

    def _leg_send_back(self, n: int, leg: Leg, form: dict[str, str]) -> None:
        leg.state = "handling"

    # --- what follows by itself ---

    def _settle_up(self, n: int | None) -> None:
        while n is not None and self.legs[n].upper is not None:
            n = self.legs[n].upper
            assert n is not None
            below = [self.legs[m] for m in self.below(n)]
            kept = [leg for leg in below if leg.state != "released"]
            if self.legs[n].state == "delegated" and kept and all(leg.state == "settled" for leg in kept):
                self.legs[n].state = "reported"
            elif self.legs[n].state == "delegated" and below and not kept:
                self.legs[n].state = "handling"
        if self.state not in ("dispatched", "handling"):
            return
        kept = [self.legs[m] for m in self.top() if self.legs[m].state != "released"]
        if not any(leg.part == "lead" for leg in kept):
            self.state = "pending"
        elif all(leg.state in ("reported", "settled") for leg in kept):
            self.state = "closing"
        elif any(leg.state != "to_sign" for leg in kept):
            self.state = "handling"
