"""Settings → a wired Core; the only place that knows every part."""

from __future__ import annotations

from core.adapters.clock import build_clock
from core.crypto import Sm2Signer, SoftVault
from core.db import connect
from core.effects import EFFECTS
from core.facade import Core
from core.policy import faults_of, load_policy
from core.policy.texting import sms_faults
from core.ports import Clock
from core.settings import Settings, WrongSettings, read_settings


def build_core(settings: Settings | None = None, clock: Clock | None = None) -> Core:
    """A Core ready to serve. Raises WrongSettings when settings, keys or tables are at fault."""
    settings = settings or read_settings()
    policy = load_policy()
    if found := faults_of(policy, EFFECTS):
        raise WrongSettings("policy tables at fault: " + "; ".join(found))
    if settings.sms.endpoint and (lacks := sms_faults(policy.sms, settings.sms.sign_name, settings.sms.templates)):
        raise WrongSettings(f"settings at fault: {', '.join(lacks)}")
    vault = build_vault(settings)
    engine = connect(settings.database.url, pool_size=settings.database.pool_size)
    return Core(settings, policy, engine, clock or build_clock(settings), vault)


def build_to_stay() -> Core:
    """A Core for a process that stays: the screens' topics are proved before it begins, not as somebody looks at them.

    Raises WrongSettings; of a topic's file with its name, place and fault.
    """
    core = build_core()
    try:
        core.screens.topics  # noqa: B018  # reading is proving
    except ValueError as fault:
        raise WrongSettings(str(fault)) from None
    return core


def build_vault(settings: Settings) -> SoftVault:
    """The keys: from the environment, or the practice ones, which production refuses."""
    if not settings.keys:
        return SoftVault.practice()
    try:
        vault = SoftVault({label: bytes.fromhex(value.get_secret_value()) for label, value in settings.keys.items()})
        Sm2Signer(vault)
    except ValueError as error:
        raise WrongSettings(f"keys: {error}") from None
    if settings.profile == "production" and vault.is_default:
        raise WrongSettings("production refuses: keys (practice keys)")
    return vault
