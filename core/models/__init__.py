"""Every table there is, so that one import completes the metadata."""

from core.models import arrivals, cases, desk, likeness, measures, people, record, registers, suggest, watch

__all__ = [
    "arrivals",
    "cases",
    "desk",
    "likeness",
    "measures",
    "people",
    "record",
    "registers",
    "suggest",
    "watch",
]
