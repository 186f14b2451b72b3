"""One case, one card; one joint order, one card: every copy made and updated with as few calls as it takes (C1, C9)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from bots.dingtalk.api import DingTalkApi
from bots.dingtalk.copies import CALLED, Step, Viewer, plan
from bots.dingtalk.fates import UNSAFE, ApiFault, Withheld
from bots.dingtalk.subjects import Subject, View
from bots.dingtalk.wire import Wire, private_data, spaces_of, undelivered_in, update
from core import Core
from core.copies import Kept
from core.ports import Undelivered

log = logging.getLogger("bots.dingtalk.sender")

FATES = ("again", "unknown", "never", "throttled", "withheld")  # the first of these decides for the whole letter
GONE = ("spaceId is illegal", "userIdNotExist")


class SharedCards:
    """Keeps the copies of the cards of one kind of subject equal to the truth; ids are those of the subject."""

    def __init__(self, core: Core, api: DingTalkApi, subject: Subject) -> None:
        self._core, self._api, self._subject = core, api, subject
        self._wire = Wire(core.settings.dingtalk)

    def bring_up_to_date(self, case_id: int, clicker: int | None = None) -> None:
        """Make every copy what its holder should see now. Raises Undelivered; what was done by then is kept.

        `clicker` is the person whose act caused this: the line they are just reading stays on their copy.
        """
        views, readers = self._readers(case_id)
        if not readers:
            return
        faults: list[Undelivered] = []
        for step in plan(views[0].no, readers, self._subject.copies(case_id)):
            try:
                self._bring(case_id, step, clicker, dict(zip((one.person for one in readers), views, strict=True)))
            except Undelivered as fault:
                faults.append(fault)
        if faults:
            worst = min(faults, key=lambda fault: FATES.index(fault.fate))
            if worst.fate not in ("throttled", "withheld"):  # the one is over in a second, the other has arrived
                self.tell_in_words(case_id, (views, readers))
            raise worst

    def tell_in_words(self, case_id: int, known: tuple[Sequence[View], list[Viewer]] | None = None) -> None:
        """Whoever has no copy yet gets the same facts as a plain message, once a turn (C9)."""
        views, readers = known or self._readers(case_id)
        held = {copy.person for copy in self._subject.copies(case_id) if copy.delivered_at is not None}
        for view, reader in zip(views, readers, strict=True):
            if reader.member and reader.person not in held:
                key = f"{reader.person}:{view.state if reader.turn else 'copy'}"
                self._subject.say(case_id, key, reader.person, *self._subject.words(view))

    def _readers(self, case_id: int) -> tuple[Sequence[View], list[Viewer]]:
        """Everybody who should hold the card or holds one, and can be reached; each once, with their view."""
        holders = {holder.person: holder for holder in self._subject.audience(case_id)}
        members = set(holders)
        for copy in self._subject.copies(case_id):
            earlier = holders.get(copy.person) or self._core.reader_at(copy.person, copy.post)
            if earlier is not None:
                holders[copy.person] = earlier
        people = [holder for holder in holders.values() if holder.dingtalk]
        views = self._subject.views(case_id, people)
        faces = {id(view): self._subject.face(view) for view in {id(one): one for one in views}.values()}
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

    def _bring(self, case_id: int, step: Step, clicker: int | None, views: Mapping[int, View]) -> None:
        """One step; where the words people wrote are refused, the same without them. Raises Undelivered, Withheld."""
        try:
            self._take(case_id, step, clicker)
        except ApiFault as fault:
            if fault.code != UNSAFE:
                raise
            log.warning("the words of card %s are refused, shown without them", step.track)
            faces = {one.person: self._subject.withheld(views[one.person]) for one in step.everyone}
            self._take(case_id, step.showing(faces), clicker)
            raise Withheld() from None

    def _take(self, case_id: int, step: Step, clicker: int | None) -> None:
        if not step.created:
            if step.new:
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
        """Everybody's common part and these readers' own, in one call; where it would tell, only if it changed."""
        if readers:
            public = step.everyone[0].face.public if step.common or not self._subject.blind else None
            self._api.update(update(step.track, public, private_data(readers, clicker)))

    def _create(self, case_id: int, step: Step, readers: Sequence[Viewer] | None = None) -> None:
        readers = readers or step.new
        try:
            failed = self._created(case_id, step, readers)
        except ApiFault as fault:
            if fault.code == "param.userIdNotExist":
                readers = self._still_here(readers)
                failed = self._created(case_id, step, readers) if readers else {}
            elif fault.code == "param.cardAlreadyExist":  # an earlier call had worked, with the people of its moment
                self._api.update(update(step.track, readers[0].face.public, private_data(readers)))
                self._keep(case_id, step.track, [one for one in readers if one.person in step.called], delivered=True)
                self._deliver(case_id, step.track, [one for one in readers if one.person not in step.called])
                return
            else:
                raise
        self._settle(case_id, step.track, readers, failed)

    def _created(self, case_id: int, step: Step, readers: Sequence[Viewer]) -> dict[str, str]:
        """Create the card and show it to everybody; returns userId → why for those it did not reach.

        Whom the call names is kept before it leaves: if its answer is never heard, the next try knows who has the card.
        """
        first, *more = spaces_of(reader.user for reader in readers)
        if not step.created and not step.called:
            named = readers[: first.count(";") + 1]
            self._subject.keep(case_id, step.track, [Kept(one.person, one.post, CALLED, False) for one in named])
        lead = next((reader for reader in readers if reader.turn), readers[0])
        body = self._wire.create(step.track, lead.face, readers, first, news(self._subject.news, lead.face.alert))
        failed = undelivered_in(self._api.create_and_deliver(body).get("deliverResults"))
        for spaces in more:
            failed |= undelivered_in(self._api.deliver(self._wire.deliver(step.track, spaces)))
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
            self._subject.keep(case_id, track, rows)


def is_their_turn(view: View) -> bool:
    """Does the next step stand open to this reader?"""
    return any(move.is_awaited for move in view.moves)


def news(head: str, alert: str) -> str:
    """The lock-screen line of a shared card. It is kept for everybody the card is delivered to later, when state and
    deadline are others, so it names only what stays true: 「【新办件】XYRX…0421 港口路积水」."""
    _, _, subject = alert.rpartition("】")
    return head + subject.partition(" · ")[0]
