"""Other people's words made harmless, as every face and sentence needs them; the law writes sentences too."""

from __future__ import annotations

from core.plain import clean, cut, plain, scrub

__all__ = ["clean", "cut", "plain", "scrub"]
