"""Every table there is, so that one import completes the metadata."""

from core.models import cases, likeness, people, record

__all__ = ["cases", "likeness", "people", "record"]
