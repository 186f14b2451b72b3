"""Arrivals: what people bring in by hand, judged by one set of rules wherever they bring it (R084, R094)."""

from __future__ import annotations

from collections.abc import Mapping

from core.arrivals.drafts import Drafts
from core.arrivals.fields import Filled, Towns, fill
from core.arrivals.house import House, Wired
from core.arrivals.imports import Imports
from core.arrivals.photos import Photos


class Arrivals:
    """The hand-filled half of intake."""

    def __init__(self, core: Wired) -> None:
        self._house = House(core)
        self.drafts = Drafts(self._house, lambda given: self.fill(given, caller_needed=False))
        self.photos = Photos(self._house)
        self.imports = Imports(self._house, lambda given: self.fill(given, caller_needed=False))

    def fill(self, given: Mapping[str, str], *, caller_needed: bool = True) -> Filled:
        """A form understood: its values, every fault beside its field, the ticket when there is none."""
        return fill(self._house.policy, self._house.towns(), given, caller_needed=caller_needed)

    def towns(self) -> Towns:
        """The towns and communities of the district, by the names people know them by."""
        return self._house.towns()
