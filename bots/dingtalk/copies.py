"""Which calls bring every holder's copy of a case card to the truth: a plan of plain values, no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from cards import Face
from cards.card import NOTES
from core.copies import Copy

CROWD = 30  # IM_ROBOT targets of one openSpaceId (dingtalk.md §9)
SHUT = "shut"  # the hash of a personal copy that a newer one replaced; it is never drawn again


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who holds or should hold the card: their name in DingTalk and the face they should see.

    `turn`: the next step is open to them. `member`: the case concerns them, so a copy of the shared card is theirs;
    others only asked for a card of their own, or held one when the case did concern them.
    """

    person: int
    post: int
    user: str
    face: Face
    turn: bool = True
    member: bool = True

    @property
    def hash(self) -> str:
        return self.face.fingerprint()


@dataclass(frozen=True, slots=True)
class Step:
    """The calls for one card instance.

    `created`: it exists on DingTalk's side. `changed`: whose face must be put there. `new`: who must still get it.
    """

    track: str
    created: bool
    changed: tuple[Viewer, ...]
    new: tuple[Viewer, ...]
    everyone: tuple[Viewer, ...]


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
    live = tuple(one for one in held if one.person not in copies or copies[one.person].face_hash != SHUT)
    changed = tuple(one for one in live if one.person not in copies or copies[one.person].face_hash != one.hash)
    new = tuple(one for one in live if one.person not in copies or copies[one.person].delivered_at is None)
    return Step(track, bool(copies), changed, new, live)
