"""A time of meeting as people write it: 3月10日 15:00, 明天 9:30, 15:00, 2026-03-10T15:00."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from core.joint_errors import WrongMoment
from core.worktime import SHANGHAI

FARTHEST = timedelta(days=180)
_DAYS = {"今天": 0, "今日": 0, "明天": 1, "明日": 1, "后天": 2}
_WRITTEN = re.compile(
    r"^(?:(?:(?P<year>\d{4})[-年/.])?(?P<month>\d{1,2})[-月/.](?P<day>\d{1,2})日?号?[ T]*"
    r"|(?P<near>今天|今日|明天|明日|后天)\s*)?"
    r"(?P<half>上午|下午|晚上)?\s*(?P<hour>\d{1,2})(?:[::](?P<minute>\d{1,2})(?::\d{2})?|[点时](?P<past>\d{1,2}|半)?分?)$"
)


def meeting_time(text: str, now: datetime) -> datetime:
    """The moment meant, aware UTC, after now and within half a year. Raises WrongMoment."""
    found = _WRITTEN.match(text.strip().replace("：", ":"))
    if found is None:
        raise WrongMoment()
    here = now.astimezone(SHANGHAI)
    past = found["minute"] or found["past"] or "0"
    hour, minute = int(found["hour"]), 30 if past == "半" else int(past)
    hour += 12 if found["half"] in ("下午", "晚上") and hour < 12 else 0
    try:
        if found["month"]:
            day = here.replace(year=int(found["year"] or here.year), month=int(found["month"]), day=int(found["day"]))
        else:
            day = here + timedelta(days=_DAYS[found["near"]] if found["near"] else 0)
        at = day.replace(hour=hour, minute=minute, second=0, microsecond=0)
    except ValueError:
        raise WrongMoment() from None
    if found["month"] and not found["year"] and at < here - FARTHEST:  # 1月5日, said in December
        at = at.replace(year=at.year + 1)
    if not now <= at <= now + FARTHEST:
        raise WrongMoment()
    return at.astimezone(now.tzinfo)
