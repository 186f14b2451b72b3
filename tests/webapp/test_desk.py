"""The desk without a browser: what is asked for wrongly is told kindly, and nothing happens behind anybody's back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from core.models.desk import saved_views
from core.models.record import audit_log, events
from tests.webapp.town import Town
from tests.webapp.visitor import Visitor

Visit = Callable[..., Visitor]
TO_DISPATCH = "/cases?key=to_dispatch"
BATCH = "/cases/batch?key=to_dispatch"


def ticks(page: str) -> list[str]:
    return re.findall(r'name="chosen" value="([^"]+)"', page)


def said(page: str) -> str:
    found = re.search(r'<p class="said no"[^>]*>([^<]*)</p>', page)
    return found[1] if found else ""


def outcomes(page: str) -> list[tuple[str, str]]:
    """已办 or 未办 of each case of a batch, with its number."""
    return re.findall(r'<li class="(?:good|bad)"><b>([^<]+)</b>.*?<span class="no quiet">([^<]*)</span>', page)


def moves_made(town: Town) -> int:
    with town.core.engine.connect() as tx:
        return int(tx.execute(select(func.count()).select_from(events)).scalar_one())


def send(visitor: Visitor, chosen: list[str], address: str = BATCH, **form: str) -> tuple[int, str]:
    """Post a batch as the page would."""
    fields = {"lead": "water", **form}
    answer = visitor.post(address, page=TO_DISPATCH, chosen=chosen, **fields)
    return answer.status_code, answer.text


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("source=ZZ", "来源"), ("state=delegated", "状态"), ("service=%27--", "服务类型"), ("type=咨询", "性质"),
        ("urgency=1", "紧急程度"), ("late=forever", "超期"), ("unit=没有这个单位", "单位"),
        ("since=2026-13-01", "登记起"),
        ("until=昨天", "登记止"), ("source=ZZ&late=x", "来源、超期"),
    ],
)  # fmt: skip
def test_a_condition_nobody_knows_is_left_out_and_named(visit: Visit, town: Town, query: str, part: str) -> None:
    town.register(0)
    answer = visit("desk").get(f"/cases?key=all&{query}")
    assert answer.status_code == 200
    assert said(answer.text) == f"「{part}」填得不对，已忽略这项条件。"
    assert "港口路下雨就积水" in answer.text


def test_a_list_of_another_post_reads_as_ones_own_work(visit: Visit) -> None:
    page = visit("water").get("/cases?key=to_dispatch").text
    assert '<h2 class="list-title">待办</h2>' in page
    assert 'name="chosen"' not in page


def test_dates_the_wrong_way_round_still_mean_the_days_between(visit: Visit, town: Town) -> None:
    town.register(0)
    page = visit("desk").get("/cases?key=all&since=2026-03-12&until=2026-03-01").text
    assert "2026-03-01 至 2026-03-12" in page
    assert "港口路下雨就积水" in page


def test_a_batch_sent_twice_counts_once(visit: Visit, town: Town) -> None:
    for number in (0, 2):
        town.register(number)
    desk = visit("desk")
    chosen = ticks(desk.get(TO_DISPATCH).text)
    answers = [send(desk, chosen, token="b" * 24) for _ in range(2)]
    assert [status for status, _ in answers] == [200, 200]
    assert [outcomes(page) for _, page in answers] == [[("已办", text.split(":")[0]) for text in chosen]] * 2
    with town.core.engine.connect() as tx:
        assert tx.execute(select(events.c.name)).scalars().all().count("dispatched") == 2


def test_a_unit_signs_several_at_once_and_each_row_has_its_answer(visit: Visit, town: Town) -> None:
    cases = [town.register(number) for number in (0, 2, 5)]
    for case in cases:
        town.act("desk", case, "dispatch", lead="water")
    water = visit("water")
    listed = water.get("/cases?key=to_sign").text
    assert '<h2 class="list-title">待签收</h2>' in listed
    chosen = sorted(ticks(listed))
    assert len(chosen) == 3
    town.act("water", cases[1], "sign", town.leg("water", cases[1]))
    foreign = f"{town.no(town.register(6))}:1"
    told = []
    for _ in range(2):
        status, page = send(water, [*chosen, foreign], "/cases/batch?key=to_sign", token="s" * 24)
        assert status == 200
        told.append(sorted(outcomes(page)))
    refused = {town.no(cases[1]), foreign.partition(":")[0]}
    wanted = [
        ("未办" if no in refused else "已办", no) for no in (text.partition(":")[0] for text in [*chosen, foreign])
    ]
    assert told == [sorted(wanted)] * 2, "sent twice, it counts once"
    with town.core.engine.connect() as tx:
        assert tx.execute(select(events.c.name)).scalars().all().count("signed") == 3
    assert "没有待签收的办件" in water.get("/cases?key=to_sign").text
    assert visit("desk").get("/cases?key=to_sign").text.count("批量签收") == 0


def test_a_stale_row_is_refused_by_itself(visit: Visit, town: Town) -> None:
    first, second = town.register(0), town.register(2)
    desk = visit("desk")
    chosen = ticks(desk.get(TO_DISPATCH).text)
    town.act("head", first, "dispatch", lead="housing")
    status, page = send(desk, chosen)
    assert status == 200
    assert sorted(outcomes(page)) == sorted([("未办", town.no(first)), ("已办", town.no(second))])
    assert "蔡婉强" in page


def test_a_case_that_is_not_there_or_not_ones_own_reads_alike(visit: Visit, town: Town) -> None:
    case = town.register(0)
    status, page = send(visit("desk"), [f"{town.no(case)}:1", "XYRX20260309999990:1"])
    assert status == 200
    assert outcomes(page) == [("未办", "XYRX20260309999990"), ("已办", town.no(case))]
    assert "没有找到「办件」" in page
    before = moves_made(town)
    foreign = visit("water").post(BATCH, page="/cases", chosen=f"{town.no(town.register(2))}:1", lead="water")
    assert foreign.status_code == 400  # a unit has no such list, so nothing is sent from it
    assert moves_made(town) == before + 1  # the registration alone


@pytest.mark.parametrize(
    ("chosen", "form", "status", "words"),
    [
        ([], {}, 422, "请填写「要办的件」后再提交。"),
        (["XYRX20260309000018"], {}, 400, "勾选的内容不完整"),
        (["XYRX20260309000018:"], {}, 400, "勾选的内容不完整"),
        (["' OR 1=1:1"], {}, 400, "勾选的内容不完整"),
        (["长" * 50 + ":1"], {}, 400, "勾选的内容不完整"),
        ([f"XYRX2026030900{number:04d}:1" for number in range(51)], {}, 422, "一次最多50件"),
        (["XYRX20260309000018:1"], {"lead": ""}, 422, "请填写「主办单位」"),
    ],
    ids=["none", "no seq", "empty seq", "injected", "long", "too many", "no unit"],
)
def test_a_batch_that_is_wrong_changes_nothing(
    visit: Visit, town: Town, chosen: list[str], form: dict[str, str], status: int, words: str
) -> None:
    town.register(0)
    before = moves_made(town)
    answer = send(visit("desk"), chosen, **form)
    assert answer[0] == status
    assert words in said(answer[1])
    assert moves_made(town) == before


def test_a_refused_batch_keeps_its_ticks(visit: Visit, town: Town) -> None:
    town.register(0)
    desk = visit("desk")
    chosen = ticks(desk.get(TO_DISPATCH).text)
    _, page = send(desk, chosen, lead="")
    assert re.search(rf'value="{chosen[0]}"[^>]*checked', page)


def test_a_unit_nobody_knows_is_told_case_by_case(visit: Visit, town: Town) -> None:
    case = town.register(0)
    status, page = send(visit("desk"), [f"{town.no(case)}:1"], lead="月球局")
    assert status == 200
    assert outcomes(page) == [("未办", town.no(case))]
    assert "没有找到单位「月球局」" in page


def test_a_list_without_a_batch_takes_none(visit: Visit, town: Town) -> None:
    case = town.register(0)
    answer = visit("desk").post("/cases/batch?key=all", page="/cases", chosen=f"{town.no(case)}:1", lead="water")
    assert answer.status_code == 400
    assert "不能批量办理" in answer.text


def keep(visitor: Visitor, name: str, query: str = "key=all&source=RX") -> tuple[int, str]:
    answer = visitor.post(f"/cases/views?{query}", page="/cases", name=name)
    return answer.status_code, answer.text


def test_a_view_holds_what_the_address_meant_and_its_name_holds_one(visit: Visit, town: Town) -> None:
    desk = visit("desk")
    assert keep(desk, " 热线  来件 ", "key=all&source=RX&state=nonsense&page=3")[0] == 303
    assert keep(desk, "热线 来件", "key=all&source=WX")[0] == 303
    (view,) = town.core.desk.views(town.actor("desk"))
    assert (view.name, dict(view.query)) == ("热线 来件", {"key": "all", "source": "WX"})
    assert "热线 来件" in desk.get("/cases").text
    assert "热线 来件" not in visit("head").get("/cases").text
    with town.core.engine.connect() as tx:
        assert tx.execute(select(audit_log.c.action)).scalars().all().count("view.kept") == 2


@pytest.mark.parametrize(
    ("name", "query", "words"),
    [
        ("", "key=all", "请填写「名称」后再保存。"),
        ("长" * 21, "key=all", "「名称」太长了"),
        ("反\u202e写", "key=all", "不能显示的字符"),
        ("老吴 19900001234", "key=all", "不能有长号码"),
        ("老吴", "sought", "不能有长号码"),
    ],
)
def test_a_view_that_is_wrong_is_not_kept(visit: Visit, town: Town, name: str, query: str, words: str) -> None:
    desk = visit("desk")
    if query == "sought":
        query = desk.post("/search", page="/cases", to="/cases", q="19900001234").location.partition("?")[2]
    status, page = keep(desk, name, query)
    assert status == 422
    assert words in page
    assert town.core.desk.views(town.actor("desk")) == ()


def test_views_have_an_end(visit: Visit, town: Town) -> None:
    actor = town.actor("desk")
    for number in range(town.core.policy.desk.saved_views):
        town.core.desk.keep(actor, f"视图{number}", {"key": "all"})
    status, page = keep(visit("desk"), "再来一个")
    assert status == 422
    assert "视图最多20个" in page
    assert keep(visit("desk"), "视图3")[0] == 303


def test_a_view_of_somebody_else_and_a_missing_one_look_alike(visit: Visit, town: Town) -> None:
    view = town.core.desk.keep(town.actor("desk"), "热线", {"key": "all"})
    answers = [visit("head").post("/cases/views/drop", page="/cases", view=one) for one in (str(view.id), "999", "x")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert "没有找到「这个视图」" in answers[0].text
    with town.core.engine.connect() as tx:
        assert tx.execute(select(func.count()).select_from(saved_views)).scalar_one() == 1
    assert visit("desk").post("/cases/views/drop", page="/cases", view=str(view.id)).status_code == 303
    assert town.core.desk.views(town.actor("desk")) == ()


def test_every_number_of_the_rail_is_the_number_of_its_list(visit: Visit, town: Town) -> None:
    for number in range(6):
        town.register(number)
    town.act("desk", 1, "dispatch", lead="water")
    desk = visit("desk")
    rail = re.findall(r'key=(\w+)"[^>]*><span>[^<]+</span> <b>(\d+)</b>', desk.get("/cases?key=all").text)
    assert len(rail) >= 7
    for key, told in rail:
        assert f"共 {told} 件" in desk.get(f"/cases?key={key}").text, key
