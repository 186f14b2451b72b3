"""duplicates.* on a labelled set of another seed among ten thousand cases; hotspots.seconds on real messages."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from statistics import median

from sqlalchemy import Connection, insert, true

from core.db import connect
from core.hotspots.clusters import Appeal, Cluster, find_clusters
from core.hotspots.policy import load_hotspots
from core.likeness.near import find_near, keep_grams
from core.models.cases import cases
from tests.bench.databases import Databases
from tests.bench.figures import Figure
from tests.core.labelled import PLACES, START, Labelled, labelled

SEED, CROWD, TOPICS = 20260314, 10_000, range(8, 16)
DATA = Path("..") / "shared" / "data" / "appeals"
MESSAGES, EXAMPLE = "taidi_messages_2019.csv", "taidi_hot_topics_team_a.csv"
NAMES, ENDS = "龙昆海甸蓝天国兴美舍桂林滨涯金盘秀盐灶坡博巷白沙琼苑红城湖文明大英", ("路", "村", "小区", "街", "花园")
BLANK = {
    "state": "pending", "seq": 1, "channel": "RX", "outside_no": None, "revision": 1, "parent_id": None,
    "keep_secret": False, "wants_reply": True, "type": "complain", "more": {}, "urgency": "normal", "hard": False,
    "sensitive": False, "supervised": False, "dispatches": 0, "returns": 0, "redos": 0, "provisional": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """How a labelled set was found: shown rightly, shown at all, repeats found, repeats there are, seconds each."""

    right: int
    shown: int
    found: int
    repeats: int
    seconds: tuple[float, ...]


def of_duplicates(databases: Databases, _runs: int) -> Iterator[Figure]:
    """Matters no threshold was chosen by, asked among ten thousand recent cases about other things and places."""
    with databases.fresh() as url:
        engine = connect(url)
        with engine.begin() as tx:
            told = _ask(tx)
        engine.dispose()
    kind, against = (
        databases.kind,
        f"{told.repeats} repeats among {CROWD:,} recent cases, at most three shown, seed {SEED}",
    )
    yield Figure(kind, "duplicates.precision", told.right / told.shown, "share", f"{told.shown} shown; {against}")
    yield Figure(kind, "duplicates.recall", told.found / told.repeats, "share", against)
    yield Figure(
        kind, "duplicates.ms", median(told.seconds) * 1000, "ms", f"median; {CROWD:,} recent cases", at_most=50
    )
    slowest = sorted(told.seconds)[int(len(told.seconds) * 0.95)] * 1000
    yield Figure(kind, "duplicates.p95", slowest, "ms", "95 of 100 are faster")


def _ask(tx: Connection) -> Told:
    appeals = labelled(SEED, TOPICS)
    ids = iter(range(1, CROWD * 2))
    seed = SEED
    crowd: list[Labelled] = []
    while len(crowd) + len(appeals) < CROWD:  # other matters, one in ten of them at the places that are asked about
        seed += 1
        crowd += labelled(seed, range(8), repeats=0)
    for number, one in enumerate(crowd[: CROWD - len(appeals)]):
        _put(tx, _elsewhere(one, number), next(ids))
    known: dict[int, int] = {}
    right = shown = found = repeats = 0
    seconds = []
    now = START + timedelta(days=29)
    for one in appeals:
        began = time.perf_counter()
        near = find_near(tx, one.told, now, true())
        seconds.append(time.perf_counter() - began)
        hits = [item for item in near if known.get(item.row["id"]) == one.matter]
        shown, right = shown + len(near), right + len(hits)
        if one.matter in known.values():
            repeats, found = repeats + 1, found + bool(hits)
        case = next(ids)
        known[case] = one.matter
        _put(tx, one, case)
    return Told(right, shown, found, repeats, tuple(seconds))


def _elsewhere(one: Labelled, number: int) -> Labelled:
    """The same told of another of some four hundred places, nine times of ten."""
    known = next((row for row in PLACES if one.told.place in row), None)
    if number % 10 == 0 or known is None:
        return one
    first, second = NAMES[number % len(NAMES)], NAMES[number // 7 % len(NAMES)]
    name = f"{first}{second}{ENDS[number % len(ENDS)]}"
    told = one.told
    texts = [text.replace(told.place, name).replace(known[0], name) for text in (told.title, told.content)]
    return replace(one, told=replace(told, title=texts[0], content=texts[1], place=name))


def _put(tx: Connection, one: Labelled, case: int) -> None:
    told, no = one.told, f"XYRX20260301{case:06d}"
    row = {
        **BLANK, "id": case, "no": no, "no_reversed": no[::-1], "title": told.title, "content": told.content,
        "place": told.place, "town": told.town or None, "phone_index": told.phone or None, "registered_at": told.at,
        "changed_at": told.at,
    }  # fmt: skip
    tx.execute(insert(cases), row)
    keep_grams(tx, row)


# --- hot spots ------------------------------------------------------------------------------------------------------


def of_hotspots(databases: Databases, _runs: int) -> Iterator[Figure]:
    """All messages of a year clustered at once; no database is asked, so it is measured once."""
    if databases.kind != "sqlite":
        return
    if not (DATA / MESSAGES).exists():
        print(f"hotspots: skipped, {MESSAGES} is not at hand (expected in {DATA})")
        return
    appeals = read_messages(DATA / MESSAGES)
    began, worked = time.perf_counter(), time.process_time()
    found = find_clusters(appeals, load_hotspots())
    spent, busy = time.perf_counter() - began, time.process_time() - worked
    largest = "；".join(f"{' '.join(one.words)} {len(one.members)}" for one in found[:5])
    yield Figure("any", "hotspots.seconds", spent, "s", f"{len(appeals):,} messages of 2019: {largest}", at_most=10)
    yield Figure("any", "hotspots.cpu_seconds", busy, "s", "the same, counted in time of the processor")
    yield Figure("any", "hotspots.clusters", len(found), "clusters", "of at least three messages")
    if (DATA / EXAMPLE).exists():
        share, pairs = agreement(found, DATA / EXAMPLE)
        against = f"of {pairs:,} pairs that one contest team put together (an example, no truth)"
        yield Figure("any", "hotspots.agreement", share, "share", against)


def read_messages(file: Path) -> list[Appeal]:
    """The messages as appeals without a place; a time that cannot be read counts as the first day."""
    with file.open(encoding="utf-8") as lines:
        return [
            Appeal(int(row["留言编号"]), row["留言主题"], row["留言详情"].strip(), "", "", _moment(row["留言时间"]))
            for row in csv.DictReader(lines)
        ]


def _moment(text: str) -> datetime:
    for form in ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M"):
        try:
            return datetime.strptime(text.strip(), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return datetime(2019, 1, 1, tzinfo=UTC)


def agreement(found: list[Cluster], file: Path) -> tuple[float, int]:
    """How many pairs of messages that the example puts together we put together too."""
    place = {case: number for number, cluster in enumerate(found) for case in cluster.members}
    topics: dict[str, list[int]] = {}
    with file.open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            topics.setdefault(row["问题ID"], []).append(int(row["留言编号"]))
    pairs = [pair for members in topics.values() for pair in combinations(members, 2)]
    same = sum(one in place and place.get(one) == place.get(two) for one, two in pairs)
    return same / (len(pairs) or 1), len(pairs)
