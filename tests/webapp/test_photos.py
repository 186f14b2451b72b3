"""Photos on the page of a case: a link that is its reader's own, soon over, and no way to another case's."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import insert, select

from core.crypto import place
from core.files import SPARED
from core.models.arrivals import attachments
from tests.webapp.town import Town
from tests.webapp.visitor import Visitor

Visit = Callable[..., Visitor]


def with_photo(town: Town, case: int) -> None:
    sealed = town.core.cipher.seal("/9j/2Q==", place("attachments", "sealed", "t1"))
    row = {
        "token": "t1", "key": "k1", "case_id": case, "draft_id": None, "person_id": 1, "kind": "image/jpeg", "size": 4,
        "sealed": sealed, "at": town.clock.now(),
    }  # fmt: skip
    with town.core.engine.begin() as tx:
        tx.execute(insert(attachments), row)


def link_on(visitor: Visitor, town: Town, case: int) -> str:
    found = re.search(r'src="(/photos/[^"]+)"', visitor.get(f"/cases/{town.no(case)}").text)
    assert found
    return found[1]


def test_who_may_read_the_case_sees_its_photo(visit: Visit, town: Town) -> None:
    case = town.register(0)
    with_photo(town, case)
    desk = visit("desk")
    answer = desk.get(link_on(desk, town, case))
    assert (answer.status_code, answer.mimetype, answer.data[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"].startswith("inline")


def test_a_link_is_nobody_elses_and_cannot_be_made(visit: Visit, town: Town) -> None:
    case = town.register(0)
    with_photo(town, case)
    link = link_on(visit("desk"), town, case)
    assert visit("head").get(link).status_code == 410
    assert visit("housing").get(link).status_code == 410
    assert visit().get(link).location.startswith("/sign-in")
    desk = visit("desk")
    for odd in (link[:-1] + "!", "/photos/x", "/photos/" + "a" * 3000, "/photos/..%2f..%2fetc%2fpasswd"):
        assert desk.get(odd).status_code in (404, 410)


def test_a_case_without_photos_shows_none(visit: Visit, town: Town) -> None:
    assert "/photos/" not in visit("desk").get(f"/cases/{town.no(town.register(0))}").text


def test_a_photo_in_the_database_is_moved_to_the_file_store_and_seen_as_before(visit: Visit, town: Town) -> None:
    case = town.register(0)
    with_photo(town, case)
    before = visit("desk").get(link_on(visit("desk"), town, case)).data
    assert (town.core.arrivals.photos.move(), town.core.arrivals.photos.move()) == (1, 0)
    with town.core.engine.connect() as tx:
        row = tx.execute(select(attachments)).mappings().one()
    assert (row["sealed"], town.core.files.get(row["file"])) == (None, before)
    desk = visit("desk")
    assert desk.get(link_on(desk, town, case)).data == before
    town.clock.advance(days=SPARED.days, hours=1)
    assert town.core.files.sweep() == 0
    town.core.files.store.remove(row["file"])
    assert town.core.files.missing() == [row["file"]]
    assert desk.get(link_on(desk, town, case)).status_code == 404
