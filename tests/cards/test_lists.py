"""The home card and the list card (R102, R103, R104): numbers that open lists, rows that open cases."""

import json

import pytest

from cards import PAGE_SIZE, Query, home_face, work_face
from cards.manifest import check, manifests
from cards.work import EMPTY
from core.people import PostView
from core.policy import load_policy
from core.views import Option, Tally
from tests.cards.builders import a_home, a_page, an_item


def test_the_five_numbers_each_open_their_list() -> None:
    rows = json.loads(home_face(a_home()).private["tallies"])
    assert [(row["key"], row["title"]) for row in rows] == [
        ("today", "今日"),
        ("todo", "待办"),
        ("done", "已办"),
        ("all", "全部"),
        ("overdue", "超期"),
    ]
    (block,) = [one for one in manifests()["home"].layout if one.get("of") == "tallies"]
    assert (block["action"], dict(block["params"])) == ("list", {"key": "key"})


def test_the_twelve_sources_each_open_their_pending_cases() -> None:
    rows = json.loads(home_face(a_home()).private["sources"])
    assert [row["code"] for row in rows] == list(load_policy().sources)
    assert len(rows) == 12
    (block,) = [one for one in manifests()["home"].layout if one.get("of") == "sources"]
    assert (block["action"], dict(block["params"])) == ("source", {"code": "code"})


def test_twelve_sources_fit_whatever_their_names_and_numbers() -> None:
    many = tuple(Tally(f"S{n}", "国家「互联网+督查」与其他来源", 123_456) for n in range(12))
    face = home_face(a_home(sources=many))
    assert check(face) == []
    assert len(json.loads(face.private["sources"])) == 12


def test_a_person_with_two_posts_may_switch_and_one_with_a_single_post_is_not_asked() -> None:
    two, one = home_face(a_home()), home_face(a_home(posts=a_home().posts[:1]))
    assert (two.private["has_posts"], one.private["has_posts"]) == ("true", "false")
    assert json.loads(two.private["post_options"])[1] == {"value": "9", "text": "海秀街道 联系人"}
    assert two.private["greeting"] == "李某，您好 · 水务局 经办人"


def test_posts_with_long_names_fit() -> None:
    posts = tuple(PostView(n, n, "海口市秀英区某某管理局（综合行政执法局）", "unit_clerk", "经办人") for n in range(12))
    face = home_face(a_home(posts=posts))
    assert check(face) == []
    assert len(json.loads(face.private["post_options"])) == 12


def test_the_list_opens_below_the_numbers() -> None:
    shut, opened = home_face(a_home()), home_face(a_home(), a_page())
    assert (shut.private["show_list"], opened.private["show_list"]) == ("false", "true")
    assert opened.private["list_title"] == "待办 2 件"
    assert opened.private["groups"] == "签收 1 · 办理 1"


def test_each_group_has_its_caption_once() -> None:
    items = [an_item(1), an_item(2), an_item(3, todo="办理"), an_item(4, todo="办理")]
    rows = json.loads(work_face(a_page(items)).private["items_a"])
    assert [row.get("caption", "") for row in rows] == ["签收", "", "办理", ""]


def test_a_row_names_the_case_its_time_and_its_source() -> None:
    (row,) = json.loads(
        work_face(a_page([an_item(overdue=True, left="已超期 2 小时（原定 今天 17:30）")])).private["items_a"]
    )
    assert row["sub"] == "尾号 004213 · 已超期 2 小时 · 热线电话"
    assert (row["no"], row["tone"]) == ("XYRX20260309004213", "red")


@pytest.mark.parametrize("filler", ["长", "😀", '"', "a"])
def test_eight_rows_fit_whatever_their_titles(filler: str) -> None:
    words = filler * 10_000
    items = [an_item(n, title=words, left=words, channel_title=words) for n in range(PAGE_SIZE)]
    face = work_face(a_page(items, total=900, pages=113), query=Query("find", words=words))
    assert check(face) == []
    shown = [*json.loads(face.private["items_a"]), *json.loads(face.private["items_b"])]
    assert [row["no"] for row in shown] == [item.no for item in items]


@pytest.mark.parametrize(
    ("page", "pages", "turns"),
    [(1, 1, []), (1, 3, [("下一页", "2")]), (2, 3, [("上一页", "1"), ("下一页", "3")]), (3, 3, [("上一页", "2")])],
)
def test_page_buttons_are_there_when_something_is_behind_them(
    page: int, pages: int, turns: list[tuple[str, str]]
) -> None:
    face = work_face(a_page(page=page, pages=pages), query=Query("todo", "RX"))
    rows = json.loads(face.private["pages"])
    assert [(row["title"], row["page"]) for row in rows] == turns
    assert all((row["key"], row["code"]) == ("todo", "RX") for row in rows)


@pytest.mark.parametrize("key", EMPTY)
def test_an_empty_list_says_what_would_fill_it(key: str) -> None:
    face = work_face(a_page(()), query=Query(key))
    assert (face.private["is_empty"], face.private["empty"]) == ("true", EMPTY[key])


def test_at_most_three_guesses_are_offered_as_buttons() -> None:
    face = work_face(None, guesses=[Option(f"词{n}", f"读法{n}") for n in range(5)])
    assert [row["words"] for row in json.loads(face.private["guesses"])] == ["词0", "词1", "词2"]
    assert face.private["has_list"] == "false"


def test_the_home_alert_counts_what_waits() -> None:
    assert home_face(a_home()).alert == "【首页】待办 19 件"
    assert (
        home_face(a_home(tallies=(Tally("todo", "待办", 3), Tally("overdue", "超期", 1)))).alert
        == "【首页】待办 3 件，超期 1 件"
    )


def test_nothing_personal_is_public() -> None:
    assert dict(home_face(a_home(), a_page()).public) == {"title": "总客服 · 我的首页"}
    assert dict(work_face(a_page()).public) == {"title": "办件列表"}


def test_overdue_rows_stand_under_their_own_word_above_the_groups() -> None:
    items = [
        an_item(4188, todo="办理", state_title="办理中", overdue=True, left="已超期 2 个工作日"),
        an_item(4190, overdue=True, left="已超期 3 小时"),
        an_item(4213), an_item(4214), an_item(4215, todo="办理", state_title="办理中"),
    ]  # fmt: skip
    face = work_face(a_page(items))
    rows = [row for area in ("items_a", "items_b") for row in json.loads(face.private[area])]
    assert [row.get("caption", "") for row in rows] == ["超期", "", "签收", "", "办理"]
    assert [row["tone"] for row in rows[:2]] == ["red", "red"]
    assert check(face) == []
