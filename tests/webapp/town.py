"""A small district for the console: a centre, three bureaus, a street, people with accounts, and a dozen cases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from core import Actor, Command, Core, build_core
from core.crypto import hash_password
from core.errors import Refusal
from core.models.cases import cases
from core.models.people import accounts, identities, people, posts, units
from core.models.record import letters
from core.people import HOTLINE
from core.ports import Ticket
from core.settings import Settings
from tests.clock import SHANGHAI, StillClock
from tests.databases import files_beside

PASSWORD = "清水湾的第三棵椰子树"
PHONE = "19900001234"
UNITS = [
    ("district", "秀英区", "区政府", "district_leadership", None),
    ("centre", "秀英区社会治理指挥中心", "指挥中心", "command_center", None),
    ("water", "秀英区水务局", "水务局", "department", None),
    ("housing", "秀英区住房和城乡建设局", "住建局", "department", None),
    ("market", "秀英区市场监督管理局", "市监局", "department", None),
    ("street", "海秀街道办事处", "海秀街道", "town", None),
    ("river", "秀英区河道管理站", "河道站", "sub_unit", "water"),
]
PEOPLE = {
    "desk": ("陈文兰", [("centre", "dispatcher", "调度员")]),
    "head": ("蔡婉强", [("centre", "desk_head", "指挥中心主任")]),
    "caller": ("周朝杰", [("centre", "caller", "回访员")]),
    "water": ("韩德玲", [("water", "unit_clerk", "专办员"), ("river", "unit_clerk", "河长制联络员（兼）")]),
    "river": ("符河生", [("river", "unit_clerk", "站员")]),
    "housing": ("钟德峰", [("housing", "unit_clerk", "专办员")]),
    "leader": ("劳小军", [("district", "district_leader", "副区长")]),
    "system": ("李小虹", [("centre", "system_admin", "系统管理员")]),
    "security": ("何淑秀", [("market", "security_admin", "安全管理员")]),
    "audit": ("岑廷莲", [("housing", "audit_admin", "审计管理员")]),
    "licences": ("符海棠", [("market", "licence_clerk", "证照管理员")]),
}
APPEALS = [
    ("RX", "complain", "港口路下雨就积水", "雨停两小时水还没退，孩子上学要绕路。", "港口路与丘海大道口", "urgent"),
    ("WX", "ask", "老旧小区加装电梯怎么申请", "想问需要几户同意、补贴多少、到哪里交材料。", "金鼎花园 3 栋", "normal"),
    ("SZ", "complain", "人行道井盖松动有响声", "夜里车一过就响，老人怕踩空。", "秀华路 21 号门前", "normal"),
    ("WG", "complain", "河边垃圾堆放一周无人清", "天热有味道，附近住户开不了窗。", "荣山河口步道", "normal"),
    ("LY", "suggest", "建议滨海公园延长夜灯时间", "晚上九点后跑步的人多，灯一关很黑。", "滨海公园东门", "normal"),
    ("RX", "help", "自来水发黄已经三天", "放十分钟还是黄的，不敢给孩子用。", "海玻路 8 号", "critical"),
    ("XF", "complain", "工地夜间施工到凌晨两点", "连着五天，打了几次电话没有效果。", "长滨路西侧工地", "normal"),
    ("WB", "complain", "办营业执照跑了四趟", "每次说的材料都不一样，希望一次告知。", "政务服务大厅 12 号窗", "normal"),
    ("RX", "complain", "小吃店油烟直排居民楼", "晚饭时间楼道都是油烟味。", "金鼎路 66 号", "normal"),
    ("ZJ", "help", "独居老人家中水管爆裂", "网格员上门发现，已先关总阀。", "业里村二巷", "urgent"),
]  # fmt: skip


def settings_for(url: str, sandbox: str = "", **web: Any) -> Settings:
    """The usual settings over a database of one's own, DingTalk being at `sandbox` where it is asked at all."""
    site = {"public_address": "http://127.0.0.1:8000", "secure_cookies": False, **web}
    places: Any = (
        {"api": sandbox, "oapi": sandbox, "login": sandbox, "jsapi": f"{sandbox}/sandbox/dd.js"} if sandbox else {}
    )
    doors = ("authorize", "token", "userinfo")
    provider: Any = {name: f"{sandbox}/haizhengtong/{name}" for name in doors} if sandbox else {}
    opus = {"address": f"{sandbox}/opus" if sandbox else ""}
    ours: dict[str, Any] = {
        "database": {"url": url},
        "clock": {"address": ""},
        "web": site,
        "opus": opus,
        "haizhengtong": provider,
        "wechat": {"jsapi": f"{sandbox}/sandbox/wx.js" if sandbox else ""},
    }
    ours["files"] = {"address": files_beside(url)}
    return Settings(**ours, dingtalk=places)


def build(url: str, clock: StillClock | None = None, sandbox: str = "", **web: Any) -> Core:
    """A core over a migrated database, with the units and people of the town."""
    core = build_core(settings_for(url, sandbox, **web), clock or StillClock())
    _settle(core)
    return core


_HASHED: dict[bytes, str] = {}
"""The stored form of PASSWORD by pepper, made once a process: a town is built for every test, and this takes long."""


def _settle(core: Core) -> None:
    pepper = core.vault.current("pepper").secret
    if pepper not in _HASHED:
        _HASHED[pepper] = hash_password(PASSWORD, core.vault)
    password = _HASHED[pepper]
    with core.engine.begin() as tx:
        ids: dict[str, int] = {}
        for code, name, short, kind, above in UNITS:
            row = {
                "code": code,
                "name": name,
                "short": short,
                "kind": kind,
                "group": kind,
                "hours": "default",
                "active": True,
            }
            made = (
                insert(units).values(**row, parent_id=ids.get(above or ""), duties={"words": []}).returning(units.c.id)
            )
            ids[code] = tx.execute(made).scalar_one()
        for login, (name, held) in PEOPLE.items():
            person = tx.execute(
                insert(people)
                .values(code=login, name=name, phone_sealed=None, phone_index=None, active=True)
                .returning(people.c.id)
            ).scalar_one()
            for unit, role, title in held:
                charge = {"units": [ids["water"], ids["housing"]]} if role == "district_leader" else {}
                tx.execute(
                    insert(posts).values(
                        person_id=person, unit_id=ids[unit], role=role, title=title, in_charge=charge, active=True
                    )
                )
            for channel in ("web", "dingtalk"):
                tx.execute(insert(identities).values(person_id=person, channel=channel, outside_id=login, post_id=None))
            tx.execute(insert(accounts).values(person_id=person, login=login, password_hash=password, active=True))


class Town:
    """The town in motion: register and act as anyone."""

    def __init__(self, core: Core, clock: StillClock) -> None:
        self.core, self.clock, self._keys = core, clock, 0

    def actor(self, login: str) -> Actor:
        return self.core.actor_for("web", login)

    def register(self, number: int, **changes: object) -> int:
        """One of the appeals, as 12345 would send it; returns the case's id."""
        channel, kind, title, content, place, urgency = APPEALS[number % len(APPEALS)]
        ticket = Ticket(
            outside_no=f"HK20260309{number:04d}", revision=1, channel=channel, type=kind, title=title, content=content,
            place=place, urgency=urgency, caller_name="吴海生", caller_phone=PHONE, address="海秀街道港口路 18 号 502",
        )  # fmt: skip
        ticket = Ticket(**{**{name: getattr(ticket, name) for name in Ticket.__slots__}, **changes})
        return self.core.register(f"hotline:{ticket.outside_no}:{ticket.revision}", ticket, HOTLINE, "feed").case

    def act(self, login: str, case: int, action: str, leg: int | None = None, **form: str) -> None:
        self._keys += 1
        self.core.execute(Command(f"town:{self._keys}", case, action, self.actor(login), form, leg, source="web"))

    def own(self, login: str, title: str) -> int:
        """A case a unit's own clerk registers and closes on the spot."""
        self._keys += 1
        ticket = Ticket("", 1, "ZJ", "help", title, "巡查时发现。", "荣山河口")
        case = self.core.register(f"own:{self._keys}", ticket, self.actor(login), "web").case
        self.act(login, case, "close_own", reply="当场处理完毕")
        return case

    def leg(self, login: str, case: int) -> int:
        """The leg this person's unit holds."""
        view = self.core.case_view(self.actor("desk"), case)
        mine = self.actor(login).unit_name
        return [leg.id for leg in view.legs if leg.unit == mine][-1]

    def no(self, case: int) -> str:
        with self.core.engine.connect() as tx:
            return str(tx.execute(select(cases.c.no).where(cases.c.id == case)).scalar_one())


def a_busy_week(town: Town) -> dict[str, int]:
    """Cases in every state, one of them overdue; returns some by what they are good for."""
    clock, made = town.clock, {}
    clock.set(datetime(2026, 3, 2, 9, 12, tzinfo=SHANGHAI))
    late = town.register(8)
    town.act("desk", late, "dispatch", lead="housing", support="海秀街道", opinion="请先到现场核实噪声")
    clock.advance(hours=1)
    town.act("housing", late, "sign", town.leg("housing", late))
    town.act("housing", late, "progress", town.leg("housing", late), note="已约谈施工单位，要求 22:00 后停工")
    clock.set(datetime(2026, 3, 12, 8, 40, tzinfo=SHANGHAI))
    made["late"] = late
    made["pending"] = town.register(0)
    for number in (1, 2, 4):
        town.register(number)
        clock.advance(minutes=7)
    made["signed"] = signed = town.register(5)
    town.act("desk", signed, "dispatch", lead="water", opinion="涉及饮水，请尽快")
    clock.advance(minutes=20)
    town.act("water", signed, "sign", town.leg("water", signed))
    made["sent"] = sent = town.register(9)
    town.act("desk", sent, "dispatch", lead="water")
    made["returning"] = returning = town.register(3)
    town.act("desk", returning, "dispatch", lead="housing")
    _try(
        lambda: town.act(
            "housing",
            returning,
            "return",
            town.leg("housing", returning),
            reason="not_our_duty",
            basis="三定方案第四条",
        )
    )
    made["closing"] = closing = town.register(6)
    town.act("desk", closing, "dispatch", lead="market")
    made["called"] = called = town.register(7)
    town.act("desk", called, "close_directly", reply="已一次性告知所需材料清单，并安排专人帮办。")
    clock.advance(minutes=15)
    return made


def _try(act: object) -> None:
    try:
        act()  # type: ignore[operator]
    except Refusal as refusal:
        print("town:", refusal)


def break_letters(core: Core) -> None:
    """Leave some letters in trouble, as a bad day would."""
    with core.engine.begin() as tx:
        ids = list(tx.execute(select(letters.c.id).order_by(letters.c.id)).scalars())
        for at, (state, error) in enumerate(
            [("dead", "对方查无此人"), ("unknown", "已发出，没有收到回音"), ("sent", None), ("dead", "卡片模板不存在")]
        ):
            tx.execute(update(letters).where(letters.c.id == ids[at]).values(state=state, error=error, tries=3 + at))
