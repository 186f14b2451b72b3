"""Which calls bring every holder's copy of a case card to the truth: a plan of plain values, no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from cards import Face
from cards.card import NOTES
from core.copies import Copy

CROWD = 30  # IM_ROBOT targets of one openSpaceId (dingtalk.md §9)
SHUT = "shut"  # the hash of a personal copy that a newer one replaced; it is never drawn again
CALLED = "called"  # the hash of a copy named in a call that makes the card, while nobody knows whether the call worked


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who holds or should hold the card: their name in DingTalk and the face they should see.

    `turn`: the next step is open to them. `member`: the case concerns them, so a copy of the shared card is theirs;
    others only asked for a card of their own, or held one when the case did concern them. `stands_for`: the hash of the
    face that this one stands in for, where DingTalk does not let that one's words through.
    """

    person: int
    post: int
    user: str
    face: Face
    turn: bool = True
    member: bool = True
    stands_for: str = ""

    @property
    def hash(self) -> str:
        return self.stands_for or self.face.fingerprint()

    def showing(self, face: Face) -> Viewer:
        """The same reader with a face that stands in for theirs, whose truth it tells as far as it may."""
        return replace(self, face=face, stands_for=self.hash)


@dataclass(frozen=True, slots=True)
class Step:
    """The calls for one card instance.

    `created`: it exists on DingTalk's side. `common`: what everybody holds of it must be put there; otherwise a change
    is its reader's own and reaches nobody else's phone. `changed`: whose face must be put there. `new`: who must still
    get it. `called`: persons whom an earlier call was to bring it, which may have worked.
    """

    track: str
    created: bool
    common: bool
    changed: tuple[Viewer, ...]
    new: tuple[Viewer, ...]
    everyone: tuple[Viewer, ...]
    called: frozenset[int] = frozenset()

    def showing(self, faces: Mapping[int, Face]) -> Step:
        """The same calls with these faces, by person, in place of the readers' own."""

        def shown(readers: tuple[Viewer, ...]) -> tuple[Viewer, ...]:
            return tuple(one.showing(faces[one.person]) for one in readers)

        return replace(self, changed=shown(self.changed), new=shown(self.new), everyone=shown(self.everyone))


def plan(no: str, readers: Sequence[Viewer], copies: Sequence[Copy]) -> list[Step]:
    """The steps, none for a card on which nothing changed: one shared card a case, at most `CROWD` people on each."""
    by_person = {reader.person: reader for reader in readers}
    tracks: dict[str, dict[int, Copy]] = {}
    for copy in copies:
        tracks.setdefault(copy.track, {})[copy.person] = copy
    shared = {track: held for track, held in tracks.items() if is_shared(track)}
    members = {track: [by_person[p] for p in held if p in by_person] for track, held in tracks.items()}
    homeless = [one for one in readers if one.member and not any(one.person in held for held in shared.values())]
    for reader in homeless:
        tracks_in_turn = (f"{no}:{n}" for n in count(1))
        track = next(one for one in tracks_in_turn if max(len(members.get(one, [])), len(shared.get(one, {}))) < CROWD)
        members.setdefault(track, []).append(reader)
    steps = [_step(track, tuple(held), tracks.get(track, {})) for track, held in members.items()]
    return [step for step in steps if step.changed or step.new]


def is_shared(track: str) -> bool:
    """「<case no>:<n>」 is shared; 「<case no>:p<person>:<n>」 is one person's."""
    return track.count(":") == 1


def private_of(reader: Viewer, keep_note: bool) -> Mapping[str, str]:
    """The private values put on a copy: an old note is wiped, but not the line the clicker is just reading."""
    if not keep_note:
        return dict(reader.face.private)
    return {name: value for name, value in reader.face.private.items() if name not in NOTES}


def next_own_track(no: str, person: int, copies: Sequence[Copy]) -> str:
    """The track of one person's next own card of a case."""
    head = f"{no}:p{person}:"
    used = [int(copy.track.removeprefix(head)) for copy in copies if copy.track.startswith(head)]
    return f"{head}{max(used, default=0) + 1}"


def _step(track: str, held: tuple[Viewer, ...], copies: Mapping[int, Copy]) -> Step:
    called = {person for person, copy in copies.items() if copy.face_hash == CALLED}
    known = {person: copy for person, copy in copies.items() if person not in called}
    live = tuple(one for one in held if one.person not in known or known[one.person].face_hash != SHUT)
    changed = tuple(one for one in live if one.person not in known or known[one.person].face_hash != one.hash)
    reached = {person for person, copy in known.items() if copy.delivered_at is not None}
    new = tuple(one for one in live if one.person not in reached and (one.member or one.person in known))
    hashes = [known[one.person].face_hash or "" for one in live if one.person in known]
    common = any(not told.startswith(live[0].face.common()) for told in hashes)
    return Step(track, bool(known), common, changed, new, live, frozenset(called))
