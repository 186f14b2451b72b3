"""Every table there is, so that one import completes the metadata."""

from core.models import cases, desk, measures, people, record, registers, suggest, watch

__all__ = ["cases", "desk", "measures", "people", "record", "registers", "suggest", "watch"]
