"""Appeals of one matter found together by meaning, place and time, and named by their own words; plain values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.hotspots.naming import ASKING, MOST, all_of, words_of
from core.hotspots.policy import HotspotPolicy, Joining
from core.likeness.grams import matters_in, name_of, normal
from core.plain import scrub

HEAD = 150  # characters of a content that are read
CHUNK = 500
STRICTER = 0.06
STRICTEST = 0.9
FEW = 200  # texts, below which nothing counts as too common or too rare
MATTERS = 4  # times a word that names a matter counts: tellings of one matter share little else
_ASKED = re.compile("|".join(ASKING))
COMPANY = 30  # pairs kept of one appeal


@dataclass(frozen=True, slots=True)
class Appeal:
    """What of a case the search for hot spots looks at."""

    id: int
    title: str
    content: str
    place: str
    town: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Cluster:
    """Appeals of one matter, by id in order of time, and the words that tell them from the rest."""

    members: tuple[int, ...]
    words: tuple[str, ...]


def find_clusters(appeals: Sequence[Appeal], policy: HotspotPolicy) -> list[Cluster]:
    """The clusters of at least as many appeals as policy asks for, the largest first."""
    if len(appeals) < policy.least_cases:
        return []
    pairs = _pairs(appeals, policy.joining)
    everything = all_of([_bare(one, one.title) for one in appeals])
    found = []
    for group in _groups(pairs, len(appeals), policy.joining, policy.least_cases):
        members = sorted((appeals[n] for n in group), key=lambda one: (one.at, one.id))
        found.append(Cluster(tuple(one.id for one in members), _named(members, everything)))
    return sorted(found, key=lambda one: (-len(one.members), one.members))


def _named(members: Sequence[Appeal], everything: str) -> tuple[str, ...]:
    """Where it is, the titles' own words, and the matter where these do not say it."""
    own, place = words_of([_bare(one, one.title) for one in members], everything), _shared_place(members)
    words = [place, *(word for word in own if len(set(word) & set(place)) < 2)] if place else list(own)
    matters = Counter(
        word for one in members for word in matters_in(normal(one.title)) or matters_in(normal(one.content[:HEAD]))
    )
    matter, count = next(iter(matters.most_common(1)), ("", 0))
    if count * 2 >= len(members) and not any(matter in word for word in words):
        words.insert(1, matter)
    return tuple(words[:MOST])


def _shared_place(members: Sequence[Appeal]) -> str:
    """The place at least half of them name, as it is written most shortly; empty when there is none."""
    names = Counter(name_of(one.place) for one in members if one.place.strip())
    name, count = next(iter(names.most_common(1)), ("", 0))
    if count * 2 < len(members):
        return ""
    return min(
        (scrub(one.place)[:12] for one in members if name_of(one.place) == name), key=lambda text: (len(text), text)
    )


def _texts(appeals: Sequence[Appeal]) -> list[str]:
    """Title twice, the head of the content, and once more the words that name a matter.

    Without the place, which counts for itself: at one place people speak of many matters. And without the words of
    asking, which say of no matter what it is.
    """
    texts = []
    for one in appeals:
        title, content = (normal(_bare(one, told)) for told in (one.title, one.content[:HEAD]))
        matters = " ".join(sorted(matters_in(title) or matters_in(content)) * MATTERS)
        texts.append(f"{title} {title} {content} {matters}")
    return texts


def _bare(one: Appeal, told: str) -> str:
    """What is told without the names of the place and the words of asking; as it is where it says nothing else."""
    place, left = one.place.strip(), told
    for name in (place, name_of(place), one.town):
        if len(name) > 1:
            left = left.replace(name, " ")
    return _ASKED.sub(" ", left).strip() or told


def _vectors(texts: Sequence[str]) -> Any:
    """Each text as weighed pieces of two and three characters; None when nothing at all is said."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer  # heavy: loaded by the worker that leads alone

    if not any(len(text.strip()) > 1 for text in texts):
        return None
    few = len(texts) < FEW
    common = {"min_df": 1, "max_df": 1.0} if few else {"min_df": 2, "max_df": 0.15}
    for bounds in (common, {"min_df": 1, "max_df": 1.0}):  # where all say the same, nothing is too common
        reader = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), sublinear_tf=True, dtype=np.float32, **bounds)
        try:
            return reader.fit_transform(texts)
        except ValueError:
            continue
    return None


def _pairs(appeals: Sequence[Appeal], joining: Joining) -> Any:
    """A sparse table of how alike two appeals are, where they may join at all; towns never meet, so each is alone."""
    import numpy as np
    from scipy import sparse

    count, vectors = len(appeals), _vectors(_texts(appeals))
    if vectors is None:
        return sparse.csr_matrix((count, count), dtype=np.float32)
    about = _About(
        np.array([one.at.timestamp() / 86400 for one in appeals]),
        _codes([one.town for one in appeals]),
        _codes([name_of(one.place) for one in appeals]),
    )
    nowhere = np.flatnonzero(about.towns == 0)
    parts = []
    for town in np.unique(about.towns):
        mine = np.flatnonzero(about.towns == town)
        others = mine if town == 0 else np.concatenate([mine, nowhere])
        for start in range(0, len(mine), CHUNK):
            rows = mine[start : start + CHUNK]
            block = (vectors[rows] @ vectors[others].T).tocoo()
            parts.append(_joined(rows[block.row], others[block.col], block.data, about, joining))
    here, there, alike = (np.concatenate([part[n] for part in parts]) for n in range(3))
    return sparse.coo_matrix((alike, (here, there)), shape=(count, count)).tocsr()


@dataclass(frozen=True, slots=True)
class _About:
    """When and where each appeal is: days, and numbers for towns and places."""

    days: Any
    towns: Any
    places: Any


def _joined(here: Any, there: Any, alike: Any, about: _About, joining: Joining) -> tuple[Any, Any, Any]:
    """Those of a block's pairs that may join, at most as many for one appeal as tell its company."""
    import numpy as np

    kept = (alike >= joining.alike - joining.same_place) & (here != there)
    here, there, alike = here[kept], there[kept], alike[kept]
    same_place = (about.places[here] == about.places[there]) & (about.places[here] > 0)
    same_town = (about.towns[here] == about.towns[there]) & (about.towns[here] > 0)
    alike = alike + joining.same_place * np.where(same_place, 1.0, np.where(same_town, 0.5, 0.0))
    once = (here < there) | (about.towns[here] != about.towns[there])
    kept = once & (alike >= joining.alike) & (np.abs(about.days[here] - about.days[there]) <= joining.days_apart)
    here, there, alike = here[kept], there[kept], alike[kept]
    order = np.lexsort((there, -alike, here))
    here, there, alike = here[order], there[order], alike[order]
    _, first, which = np.unique(here, return_index=True, return_inverse=True)
    near = np.arange(len(here)) - first[which] < COMPANY if len(here) else slice(None)
    return here[near], there[near], alike[near]


def _codes(names: Sequence[str]) -> Any:
    """A number for each name; 0 for none."""
    import numpy as np

    known: dict[str, int] = {"": 0}
    return np.array([known.setdefault(name, len(known)) for name in names])


def _groups(pairs: Any, count: int, joining: Joining, least: int) -> Iterator[list[int]]:
    """Appeals that hang together; a group too large to be one matter is looked at again more strictly."""
    waiting: list[tuple[list[int], float]] = [(list(range(count)), joining.alike)]
    while waiting:
        members, strict = waiting.pop()
        for group in _hanging(pairs, members, strict):
            if len(group) < least:
                continue
            if len(group) > joining.largest and strict < STRICTEST:
                waiting.append((group, strict + STRICTER))
            else:
                yield group


def _hanging(pairs: Any, members: list[int], strict: float) -> Iterator[list[int]]:
    import numpy as np
    from scipy.sparse.csgraph import connected_components

    part = pairs[members][:, members]
    part.data = np.where(part.data >= strict, part.data, 0)
    part.eliminate_zeros()
    number, label = connected_components(part, directed=False)
    places = np.argsort(label, kind="stable")
    for group in np.split(places, np.cumsum(np.bincount(label, minlength=number))[:-1]):
        yield [members[n] for n in group]
