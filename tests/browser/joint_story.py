"""树党旗 as eight people click it, on their phones and at the desk: one story for test and README pictures."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.browser.demo import Hand

SPONSOR, SPONSOR_LEADER = "xy021", "xy020"
CONTACT, DEPUTY = "xy023", "xy022"
REFUSING, LEADER, CENTRE = "xy025", "xy001", "xy009"
CAST = (SPONSOR, SPONSOR_LEADER, CONTACT, DEPUTY, REFUSING, LEADER, CENTRE)
"""Sponsor's clerk and leader, the invited contact and deputy head, the unit that refuses, the district leader over it,
the coordination centre; the eighth, the administrator, sits at the console.
"""
TITLE, FLAG = "港口路围墙倒塌", "树党旗 · 发起联办"
ORDER = f"树党旗 · {TITLE}"
Keep = Callable[[str], None]


def nothing(_name: str) -> None:
    """No picture."""


@dataclass(frozen=True, slots=True)
class Story:
    """The story on a page with everybody's phones; `keep` takes a picture under a name when it is a good moment."""

    page: Page
    meet_at: str = "明天 15:00"
    keep: Keep = nothing

    def hand(self, user: str) -> Hand:
        return Hand(self.page, user)

    def play(self) -> str:
        """From the flag to the last rating; returns the order's number."""
        for user in CAST:
            self.hand(user).phone.wait_for()
        no = self.raised()
        self.answered()
        self.ruled(no)
        self.met()
        self.fed_back()
        self.closed()
        self.rated()
        self.promised()
        return no

    def raised(self) -> str:
        sponsor = self.hand(SPONSOR)
        form = sponsor.say("树旗", FLAG)
        sponsor.press(form, "树旗")
        sponsor.fill(
            title=TITLE, flag_kind="安全隐患", flag_reason="群众反映强烈，本单位独立解决不了",
            matter="查清倒塌原因，定下清运和加固办法", units="水务局、住建局", meet_at=self.meet_at,
            place="港口路公交站旁",
        )  # fmt: skip
        told = sponsor.card(FLAG)
        expect(told).to_contain_text(re.compile("已树旗，编号 XYDQ|先看看再树旗"))
        if "先看看再树旗" in told.inner_text():  # in a town that was lived in, the place is remembered
            sponsor.press(told, "已看过，树旗")
        expect(told).to_contain_text("已树旗，编号 XYDQ")
        found = re.search(r"XYDQ\d{14}", told.inner_text())
        assert found
        return found[0]

    def answered(self) -> None:
        """One unit comes, the other one says why it does not."""
        contact, refusing = self.hand(CONTACT), self.hand(REFUSING)
        for one in (contact, refusing):
            one.open_chat()
        contact.press(self.order(contact, "待响应"), "同意报到")
        self.order(contact, "待签到")
        refusing.press(self.order(refusing, "待响应"), "不报到")
        refusing.fill(reason="不属本单位职责", basis="三定方案第三条")
        self.order(refusing, "退回待审")

    def ruled(self, no: str) -> None:
        """The sponsor disagrees; the district leader rules, and the coordination centre hears it on both channels."""
        sponsor, leader, centre = self.hand(SPONSOR), self.hand(LEADER), self.hand(CENTRE)
        sponsor.press(self.turn(sponsor, "不同意"), "不同意")
        sponsor.fill(reason="围墙属在建工地，由你单位监管")
        leader.open_chat()
        leader.press(self.order(leader, "待判定"), "判定参加")
        leader.fill(basis="权责清单第十二项")
        self.order(self.hand(REFUSING), "待签到")
        expect(centre.phone).to_contain_text("归属判定")
        expect(centre.phone.locator("[data-sms]")).to_be_visible()
        centre.phone.locator("[data-sms]").click()
        expect(centre.phone.locator(".bubble", has_text=no[-6:]).last).to_contain_text("结果是参加")
        centre.phone.get_by_role("button", name="返回消息列表").click()
        self.keep("joint-ruling")

    def met(self) -> None:
        sponsor = self.hand(SPONSOR)
        sponsor.press(self.turn(sponsor, "开始签到"), "开始签到")
        self.order(sponsor, "签到中")
        for user in (CONTACT, REFUSING):
            one = self.hand(user)
            one.press(self.order(one, "待签到"), "签到")
            one.fill(place="路口东侧")
            self.order(one, "已签到")
        self.keep("joint-meeting")
        sponsor.press(self.turn(sponsor, "会议结束"), "会议结束")

    def fed_back(self) -> None:
        contact, deputy = self.hand(CONTACT), self.hand(DEPUTY)
        contact.press(self.order(contact, "待反馈"), "报进展")
        contact.fill(measures="关阀止漏，抽排墙基积水", result="渗漏已止，路面可通行", next_step="三日内换管")
        deputy.open_chat()
        deputy.press(self.order(deputy, "待审批"), "审批通过")
        deputy.fill(opinion="属实")
        self.order(contact, "已反馈")

    def closed(self) -> None:
        """The other unit never feeds back: closed over it, with the confirmation that names it."""
        sponsor, leader = self.hand(SPONSOR), self.hand(SPONSOR_LEADER)
        sponsor.press(self.order(sponsor, "处置中"), "按未反馈办结")
        sponsor.fill(unfed="住建局 记为未反馈")
        leader.open_chat()
        leader.press(self.order(leader, "办结待批"), "同意办结")
        leader.fill(opinion="同意")
        self.order(sponsor, "待评价")

    def rated(self) -> None:
        """Blind, then told to both at once."""
        contact, sponsor = self.hand(CONTACT), self.hand(SPONSOR)
        sponsor.press(self.order(sponsor, "待评价"), "评价联办单位")
        sponsor.fill(pleased="不满意", displeasure="来得太晚")
        expect(self.order(contact, "待评价")).not_to_contain_text("来得太晚")
        contact.press(self.order(contact, "待评价"), "评价发起单位")
        contact.fill(pleased="满意")
        expect(self.order(contact, "已完成")).to_contain_text("来得太晚")
        self.order(sponsor, "已完成")
        self.keep("joint-phones")

    def promised(self) -> None:
        """Days later: what the unit wrote that it would do next is done, and its sponsor reads so."""
        contact, sponsor = self.hand(CONTACT), self.hand(SPONSOR)
        contact.press(self.order(contact, "已完成"), "报下一步已做到")
        contact.fill(note="已换管，通水正常")
        expect(contact.card(ORDER)).to_contain_text("已结束，不用再操作")
        expect(sponsor.card(ORDER)).to_contain_text("已反馈 · 下一步已做到")

    @staticmethod
    def turn(hand: Hand, button: str) -> Locator:
        """The order's card on a phone, once it offers this."""
        card = hand.card(ORDER)
        expect(card.get_by_role("button", name=button, exact=True)).to_be_visible()
        return card

    @staticmethod
    def order(hand: Hand, state: str) -> Locator:
        """The order's card on a phone, once it says so."""
        return hand.state(ORDER, state)


def looked_up(page: Page, web: str, no: str, keep: Keep = nothing) -> None:
    """The coordination centre at the console: among the finished ones, with everything that happened."""
    page.goto(f"{web}/joint?list=finished")
    page.locator(".joint-rows").get_by_text(TITLE, exact=True).first.click()
    expect(page).to_have_url(re.compile(no))
    for words in ("渗漏已止", "发起单位评 不满意：来得太晚", "未反馈", "已换管，通水正常"):
        expect(page.locator("main")).to_contain_text(words)
    keep("joint-console")
