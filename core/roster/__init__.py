"""The directory kept in step with others: compared first, shown, and only then changed, through the registers' door."""

from core.roster.rosters import Rosters

__all__ = ["Rosters"]
