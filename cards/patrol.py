"""The patrol card: the walks of a person's day, and the one they are on."""

from __future__ import annotations

from cards.card import Face, array, flag, note_values
from cards.plain import clean, plain
from core.boards import PatrolView, WalkView

TEMPLATE = "patrol"
EMPTY = "今天没有要您走的巡查。计划由单位在网页「巡查」里安排"
HINT = "看到问题就拍照，或发一句话说清在哪里、什么事，会给您一张填好的登记单，点「登记」才算数"
MOST = 12
SUB, LINE = 30, 60


def patrol_face(view: PatrolView, note: str = "") -> Face:
    """The card of one person: what is to walk, what was walked, and what to look for on the way."""
    left = [walk for walk in view.walks if walk.state in ("due", "walking")]
    on = view.current
    private = {
        "greeting": clean(f"{view.name}，{_said(view, len(left))}", 60),
        "day": clean(view.day, 40),
        "walks": array([_row(walk) for walk in view.walks[:MOST]], shrink=("sub", "title")),
        "is_empty": flag(not view.walks),
        "empty": "" if view.walks else EMPTY,
        "on_walk": flag(on is not None),
        "subject": plain(f"正在巡查：{on.title}", 40) if on else "",
        "rows": array(_facts(on), shrink=("v",)) if on else "[]",
        "hint": HINT if on else "",
        "walk": str(on.id) if on else "",
        "can_finish": flag(on is not None),
        **note_values(note),
    }
    told = f"还有 {len(left)} 处没走" if left else "都走完了" if view.walks else "今天没有"
    return Face(TEMPLATE, {"title": "今天的巡查"}, private, alert=f"【巡查】{told}")


def _said(view: PatrolView, left: int) -> str:
    if not view.walks:
        return view.post
    return f"今天 {len(view.walks)} 处" + (f"，还有 {left} 处没走" if left else "，都走完了")


def _row(walk: WalkView) -> dict[str, str]:
    """A line of the list; a tap begins a walk, and says of one that is over by whom it was walked."""
    told = {"walking": f"{walk.who} {walk.began} 开始", "done": f"{walk.who} · 发现 {walk.found} 处"}
    sub = told.get(walk.state, walk.place)
    row = {"walk": str(walk.id), "title": plain(walk.title, 20), "sub": plain(sub, SUB)}
    return {**row, "tag": walk.state_title, "tone": walk.tone}


def _facts(walk: WalkView) -> list[dict[str, str]]:
    told = {"地点": walk.place, "看什么": walk.look_for, "开始": walk.began, "已登记": f"{walk.found} 件"}
    return [{"k": label, "v": plain(text, LINE)} for label, text in told.items()]
