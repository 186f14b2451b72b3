"""Every table there is, so that one import completes the metadata."""

from core.models import cases, people, record, suggest

__all__ = ["cases", "people", "record", "suggest"]
