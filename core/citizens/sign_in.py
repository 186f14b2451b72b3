"""Signing in by a code sent to the phone: six digits, five minutes, five tries, once, for this browser (control C6)."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, delete, insert, select, update

from core.citizens.caps import LONGEST, AskedTooOften, Caps
from core.citizens.visitors import Visitor, Visitors
from core.crypto import SoftVault, normalise, token_hash
from core.errors import Refusal
from core.licences.library import Library
from core.models.citizens import citizen_codes
from core.policy.citizens import load_citizens
from core.settings import Settings
from core.sms import Sms

Write = Callable[[Callable[[Connection], Any]], Any]
MOBILE = re.compile(r"1[3-9][0-9]{9}")
TEMPLATE = "sign_in_code"


class NoMobile(Refusal):
    text = "手机号填得不对，请填写 11 位手机号码。"
    status = 422


class NoCodes(Refusal):
    """No SMS platform is set for this deployment."""

    text = "暂时不能发验证码，请稍后再来，急事请拨 12345。"
    status = 424


class CodeTooOften(Refusal):
    text = "验证码发得太频繁，请过{wait}再试。"
    status = 429


class CodeWrong(Refusal):
    text = "验证码不对，还可以试 {left} 次。"
    status = 401


class CodeGone(Refusal):
    text = "验证码已失效，请重新获取。"
    status = 401


class TailWrong(Refusal):
    text = "后四位不对，还可以试 {left} 次。"
    status = 401


class TailGone(Refusal):
    text = "核对次数已用完，请重新登录。"
    status = 401


class Wired(Protocol):
    """What of the core is needed here."""

    settings: Settings
    vault: SoftVault
    sms: Sms

    @property
    def licences(self) -> Library: ...


class SignIns:
    """Codes made, sent and looked at. The answer is the same for a number with licences and one without."""

    def __init__(self, core: Wired, visitors: Visitors, caps: Caps, write: Write, now: Callable[[], datetime]) -> None:
        self._core, self._visitors, self._caps, self._write, self._now = core, visitors, caps, write, now
        self._policy = load_citizens()

    def send(self, visitor: Visitor, phone: str, address: str) -> str:
        """Send a code to a number; returns the number as it was understood.

        Raises NoMobile, NoCodes, CodeTooOften.
        """
        number = mobile(phone)
        if not self._core.settings.sms.endpoint:
            raise NoCodes()
        try:
            counted = self._caps.take("code", {"phone": number, "address": address})
        except AskedTooOften as no:
            raise CodeTooOften(**no.facts) from None
        code, now = f"{secrets.randbelow(1_000_000):06d}", self._now()
        index = self._index(visitor, number)
        row = {
            "session_hash": visitor.name, "phone_index": index, "code_hash": self._hash(index, code), "tries": 0,
            "made_at": now, "ended_at": None,
        }  # fmt: skip
        self._write(lambda tx: _made(tx, row))
        self._core.sms.write_to(
            f"sign-in:{secrets.token_hex(16)}", number, TEMPLATE, {"code": code}, now + self._policy.code_lives
        )
        self._alarm(counted["all"])
        return number

    def enter(self, visitor: Visitor, phone: str, code: str, address: str) -> str:
        """The code as typed; returns the token of the session that it opens in the place of this one.

        Raises CodeWrong, CodeGone, CodeTooOften.
        """
        number = mobile(phone)
        index, now = self._index(visitor, number), self._now()
        left = self._write(lambda tx: self._tried(tx, visitor, index, code.strip(), now))
        if left is None:
            return self._visitors.open(openid=visitor.openid, phone=number, leaving=visitor.name)
        try:
            self._caps.take("guess", {"phone": number, "address": address})
        except AskedTooOften as no:
            self._write(lambda tx: _ended(tx, visitor.name, now))
            raise CodeTooOften(**no.facts) from None
        raise CodeWrong(left=left) if left else CodeGone()

    def prove(self, visitor: Visitor, tail: str, address: str) -> None:
        """The last four digits of whoever's licences they are: of those registered with this phone, whom it fits.

        A phone alone proves nobody, for numbers are given to others after a while (wechat-sms.md §12). A WeChat user is
        remembered for a while with this phone. Raises TailWrong, TailGone.
        """
        left = self._policy.tail_tries - self._visitors.count_try(visitor)
        known = self._core.licences.of_phone(visitor.phone)
        fits = {one.token for one in known if self._core.licences.ends_with(one.token, tail)}
        if fits and left >= 0:
            return self._visitors.prove(visitor, {*visitor.subjects, *fits})
        try:
            self._caps.take("guess", {"phone": visitor.phone, "address": address})
        except AskedTooOften:
            raise TailGone() from None
        raise TailWrong(left=left) if left > 0 else TailGone()

    def _tried(self, tx: Connection, visitor: Visitor, index: str, code: str, now: datetime) -> int | None:
        """None: it was right, and is used up. Else how many tries are left, counted before the code is looked at."""
        mine = (citizen_codes.c.session_hash == visitor.name, citizen_codes.c.ended_at.is_(None))
        query = select(citizen_codes).where(*mine, citizen_codes.c.phone_index == index).with_for_update()
        row = tx.execute(query.order_by(citizen_codes.c.id.desc()).limit(1)).first()
        if row is None or now - row.made_at > self._policy.code_lives or row.tries >= self._policy.code_tries:
            return 0
        right = hmac.compare_digest(row.code_hash, self._hash(index, code))
        values = {"tries": row.tries + 1, "ended_at": now if right else None}
        tx.execute(update(citizen_codes).where(citizen_codes.c.id == row.id).values(**values))
        return None if right else self._policy.code_tries - row.tries - 1

    def _index(self, visitor: Visitor, number: str) -> str:
        return token_hash(f"{visitor.name}:{number}", self._core.vault.current("pepper").secret)

    def _hash(self, index: str, code: str) -> str:
        return token_hash(f"{index}:{code}", self._core.vault.current("pepper").secret)

    def _alarm(self, today: int) -> None:
        """Administrators hear once when the day's codes pass the mark (C6)."""
        most = self._policy.most("code", "all")
        if today == -(-most * self._policy.alarm // 100):
            text = f"登录验证码 24 小时内已发 {today:,} 条（上限 {most:,} 条），请留意是否有人在刷短信。"
            self._core.sms.tell_administrators(f"sign-in-codes:{self._now():%Y%m%d%H}", text)


def mobile(phone: str) -> str:
    """A mainland mobile number in 11 digits, however it was written. Raises NoMobile."""
    number = normalise(phone[:40])
    if not MOBILE.fullmatch(number):
        raise NoMobile()
    return number


def _made(tx: Connection, row: dict[str, Any]) -> None:
    """A new code ends those before it; those of another day are swept out."""
    _ended(tx, row["session_hash"], row["made_at"])
    tx.execute(delete(citizen_codes).where(citizen_codes.c.made_at < row["made_at"] - LONGEST))
    tx.execute(insert(citizen_codes), row)


def _ended(tx: Connection, session: str, now: datetime) -> None:
    waits = (citizen_codes.c.session_hash == session, citizen_codes.c.ended_at.is_(None))
    tx.execute(update(citizen_codes).where(*waits).values(ended_at=now))
