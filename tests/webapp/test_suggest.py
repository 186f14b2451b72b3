"""推荐 on the console: reasons beside the case, one press to dispatch, the page of figures, the command line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from apiflask import APIFlask
from sqlalchemy import select

from core.models.record import audit_log, events
from core.models.suggest import text_models
from tests.webapp.town import Town
from tests.webapp.visitor import Visitor
from webapp.admin.suggest import drift

Visit = Callable[..., Visitor]
SAYINGS = {"水务局": "路口积水下水道堵了", "住建局": "物业不管电梯坏了", "市监局": "超市卖过期食品"}


def test_the_desk_sees_who_may_be_meant_and_dispatches_with_one_press(visit: Visit, town: Town) -> None:
    case = town.register(0)
    town.core.suggest.make(case)
    address = f"/cases/{town.no(case)}"
    desk = visit("desk")
    page = desk.get(address).text
    block = page[page.index('aria-label="建议派给"') :]
    block = block[: block.index("</section>")]
    assert "水务局" in block
    assert "因为：「" in block
    assert "职责：" in block
    form = block[: block.index("</form>")]
    hidden = dict(re.findall(r'name="(token|seen|lead)" value="([^"]*)"', form))
    assert hidden["lead"] == "water"
    assert desk.post(f"{address}/moves/dispatch", page=address, **hidden).status_code == 303
    with town.core.engine.connect() as tx:
        facts = tx.execute(select(events.c.facts).where(events.c.name == "dispatched")).scalars().all()[-1]
    assert facts["suggestion"]["rank"] == 1
    assert 'aria-label="建议派给"' not in visit("water").get(address).text


def test_the_page_is_for_those_who_run_the_desk_and_asking_is_on_record(visit: Visit, town: Town) -> None:
    head = visit("head")
    page = head.get("/suggest").text
    assert "还没有训练过模型" in page
    assert "职责清单第 1 版，255 条" in page
    assert head.post("/suggest/train", page="/suggest").status_code == 303
    assert "等待训练" in head.get("/suggest").text
    with town.core.engine.connect() as tx:
        assert tx.execute(select(text_models.c.state)).scalars().all() == ["asked"]
        assert "suggest.training_asked" in tx.execute(select(audit_log.c.action)).scalars().all()
    assert visit("system").get("/suggest").status_code == 200
    for login in ("desk", "water", "caller", "audit", "leader"):
        assert visit(login).get("/suggest").status_code == 403
        assert visit(login).post("/suggest/train", page="/cases").status_code in (400, 403)


def test_drift_is_said_in_a_sentence() -> None:
    assert drift(None, 0.9) == "办结的件还不够，暂时看不出变化。"
    assert drift(0.9, 0.91) == "近 30 天与此前 60 天相当。"
    assert drift(0.8, 0.9) == "近 30 天比此前 60 天低 10 个百分点。"


def test_a_labelled_file_is_learnt_and_measured_from_the_command_line(site: APIFlask, tmp_path: Path) -> None:
    file = tmp_path / "labelled.csv"
    lines = [
        f"{place}{said},{place}{said}请处理,{unit}"
        for unit, said in SAYINGS.items()
        for place in "甲乙丙丁戊己庚辛壬癸"
    ]
    file.write_text("\n".join(["标题,内容,主办单位", *lines]), encoding="utf-8")
    run = site.test_cli_runner()
    told = run.invoke(args=["suggest", "train", str(file)])
    assert told.exit_code == 0, told.output
    assert "学了 30 条，3 种标签" in told.output
    told = run.invoke(args=["suggest", "evaluate", str(file)])
    assert told.exit_code == 0, told.output
    assert "宏平均 F1" in told.output
    assert "只看职责清单" in told.output
    file.write_text("标题,内容,主办单位\na,b,没有这个局\n", encoding="utf-8")
    told = run.invoke(args=["suggest", "train", str(file)])
    assert told.exit_code == 1
    assert "「没有这个局」不是单位" in told.output
