"""The rules of passwords (security-reliability A3): how long, how varied, how old, and which are known already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from core.policy import read


@dataclass(frozen=True, slots=True)
class PasswordRules:
    """All of passwords.yaml. `initial`: how long a password that somebody else made may be used to set one's own."""

    least: int
    kinds: int
    age: timedelta
    remembered: int
    initial: timedelta

    def fault(self, password: str, login: str) -> str:
        """What is wrong with a new password, in a few Chinese words; empty when nothing is."""
        if len(password) < self.least:
            return f"至少要 {self.least} 个字符"
        if len(password) > 128 or not password.isprintable():
            return "最多 128 个字符，不能有换行等看不见的字符"
        if len({_kind(mark) for mark in password}) < self.kinds:
            return f"大写字母、小写字母、数字、符号至少要有 {self.kinds} 种"
        if len(set(password)) < self.least // 2:
            return "重复的字符太多"
        return "不能包含账号" if login and login.lower() in password.lower() else ""


def _kind(mark: str) -> str:
    if mark.isdecimal():
        return "digit"
    return ("upper" if mark.isupper() else "lower") if mark.isascii() and mark.isalpha() else "other"


@cache
def password_rules() -> PasswordRules:
    """The table, read once. Raises KeyError where a line is missing."""
    raw = read("passwords.yaml")
    return PasswordRules(
        raw["least"], raw["kinds"], timedelta(days=raw["days"]), raw["remembered"],
        timedelta(hours=raw["initial_hours"]),
    )  # fmt: skip
