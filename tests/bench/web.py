"""web.load: four hundred people signed in, two hundred of them at work, against the real web process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import insert, select

from core import Core
from core.models.people import identities
from tests.bench.commands import core_on
from tests.bench.crowd import Clerk, crowd, directory, waiting
from tests.bench.figures import Figure
from tests.bench.world import MORNING, PRACTICE
from tests.databases import ROOT
from tests.reliability.processes import Processes
from tests.sandbox.rig import started
from tests.sandbox.town import directory as practice_directory
from webapp.sessions import Sessions

SIGNED_IN, ACTING = 400, 200
SECONDS, PAUSE_S, POLL_S = 60, 5.0, 30.0
Met = Sequence[tuple[str, float, int]]


def figures(kind: str, url: str, cases: int) -> Iterator[Figure]:
    """web.load, web.worst and web.errors over a database that has been lived in."""
    met = _measured(url)
    times = sorted(seconds for _, seconds, _ in met)
    errors = sum(status in (0, 400, 403, 404) or status >= 500 for _, _, status in met)
    told = (
        f"{SIGNED_IN} signed in, {ACTING} acting every {PAUSE_S:g} s, the others polling home; {cases:,} cases; "
        f"{len(met) / SECONDS:.0f} pages/s"
    )
    yield Figure(kind, "web.load", times[len(times) * 99 // 100], "s", f"p99; {told}", at_most=1)
    yield Figure(kind, "web.worst", times[-1], "s", _by_kind(met), at_most=5)
    yield Figure(kind, "web.errors", errors, "errors", f"of {len(met)} pages and moves", at_most=0)


def _by_kind(met: Met) -> str:
    found = defaultdict(list)
    for kind, seconds, _ in met:
        found[kind].append(seconds)
    return "median " + ", ".join(f"{kind} {sorted(all_)[len(all_) // 2] * 1000:.0f} ms" for kind, all_ in found.items())


def _measured(url: str) -> Met:
    with core_on(url) as core:
        clerks = crowd(core, SIGNED_IN)
        waiting(core, clerks[:ACTING], "W")
        sids = _signed_in(core, clerks)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        book = Path(name) / "directory.json"
        people = [*practice_directory(), *directory(clerks)]
        book.write_text(json.dumps(people, ensure_ascii=False), encoding="utf-8")
        with started("--directory", str(book), *PRACTICE, manifests=ROOT / "cards/manifests") as sandbox:
            sandbox.post("clock", set=MORNING)
            processes = Processes(url, sandbox, Path(name), WEB__SECURE_COOKIES="false")
            try:
                processes.start(processes.web)
                return _surf(processes.base, sids)
            finally:
                processes.stop()


def _signed_in(core: Core, clerks: Sequence[Clerk]) -> list[str]:
    """A session for each, as if they had signed in this morning; names on the web are given where one lacks."""
    sessions, users = Sessions(core.engine, secure=False), [clerk.user for clerk in clerks]
    with core.engine.begin() as tx:
        here = select(identities.c.outside_id, identities.c.person_id).where(identities.c.outside_id.in_(users))
        person = {row.outside_id: row.person_id for row in tx.execute(here.where(identities.c.channel == "dingtalk"))}
        named = set(tx.execute(select(identities.c.person_id).where(identities.c.channel == "web")).scalars())
        rows = [
            {"person_id": one, "channel": "web", "outside_id": f"web-{user}", "post_id": None}
            for user, one in person.items()
            if one not in named
        ]
        if rows:
            tx.execute(insert(identities), rows)
    return [sessions.open(person[user]) for user in users]


def _surf(base: str, sids: Sequence[str]) -> Met:
    plan = {"base": base, "sids": sids, "acting": ACTING, "seconds": SECONDS, "pause": PAUSE_S, "poll": POLL_S}
    told = subprocess.run(
        [sys.executable, "-m", "tests.bench.surfers"], input=json.dumps(plan), capture_output=True, text=True,
        check=True, cwd=ROOT,
    ).stdout  # fmt: skip
    return [(kind, seconds, status) for kind, seconds, status in json.loads(told)]
