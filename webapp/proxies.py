"""Who is in front of us: forwarded addresses are believed from the listed proxies alone (control H5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Networks = Sequence[IPv4Network | IPv6Network]
FORWARDED = ("HTTP_X_FORWARDED_", "HTTP_FORWARDED", "HTTP_X_REAL_IP")


class BehindProxies:
    """WSGI middleware: the client's address is `hops` from the right of X-Forwarded-For when a listed proxy says so.

    From anybody else such headers are taken away before a view can read them; with no proxy listed, from everybody.
    """

    def __init__(self, app: WSGIApplication, proxies: Networks, hops: int) -> None:
        self._app, self._proxies = app, proxies
        self._fixed = ProxyFix(self._within, x_for=hops, x_proto=hops, x_host=0, x_port=0, x_prefix=0)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if within(environ.get("REMOTE_ADDR", ""), self._proxies):
            return self._fixed(environ, start_response)
        _forget(environ)
        return self._app(environ, start_response)

    def _within(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """After the proxy's word was taken: an address that is none is no better than the proxy's own."""
        if _address(environ.get("REMOTE_ADDR", "")) is None:
            environ["REMOTE_ADDR"] = environ["werkzeug.proxy_fix.orig"]["REMOTE_ADDR"]
        _forget(environ)
        return self._app(environ, start_response)


def within(address: str, networks: Networks) -> bool:
    """Whether an address lies in one of the networks; a text that is no address lies in none."""
    found = _address(address)
    return found is not None and any(found in network for network in networks)


def _address(text: str) -> Any:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found


def _forget(environ: WSGIEnvironment) -> None:
    for name in [name for name in environ if name.startswith(FORWARDED)]:
        del environ[name]
