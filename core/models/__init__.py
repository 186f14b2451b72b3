"""Every table there is, so that one import completes the metadata."""

from core.models import cases, measures, people, record

__all__ = ["cases", "measures", "people", "record"]
