"""A card in words: all that it shows and none of its buttons, harmless, short enough for one message."""

from __future__ import annotations

import dataclasses
import json

import pytest

from cards.drawings import faces
from cards.spoken import LONGEST, in_words


@pytest.mark.parametrize("template", sorted(faces()))
def test_every_template_has_words(template: str) -> None:
    for face in faces()[template]:
        title, text = in_words(face, "https://console.example/")
        assert title
        assert text.endswith(
            "卡片没有发出来，先看文字；要办理请打开[网页](https://console.example/)，或过一会儿再发一次。"
        )
        assert len(text) <= LONGEST + 200
        assert "\n\n\n" not in text


def test_what_the_template_hides_is_not_said_and_what_only_leads_elsewhere_neither() -> None:
    home, with_list = faces()["home"]
    assert "签收" not in in_words(home)[1]
    told = in_words(with_list)[1]
    assert "**签收**" in told
    assert "美俗路井盖松动 · 尾号 4176 · 已超期 2 小时 · 热线电话 · 待签收" in told
    assert "下一页" not in told


def test_other_peoples_words_stay_words() -> None:
    face = faces()["home"][0]
    hostile = dataclasses.replace(face, private={**face.private, "greeting": "[点我](http://evil.example) <b>**甲**"})
    assert "](http" not in in_words(hostile)[1]


def test_a_long_card_ends_where_a_message_ends() -> None:
    face = faces()["work"][0]
    many = json.dumps([{"title": f"港口路积水 {n}", "tag": "待签收"} for n in range(900)])
    long = dataclasses.replace(face, public={**face.public, "items_a": many}, private={**face.private, "items_a": many})
    text = in_words(long)[1]
    assert LONGEST - 200 < len(text) <= LONGEST + 200
    assert "港口路积水 0 · 待签收" in text
