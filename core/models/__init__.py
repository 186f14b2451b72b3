"""Every table there is, so that one import completes the metadata."""

from core.models import cases, desk, people, record, registers, watch

__all__ = ["cases", "desk", "people", "record", "registers", "watch"]
