"""One case, one card: every holder's copy created, delivered and updated with as few calls as it takes (C1, C9)."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from bots.dingtalk.api import DingTalkApi
from bots.dingtalk.copies import Step, Viewer, plan
from bots.dingtalk.faces import Faces
from bots.dingtalk.fates import ApiFault
from bots.dingtalk.wire import Wire, private_data, spaces_of, undelivered_in, update
from cards.text import fallback
from core import Core
from core.copies import Kept
from core.ports import Undelivered
from core.views import CaseView

log = logging.getLogger("bots.dingtalk.sender")

NEWS = "【新办件】"
FATES = ("again", "unknown", "never", "throttled")  # the first of these decides for the whole letter
GONE = ("spaceId is illegal", "userIdNotExist")


class CaseCards:
    """Keeps the copies of case cards equal to the truth."""

    def __init__(self, core: Core, api: DingTalkApi, faces: Faces) -> None:
        self._core, self._api, self._faces = core, api, faces
        self._wire = Wire(core.settings.dingtalk)

    def bring_up_to_date(self, case_id: int, clicker: int | None = None) -> None:
        """Make every copy what its holder should see now. Raises Undelivered; what was done by then is kept.

        `clicker` is the person whose act caused this: the line they are just reading stays on their copy.
        """
        views, readers = self._readers(case_id)
        if not readers:
            return
        faults: list[Undelivered] = []
        for step in plan(views[0].no, readers, self._core.card_copies(case_id)):
            try:
                self._take(case_id, step, clicker)
            except Undelivered as fault:
                faults.append(fault)
        if faults:
            worst = min(faults, key=lambda fault: FATES.index(fault.fate))
            if worst.fate != "throttled":  # which is over in a second
                self.tell_in_words(case_id, (views, readers))
            raise worst

    def tell_in_words(self, case_id: int, known: tuple[list[CaseView], list[Viewer]] | None = None) -> None:
        """Whoever has no copy yet gets the same facts as a plain message, once a turn (C9)."""
        views, readers = known or self._readers(case_id)
        held = {copy.person for copy in self._core.card_copies(case_id) if copy.delivered_at is not None}
        for view, reader in zip(views, readers, strict=True):
            if reader.member and reader.person not in held:
                title, text = fallback(view, self._core.settings.web.public_address)
                key = f"fallback:{case_id}:{reader.person}:{view.state if reader.turn else 'copy'}"
                self._core.say(key, reader.person, text, title, case_id=case_id)

    def _readers(self, case_id: int) -> tuple[list[CaseView], list[Viewer]]:
        """Everybody who should hold the card or holds one, and can be reached; each once, with their view."""
        holders = {holder.person: holder for holder in self._core.audience(case_id)}
        members = set(holders)
        for copy in self._core.card_copies(case_id):
            earlier = holders.get(copy.person) or self._core.reader_at(copy.person, copy.post)
            if earlier is not None:
                holders[copy.person] = earlier
        people = [holder for holder in holders.values() if holder.dingtalk]
        views = self._core.case_views(case_id, [holder.actor for holder in people])
        faces = {id(view): self._faces.case(view) for view in {id(one): one for one in views}.values()}
        readers = [
            Viewer(
                holder.person,
                holder.post,
                holder.dingtalk,
                faces[id(view)],
                is_their_turn(view),
                holder.person in members,
            )
            for holder, view in zip(people, views, strict=True)
        ]
        return views, readers

    def _take(self, case_id: int, step: Step, clicker: int | None) -> None:
        if not step.created:
            self._create(case_id, step)
            return
        gone: list[Viewer] = []
        if step.changed:
            try:
                self._put(step, step.changed, clicker)
            except ApiFault as fault:
                if fault.code == "param.cardNotExist":
                    log.warning("card %s is not there any more, made again", step.track)
                    self._create(case_id, step, step.everyone)
                    return
                if fault.code != "param.userIdNotExist":
                    raise
                here = self._still_here(step.changed)
                gone = [one for one in step.changed if one not in here]
                self._put(step, here, clicker)
            old = [one for one in step.changed if one not in (*step.new, *gone)]
            self._keep(case_id, step.track, old, delivered=True)
        if new := [one for one in step.new if one not in gone]:
            self._deliver(case_id, step.track, new)

    def _put(self, step: Step, readers: Sequence[Viewer], clicker: int | None) -> None:
        """Everybody's common part and these readers' own, in one call."""
        if readers:
            self._api.update(update(step.track, step.everyone[0].face.public, private_data(readers, clicker)))

    def _create(self, case_id: int, step: Step, readers: Sequence[Viewer] | None = None) -> None:
        readers = readers or step.new
        try:
            failed = self._created(step.track, readers)
        except ApiFault as fault:
            if fault.code == "param.userIdNotExist":
                readers = self._still_here(readers)
                failed = self._created(step.track, readers) if readers else {}
            elif fault.code == "param.cardAlreadyExist":  # an earlier call had worked: only its face may be old
                self._api.update(update(step.track, readers[0].face.public, private_data(readers)))
                failed = {}
            else:
                raise
        self._settle(case_id, step.track, readers, failed)

    def _created(self, track: str, readers: Sequence[Viewer]) -> dict[str, str]:
        """Create the card and show it to everybody; returns userId → why for those it did not reach."""
        first, *more = spaces_of(reader.user for reader in readers)
        lead = next((reader for reader in readers if reader.turn), readers[0])
        body = self._wire.create(track, lead.face, readers, first, news(lead.face.alert))
        failed = undelivered_in(self._api.create_and_deliver(body).get("deliverResults"))
        for spaces in more:
            failed |= undelivered_in(self._api.deliver(self._wire.deliver(track, spaces)))
        return failed

    def _deliver(self, case_id: int, track: str, readers: Sequence[Viewer]) -> None:
        failed: dict[str, str] = {}
        for spaces in spaces_of(reader.user for reader in readers):
            failed |= undelivered_in(self._api.deliver(self._wire.deliver(track, spaces)))
        self._settle(case_id, track, readers, failed)

    def _still_here(self, readers: Sequence[Viewer]) -> list[Viewer]:
        """Without the people DingTalk no longer knows: one of them spoils the call for all."""
        here = [reader for reader in readers if self._api.knows(reader.user)]
        log.warning("%d holders are no longer in the organisation", len(readers) - len(here))
        return here

    def _settle(self, case_id: int, track: str, readers: Sequence[Viewer], failed: dict[str, str]) -> None:
        """Note who has the card. Raises Undelivered when somebody has not."""
        reached = [reader for reader in readers if reader.user not in failed]
        missed = [reader for reader in readers if reader.user in failed]
        self._keep(case_id, track, reached, delivered=True)
        self._keep(case_id, track, missed, delivered=False)
        if missed:
            whys = {failed[reader.user] for reader in missed}
            fate = "never" if all(any(word in why for word in GONE) for why in whys) else "again"
            raise Undelivered(fate, f"{track} did not reach {len(missed)} people: {'; '.join(sorted(whys))}")

    def _keep(self, case_id: int, track: str, readers: Sequence[Viewer], *, delivered: bool) -> None:
        if readers:
            rows = [Kept(reader.person, reader.post, reader.hash, delivered) for reader in readers]
            self._core.keep_copies(case_id, track, rows)


def is_their_turn(view: CaseView) -> bool:
    """Does the next step stand open to this reader?"""
    return any(move.face == "main" for move in view.moves)


def news(alert: str) -> str:
    """The lock-screen line of a shared card. It is kept for everybody the card is delivered to later, when state and
    deadline are others, so it names only what stays true: 「【新办件】XYRX…0421 港口路积水」."""
    _, _, subject = alert.rpartition("】")
    return NEWS + subject.partition(" · ")[0]
