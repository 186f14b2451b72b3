"""A browser without pictures: keeps cookies, fills the forms it was given."""

from __future__ import annotations

import html
import re
from typing import cast

from apiflask import APIFlask
from sqlalchemy import select
from werkzeug.test import TestResponse

from core import Core
from core.crypto import place
from core.models.record import letters
from tests.webapp.town import PASSWORD


class Visitor:
    """One person at one address."""

    def __init__(self, site: APIFlask, address: str = "10.0.0.1") -> None:
        self.site = site
        self.client = site.test_client()
        self.client.environ_base = {**self.client.environ_base, "REMOTE_ADDR": address}

    @property
    def core(self) -> Core:
        return cast(Core, self.site.extensions["core"])

    @property
    def sid(self) -> str:
        cookie = self.client.get_cookie("sid")
        return cookie.value if cookie else ""

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, page: str = "/sign-in", **form: str | list[str]) -> TestResponse:
        """Post a form as `page` would: with its CSRF token and a fresh form token."""
        hidden = {"csrf_token": hidden_value(self.get(page).text, "csrf_token"), "token": "t" * 8 + _fresh()}
        return self.client.post(path, data={**hidden, **form})

    def search(self, words: str, place: str = "/cases") -> TestResponse:
        """Type words into the search box of a page; the page that comes of it."""
        answer = self.post("/search", page=place, to=place, q=words)
        return self.get(answer.location) if answer.status_code == 303 else answer

    def sign_in(self, login: str, password: str = PASSWORD) -> TestResponse:
        """Through both factors where the person needs two."""
        answer = self.post("/sign-in", login=login, password=password)
        if answer.status_code == 200 and 'name="number"' in answer.text:
            return self.post("/sign-in/number", login=login, number=sent_number(self.core))
        return answer


def hidden_value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return html.unescape(found[1]) if found else ""


def sent_number(core: Core) -> str:
    """The six digits of the latest letter that carries some."""
    with core.engine.connect() as tx:
        row = tx.execute(select(letters).where(letters.c.key.like("confirm:%")).order_by(letters.c.id.desc())).first()
    assert row
    text = core.cipher.open(row.body["sealed"], place("letters", "body", row.key))
    found = re.search(r"\d{6}", text)
    assert found
    return found[0]


_count = iter(range(10_000))


def _fresh() -> str:
    return f"{next(_count):016d}"
