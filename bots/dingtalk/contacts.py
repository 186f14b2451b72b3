"""Who is who in DingTalk: the person behind a login code, and the whole address book (dingtalk.md §5.4, §14)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

from bots.dingtalk.api import DingTalkApi
from bots.dingtalk.fates import ApiFault
from core.policy.roster import roster_rules
from core.ports import OutsideDirectory, OutsidePerson, OutsideUnit, PartRead

WHO_OPENED = "/topapi/v2/user/getuserinfo"
BY_UNION_ID = "/topapi/user/getbyunionid"
ME = "/v1.0/contact/users/me"
BELOW = "/topapi/v2/department/listsub"
MEMBERS = "/topapi/v2/user/list"
ROOT = 1
PAGE = 100
MOST_DEPARTMENTS, MOST_PAGES = 5000, 1000
PAUSE_S = 1.1
"""How long to wait when DingTalk says too fast (§5.5: at least a second)."""
NO_ANSWER = ("Error", "Timeout")
"""How the names of what goes wrong on the way end (`bots.dingtalk.fates.of_transport`)."""
INSIDE = 0
"""`contact_type` of somebody of the organisation, where the answer says it; others are outside contacts."""


class Contacts:
    """Asks DingTalk about people. Every method raises ApiFault: fate `never` is a no, everything else may pass."""

    def __init__(self, api: DingTalkApi) -> None:
        self._api = api

    def who_opened(self, code: str) -> str:
        """The userId behind a code that a page got inside DingTalk (免登)."""
        return _text(self._api.ask_old(WHO_OPENED, {"code": code}), "userid", WHO_OPENED)

    def who_agreed(self, code: str) -> str:
        """The userId behind a code of the login page: somebody of this organisation, or nobody."""
        union = _text(self._api.ask_as(self._api.user_token(code), ME), "unionId", ME)
        found = self._api.ask_old(BY_UNION_ID, {"unionid": union})
        if not isinstance(found, dict) or found.get("contact_type", INSIDE) not in (None, INSIDE, str(INSIDE)):
            raise ApiFault("never", "outside contact", BY_UNION_ID)
        return _text(found, "userid", BY_UNION_ID)


class AddressBook:
    """DingTalk's departments and people as an outside directory; the unionid is the id that stays."""

    name = "dingtalk"

    def __init__(self, api: DingTalkApi, pause_s: float = PAUSE_S) -> None:
        self._api, self._pause_s = api, pause_s

    def whole(self) -> OutsideDirectory:
        """Every department from the root down and everybody in them. Raises PartRead for anything less."""
        try:
            units = tuple(self._units())
            rows: dict[str, dict[str, Any]] = {}
            for unit in (str(ROOT), *(one.id for one in units)):
                for row in self._members(int(unit)):
                    rows.setdefault(_text(row, "userid", MEMBERS), row)
            return OutsideDirectory(units, tuple(_person(row) for row in rows.values()))
        except ApiFault as fault:
            raise PartRead(_told(fault)) from None
        except (TypeError, ValueError, KeyError):
            raise PartRead("钉钉回复的格式不对") from None

    def _units(self) -> Iterator[OutsideUnit]:
        """Level by level; each department once, whatever the answers say."""
        seen, ahead = {ROOT}, [ROOT]
        while ahead:
            above = ahead.pop(0)
            rows = self._asked(BELOW, {"dept_id": above})
            if not isinstance(rows, list) or len(seen) > MOST_DEPARTMENTS:
                raise ApiFault("again", "no list of departments", BELOW)
            for row in rows:
                number = int(row["dept_id"])
                if number not in seen:
                    seen.add(number)
                    ahead.append(number)
                    yield OutsideUnit(str(number), str(row["name"]), "" if above == ROOT else str(above))

    def _members(self, department: int) -> Iterator[dict[str, Any]]:
        """Everybody directly in a department, page by page to the end of the cursor."""
        cursor = 0
        for _ in range(MOST_PAGES):
            page = self._asked(MEMBERS, {"dept_id": department, "cursor": cursor, "size": PAGE})
            if not isinstance(page, dict) or not isinstance(page.get("list"), list):
                raise ApiFault("again", "no list of people", MEMBERS)
            yield from page["list"]
            if not page.get("has_more"):
                return
            ahead = int(page["next_cursor"])
            if ahead <= cursor:
                break
            cursor = ahead
        raise ApiFault("again", "the pages do not end", MEMBERS)

    def _asked(self, path: str, body: dict[str, Any]) -> Any:
        """One call, again a few times when it was too fast for DingTalk."""
        for _ in range(roster_rules().retries):
            try:
                return self._api.ask_old(path, body)
            except ApiFault as fault:
                if fault.fate != "throttled":
                    raise
                time.sleep(self._pause_s)
        return self._api.ask_old(path, body)


def _person(row: dict[str, Any]) -> OutsidePerson:
    leads = [one for one in row.get("leader_in_dept") or () if one.get("leader") in (True, "true")]
    departments = tuple(str(one) for one in row.get("dept_id_list") or () if int(one) != ROOT)
    return OutsidePerson(
        _text(row, "unionid", MEMBERS), str(row.get("name") or ""), str(row.get("mobile") or ""),
        _text(row, "userid", MEMBERS), departments, str(row.get("title") or ""), bool(leads),
    )  # fmt: skip


def _told(fault: ApiFault) -> str:
    """What an administrator reads: DingTalk's own code as it is, in our words what is none."""
    if re.fullmatch(r"[\w.-]{1,40}", fault.code) and not fault.code.endswith(NO_ANSWER):
        return f"钉钉回复 {fault.code}"
    return "钉钉没有回应" if fault.code.endswith(NO_ANSWER) or not fault.code else "钉钉的回复不完整或看不懂"


def _text(answer: Any, name: str, api: str) -> str:
    """A field that has to be there."""
    value = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value:
        raise ApiFault("again", f"no {name} in the answer", api)
    return value
