"""Too often: one count for pages and machines, on record once a minute for whoever goes on (control C5)."""

from __future__ import annotations

from flask import g

from core.errors import TooMany
from core.policy.rates import load_rates
from webapp.context import address, the_core


def not_too_often(kind: str, who: str, a_minute: int | None = None, channel: str = "api") -> None:
    """Count one call for a row of rates.yaml. Raises TooMany, which says for how many seconds to wait."""
    core = the_core()
    wait = core.rates.wait_s(kind, who, a_minute)
    if not wait:
        return
    refusal = TooMany(wait_s=wait)
    if core.rates.first_of_minute(kind, who):
        per = load_rates()[kind].per
        what = per if per == "address" else f"{'client' if per == 'appid' else per}:{who}"
        core.note_refusal(g.get("actor"), f"{kind}.limited", what, refusal, channel, address())
    refusal.on_record = True
    raise refusal
