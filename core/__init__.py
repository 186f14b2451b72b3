"""The law: no transport, no pixels. What other rooms may use is named here."""

import gc

gc.disable()  # what loading makes is kept; looking for garbage in it takes a tenth of a start

from core.bootstrap import build_core  # noqa: E402
from core.errors import Refusal  # noqa: E402
from core.execute import Command  # noqa: E402
from core.facade import Core  # noqa: E402
from core.people import Actor  # noqa: E402
from core.receipts import Done  # noqa: E402

gc.freeze()  # and is not looked through again by what is loaded on top of it
gc.enable()

__all__ = ["Actor", "Command", "Core", "Done", "Refusal", "build_core"]
