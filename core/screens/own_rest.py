"""Numbers of the library, of hot spots and walks, and of the platform itself: interfaces, letters, this machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, or_, select

from core.feeds.stands import stand_of
from core.hotspots.policy import load_hotspots
from core.models.cases import api_calls, cases
from core.models.codes import licence_codes
from core.models.feeds import feed_deliveries, feeds
from core.models.licences import licences
from core.models.likeness import hotspots
from core.models.patrols import patrol_findings
from core.models.record import SCANS, audit_log, channels, letters
from core.policy.feed_rules import feed_rules
from core.policy.feeds import WAYS, Dataset, read_datasets
from core.policy.licences import licence_types
from core.policy.topics import Own
from core.screens import host
from core.screens.told import Count, Look, Told, moments, narrowed, ranked, stretch
from core.tray import WAITING
from core.worktime import SHANGHAI

CHANNELS = {"dingtalk": "钉钉", "sms": "短信", "wechat": "微信", "hotline": "12345", "upward": "省平台"}
CODES = {"free": "未用", "bound": "已绑定", "void": "已作废"}
SOON = timedelta(days=30)
OWN = "本平台"
ALARM_LEVELS = GRAVE, PLAIN = "严重", "一般"
ALARM_STATES = OPEN, WAITS = "未恢复", "待处理"


def channel_title(name: str) -> str:
    """「钉钉」 for dingtalk.card."""
    return CHANNELS.get(name.partition(".")[0], name)


# --- the library ------------------------------------------------------------------------------------------------------


def _kinds(look: Look, own: Own, where: Sequence[ColumnElement[bool]]) -> Told:
    kinds = licence_types()
    query = select(licences.c.type, func.count()).where(licences.c.shown, *where).group_by(licences.c.type)
    found: dict[str, float] = {}
    for code, count in look.tx.execute(query):
        title = kinds[code].name if code in kinds else code
        found[title] = found.get(title, 0.0) + count
    return Told(sum(found.values()), ranked(narrowed(own, found)) if own.by == "kind" else (), look.now)


def licences_valid(look: Look, own: Own) -> Told:
    last = licences.c.valid_to
    return _kinds(look, own, (licences.c.state == "valid", or_(last.is_(None), last >= look.today)))


def licences_expiring(look: Look, own: Own) -> Told:
    within = licences.c.valid_to.between(look.today, look.today + SOON)
    return _kinds(look, own, (licences.c.state == "valid", within))


def licences_new(look: Look, own: Own) -> Told:
    since, until = stretch(own, look.last)
    where = (licences.c.issued_on.between(since, until), licences.c.state != "draft")
    if own.by not in ("day", "month"):
        return _kinds(look, own, where)
    query = select(licences.c.issued_on, func.count()).where(licences.c.shown, *where).group_by(licences.c.issued_on)
    return by_day(own, {day.isoformat(): count for day, count in look.tx.execute(query)}, look.now)


def by_day(own: Own, days: Mapping[str, int], now: datetime) -> Told:
    """Counts by day, or by month, oldest first."""
    size, found = (10 if own.by == "day" else 7), Counter[str]()
    for day, count in days.items():
        found[day[:size]] += count
    return Told(float(sum(days.values())), tuple((day, float(n)) for day, n in sorted(found.items())), now)


def codes_bound(look: Look, own: Own) -> Told:
    query = select(licence_codes.c.state, func.count()).where(licence_codes.c.state.in_(CODES))
    found = {CODES[state]: float(n) for state, n in look.tx.execute(query.group_by(licence_codes.c.state))}
    return Told(found.get("已绑定", 0.0), ranked(found), look.now)


def codes_checked(look: Look, own: Own) -> Told:
    """Every look at a code is on record: under its licence, or under the code itself while it is on none."""
    first, after = moments(*stretch(own, look.last))
    query = select(audit_log.c.at).where(SCANS, audit_log.c.at >= first, audit_log.c.at < after)
    days = Counter(f"{at.astimezone(SHANGHAI):%Y-%m-%d}" for at in look.tx.execute(query).scalars())
    return by_day(own, days, look.now) if own.by else Told(float(sum(days.values())), (), look.now)


def hotspots_now(look: Look, own: Own) -> Told:
    levels = {one.level: one.title for one in load_hotspots().levels}
    query = select(hotspots.c.level, func.count()).where(hotspots.c.current, hotspots.c.level.in_(levels))
    found = {levels[level]: float(n) for level, n in look.tx.execute(query.group_by(hotspots.c.level))}
    return Told(sum(found.values()), ranked(found), look.now)


def patrols_found(look: Look, own: Own) -> Told:
    first, after = moments(*stretch(own, look.last))
    query = select(cases.c.registered_at, cases.c.town).join(patrol_findings, patrol_findings.c.case_id == cases.c.id)
    rows = look.tx.execute(query.where(cases.c.registered_at >= first, cases.c.registered_at < after)).all()
    if own.by == "town":
        towns = Counter(row.town or "未填" for row in rows)
        return Told(float(len(rows)), ranked({name: float(n) for name, n in towns.items()}), look.now)
    return by_day(own, Counter(f"{row.registered_at.astimezone(SHANGHAI):%Y-%m-%d}" for row in rows), look.now)


# --- the platform -----------------------------------------------------------------------------------------------------


def stands(look: Look) -> list[tuple[Dataset, Any]]:
    """Every declared dataset and how it stands."""
    known = {row.name: row for row in look.tx.execute(select(feeds))}
    return [(one, stand_of(one, known.get(one.full), look.now)) for one in read_datasets().values()]


def interfaces(look: Look, own: Own) -> Told:
    found = Counter(
        feed_rules().states[stand.state] if own.by == "state" else WAYS[one.by] for one, stand in stands(look)
    )
    return Told(float(sum(found.values())), ranked({name: float(n) for name, n in found.items()}), look.now)


def interfaces_well(look: Look, own: Own) -> Told:
    states = [stand.state for _, stand in stands(look) if stand.state not in ("none", "due")]
    value = round(states.count("fine") / len(states) * 100, 1) if states else None
    return Told(value, as_of=look.now, note="" if states else "还没有数据接入")


def _delivered(look: Look, own: Own) -> list[tuple[str, Row[str, int, int]]]:
    """By dataset, and by day if asked: rows kept, and deliveries that had refused rows. Added up by the database."""
    since, until = stretch(own, look.last)
    days = [since + timedelta(days=one) for one in range((until - since).days + 1)] if own.by == "day" else []
    spans = [(day.isoformat(), moments(day, day)) for day in days] or [("", moments(since, until))]
    one = feed_deliveries.c
    sums = (func.sum(one.rows - one.refused).label("kept"), func.sum(case((one.refused > 0, 1), else_=0)).label("bad"))
    query = select(feeds.c.name, *sums).join(feeds, feeds.c.id == one.feed_id).group_by(feeds.c.name)
    return [
        (day, row)
        for day, (first, after) in spans
        for row in look.tx.execute(query.where(one.at >= first, one.at < after))
    ]


def _way(name: str) -> str:
    known = read_datasets().get(name.partition("#")[0])
    return WAYS[known.by] if known is not None else "已停用"


def _summed(look: Look, own: Own, amounts: Sequence[tuple[str, str, int]]) -> Told:
    """Amounts by day, or by the way the datasets come: (day, dataset, how much)."""
    found = Counter[str]()
    for day, name, amount in amounts:
        found[day or _way(name)] += amount
    if own.by == "day":
        return by_day(own, found, look.now)
    return Told(float(sum(found.values())), ranked({name: float(n) for name, n in found.items() if n}), look.now)


def interfaces_live(look: Look, own: Own) -> Told:
    # by name alone: invented ones that ended today are no more
    names = {row.name.partition("#")[0] for _, row in _delivered(look, own)}
    found = Counter(map(_way, names))
    return Told(float(sum(found.values())), ranked({name: float(n) for name, n in found.items()}), look.now)


def interface_rows(look: Look, own: Own) -> Told:
    return _summed(look, own, [(day, row.name, int(row.kept)) for day, row in _delivered(look, own)])


def interface_failures(look: Look, own: Own) -> Told:
    told = _summed(look, own, [(day, row.name, int(row.bad)) for day, row in _delivered(look, own)])
    failing = look.tx.execute(select(func.sum(feeds.c.failures)).where(~feeds.c.ended)).scalar_one() or 0
    return told if own.by else Told((told.value or 0) + float(failing), told.groups, look.now)


def sources(look: Look, own: Own) -> Told:
    found = Counter(WAYS[one.by] for one in read_datasets().values())
    found[OWN] += 1
    return Told(float(sum(found.values())), ranked({name: float(n) for name, n in found.items()}), look.now)


def interface_calls(look: Look, own: Own) -> Told:
    """By the meter, which keeps whole months."""
    month = f"{look.now.astimezone(SHANGHAI):%Y-%m}"
    rows = look.tx.execute(select(api_calls.c.api, api_calls.c.calls).where(api_calls.c.month == month))
    found = {row.api: float(row.calls) for row in rows}
    return Told(sum(found.values()), ranked(found), look.now)


def letters_sent(look: Look, own: Own) -> Told:
    first, after = moments(*stretch(own, look.last))
    where = (letters.c.state == "sent", letters.c.sent_at >= first, letters.c.sent_at < after)
    return _letters(look, where)


def letters_waiting(look: Look, own: Own) -> Told:
    return _letters(look, (letters.c.state.in_(WAITING),))


def _letters(look: Look, where: Sequence[ColumnElement[bool]]) -> Told:
    query = select(letters.c.channel, func.count()).where(*where).group_by(letters.c.channel)
    found = Counter[str]()
    for name, count in look.tx.execute(query):
        found[channel_title(name)] += count
    return Told(float(sum(found.values())), ranked({name: float(n) for name, n in found.items()}), look.now)


def alarm_rows(look: Look, own: Own) -> list[dict[str, Any]]:
    """What is wrong with the platform: feeds late or failing, channels shut, letters that could not be sent."""
    found: list[dict[str, Any]] = []
    unasked: list[datetime] = []
    for one, stand in stands(look):
        if stand.state in ("stale", "failing"):
            level = GRAVE if stand.state == "failing" else PLAIN
            told = {"what": stand.brief, "where": one.title, "level": level, "state": OPEN}
            found.append({"at": stand.since, **told})
        elif stand.state == "due" and stand.due_at and look.now - stand.due_at > feed_rules().unasked:
            unasked.append(stand.due_at)
    if unasked:  # one fault of ours, not as many of theirs
        what = f"{len(unasked)} 个接口到了时间没有去取"
        told = {"what": what, "where": "取数服务", "level": GRAVE, "state": OPEN}
        found.append({"at": min(unasked), **told})
    for shut in look.tx.execute(select(channels).where(channels.c.opened_at.is_not(None))):
        told = {"what": "通道中断，稍后自动重试", "where": channel_title(shut.name), "level": GRAVE, "state": OPEN}
        found.append({"at": shut.opened_at, **told})
    first, after = moments(*stretch(own, look.last))
    dead = select(letters.c.channel, letters.c.due_at).where(
        letters.c.state == "dead", letters.c.due_at >= first, letters.c.due_at < after
    )
    for lost in look.tx.execute(dead.order_by(letters.c.due_at.desc()).limit(200)):
        told = {"what": "消息没有送达", "where": channel_title(lost.channel), "level": PLAIN, "state": WAITS}
        found.append({"at": lost.due_at, **told})
    return sorted(found, key=lambda one: (one["at"] is not None, one["at"] or look.now), reverse=True)


def alarms(look: Look, own: Own) -> Told:
    rows = alarm_rows(look, own)
    found = Counter(row["level"] for row in rows)
    return Told(float(len(rows)), ranked({name: float(n) for name, n in found.items()}), look.now)


def _host(name: str) -> Count:
    def count(look: Look, _own: Own) -> Told:
        return Told(host.reading()[name], as_of=look.now)

    return count


COUNTS: Mapping[str, Count] = {
    "licences_valid": licences_valid, "licences_new": licences_new, "licences_expiring": licences_expiring,
    "codes_bound": codes_bound, "codes_checked": codes_checked,
    "hotspots_now": hotspots_now, "patrols_found": patrols_found,
    "interfaces": interfaces, "interfaces_well": interfaces_well, "interfaces_live": interfaces_live,
    "interface_rows": interface_rows, "interface_failures": interface_failures, "interface_calls": interface_calls,
    "sources": sources, "letters_sent": letters_sent, "letters_waiting": letters_waiting, "alarms": alarms,
    "host_cpu": _host("cpu"), "host_memory": _host("memory"), "host_disk": _host("disk"),
}  # fmt: skip
