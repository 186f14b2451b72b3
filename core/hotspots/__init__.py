"""热点: appeals of one matter found together, with their trend, and the warning a person accepts or dismisses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, select

from core import tray
from core.crypto import Cipher
from core.decide import check_text
from core.errors import FieldMissing, NotYours, Unknown
from core.hotspots.clusters import find_clusters
from core.hotspots.keep import decide_warning, keep_clusters, read_appeals
from core.hotspots.listed import members_of, read_spots
from core.hotspots.policy import load_hotspots
from core.hotspots.views import Spot, SpotPage
from core.models.cases import cases
from core.notices import addressed, letter, staff_of
from core.people import CLOCK, Actor
from core.policy import Policy
from core.ports import Clock
from core.queries import lists
from core.queries.asked import Asked
from core.queries.pages import page as page_of
from core.queries.people import Directory, Holder
from core.views import WorkPage
from core.watch import quiet_until
from core.work import World

T = TypeVar("T")
REASON_LIMIT = 200
MOST_UNITS = 3
SHOWN = 50


class Whole(Protocol):
    """What hot spots need of the core they hang on: its doors for reading and writing, its world and its keys."""

    @property
    def policy(self) -> Policy: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def cipher(self) -> Cipher: ...

    @property
    def directory(self) -> Callable[[], Directory]: ...

    def world(self) -> World: ...

    def _read(self, run: Callable[[Connection], T]) -> T: ...

    def _write(
        self, actor: Actor | None, action: str, what: str, run: Callable[[Connection], Any], reason: str = ""
    ) -> Any: ...


class Hotspots:
    """Looks for hot spots, shows them, and decides on their warnings; `core` is the whole it hangs on."""

    def __init__(self, core: Whole) -> None:
        self._core = core
        self._policy = load_hotspots()

    def refresh(self) -> int:
        """Look at the appeals of the window anew and keep what is found. Returns how many hot spots there are.

        The search runs outside of any transaction; only its result is written.
        """
        core, policy = self._core, self._policy
        now = core.clock.now()
        appeals = core._read(lambda tx: read_appeals(tx, now, policy))
        found = find_clusters(appeals, policy)
        kept: int = core._write(
            CLOCK, "hotspots.found", f"hotspots:{len(found)}", lambda tx: keep_clusters(tx, found, appeals, now, policy)
        )
        return kept

    def listed(self, actor: Actor) -> SpotPage:
        """The hot spots with a case of this reader, the most urgent first."""
        core = self._core
        return core._read(lambda tx: read_spots(tx, actor, core.world(), core.clock.now(), self._policy))

    def one(self, actor: Actor, hotspot: int, page: int = 1) -> tuple[Spot, WorkPage]:
        """One hot spot and its cases, both within this reader's scope. Raises Unknown, missing and foreign alike."""
        core = self._core
        world, now = core.world(), core.clock.now()

        def read(tx: Connection) -> tuple[Spot, WorkPage]:
            found = read_spots(tx, actor, world, now, self._policy, hotspot).spots if hotspot < 2**63 else ()
            if not found:
                raise Unknown(what="热点")
            asked = Asked("all", parts=(select(cases.c.id).where(members_of(hotspot)),))
            members = lists.found(tx, asked, actor, world, now, None)
            return found[0], page_of(tx, members, actor, world, now, found[0].name, page, SHOWN)

        return core._read(read)

    def accept(self, actor: Actor, hotspot: int) -> str:
        """Make a proposed warning one: the lead units' heads and the desk head read one line. Returns what was done."""
        self._check(actor, "采纳")
        core = self._core
        spot, _ = self.one(actor, hotspot)

        def run(tx: Connection) -> int:
            row = decide_warning(tx, hotspot, actor, "accepted", "", core.clock.now())
            letters = list(self._letters(spot, row, actor))
            if letters:
                tray.write(tx, letters)
            return sum(len(one["body"]["people"]) for one in letters)

        told: int = core._write(actor, "hotspot.accepted", f"hotspot:{hotspot}", run)
        return f"已采纳，已通知 {told} 人。" if told else "已采纳，暂无主办单位可通知。"

    def dismiss(self, actor: Actor, hotspot: int, reason: str) -> str:
        """Set a proposed warning aside, with the reason on record."""
        self._check(actor, "不采纳")
        reason = reason.strip()
        if not reason:
            raise FieldMissing(field="原因", action="提交")
        check_text("原因", reason, REASON_LIMIT)
        self.one(actor, hotspot)
        now = self._core.clock.now()
        self._core._write(
            actor,
            "hotspot.dismissed",
            f"hotspot:{hotspot}",
            lambda tx: decide_warning(tx, hotspot, actor, "dismissed", reason, now),
            reason,
        )
        return "已记录，不发预警。"

    def _check(self, actor: Actor, action: str) -> None:
        if actor.role not in self._policy.decides:
            raise NotYours(holder="指挥中心", action=action)

    def _letters(self, spot: Spot, row: Mapping[str, Any], actor: Actor) -> Iterator[dict[str, Any]]:
        core, now = self._core, self._core.clock.now()
        level = self._policy.level_of(row["warned_level"])
        words = {
            "level": level.title if level else "预警", "name": spot.name, "week": spot.week,
            "usual": f"{spot.usual:.0f}", "places": "、".join(place for place, _ in spot.places), "who": actor.label,
        }  # fmt: skip
        hold = quiet_until(now, core.policy.quiet)
        for number, baton in enumerate(self._policy.tell):
            people = {
                one.person: one for one in self._hear(spot, baton.to) if one.dingtalk and one.person != actor.person
            }
            if people:
                key = f"hotspot:{spot.id}:{row['warned_level']}:{number}"
                body = {
                    **addressed(people.values()),
                    "text": baton.words.format(**words),
                    "title": "热点预警",
                    "case": "",
                }
                sealed = tray.closed(core.cipher, key, body)
                yield letter(
                    key, "dingtalk.say", "say", f"say:hotspot:{spot.id}:{number}", sealed, now, hold_until=hold
                )

    def _hear(self, spot: Spot, to: str) -> list[Holder]:
        directory = self._core.directory()
        if to != "lead_heads":
            return list(directory.by_role.get(to, ()))
        units = [directory.by_word[name] for name in spot.units[:MOST_UNITS] if name in directory.by_word]
        heads, others = frozenset({"unit_head"}), self._core.policy.audience["unit"]
        return [one for unit in units for one in staff_of(directory.by_unit.get(unit, ()), heads, others)]


__all__ = ["Hotspots", "Spot", "SpotPage"]
