"""Practice joint orders in every state, each told through the doors by the people whose step it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import Connection, select

from core.execute import Command
from core.models.joint import joint_legs, joint_orders
from core.queries.people import Holder
from core.seeding.stage import Stage, Steps
from core.worktime import ONE_DAY, SHANGHAI, local_date

UNFED_NOTE = "按期催办两次"


@dataclass(frozen=True, slots=True)
class Flag:
    """What a practice order is about: who raises it, who is called, how far it gets."""

    sponsor: str
    units: tuple[str, ...]
    kind: str
    reason: str
    title: str
    matter: str
    place: str
    days_ago: int
    ends: str


FLAGS = (
    Flag("haixiu_street", ("city_management", "water", "housing"), "safety", "beyond_us", "港口路旧围墙倒塌压占道路",
         "围墙倒塌压住半幅路面，请查清权属、渗漏和结构，当场定下清运和加固办法。", "港口路公交站旁", 24, "done"),
    Flag("city_management", ("transport", "haixiu_street"), "traffic", "no_power", "美俗路夜市占道经营反复回潮",
         "夜市摊位占用机动车道，取缔后反复，请会同划定疏导点并联合巡查。", "美俗路中段", 15, "rating"),
    Flag("xiuying", ("water", "ecology", "city_management"), "ecology", "beyond_us", "美舍河支沟污水直排异味扰民",
         "沿河有两处雨污混接，请查明来源，定下改接时间。", "美舍河支沟桥头", 9, "unfed"),
    Flag("water", ("city_management", "haixiu_street"), "water", "beyond_us", "金滩路逢雨必涝",
         "雨水口被堵、泵站排量不足，请会同疏通并明确汛期值守。", "金滩路下穿道口", 6, "working"),
    Flag("haixiu_street", ("housing", "fire"), "safety", "beyond_us", "海盛小区消防通道长期被占",
         "地面停车占用消防通道，物业劝阻无效，请现场核查并提出处置办法。", "海盛小区南门", 4, "signing"),
    Flag("city_management", ("water", "housing", "transport"), "city_order", "beyond_us", "丘海大道施工围挡破损积水",
         "围挡破损、路面积水，夜间看不清，请各自到场认领整改。", "丘海大道与椰海大道路口", 4, "disputed"),
    Flag("haixiu_street", ("water", "city_management"), "emergency", "emergency", "滨海大道路面突然塌陷",
         "路面塌陷约两平方米，请立即到场围护、查管线、定修复。", "滨海大道公交站前", 0, "raised"),
)  # fmt: skip
REFUSAL = {"reason": "围挡由施工单位自管，不属本单位职责", "basis": "权责清单第十二项"}
FED = (
    {"measures": "现场查明原因，当日安排人员处置", "result": "现场已清理，隐患已排除", "next_step": "纳入每周巡查"},
    {"measures": "会同街道逐户核实，发出整改通知", "result": "已整改到位", "next_step": "一个月后复查"},
)  # fmt: skip


class Teller:
    """Tells one practice order, step by step."""

    def __init__(self, stage: Stage, flag: Flag, number: int) -> None:
        self._stage, self._flag, self._number, self._acts = stage, flag, number, 0
        self._meeting = stage.end

    def steps(self) -> Steps:
        """Raised, answered, met, worked, closed and rated, as far as the flag goes; the last one is of today."""
        flag, stage = self._flag, self._stage
        start = stage.end - timedelta(days=flag.days_ago)
        yield stage.ago(25) if flag.ends == "raised" else stage.office(start)
        order = self._raise()
        if flag.ends == "raised":
            yield stage.after(5, 9)
            self._do(order, self._clerk(flag.units[0]), "accept", flag.units[0])
            return
        yield from self._answer(order)
        if flag.ends == "disputed":
            return
        yield from self._meet(order)
        if flag.ends == "signing":
            return
        yield from self._work(order)
        if flag.ends in ("rating", "unfed", "done"):
            yield from self._close(order)

    def _raise(self) -> int:
        flag = self._flag
        self._meeting = self._next_afternoon()
        form = {
            "title": flag.title, "flag_kind": flag.kind, "flag_reason": flag.reason, "matter": flag.matter,
            "units": "、".join(flag.units), "meet_at": f"{self._meeting.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
            "place": flag.place,
        }  # fmt: skip
        return self._stage.core.joints.raise_flag(self._key(), form, self._clerk(flag.sponsor).actor).case

    def _next_afternoon(self) -> datetime:
        """15:00 of the next working day."""
        calendar, day = self._stage.core.calendar(), local_date(self._stage.now) + ONE_DAY
        while not calendar.is_workday(day):
            day += ONE_DAY
        return datetime.combine(day, time(15), SHANGHAI)

    def _answer(self, order: int) -> Steps:
        """Everybody agrees, save that the last unit of a disputed order refuses and the sponsor does not accept it."""
        units = self._flag.units
        for unit in units if self._flag.ends != "disputed" else units[:-1]:
            yield self._stage.after(8, 40)
            self._do(order, self._clerk(unit), "accept", unit)
        if self._flag.ends == "disputed":
            yield self._stage.after(8, 30)
            self._do(order, self._clerk(units[-1]), "refuse", units[-1], **REFUSAL)
            yield self._stage.after(20, 60)
            self._do(
                order,
                self._clerk(self._flag.sponsor),
                "contest",
                units[-1],
                reason="路口积水与道路养护有关，请到场认领",
            )

    def _meet(self, order: int) -> Steps:
        yield self._meeting - timedelta(minutes=self._stage.rng.randint(5, 15))
        self._do(order, self._clerk(self._flag.sponsor), "start_check_in")
        for unit in self._flag.units[: 1 if self._flag.ends == "signing" else None]:
            yield self._stage.after(2, 9)
            self._do(order, self._clerk(unit), "check_in", unit, place=self._flag.place)

    def _work(self, order: int) -> Steps:
        """The first units feed back; where the order ends unfed, the last one never does."""
        units = self._flag.units
        yield self._stage.after(40, 70)
        self._do(order, self._clerk(self._flag.sponsor), "end_meeting")
        for place, unit in enumerate(units[:-1] if self._flag.ends in ("unfed", "working") else units):
            yield self._stage.after(200, 700)
            self._do(order, self._clerk(unit), "report", unit, **FED[place % len(FED)])
            yield self._stage.after(20, 90)
            self._do(order, self._head(unit), "approve", unit)

    def _close(self, order: int) -> Steps:
        sponsor, units = self._flag.sponsor, self._flag.units
        yield self._stage.after(30, 90)
        if self._flag.ends == "unfed":
            self._do(
                order, self._clerk(sponsor), "close_over", unfed=str(self._leg(order, units[-1])), opinion=UNFED_NOTE
            )
        else:
            self._do(order, self._clerk(sponsor), "close")
        yield self._stage.after(20, 60)
        self._do(order, self._head(sponsor), "approve_close")
        fed = units[:-1] if self._flag.ends == "unfed" else units
        for unit in fed if self._flag.ends != "rating" else fed[:1]:
            yield self._stage.after(30, 120)
            self._do(order, self._clerk(unit), "rate_sponsor", unit, pleased="pleased")
            yield self._stage.after(30, 120)
            self._do(order, self._clerk(sponsor), "rate_unit", unit, pleased="pleased")

    # --- hands ---

    def _clerk(self, unit: str) -> Holder:
        return self._stage.clerk(unit)

    def _head(self, unit: str) -> Holder:
        directory = self._stage.core.directory()
        return next(one for one in directory.by_unit[directory.by_word[unit]] if one.role == "unit_head")

    def _leg(self, order: int, unit: str) -> int:
        mine = (joint_legs.c.order_id == order, joint_legs.c.unit_id == self._stage.core.directory().by_word[unit])
        with self._stage.core.engine.connect().execution_options(readonly=True) as tx:
            found: int = tx.execute(select(joint_legs.c.id).where(*mine)).scalar_one()
            return found

    def _do(self, order: int, who: Holder, action: str, unit: str = "", **form: str) -> None:
        leg = self._leg(order, unit) if unit else None
        self._stage.core.execute(Command(self._key(), order, action, who.actor, form, leg, flow="joint_order"))

    def _key(self) -> str:
        self._acts += 1
        return f"practice:joint:{self._stage.end:%y%m%d%H%M%S}:{self._number}:{self._acts}"


def tell_flags(stage: Stage) -> None:
    """Queue every practice order; they are played with the cases, in the order of time."""
    for number, flag in enumerate(FLAGS):
        stage.begin(Teller(stage, flag, number).steps())


def open_lanes(tx: Connection) -> list[str]:
    """The lanes of the card letters of orders that are not over."""
    running = select(joint_orders.c.id).where(joint_orders.c.state != "completed")
    return [f"joint:{order}" for order in tx.execute(running).scalars()]
