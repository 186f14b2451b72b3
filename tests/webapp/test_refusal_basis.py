"""不报到 on the console with a file for its basis: uploaded with the form, opened by its judges, 404 for the others."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import insert, select

from core import Core
from core.models.people import accounts, identities, people
from tests.builders import clerk, rows
from tests.core.archive_room import pdf
from tests.core.joint_room import FIRST, SECOND, an_order, leg_of
from tests.core.test_picture_sets import shot
from tests.webapp.settled_site import Visit, core, no_of, visit  # noqa: F401  (fixtures)
from tests.webapp.test_joint import CITY, LEADER, OTHER, WATER, said, take
from tests.webapp.visitor import Visitor

HOUSING, CONTACT = "p025", "p005"
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def also(core: Core, *logins: str) -> None:
    """These people of the practice town sign in to the console too, with the password of the others."""
    with core.engine.begin() as tx:
        password = tx.execute(select(accounts.c.password_hash).limit(1)).scalar_one()
        for login in logins:
            who = tx.execute(select(people.c.id).where(people.c.code == login)).scalar_one()
            tx.execute(insert(identities), {"person_id": who, "channel": "web", "outside_id": login, "post_id": None})
            tx.execute(insert(accounts), {"person_id": who, "login": login, "password_hash": password, "active": True})


def refuse(visitor: Visitor, core: Core, order: int, *files: bytes, unit: str = FIRST, **form: str) -> Any:
    leg = leg_of(core, order, unit)
    sent: dict[str, Any] = {"seen": str(leg["seq"]), "leg": str(leg["id"]), **form}
    sent["bases"] = [(io.BytesIO(raw), f"{place}.pdf") for place, raw in enumerate(files)]
    return visitor.post(f"/joint/{no_of(core, order)}/moves/refuse", page="/account/password", **sent)


def links(page: str) -> list[str]:
    return re.findall(r'href="(/photos/basis/[^"]+)"', page)


@pytest.mark.requirement("R126", "R117", "R118")
def test_a_refusal_with_a_file_is_taken_and_its_judges_open_the_file(core: Core, visit: Visit) -> None:
    order, water, sponsor, paper = an_order(core), visit(WATER), visit(CITY), pdf()
    path = f"/joint/{no_of(core, order)}"
    form = water.get(path).text
    assert 'name="bases" type="file" accept="image/jpeg,image/png,application/pdf"' in form
    answer = refuse(water, core, order, paper, shot(), reason="不属本单位职责")
    assert answer.status_code == 303, said(answer.text)
    assert "依据材料 2 份" in sponsor.get("/joint?list=returned").text
    page = sponsor.get(path).text
    assert "<dt>依据材料 2 份</dt>" in page
    first, second = links(page)
    opened = sponsor.get(first)
    assert (opened.data, opened.headers["Content-Type"]) == (paper, "application/pdf")
    assert opened.headers["Content-Disposition"] == 'attachment; filename="basis.pdf"'
    assert opened.headers["X-Content-Type-Options"] == "nosniff"
    assert sponsor.get(second).data.startswith(b"\xff\xd8\xff")
    also(core, CONTACT)
    take(sponsor, core, order, "contest", FIRST, reason="属你单位职责")
    for judge in (LEADER, CONTACT):
        reader = visit(judge)
        assert "依据材料 2 份" in reader.get("/joint?list=rulings").text
        assert reader.get(links(reader.get(path).text)[0]).data == paper


def test_other_units_find_nothing_and_anothers_link_is_over(core: Core, visit: Visit) -> None:
    order, water = an_order(core), visit(WATER)
    refuse(water, core, order, shot(), reason="不属本单位职责")
    path = f"/joint/{no_of(core, order)}"
    also(core, HOUSING)
    (link,) = links(water.get(path).text)
    view = core.joints.view(clerk(core), order)
    leg = next(one for one in view.legs if one.basis)
    for login, status in ((HOUSING, 200), (OTHER, 404)):
        reader = visit(login)
        assert reader.get(path).status_code == status
        assert links(reader.get(path).text) == []
        assert reader.get(link).status_code == 410
        (account,) = rows(core, accounts, accounts.c.login == login)
        signer = URLSafeTimedSerializer(reader.client.application.secret_key or "", salt="joint-basis")
        forged = signer.dumps([order, leg.id, leg.basis[0].token, account.person_id])
        assert reader.get(f"/photos/basis/{forged}").status_code == 404


def test_without_words_and_file_one_sentence_and_nothing_changes(core: Core, visit: Visit) -> None:
    order, water = an_order(core), visit(WATER)
    answer = refuse(water, core, order, reason="不属本单位职责")
    assert (answer.status_code, said(answer.text)) == (422, "请写明依据，也可以附上依据材料（图片或 PDF）。")
    assert "不属本单位职责" in answer.text, "the form comes back as it was filled"
    assert leg_of(core, order, FIRST)["state"] == "invited"


def test_a_file_is_kept_while_the_form_is_put_right(core: Core, visit: Visit) -> None:
    order, water = an_order(core), visit(WATER)
    answer = refuse(water, core, order, shot(), reason=" ")
    assert (answer.status_code, said(answer.text)) == (422, "请填写「不报到的原因」后再不报到。")
    assert "已附依据材料 1 份，提交时一并带上" in answer.text
    assert refuse(water, core, order, reason="不属本单位职责").status_code == 303
    assert len(core.joints.view(clerk(core), order).legs[0].basis) == 1


@pytest.mark.parametrize(("raw", "sentence"), [(b"words", "请用 JPG、PNG 图片或 PDF"), (EICAR, "")])
def test_what_is_no_paper_or_is_infected_is_not_kept(core: Core, visit: Visit, raw: bytes, sentence: str) -> None:
    order = an_order(core)
    answer = refuse(visit(WATER), core, order, raw, reason="不属本单位职责", basis="三定方案")
    assert 400 <= answer.status_code < 500
    assert sentence in answer.text
    assert leg_of(core, order, FIRST)["state"] == "invited"
    assert core.joints.view(clerk(core, FIRST), order).own.basis == ()  # type: ignore[union-attr]


def test_a_file_with_the_refusal_of_another_unit_stays_outside(core: Core, visit: Visit) -> None:
    order = an_order(core)
    assert refuse(visit(CITY), core, order, shot(), unit=SECOND, reason="不属本单位职责").status_code == 403
    assert leg_of(core, order, SECOND)["state"] == "invited"
