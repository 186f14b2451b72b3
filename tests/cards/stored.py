"""The typical faces and their stored JSON, reviewed like code; `python -m tests.cards.stored` writes them again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from cards import (
    Face,
    Query,
    StatsQuery,
    briefing_face,
    case_face,
    digest_face,
    draft_face,
    home_face,
    joint_face,
    joint_group_face,
    joint_list_face,
    joint_new_face,
    joint_samples,
    patrol_face,
    samples,
    stats_face,
    warning_face,
    work_face,
)
from cards.briefing_sample import a_briefing
from cards.samples import a_done_draft, a_draft
from cards.warning_sample import a_warning
from core.views import Option
from tests.cards.builders import a_case, a_home, a_leg, a_page, an_item, moves

FOLDER = Path(__file__).parent / "faces"
BASE = "https://console.example"


def faces() -> dict[str, Face]:
    """Every kind of reader and state, by a name that says which."""
    below = a_leg(72, "reported", unit="海秀街道", part="下级", level=1, result="已清掏雨水口")
    late = a_leg(71, "handling", overdue=True, left="已超期 2 小时（原定 今天 17:30）")
    handed_in = a_leg(71, "reported", result="已抽排，积水退尽")
    done = {"left": "", "due_at": None, "overdue": False}
    views = {
        "dispatcher_pending": a_case(
            "pending", legs=(), lead="", left="", due_at=None, whose_move="指挥中心（待派发）",
            moves=moves("case", "dispatch", "close_directly", "mark_invalid", "reveal"),
        ),
        "dispatcher_watching": a_case(moves=moves("case", "add_unit", "reassign", "nudge", "reveal")),
        "unit_to_sign": a_case(moves=moves("case_leg", "sign", "pass_on", "return")),
        "unit_handling_overdue": a_case(
            "handling", legs=(late,), warning="■ 红色预警", next_at=samples.DUE, next_told="经办人、单位负责人",
            moves=moves("case_leg", "contact", "progress", "report", "return", "ask_extension", "pause"),
        ),
        "upper_unit_reviewing": a_case(
            "handling", legs=(a_leg(71, "delegated"), below),
            moves=(*moves("case_leg", "progress"), *moves("case_leg", "confirm", "send_back", leg=72, seq=5)),
        ),
        "dispatcher_return": a_case(
            "handling", legs=(a_leg(71, "returning"),),
            moves=(*moves("case_leg", "accept_return", "refuse_return"), *moves("case", "reassign", "nudge")),
        ),
        "desk_head_ruling": a_case(
            "handling", legs=(a_leg(71, "adjudicating"),),
            moves=(*moves("case_leg", "rule_in", "rule_out"), *moves("case", "oversee")),
        ),
        "leader_watching": a_case("handling", moves=moves("case", "oversee", "nudge")),
        "dispatcher_closing": a_case(
            "closing", legs=(handed_in,), whose_move="指挥中心（待办结）",
            moves=moves("case", "confirm", "send_back", "reveal"), **done,
        ),
        "caller_follow_up": a_case(
            "follow_up", result="已抽排", whose_move="指挥中心（待回访）",
            moves=moves("case", "record_call", "reveal"), **done,
        ),
        "closed": a_case(
            "closed", whose_move="", result="已抽排，积水退尽", calls=("首次：满意",), legs=(a_leg(71, "settled"),),
            moves=moves("case", "redo", "archive"), **done,
        ),
    }  # fmt: skip
    guesses = (Option("待办", "看您要办的件"), Option("查 港口路", "找「港口路」的件"))
    second = a_page([an_item(4000 + number) for number in range(8)], total=20, page=2, pages=3)
    stale = a_case(moves=moves("case_leg", "progress"))
    return {
        **{name: case_face(view, base=BASE) for name, view in views.items()},
        "refused_with_note": case_face(stale, "已由林某于 09:12 签收，卡片已刷新。", base=BASE),
        "briefing": briefing_face(a_briefing(), base=BASE),
        "digest": digest_face(samples.a_digest()),
        "draft": draft_face(a_draft()),
        "draft_lacking": draft_face(replace(a_draft(), lacks=("标题", "地点"), photos=0, rows=())),
        "draft_registered": draft_face(a_done_draft(), "已登记，编号 XYZJ20260309004213"),
        "home": home_face(a_home()),
        "home_with_source": home_face(a_home(), a_page(title="热线电话待办"), query=Query("todo", "RX")),
        "home_nothing_overdue": home_face(a_home(), a_page(()), "已切换到「水务局 经办人」", Query("overdue")),
        "patrol_on_a_walk": patrol_face(samples.a_patrol(), "开始了，发现问题拍照或说一句就行"),
        "patrol_nothing_today": patrol_face(replace(samples.a_patrol(), walks=(), current=None)),
        "stats_by_source": stats_face(samples.a_stats(), a_home(), StatsQuery(), base=BASE),
        "stats_opened": stats_face(
            samples.a_stats(), a_home(), StatsQuery(page=2, opens="received:channel:RX"), second, base=BASE
        ),
        "joint_unit_called": joint_face(joint_samples.a_joint_unit(), base=BASE),
        "joint_sponsor_signing": joint_face(joint_samples.a_joint_signing(), base=BASE),
        "joint_sponsor_working": joint_face(joint_samples.a_joint_sponsor(), "已记下", base=BASE),
        "joint_leader_ruling": joint_face(joint_samples.a_joint_leader(), base=BASE),
        "joint_list_called": joint_list_face(joint_samples.a_joint_page()),
        "joint_list_raised": joint_list_face(joint_samples.a_joint_page_raised()),
        "joint_group": joint_group_face(joint_samples.a_joint_group(), base=BASE),
        "joint_group_over": joint_group_face(joint_samples.a_joint_group_over(), base=BASE),
        "joint_new_empty": joint_new_face(choices=joint_samples.some_choices()),
        "joint_new_held": joint_new_face(choices=joint_samples.some_choices(), held=joint_samples.a_flag()),
        "joint_new_raised": joint_new_face("XYDQ20260309000020", "已树旗，2 个单位已通知"),
        "warning_for_the_desk": warning_face(a_warning(), base=BASE, case="/intake", joint="/joint/new"),
        "warning_for_a_reader": warning_face(a_warning(), base=BASE),
        "work_second_page": work_face(second),
        "work_guesses": work_face(None, guesses=guesses),
    }


def as_json(face: Face) -> str:
    """A face for the eye: what is false is left out of the private part, arrays are opened."""
    told = {
        "template": face.template,
        "alert": face.alert,
        "public": {name: _opened(value) for name, value in face.public.items()},
        "private": {name: _opened(value) for name, value in face.private.items() if value not in ("false", "", "[]")},
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _opened(value: str) -> object:
    return json.loads(value) if value.startswith("[{") else value


def everything_on() -> Face:
    """A face nobody ever sees: every move of both flows at once."""
    return case_face(replace(a_case(), moves=(*moves("case_leg"), *moves("case"))))


if __name__ == "__main__":
    for name, face in faces().items():
        (FOLDER / f"{name}.json").write_text(as_json(face), "utf-8")
