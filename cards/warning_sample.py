"""An invented warning for the drawings and the stored faces."""

from __future__ import annotations

from core.warning_views import WarningView


def a_warning() -> WarningView:
    """The district's on-time rate fell below the red line."""
    rows = (
        ("现在", "78.4%"), ("红色预警线", "≤ 80%"), ("变化", "较前 7 天 -6.1 个百分点"), ("来源", "本平台记录"),
    )  # fmt: skip
    words = "口径：近 7 天应办结的件里按时办结的占比。"
    return WarningView(
        "按时办结率 78.4%", "red", "红色预警", "截至 09:40", rows, words, "/m/hotline", "hotline.on_time_rate"
    )
