"""DingTalk as the pages use it: who is signing in, said by DingTalk itself, and what a page inside it may ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from core.vouching import NotVouched, SignInPort, Vouched, VoucherAway
from webapp.context import kept, the_core
from webapp.errors import SignInAway

if TYPE_CHECKING:
    from bots.dingtalk.contacts import Contacts
    from bots.dingtalk.vouching import Vouching
    from core.ports import DirectorySource
    from core.settings import DingTalk, Settings

LOGIN_PAGE = "/oauth2/auth"


class ByDingTalk:
    """DingTalk's login page as one of the ways in (dingtalk.md §14). It knows no PKCE: its code is useless without the
    application's secret, and the state is this browser's."""

    name, title, button = "dingtalk", "钉钉", "钉钉扫码登录"

    def __init__(self, dingtalk: DingTalk) -> None:
        self._at = dingtalk

    def page(self, state: str, back: str, proof: str) -> str:
        """The login page; it comes back with `authCode` and this `state`."""
        query = {
            "redirect_uri": back, "response_type": "code", "client_id": self._at.client_id, "scope": "openid",
            "state": state, "prompt": "consent",
        }  # fmt: skip
        return f"{self._at.login.rstrip('/')}{LOGIN_PAGE}?{urlencode(query)}"

    def who(self, code: str, back: str, proof: str) -> Vouched:
        """The userId behind a code of the login page. Raises NotVouched, VoucherAway."""
        return _asked(lambda contacts: contacts.who_agreed(code))


def build_dingtalk(settings: Settings) -> SignInPort | None:
    """DingTalk, or None without an application."""
    return ByDingTalk(settings.dingtalk) if settings.dingtalk.client_id else None


def who_opened(code: str) -> Vouched:
    """The userId behind a code that a page got inside DingTalk (免登). Raises NotVouched, VoucherAway."""
    return _asked(lambda contacts: contacts.who_opened(code))


def _asked(ask: Callable[[Contacts], str]) -> Vouched:
    from bots.dingtalk.fates import ApiFault

    try:
        return Vouched(ByDingTalk.name, "account", ask(the_contacts()))
    except ApiFault as fault:
        raise (NotVouched() if fault.fate == "never" else VoucherAway(str(fault))) from None
    finally:
        the_core().calls.flush()


def the_contacts() -> Contacts:
    """DingTalk's people, over one client a process; loaded when first asked for."""

    def build() -> Contacts:
        from bots.dingtalk.api import DingTalkApi
        from bots.dingtalk.contacts import Contacts

        core = the_core()
        return Contacts(DingTalkApi(core.settings.dingtalk, core.count_call))

    return kept("contacts", build)


def vouched(address: str) -> dict[str, object]:
    """What DingTalk's script wants to know of one of our pages. Raises SignInAway."""
    from bots.dingtalk.api import DingTalkApi
    from bots.dingtalk.fates import ApiFault
    from bots.dingtalk.vouching import Vouching

    core = the_core()

    def build() -> Vouching:
        return Vouching(DingTalkApi(core.settings.dingtalk, core.count_call), core.settings.dingtalk)

    try:
        return kept("vouching", build).sign(address)
    except ApiFault:
        raise SignInAway(by=ByDingTalk.title) from None
    finally:
        core.calls.flush()


def the_address_book() -> DirectorySource:
    """DingTalk's departments and people, as an outside directory."""
    from bots.dingtalk.api import DingTalkApi
    from bots.dingtalk.contacts import AddressBook

    core = the_core()
    return AddressBook(DingTalkApi(core.settings.dingtalk, core.count_call))
