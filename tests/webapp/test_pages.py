"""Pages: what they show, whom they refuse, what a browser is told (security-reliability B, C1, E)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from apiflask import APIFlask
from sqlalchemy import select, text, update

from core.models.cases import cases
from core.models.record import audit_log, events, letters
from tests.webapp.town import PHONE, Town, a_busy_week, break_letters
from tests.webapp.visitor import Visitor, hidden_value
from webapp.words import form_token

Visit = Callable[..., Visitor]


def seen_in(page: str, action: str) -> dict[str, str]:
    """The hidden fields of one move's form."""
    form = page[page.index(f"/moves/{action}") :]
    form = form[: form.index("</form>")]
    return dict(re.findall(r'name="(token|seen|leg)" value="([^"]*)"', form))


def sentence_of(page: str) -> str:
    """What the page says about the act that was just refused."""
    found = re.search(r'<p class="said no"[^>]*>([^<]*)</p>', page)
    return found[1] if found else ""


def state_of(town: Town, case: int) -> str:
    with town.core.engine.connect() as tx:
        return str(tx.execute(select(cases.c.state).where(cases.c.id == case)).scalar_one())


def test_a_case_is_dispatched_signed_and_reported_from_its_page(visit: Visit, town: Town) -> None:
    case = town.register(0)
    address = f"/cases/{town.no(case)}"
    desk, water = visit("desk"), visit("water")
    sent = desk.post(
        f"{address}/moves/dispatch", page=address, lead="water", **seen_in(desk.get(address).text, "dispatch")
    )
    assert sent.status_code == 303
    assert "已派发" in desk.get(sent.location).text
    assert (
        water.post(f"{address}/moves/sign", **seen_in(water.get(address).text, "sign"), page=address).status_code == 303
    )
    report = water.post(
        f"{address}/moves/report", page=address, result="已抽排", **seen_in(water.get(address).text, "report")
    )
    assert report.status_code == 303
    assert state_of(town, case) == "closing"


def test_a_form_sent_twice_counts_once(visit: Visit, town: Town) -> None:
    case = town.register(0)
    address = f"/cases/{town.no(case)}"
    desk = visit("desk")
    hidden = seen_in(desk.get(address).text, "dispatch")
    answers = [desk.post(f"{address}/moves/dispatch", page=address, lead="water", **hidden) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    with town.core.engine.connect() as tx:
        names = tx.execute(select(events.c.name).where(events.c.case_id == case)).scalars().all()
    assert names.count("dispatched") == 1


def test_a_stale_page_changes_nothing_and_says_who_was_first(visit: Visit, town: Town) -> None:
    case = town.register(0)
    address = f"/cases/{town.no(case)}"
    desk = visit("desk")
    hidden = seen_in(desk.get(address).text, "dispatch")
    town.act("head", case, "dispatch", lead="housing")
    late = desk.post(f"{address}/moves/dispatch", page=address, lead="water", **hidden)
    assert late.status_code == 409
    assert "蔡婉强" in late.text
    assert "水务局（待签收）" not in late.text


def test_a_refused_form_comes_back_as_it_was_filled(visit: Visit, town: Town) -> None:
    case = town.register(0)
    address = f"/cases/{town.no(case)}"
    desk = visit("desk")
    hidden = seen_in(desk.get(address).text, "dispatch")
    answer = desk.post(f"{address}/moves/dispatch", page=address, lead="", opinion="请先勘查", **hidden)
    assert answer.status_code == 422
    assert 'class="said no"' in answer.text
    assert "单位" in sentence_of(answer.text)
    assert ">请先勘查</textarea>" in answer.text


def test_fields_nobody_asked_for_are_ignored(visit: Visit, town: Town) -> None:
    case = town.register(0)
    address = f"/cases/{town.no(case)}"
    desk = visit("desk")
    hidden = seen_in(desk.get(address).text, "dispatch")
    desk.post(f"{address}/moves/dispatch", page=address, lead="water", state="archived", urgency="critical", **hidden)
    assert state_of(town, case) == "dispatched"


def test_a_foreign_case_and_a_missing_one_look_alike(visit: Visit, town: Town) -> None:
    case = town.register(0)
    water = visit("water")
    foreign, missing = water.get(f"/cases/{town.no(case)}"), water.get("/cases/XYRX20260309999990")
    assert foreign.status_code == missing.status_code == 404
    blank = [
        re.sub(r'value="[^"]*"|XY\w+|v=\w+', "", answer.text) for answer in (foreign, missing)
    ]  # form tokens and the number asked for differ by nature
    assert blank[0] == blank[1]
    answer = water.post(f"/cases/{town.no(case)}/moves/nudge", page="/cases", seen="1")
    assert answer.status_code == 404


def test_the_caller_is_masked_until_somebody_gives_a_reason(visit: Visit, town: Town) -> None:
    case = town.register(0)
    address = f"/cases/{town.no(case)}"
    desk = visit("desk")
    assert PHONE not in desk.get(address).text
    assert PHONE not in desk.get("/cases?key=all").text
    hidden = seen_in(desk.get(address).text, "reveal")
    shown = desk.post(f"{address}/moves/reveal", page=address, reason="回电核实地点", **hidden)
    assert shown.status_code == 200
    assert PHONE in shown.text
    assert PHONE not in desk.get(address).text
    assert PHONE not in str(shown.headers)
    with town.core.engine.connect() as tx:
        assert "case.revealed" in tx.execute(select(audit_log.c.action)).scalars().all()


@pytest.mark.parametrize("words", ["000018", "尾号 000018", "XYRX20260309000018", "积水", "0000 18"])
def test_a_case_is_found_by_number_tail_and_words(visit: Visit, town: Town, words: str) -> None:
    case = town.register(0)
    words = words.replace("000018", town.no(case)[-6:]).replace(
        "0000 18", f"{town.no(case)[-6:-2]} {town.no(case)[-2:]}"
    )
    page = visit("desk").search(words).text
    assert "港口路下雨就积水" in page
    assert "共 1 件" in page


def test_lists_say_what_would_fill_them(visit: Visit) -> None:
    desk = visit("desk")
    assert "新派来的会出现在这里" in desk.get("/cases").text
    assert "没有超期的办件" in desk.get("/cases?key=overdue").text
    assert "没有找到「不存在」" in desk.search("不存在").text


def test_the_tray_sends_again_and_gives_up_with_a_reason(visit: Visit, town: Town) -> None:
    a_busy_week(town)
    break_letters(town.core)
    head = visit("head")
    page = head.get("/tray?state=dead").text
    assert "对方查无此人" in page
    letter = re.findall(r"/tray/(\d+)/resend", page)[0]
    assert head.post(f"/tray/{letter}/resend", page="/tray").status_code == 303
    assert head.post(f"/tray/{letter}/give-up", page="/tray").status_code == 422
    assert head.post(f"/tray/{letter}/give-up", page="/tray", reason="已电话告知").status_code == 303
    with town.core.engine.connect() as tx:
        assert tx.execute(select(letters.c.state).where(letters.c.id == int(letter))).scalar_one() == "given_up"


def test_the_tray_lists_the_cards_whose_words_were_withheld(visit: Visit, town: Town) -> None:
    a_busy_week(town)
    head, why = visit("head"), "钉钉没有放行原文，卡片已改为请到网页查看"
    assert "没有原文未放行的卡片" in head.get("/tray?state=withheld").text
    with town.core.engine.begin() as tx:
        card = tx.execute(select(letters.c.id).where(letters.c.kind == "card").limit(1)).scalar_one()
        values = {"state": "withheld", "error": why, "sent_at": town.core.clock.now()}
        tx.execute(update(letters).where(letters.c.id == card).values(**values))
    page = head.get("/tray?state=withheld").text
    assert page.count('class="grid-row"') == 1
    assert why in page
    assert "送达" in page
    assert f"/tray/{card}/resend" not in page, "it has arrived"


def test_the_verifier_names_the_first_broken_entry(visit: Visit, town: Town) -> None:
    town.register(0)
    town.register(1)
    audit = visit("audit")
    assert "核验通过" in audit.post("/log/verify", page="/log").text
    with town.core.engine.begin() as tx:
        tx.execute(text("DROP TRIGGER IF EXISTS audit_log_no_update"))
        for (name,) in tx.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            tx.execute(text(f"DROP TRIGGER {name}"))
        tx.execute(update(audit_log).where(audit_log.c.seq == 2).values(object="XYRX20260309999990"))
    broken = audit.post("/log/verify", page="/log").text
    assert "第 2 条起对不上" in broken


def test_the_log_reads_in_words(visit: Visit, town: Town) -> None:
    case = town.register(0)
    town.act("desk", case, "dispatch", lead="water")
    page = visit("audit").get("/log").text
    for word in ("派发", "登录", "完成", "网页", town.no(case)):
        assert word in page
    assert "派发" in visit("audit").search("派发", "/log").text


def test_the_flow_page_draws_every_state_of_every_flow(visit: Visit, town: Town) -> None:
    page = visit("security").get("/flows").text
    for flow in town.core.policy.flows.values():
        for state in flow.states.values():
            assert f">{state.title}</text>" in page
        for move in flow.moves:
            assert f"<b>{move.title}</b>" in page


def test_every_answer_carries_the_headers_of_a_careful_house(visit: Visit) -> None:
    for path in ("/cases", "/sign-in", "/nowhere", "/healthz"):
        headers = visit("desk").get(path).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store"


def test_cookies_are_out_of_reach(visit: Visit) -> None:
    someone = visit()
    someone.get("/sign-in")
    answer = someone.sign_in("desk")
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("sid="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_pages_hold_neither_inline_script_nor_inline_style(visit: Visit, town: Town) -> None:
    case = town.register(0)
    desk = visit("desk")
    for path in ("/cases", f"/cases/{town.no(case)}", "/flows", "/sign-in"):
        page = desk.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:|https?://", page), path


def test_citizen_text_is_only_text(visit: Visit, town: Town) -> None:
    case = town.register(
        0, title="<script>alert(1)</script>积水", content='"><img src=x onerror=alert(1)>', place="<b>口</b>"
    )
    page = visit("desk").get(f"/cases/{town.no(case)}").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<b>口" not in page


def test_a_post_without_its_csrf_token_is_refused(visit: Visit, town: Town) -> None:
    case = town.register(0)
    desk = visit("desk")
    address = f"/cases/{town.no(case)}"
    hidden = seen_in(desk.get(address).text, "dispatch")
    for form in ({"lead": "water", **hidden}, {"lead": "water", **hidden, "csrf_token": "forged"}):
        answer = desk.client.post(f"{address}/moves/dispatch", data=form)
        assert answer.status_code == 400
    assert state_of(town, case) == "pending"


def test_another_persons_csrf_token_is_refused(visit: Visit, town: Town) -> None:
    town.register(0)
    desk, thief = visit("desk"), visit("water")
    token = hidden_value(thief.get("/cases").text, "csrf_token")
    assert desk.client.post("/sign-out", data={"csrf_token": token}).status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nowhere", 404),
        ("/cases/%00", 400),
        ("/cases?q=%00", 400),
        ("/cases/12", 404),
        ("/cases?page=999999999999999999999", 200),
        ("/cases?page=-1&key=drop&source=ZZ", 200),
        ("/cases?q=" + "长" * 3000, 200),
        ("/tray/1/resend", 405),
        ("/static/../__init__.py", 404),
        ("/static/nothing.css", 404),
    ],
)
def test_bad_addresses_get_one_sentence(visit: Visit, path: str, status: int) -> None:
    answer = visit("desk").get(path)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_a_form_too_large_or_misshapen_is_refused_kindly(visit: Visit, town: Town) -> None:
    case = town.register(0)
    address = f"/cases/{town.no(case)}"
    desk = visit("desk")
    hidden = seen_in(desk.get(address).text, "dispatch")
    huge = desk.post(f"{address}/moves/dispatch", page=address, lead="water", opinion="大" * 1_000_000, **hidden)
    assert huge.status_code == 413
    assert "内容太大了" in huge.text
    long = desk.post(f"{address}/moves/dispatch", page=address, lead="water", opinion="长" * 600, **hidden)
    assert long.status_code == 422
    bare = desk.post(f"{address}/moves/dispatch", page=address, lead="water")
    assert bare.status_code == 400
    assert state_of(town, case) == "pending"


def test_a_fault_is_an_apology_with_a_reference_and_nothing_else(
    site: APIFlask, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = visit("desk")

    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("secret detail of /srv/file.py")

    monkeypatch.setattr(site.extensions["core"], "board", broken)
    answer = desk.get("/cases")
    assert answer.status_code == 500
    assert re.search(r"系统出了点问题，已记录（编号 [0-9A-F]{8}），请稍后再试。", answer.text)
    assert "secret detail" not in answer.text
    assert "RuntimeError" not in answer.text


def test_late_letters_are_said_on_the_page_and_to_whoever_asks_for_readiness(visit: Visit, town: Town) -> None:
    head = visit("head")
    assert "该发没有发出" not in head.get("/tray").text
    town.register(0)
    town.clock.advance(minutes=4, seconds=59)
    none = '"late_letters":0'
    assert none in visit().get("/readyz").text
    town.clock.advance(seconds=1)
    ready = visit().get("/readyz")
    assert (ready.status_code, '"ready":true' in ready.text) == (200, True), "a page is no less ready for it"
    assert none not in ready.text
    for state in ("", "?state=sent"):
        assert "条消息该发没有发出，最早的已等 5 分钟" in head.get(f"/tray{state}").text


def test_alive_and_ready(visit: Visit, town: Town) -> None:
    assert visit().get("/healthz").status_code == 200
    ready = visit().get("/readyz")
    assert ready.status_code == 200, ready.text
    with town.core.engine.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    unready = visit().get("/readyz")
    assert unready.status_code == 503
    checks = {"database": True, "schema": False, "log": True}
    assert unready.json == {"ready": False, "checks": checks, "late_letters": 0}
    with town.core.engine.connect() as tx:
        assert "" not in tx.execute(select(audit_log.c.mac)).scalars().all()


def test_the_font_is_ours_and_may_be_kept(visit: Visit) -> None:
    font = visit().client.get("/static/fonts/NotoSansSC-Regular.otf", buffered=True)
    assert font.status_code == 200
    assert font.data[:4] == b"OTTO"
    assert "immutable" in font.headers["Cache-Control"]


def test_form_tokens_are_never_alike() -> None:
    assert len({form_token() for _ in range(1000)}) == 1000
