"""Every table there is, so that one import completes the metadata."""

from core.models import arrivals, cases, people, record

__all__ = ["arrivals", "cases", "people", "record"]
