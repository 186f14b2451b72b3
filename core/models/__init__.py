"""Every table there is, so that one import completes the metadata."""

from core.models import cases, desk, people, record, registers

__all__ = ["cases", "desk", "people", "record", "registers"]
