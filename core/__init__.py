"""The law: no transport, no pixels. What other rooms may use is named here."""

from core.bootstrap import build_core
from core.errors import Refusal
from core.execute import Command
from core.facade import Core
from core.people import Actor
from core.receipts import Done

__all__ = ["Actor", "Command", "Core", "Done", "Refusal", "build_core"]
